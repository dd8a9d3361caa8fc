//===- Trainer.cpp - Training a model -------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One step and one evaluation.
//===----------------------------------------------------------------------===//
#include "runtime/train/Trainer.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Philox.h"
#include "runtime/lib/Plan.h"
#include "runtime/train/ModelObjective.h"
#include "runtime/train/TextSource.h"

#include <cmath>

using namespace rnn;
using namespace rnn::train;

static void checkOptions(const Options &Given) {
  const auto Bad = [](const char *What, double Got) {
    throw Error(RNN_ERROR_ARGUMENT, std::string("expected ") + What + ", got " +
                                        std::to_string(Got));
  };
  if (!(Given.Rate > 0) || !std::isfinite(Given.Rate))
    Bad("a positive learning rate", Given.Rate);
  if (!(Given.Decay > 0 && Given.Decay <= 1))
    Bad("a decay in (0, 1]", Given.Decay);
  if (!(Given.ClipValue >= 0))
    Bad("a bound of the gradient's elements of 0 or more", Given.ClipValue);
  if (!(Given.ClipNorm >= 0))
    Bad("a bound of the gradient's norm of 0 or more", Given.ClipNorm);
  if (Given.Products < 0)
    Bad("sequences for products of 0 or more",
        static_cast<double>(Given.Products));
}

static void checkTrainable(const rnn_model &Model) {
  checkModel(&Model);
  if (!Model.functions[RNN_GRADIENT] || !Model.functions[RNN_LOSS])
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name + "' has no loss");
}

Trainer::Trainer(const rnn_model &Model, std::unique_ptr<Source> Training,
                 std::unique_ptr<Source> Validation, const Options &Given)
    : Update((checkOptions(Given), Given.update()),
             (checkTrainable(Model), Model.element_type), Model.parameter_size,
             trainedRanges(Model)),
      Model(Model), Given(Given), Training(std::move(Training)),
      Validation(std::move(Validation)),
      Params(Model.parameter_size * elementSize(Model)),
      Gradient(Params.size()), Metrics(Model.metric_count) {
  preparePlans();
  if (Given.Rule == Method::HessianFree)
    Second =
        std::make_unique<HessianFree>(Given.Curvature, Model.parameter_size);
  check(rnn_init(&Model, Params.data(), Given.Seed));
}

Trainer::Trainer(const rnn_model &Model, const Corpus &Text,
                 const Options &Given)
    : Trainer(Model,
              std::make_unique<TextSource>(Model, Text, Text.Train, Given.Batch,
                                           Given.Window),
              TextSource::validation(Model, Text, Given.Batch, Given.Window),
              Given) {}

/// Validation has a plan of its own, as its batches may be far larger: a plan's
/// chunks are made for its largest batch.
void Trainer::preparePlans() {
  rnn_plan_options Wanted{};
  Training->addSizes(Wanted);
  Wanted.gemm = Given.Gemm;
  Wanted.threads = Given.Threads;
  Wanted.slices = Given.Slices;
  Wanted.wave = Given.Wave;
  Wanted.functions = 1 << RNN_LOSS | 1 << RNN_GRADIENT;
  if (Given.Rule == Method::HessianFree)
    Wanted.functions |= 1 << RNN_GAUSS_NEWTON;
  Plan = makePlan(Model, Wanted);
  if (Training->carriesState())
    State = Buffer(Model.state_bytes * Wanted.batch);
  if (!Validation)
    return;
  rnn_plan_options Held{};
  Validation->addSizes(Held);
  Held.gemm = Given.Gemm;
  Held.threads = Given.Threads;
  Held.slices = Given.Slices;
  Held.wave = Given.Wave;
  Held.functions = 1 << RNN_LOSS;
  ValidationPlan = makePlan(Model, Held);
}

