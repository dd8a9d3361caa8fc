//===- Examples.cpp - A model, its parameters and a data set --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Batches in, examples in the order of the file out.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Examples.h"

#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Support.h"

#include <cstring>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

Examples::Examples(const DataCommand &Do, DataSet::Needs What)
    : Source(Do.Source) {
  TensorFile File;
  if (!Do.Params.empty()) {
    File = readTensors(Do.Params);
    applyOrigin(Source, Do.HasElementType, File);
  }
  Loaded = loadModel(Source);
  checkModel(&model());
  Params = Buffer(model().parameter_size * elementSize(model()));
  if (Do.Params.empty())
    check(rnn_init(&model(), Params.data(), Do.Seed));
  else
    loadParameters(model(), File, Params.data());
  Metadata = File.Metadata;
  Data =
      std::make_shared<const DataSet>(model(), Do.Data, DataSet::Needs::Inputs);
  DataOptions Given;
  Given.Batch = Do.Batch.value_or(evaluationBatch(*Data));
  Given.Shuffled = false;
  Walk = std::make_unique<DataSource>(Data, Given);
}

PlanPtr Examples::plan(int Function) {
  rnn_plan_options Wanted{};
  Walk->addSizes(Wanted);
  Wanted.gemm = Source.Gemm;
  Wanted.threads = Source.Threads;
  Wanted.slices = Source.Slices;
  Wanted.wave = Source.Wave;
  Wanted.functions = 1u << Function;
  PlanPtr Plan = makePlan(model(), Wanted);
  check(rnn_plan_pack(Plan.get(), Params.data()));
  return Plan;
}

Evaluation Examples::evaluate() {
  const PlanPtr Plan = plan(RNN_LOSS);
  return train::evaluate(Plan.get(), model(), Params.data(), *Walk);
}

std::vector<int64_t> Examples::shape(const rnn_tensor &Output) const {
  std::vector<int64_t> Shape{Data->size()};
  if (Output.axis >= 0)
    Shape.push_back(std::max<int64_t>(Data->steps(Output.axis), 1));
  Shape.insert(Shape.end(), Output.shape, Output.shape + Output.rank);
  return Shape;
}

/// Copies a batch's output [T][B][F] to where its examples are.
static void scatter(const Batch &Of, const rnn_tensor &Output, size_t Row,
                    int64_t MaxSteps, const char *From, char *Into) {
  const int64_t Steps = Output.axis >= 0 ? Of.Axes[Output.axis] : 1;
  for (int64_t Step = 0; Step < Steps; ++Step)
    for (int64_t Sequence = 0; Sequence < Of.Size; ++Sequence)
      std::memcpy(Into + (Of.Examples[Sequence] * MaxSteps + Step) * Row,
                  From + (Step * Of.Size + Sequence) * Row, Row);
}

std::vector<Buffer> Examples::forward() {
  const PlanPtr Plan = plan(RNN_FORWARD);
  std::vector<Buffer> Made;
  for (uint64_t I = 0; I < model().output_count; ++I) {
    const rnn_tensor &Output = model().outputs[I];
    size_t Bytes = Data->bytes(Output) / Output.size;
    for (const int64_t Size : shape(Output))
      Bytes *= static_cast<size_t>(Size);
    Made.emplace_back(Bytes);
  }
  train::forward(
      Plan.get(), model(), Params.data(), *Walk,
      [&](const Batch &Of, const std::vector<void *> &Outputs) {
        for (uint64_t I = 0; I < model().output_count; ++I) {
          const rnn_tensor &Output = model().outputs[I];
          const int64_t Steps = Output.axis >= 0 ? shape(Output)[1] : 1;
          scatter(Of, Output, Data->bytes(Output), Steps,
                  static_cast<const char *>(Outputs[I]), Made[I].data());
        }
      });
  return Made;
}

Buffer Examples::encode() {
  const rnn_stream &Stream = *model().stream;
  const size_t Bytes = Stream.state_bytes;
  Buffer Made(Bytes * Data->size());
  const auto Record = [&](int64_t Example) {
    return Made.data() + Example * Bytes;
  };
  if (Stream.reset || Bytes == 0) {
    for (int64_t Example = 0; Stream.reset && Example < Data->size(); ++Example)
      check(settle(Stream.reset(Params.data(), Record(Example))));
    return Made;
  }
  const PlanPtr Plan = plan(RNN_ENCODE);
  train::encode(Plan.get(), model(), *Walk,
                [&](const Batch &Of, const char *Records) {
                  for (int64_t Sequence = 0; Sequence < Of.Size; ++Sequence)
                    std::memcpy(Record(Of.Examples[Sequence]),
                                Records + Sequence * Bytes, Bytes);
                });
  return Made;
}
