//===- Evaluate.cpp - A model on a source of batches ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One walk, for losses or for outputs.
//===----------------------------------------------------------------------===//
#include "runtime/train/Evaluate.h"

#include "runtime/lib/Buffer.h"
#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"

using namespace rnn;
using namespace rnn::train;

PlanPtr train::makePlan(const rnn_model &Model,
                        const rnn_plan_options &Wanted) {
  rnn_plan *Made = nullptr;
  check(rnn_plan_create(&Model, &Wanted, &Made));
  return PlanPtr(Made);
}

rnn_call train::callOf(const Batch &Of) {
  rnn_call Call{};
  Call.struct_size = sizeof(Call);
  Call.batch = Of.Size;
  Call.axes = Of.Axes;
  Call.inputs = Of.Inputs.data();
  Call.targets = Of.Targets.data();
  Call.lengths = Of.Lengths;
  return Call;
}

/// Gives each batch's call, with the states that its sequences start from.
template <typename Body>
static void walk(const rnn_model &Model, const void *Params, Source &From,
                 Body &&Run) {
  rnn_plan_options Sizes{};
  From.addSizes(Sizes);
  const Buffer States(Model.state_bytes * Sizes.batch);
  From.rewind();
  do {
    const Batch &Of = From.next();
    rnn_call Call = callOf(Of);
    Call.state = States.data();
    if (Of.Anew)
      check(rnn_reset(&Model, Params, States.data(), Of.Size));
    Run(Of, Call);
  } while (!From.atEpochEnd());
}

Evaluation train::evaluate(rnn_plan *Plan, const rnn_model &Model,
                           const void *Params, Source &From) {
  Evaluation Sum{0, std::vector<double>(Model.metric_count)};
  std::vector<double> Metrics(Model.metric_count);
  double Loss = 0, Weight = 0;
  walk(Model, Params, From, [&](const Batch &Of, rnn_call &Call) {
    Call.loss = &Loss;
    Call.metrics = Metrics.data();
    check(rnn_loss(Plan, &Call));
    Sum.Loss += Of.Weight * Loss;
    for (size_t I = 0; I < Metrics.size(); ++I)
      Sum.Metrics[I] += Of.Weight * Metrics[I];
    Weight += Of.Weight;
  });
  Sum.Loss /= Weight;
  for (double &Metric : Sum.Metrics)
    Metric /= Weight;
  return Sum;
}

void train::forward(
    rnn_plan *Plan, const rnn_model &Model, const void *Params, Source &From,
    const std::function<void(const Batch &, const std::vector<void *> &)>
        &Take) {
  rnn_plan_options Sizes{};
  From.addSizes(Sizes);
  std::vector<Buffer> Data;
  std::vector<void *> Outputs;
  for (uint64_t Index = 0; Index < Model.output_count; ++Index) {
    const rnn_tensor &Output = Model.outputs[Index];
    const int64_t Steps = Output.axis >= 0 ? Sizes.axes[Output.axis] : 1;
    const size_t Element =
        Output.type == RNN_TOKEN ? sizeof(int32_t) : elementSize(Model);
    Data.emplace_back(Steps * Sizes.batch * Output.size * Element);
    Outputs.push_back(Data.back().data());
  }
  walk(Model, Params, From, [&](const Batch &Of, rnn_call &Call) {
    Call.outputs = Outputs.data();
    check(rnn_forward(Plan, &Call));
    Take(Of, Outputs);
  });
}

void train::encode(
    rnn_plan *Plan, const rnn_model &Model, Source &From,
    const std::function<void(const Batch &, const char *)> &Take) {
  rnn_plan_options Sizes{};
  From.addSizes(Sizes);
  const Buffer Records(Model.stream->state_bytes * Sizes.batch);
  From.rewind();
  do {
    const Batch &Of = From.next();
    rnn_call Call = callOf(Of);
    Call.stream_state = Records.data();
    check(rnn_encode(Plan, &Call));
    Take(Of, Records.data());
  } while (!From.atEpochEnd());
}
