//===- RnncLstm.cpp - The compiled LSTM -----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// lstm.rnn, as rnnc compiled it.
//===----------------------------------------------------------------------===//
#include "benchmarks/RnncLstm.h"

#include <stdexcept>

using namespace bench;

extern "C" {
extern const rnn_model benchlstm128, benchlstm256, benchlstm512;
}

const rnn_model *bench::findModel(int64_t H) {
  for (const rnn_model *Model : {&benchlstm128, &benchlstm256, &benchlstm512})
    if (Model->inputs[0].shape[0] == H)
      return Model;
  return nullptr;
}

static void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw std::runtime_error(rnn_last_error());
}

static rnn_plan *makePlan(const LstmSizes &Sizes, const PlanChoice &Choice) {
  rnn_plan_options Options = {};
  Options.axes[0] = Sizes.T;
  Options.batch = Sizes.B;
  Options.threads = 1;
  Options.gemm = Choice.Gemm;
  Options.functions = 1 << RNN_FORWARD | 1 << RNN_GRADIENT;
  Options.chunk = Choice.Chunk;
  rnn_plan *Plan;
  check(rnn_plan_create(findModel(Sizes.H), &Options, &Plan));
  return Plan;
}

RnncLstm::RnncLstm(const LstmSizes &Sizes, const LstmData &Data,
                   const PlanChoice &Choice)
    : Data(Data), Results(Sizes), Axes{Sizes.T}, Inputs{Data.X.data()},
      Targets{Data.DY.data()}, Outputs{Results.Y.data()},
      InputGradients{Results.DX.data()} {
  Forward.struct_size = sizeof(rnn_call);
  Forward.batch = Sizes.B;
  Forward.axes = Axes;
  Forward.inputs = Inputs;
  Forward.outputs = Outputs;
  Gradient = Forward;
  Gradient.outputs = nullptr;
  Gradient.targets = Targets;
  Gradient.loss = &Loss;
  Gradient.gradient = Results.Gradient.data();
  Gradient.input_gradients = InputGradients;
  Plan = makePlan(Sizes, Choice);
  check(rnn_plan_pack(Plan, Data.Parameters.data()));
}

RnncLstm::~RnncLstm() { rnn_plan_destroy(Plan); }

void RnncLstm::setLengths(const std::vector<int32_t> &OfSequences) {
  Lengths = OfSequences;
  LengthsOfAxes[0] = Lengths.data();
  Forward.lengths = Gradient.lengths = LengthsOfAxes;
}

void RnncLstm::forward() { check(rnn_forward(Plan, &Forward)); }

void RnncLstm::gradient() {
  check(rnn_gradient(Plan, Data.Parameters.data(), &Gradient));
}
