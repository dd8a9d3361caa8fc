//===- Trainer.cpp - Training on a text -----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One step and one evaluation.
//===----------------------------------------------------------------------===//
#include "runtime/train/Trainer.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"
#include "runtime/train/Clip.h"

#include <cmath>

using namespace rnn;
using namespace rnn::train;

static void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw Error(Status, rnn_last_error());
}

//===----------------------------------------------------------------------===//
// What can be trained
//===----------------------------------------------------------------------===//

static void checkTokens(const rnn_model &Model, const char *Kind,
                        const rnn_tensor *Tensors, uint64_t Count,
                        const Vocabulary &Letters) {
  const std::string Subject = std::string("model '") + Model.name + "': ";
  if (Count != 1 || Tensors->type != RNN_TOKEN || Tensors->axis != 0 ||
      Tensors->size != 1)
    throw Error(RNN_ERROR_UNSUPPORTED, Subject + "training on text takes one " +
                                           Kind +
                                           " of the form seq[T] token[V]");
  if (Tensors->vocabulary < Letters.size())
    throw Error(RNN_ERROR_MISMATCH,
                Subject + "the text has " + std::to_string(Letters.size()) +
                    " different letters: expected a vocabulary as large of " +
                    Kind + " '" + Tensors->name + "', got " +
                    std::to_string(Tensors->vocabulary));
}

void train::checkTrainable(const rnn_model &Model, const Vocabulary &Letters) {
  checkModel(&Model);
  if (Model.axis_count != 1)
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name +
                    "': training on text takes one time axis, got " +
                    std::to_string(Model.axis_count));
  checkTokens(Model, "input", Model.inputs, Model.input_count, Letters);
  checkTokens(Model, "target", Model.targets, Model.target_count, Letters);
  if (!Model.functions[RNN_GRADIENT] || !Model.functions[RNN_LOSS])
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name + "' has no loss");
}

static const Options &checked(const Options &Given) {
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
  return Given;
}

//===----------------------------------------------------------------------===//
// The trainer
//===----------------------------------------------------------------------===//

Trainer::Trainer(const rnn_model &Model, const Corpus &Text,
                 const Options &Given)
    : Update((checkTrainable(Model, Text.Letters), Given.update()),
             Model.element_type, Model.parameter_size, trainedRanges(Model)),
      Training(Text.Train, Given.Batch, Given.Window),
      State(Model.state_bytes * Given.Batch), Model(Model), Text(Text),
      Given(checked(Given)), Params(Model.parameter_size * elementSize(Model)),
      Gradient(Params.size()), Inputs(Given.Batch * Given.Window),
      Targets(Inputs.size()), InputPointers{Inputs.data()},
      TargetPointers{Targets.data()} {
  if (!Text.Valid.empty() &&
      Windows::fittingBatch(static_cast<int64_t>(Text.Valid.size()),
                            Given.Batch, Given.Window) < 1)
    throw Error(RNN_ERROR_ARGUMENT, "expected a validation text of at least " +
                                        std::to_string(Given.Window + 2) +
                                        " letters, got " +
                                        std::to_string(Text.Valid.size()));
  makePlan();
  check(rnn_init(&Model, Params.data(), Given.Seed));
}

void Trainer::makePlan() {
  rnn_plan_options Wanted{};
  Wanted.axes[0] = Given.Window;
  Wanted.batch = Given.Batch;
  Wanted.gemm = Given.Gemm;
  Wanted.functions = 1 << RNN_LOSS | 1 << RNN_GRADIENT;
  rnn_plan *Made = nullptr;
  check(rnn_plan_create(&Model, &Wanted, &Made));
  Plan.reset(Made);
}

rnn_call Trainer::call(int64_t Batch, void *States, double &Loss) {
  rnn_call Call{};
  Call.struct_size = sizeof(Call);
  Call.batch = Batch;
  Call.axes = &Given.Window;
  Call.inputs = InputPointers;
  Call.targets = TargetPointers;
  Call.state = States;
  Call.loss = &Loss;
  return Call;
}

/// The first window of the streams: the gradient starts from the model's own
/// initial state, so that learned ones learn; the state it would leave comes
/// from another run, as there is no state to leave it in.
void Trainer::startStreams(rnn_call Call) {
  void *Carried = Call.state;
  Call.state = nullptr;
  check(rnn_gradient(Plan.get(), Params.data(), &Call));
  if (Model.state_bytes == 0)
    return;
  double Ignored;
  Call.state = Carried;
  Call.loss = &Ignored;
  check(rnn_reset(&Model, Params.data(), Carried, Given.Batch));
  check(rnn_plan_pack(Plan.get(), Params.data()));
  check(rnn_loss(Plan.get(), &Call));
}

void Trainer::step() {
  const bool Anew = Training.next(Inputs.data(), Targets.data());
  rnn_call Call = call(Given.Batch, State.data(), Now.Loss);
  Call.gradient = Gradient.data();
  if (Anew)
    startStreams(Call);
  else
    check(rnn_gradient(Plan.get(), Params.data(), &Call));
  if (!std::isfinite(Now.Loss))
    throw Error(RNN_ERROR_ARGUMENT,
                "the loss is not finite after " + std::to_string(Now.Steps) +
                    " steps: try a lower learning rate, or clip gradients");
  if (Anew && Now.Steps > 0)
    ++Now.Epochs;
  if (Given.ClipValue > 0)
    clipByValue(Model.element_type, Gradient.data(), Model.parameter_size,
                Given.ClipValue);
  if (Given.ClipNorm > 0)
    clipByNorm(Model.element_type, Gradient.data(), Model.parameter_size,
               Given.ClipNorm);
  const double Faded = std::pow(Given.Decay, static_cast<double>(Now.Epochs));
  Update.step(Params.data(), Gradient.data(), Given.Rate * Faded);
  Now.Smoothed =
      Now.Steps == 0 ? Now.Loss : 0.999 * Now.Smoothed + 0.001 * Now.Loss;
  ++Now.Steps;
}

std::optional<Evaluation> Trainer::evaluate() {
  if (Text.Valid.empty())
    return std::nullopt;
  const auto Count = static_cast<int64_t>(Text.Valid.size());
  const int64_t Batch = Windows::fittingBatch(Count, Given.Batch, Given.Window);
  Windows Validation(Text.Valid, Batch, Given.Window);
  const Buffer States(Model.state_bytes * Batch);
  Evaluation Sum{0, std::vector<double>(Model.metric_count)};
  std::vector<double> Metrics(Model.metric_count);
  double Loss = 0;
  rnn_call Call = call(Batch, States.data(), Loss);
  Call.metrics = Metrics.data();
  check(rnn_reset(&Model, Params.data(), States.data(), Batch));
  check(rnn_plan_pack(Plan.get(), Params.data()));
  const int64_t Windows = Validation.perEpoch();
  for (int64_t Window = 0; Window < Windows; ++Window) {
    Validation.next(Inputs.data(), Targets.data());
    check(rnn_loss(Plan.get(), &Call));
    Sum.Loss += Loss;
    for (size_t I = 0; I < Metrics.size(); ++I)
      Sum.Metrics[I] += Metrics[I];
  }
  Sum.Loss /= static_cast<double>(Windows);
  for (double &Metric : Sum.Metrics)
    Metric /= static_cast<double>(Windows);
  return Sum;
}