/// The first batch of sequences that go on: the gradient starts from the
/// model's own initial state, so that learned ones learn; the state it would
/// leave comes from another run, as there is no state to leave it in.
void Trainer::startStates(rnn_call Call) {
  void *Carried = Call.state;
  Call.state = nullptr;
  check(rnn_gradient(Plan.get(), Params.data(), &Call));
  if (Model.state_bytes == 0)
    return;
  double Ignored;
  Call.state = Carried;
  Call.loss = &Ignored;
  Call.metrics = nullptr;
  check(rnn_reset(&Model, Params.data(), Carried, Call.batch));
  check(rnn_plan_pack(Plan.get(), Params.data()));
  check(rnn_loss(Plan.get(), &Call));
}

void Trainer::runGradient(const Batch &Of) {
  rnn_call Call = callOf(Of);
  Call.state = State.data();
  Call.loss = &Now.Loss;
  Call.metrics = Metrics.data();
  Call.gradient = Gradient.data();
  Call.flags = RNN_TRAINING;
  Call.seed = Random(Given.Seed, streamOf("dropout")).bits(Now.Steps);
  if (Of.Anew && Of.GoesOn)
    return startStates(Call);
  if (Of.Anew)
    Call.state = nullptr;
  check(rnn_gradient(Plan.get(), Params.data(), &Call));
}

void Trainer::checkLoss() const {
  if (!std::isfinite(Now.Loss))
    throw Error(RNN_ERROR_ARGUMENT,
                "the loss is not finite after " + std::to_string(Now.Steps) +
                    " steps: try a lower learning rate, or clip gradients");
}

void Trainer::firstOrderStep(const Batch &Of) {
  runGradient(Of);
  checkLoss();
  const int64_t Epochs = Now.Epochs + (Of.StartsEpoch && Now.Steps > 0);
  const double Faded = std::pow(Given.Decay, static_cast<double>(Epochs));
  Update.step(Params.data(), Gradient.data(), Given.Rate * Faded,
              {Given.ClipValue, Given.ClipNorm});
}

/// Leaves the states where the batch ends, by the parameters before the update.
void Trainer::advanceStates(const Batch &Of, uint64_t Seed) {
  double Ignored;
  rnn_call Call = callOf(Of);
  Call.state = State.data();
  Call.loss = &Ignored;
  Call.flags = RNN_TRAINING;
  Call.seed = Seed;
  if (Of.Anew)
    check(rnn_reset(&Model, Params.data(), State.data(), Of.Size));
  check(rnn_plan_pack(Plan.get(), Params.data()));
  check(rnn_loss(Plan.get(), &Call));
}

void Trainer::secondOrderStep(const Batch &Of) {
  const uint64_t Seed = Random(Given.Seed, streamOf("dropout")).bits(Now.Steps);
  const std::vector<char> Before(State.data(), State.data() + State.size());
  if (Of.GoesOn)
    advanceStates(Of, Seed);
  ModelObjective Loss(Model, Plan.get(), Of, Of.Anew ? nullptr : Before.data(),
                      Given.Products, Seed);
  Vector At(Model.parameter_size);
  toVector(Model, Params.data(), At);
  LastSecond = Second->step(Loss, At);
  Now.Loss = LastSecond.Before;
  checkLoss();
  toElements(Model, At, Params.data());
  Metrics = Loss.metrics();
}

void Trainer::step() {
  const Batch &Of = Training->next();
  if (Second)
    secondOrderStep(Of);
  else
    firstOrderStep(Of);
  if (Of.StartsEpoch && Now.Steps > 0)
    ++Now.Epochs;
  Now.Smoothed =
      Now.Steps == 0 ? Now.Loss : 0.999 * Now.Smoothed + 0.001 * Now.Loss;
  ++Now.Steps;
  Items += Of.Items;
}

std::optional<Evaluation> Trainer::evaluate() {
  if (!Validation)
    return std::nullopt;
  check(rnn_plan_pack(ValidationPlan.get(), Params.data()));
  return train::evaluate(ValidationPlan.get(), Model, Params.data(),
                         *Validation);
}
