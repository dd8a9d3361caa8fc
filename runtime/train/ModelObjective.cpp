//===- ModelObjective.cpp - A model's loss on one batch -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every call starts from the same states, so these are copied for each.
//===----------------------------------------------------------------------===//
#include "runtime/train/ModelObjective.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"
#include "runtime/train/Evaluate.h"

#include <cstring>

using namespace rnn;
using namespace rnn::train;

//===----------------------------------------------------------------------===//
// Parts of a batch
//===----------------------------------------------------------------------===//

BatchPart::BatchPart(const rnn_model &Model, const Batch &Of,
                     const char *Records, const std::vector<int64_t> &Sequences)
    : Part(Of) {
  Part.Size = static_cast<int64_t>(Sequences.size());
  Part.Inputs.clear();
  Part.Targets.clear();
  for (uint64_t I = 0; I < Model.input_count; ++I)
    copy(Model, Of, Model.inputs[I], Of.Inputs[I], Sequences, Part.Inputs);
  for (uint64_t I = 0; I < Model.target_count; ++I)
    copy(Model, Of, Model.targets[I], Of.Targets[I], Sequences, Part.Targets);
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis) {
    if (!Of.Lengths[Axis])
      continue;
    for (const int64_t Sequence : Sequences)
      Lengths[Axis].push_back(Of.Lengths[Axis][Sequence]);
    Part.Lengths[Axis] = Lengths[Axis].data();
  }
  if (!Records)
    return;
  States = Buffer(Model.state_bytes * Sequences.size());
  for (size_t I = 0; I < Sequences.size(); ++I)
    std::memcpy(States.data() + I * Model.state_bytes,
                Records + Sequences[I] * Model.state_bytes, Model.state_bytes);
}

void BatchPart::copy(const rnn_model &Model, const Batch &Of,
                     const rnn_tensor &Tensor, const void *From,
                     const std::vector<int64_t> &Sequences,
                     std::vector<const void *> &Into) {
  const size_t Row =
      Tensor.size *
      (Tensor.type == RNN_TOKEN ? sizeof(int32_t) : elementSize(Model));
  const int64_t Steps = Tensor.axis >= 0 ? Of.Axes[Tensor.axis] : 1;
  Data.emplace_back(Steps * Sequences.size() * Row);
  char *Next = Data.back().data();
  Into.push_back(Next);
  for (int64_t Step = 0; Step < Steps; ++Step)
    for (const int64_t Sequence : Sequences) {
      std::memcpy(Next,
                  static_cast<const char *>(From) +
                      (Step * Of.Size + Sequence) * Row,
                  Row);
      Next += Row;
    }
}

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

void train::toElements(const rnn_model &Model, const Vector &From, void *Into) {
  for (size_t I = 0; I < From.size(); ++I)
    if (Model.element_type == RNN_F64)
      static_cast<double *>(Into)[I] = From[I];
    else
      static_cast<float *>(Into)[I] = static_cast<float>(From[I]);
}

void train::toVector(const rnn_model &Model, const void *From, Vector &Into) {
  for (size_t I = 0; I < Into.size(); ++I)
    Into[I] = Model.element_type == RNN_F64
                  ? static_cast<const double *>(From)[I]
                  : static_cast<const float *>(From)[I];
}

//===----------------------------------------------------------------------===//
// The objective
//===----------------------------------------------------------------------===//

/// `Count` of the sequences of a batch, at equal distances.
static std::vector<int64_t> spread(int64_t Size, int64_t Count) {
  std::vector<int64_t> Sequences;
  if (Count == 0 || Count > Size)
    Count = Size;
  Sequences.reserve(Count);
  for (int64_t I = 0; I < Count; ++I)
    Sequences.push_back(I * Size / Count);
  return Sequences;
}

ModelObjective::ModelObjective(const rnn_model &Model, rnn_plan *Plan,
                               const Batch &Of, const char *States,
                               int64_t Products, uint64_t Seed)
    : Model(Model), Plan(Plan), Whole(Of), WholeStates(States),
      Part(Model, Of, States, spread(Of.Size, Products)), Seed(Seed),
      Params(Model.parameter_size * elementSize(Model)),
      Direction(Params.size()), Result(Params.size()),
      States(States ? Model.state_bytes * Of.Size : 0),
      Metrics(Model.metric_count) {}

rnn_call ModelObjective::call(const Batch &Of, const char *From) {
  rnn_call Call = callOf(Of);
  Call.flags = RNN_TRAINING;
  Call.seed = Seed;
  if (!From || Model.state_bytes == 0)
    return Call;
  std::memcpy(States.data(), From, Model.state_bytes * Of.Size);
  Call.state = States.data();
  return Call;
}

double ModelObjective::loss(const Vector &At) {
  double Loss = 0;
  toElements(Model, At, Params.data());
  rnn_call Call = call(Whole, WholeStates);
  Call.loss = &Loss;
  check(rnn_plan_pack(Plan, Params.data()));
  check(rnn_loss(Plan, &Call));
  return Loss;
}

double ModelObjective::runGradient(const Vector &At, const Batch &Of,
                                   const char *From, Vector &Into) {
  double Loss = 0;
  toElements(Model, At, Params.data());
  rnn_call Call = call(Of, From);
  Call.loss = &Loss;
  Call.metrics = Metrics.data();
  Call.gradient = Result.data();
  check(rnn_gradient(Plan, Params.data(), &Call));
  toVector(Model, Result.data(), Into);
  return Loss;
}

double ModelObjective::gradient(const Vector &At, Vector &Into) {
  return runGradient(At, Whole, WholeStates, Into);
}

void ModelObjective::product(const Vector &At, const Vector &Along,
                             double Damping, Vector &Into) {
  toElements(Model, At, Params.data());
  toElements(Model, Along, Direction.data());
  rnn_call Call = call(Part.batch(), Part.states());
  Call.direction = Direction.data();
  Call.damping = Damping;
  Call.gradient = Result.data();
  check(rnn_gauss_newton(Plan, Params.data(), &Call));
  toVector(Model, Result.data(), Into);
}

void ModelObjective::squares(const Vector &At, Vector &Into) {
  const std::vector<double> Kept = Metrics; // of the whole batch
  const int64_t Count = Part.batch().Size;
  Vector One(At.size());
  std::fill(Into.begin(), Into.end(), 0.0);
  for (int64_t Sequence = 0; Sequence < Count; ++Sequence) {
    const BatchPart Single(Model, Part.batch(), Part.states(), {Sequence});
    runGradient(At, Single.batch(), Single.states(), One);
    for (size_t I = 0; I < One.size(); ++I)
      Into[I] += One[I] * One[I] / static_cast<double>(Count);
  }
  Metrics = Kept;
}
