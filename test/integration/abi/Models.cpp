//===- Models.cpp - Compiled models and calls of them ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills buffers by the descriptor.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <algorithm>
#include <cstring>
#include <random>

AlignedBytes::AlignedBytes(size_t Size, char Fill)
    : Storage(Size + RNN_ALIGNMENT, Fill), Size(Size) {
  const auto Address = reinterpret_cast<uintptr_t>(Storage.data());
  Start = Storage.data() + (-Address & (RNN_ALIGNMENT - 1));
}

PlanHandle makePlan(const rnn_model &Model, int64_t Steps, int64_t Batch,
                    rnn_gemm Gemm) {
  rnn_plan_options Options{};
  std::fill_n(Options.axes, Model.axis_count, Steps);
  Options.batch = Batch;
  Options.gemm = Gemm;
  rnn_plan *Plan = nullptr;
  rnn_plan_create(&Model, &Options, &Plan);
  return PlanHandle(Plan);
}

Work::Work(const rnn_model &Model, int64_t Steps, int64_t Batch, uint64_t Seed)
    : Model(Model), Params(Model.parameter_size * elementSize()) {
  std::fill_n(Axes, RNN_MAX_AXES, Steps);
  Call.struct_size = sizeof(Call);
  Call.batch = Batch;
  Call.axes = Axes;
  rnn_init(&Model, Params.data(), Seed);
  Data.reserve(Model.input_count + Model.target_count);
  for (uint64_t I = 0; I < Model.input_count; ++I)
    fill(Model.inputs[I], Inputs, Seed + I);
  for (uint64_t I = 0; I < Model.target_count; ++I)
    fill(Model.targets[I], Targets, Seed + 100 + I);
  Call.inputs = Inputs.data();
  Call.targets = Targets.data();
  placeResults();
}

size_t Work::elementSize() const {
  return Model.element_type == RNN_F64 ? sizeof(double) : sizeof(float);
}

int64_t Work::elements(const rnn_tensor &Tensor) const {
  const int64_t Steps = Tensor.axis >= 0 ? Axes[Tensor.axis] : 1;
  return Steps * Call.batch * static_cast<int64_t>(Tensor.size);
}

template <typename Element, typename Draw>
static Bytes drawn(int64_t Count, Draw &&Next) {
  Bytes Filled(Count * sizeof(Element));
  for (int64_t I = 0; I < Count; ++I)
    reinterpret_cast<Element *>(Filled.data())[I] =
        static_cast<Element>(Next());
  return Filled;
}

void Work::fill(const rnn_tensor &Tensor, std::vector<const void *> &Pointers,
                uint64_t Seed) {
  std::mt19937_64 Random(Seed);
  std::normal_distribution<double> Normal;
  const int64_t Count = elements(Tensor);
  if (Tensor.type == RNN_TOKEN)
    Data.push_back(
        drawn<int32_t>(Count, [&] { return Random() % Tensor.vocabulary; }));
  else if (Tensor.type == RNN_F32)
    Data.push_back(drawn<float>(Count, [&] { return Normal(Random); }));
  else
    Data.push_back(drawn<double>(Count, [&] { return Normal(Random); }));
  Pointers.push_back(Data.back().data());
}

void *Work::place(size_t Size) {
  Results.push_back(std::make_unique<AlignedBytes>(Size, 0x55));
  return Results.back()->data();
}

void Work::placeResults() {
  for (uint64_t I = 0; I < Model.output_count; ++I)
    Outputs.push_back(place(elements(Model.outputs[I]) * elementSize()));
  for (uint64_t I = 0; I < Model.input_count; ++I)
    InputGradients.push_back(
        Model.inputs[I].type == RNN_TOKEN
            ? nullptr
            : place(elements(Model.inputs[I]) * elementSize()));
  Call.outputs = Outputs.data();
  Call.input_gradients = InputGradients.data();
  Call.state_gradient = place(Call.batch * Model.state_bytes);
  Call.gradient = place(Params.size());
  Call.loss = static_cast<double *>(place(sizeof(double)));
  Call.metrics =
      static_cast<double *>(place(Model.metric_count * sizeof(double)));
  Call.state = place(Call.batch * Model.state_bytes);
}

void Work::clearResults() {
  for (const auto &Result : Results)
    std::memset(Result->data(), 0x55, Result->size());
}

Bytes Work::results() const {
  Bytes All;
  for (const auto &Result : Results) {
    const Bytes Part = Result->copy();
    All.insert(All.end(), Part.begin(), Part.end());
  }
  return All;
}
