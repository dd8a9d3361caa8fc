//===- CompiledLayer.cpp - The compiled model -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Calls the runtime through the descriptor.
//===----------------------------------------------------------------------===//
#include "benchmarks/CompiledLayer.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <stdexcept>

using namespace bench;

static void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw std::runtime_error(rnn_last_error());
}

const rnn_model &bench::loadModel(const std::string &Path,
                                  const std::string &Symbol) {
  void *Library = dlopen(Path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *Model = Library ? dlsym(Library, Symbol.c_str()) : nullptr;
  if (!Model)
    throw std::runtime_error(dlerror());
  return *static_cast<const rnn_model *>(Model);
}

static rnn_plan *makePlan(const rnn_model &Model, const LayerSizes &Sizes,
                          const PlanChoice &Choice) {
  if (static_cast<int64_t>(Model.parameter_size) != Sizes.parameters())
    throw std::runtime_error(fmt::format("{}: expected {} parameters, got {}",
                                         Model.name, Sizes.parameters(),
                                         Model.parameter_size));
  rnn_plan_options Options = {};
  Options.axes[0] = Sizes.T;
  Options.batch = Sizes.B;
  Options.threads = Choice.Threads;
  Options.slices = Choice.Slices;
  Options.gemm = Choice.Gemm;
  for (const int Function : {RNN_FORWARD, RNN_GRADIENT})
    if (Model.functions[Function])
      Options.functions |= 1u << Function;
  Options.chunk = Choice.Chunk;
  rnn_plan *Plan;
  check(rnn_plan_create(&Model, &Options, &Plan));
  return Plan;
}

CompiledLayer::CompiledLayer(const rnn_model &Model, const LayerSizes &Sizes,
                             const LayerData &Data, const PlanChoice &Choice)
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
  Plan = makePlan(Model, Sizes, Choice);
  check(rnn_plan_pack(Plan, Data.Parameters.data()));
}

CompiledLayer::~CompiledLayer() { rnn_plan_destroy(Plan); }

void CompiledLayer::setLengths(const std::vector<int32_t> &OfSequences) {
  Lengths = OfSequences;
  LengthsOfAxes[0] = Lengths.data();
  Forward.lengths = Gradient.lengths = LengthsOfAxes;
}

void CompiledLayer::forward() { check(rnn_forward(Plan, &Forward)); }

void CompiledLayer::gradient() {
  check(rnn_gradient(Plan, Data.Parameters.data(), &Gradient));
}
