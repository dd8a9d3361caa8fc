//===- LayerBench.cpp - A layer beside its peers --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compares the results of all sides, then times them in turns.
//===----------------------------------------------------------------------===//
#include "benchmarks/LayerBench.h"

#include "benchmarks/Arguments.h"
#include "benchmarks/Clock.h"
#include "benchmarks/Compare.h"
#include "benchmarks/CompiledLayer.h"
#include "benchmarks/Limits.h"
#include "benchmarks/OneDNNLayer.h"
#include "benchmarks/OnnxRuntime.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <stdexcept>

using namespace bench;

namespace {

/// Functions that take turns, with the names of those who call them.
struct Sides {
  std::vector<std::string> Names;
  std::vector<std::function<void()>> Functions;

  void add(const std::string &Name, std::function<void()> Function) {
    Names.push_back(Name);
    Functions.push_back(std::move(Function));
  }
};

} // namespace

static Cell readCell(const std::string &Name) {
  if (Name == "LSTM")
    return Cell::LSTM;
  if (Name == "GRU")
    return Cell::GRU;
  throw std::runtime_error(
      fmt::format("--cell: expected LSTM or GRU, got '{}'", Name));
}

static rnn_gemm parseGemm(const std::string &Name) {
  if (Name == "auto")
    return RNN_GEMM_AUTO;
  if (Name == "generated")
    return RNN_GEMM_GENERATED;
  if (Name == "library")
    return RNN_GEMM_LIBRARY;
  throw std::runtime_error(fmt::format(
      "--gemm: expected auto, generated or library, got '{}'", Name));
}

static PlanChoice readPlan(const Arguments &Given) {
  return {parseGemm(Given.text("gemm", "auto")), Given.number("chunk", 0, 0),
          static_cast<int32_t>(Given.number("threads", 1)),
          static_cast<int32_t>(Given.number("slices", 0, 0))};
}

/// Weights as a trained layer may have them: gates neither saturated nor idle.
static LayerData makeData(const LayerSizes &Sizes) {
  const float Range = std::sqrt(3.0f / static_cast<float>(Sizes.H));
  return {randomVector(Sizes.parameters(), Range, 1),
          randomVector(Sizes.sequence(), 1.0f, 2),
          randomVector(Sizes.sequence(), 1.0f, 3)};
}

/// Times, and the limits of reading `Streamed` bytes again and again.
static void printTimes(const Sides &Of, const Arguments &Given,
                       int64_t Streamed) {
  Limits Beside(Streamed, static_cast<int>(Given.number("threads", 1)));
  const auto Times = measureInTurns(
      Of.Functions,
      readTurns(Given, [&](double Seconds) { Beside.turn(Seconds); }));
  for (size_t Index = 0; Index < Times.size(); ++Index)
    fmt::print("{} {:.4f}\n", Of.Names[Index], Times[Index].Median);
  fmt::print("spread {:.4f}\n", Times[0].Spread);
  Beside.print();
}

/// What every step reads: the weights that the state meets, as they are kept.
static int64_t streamedBytes(const LayerSizes &Sizes, const rnn_model &Model) {
  const int64_t Each = Model.weight_type == RNN_BF16   ? 2
                       : Model.weight_type == RNN_INT8 ? 1
                                                       : 4;
  return Each * Sizes.gates() * Sizes.H * Sizes.H;
}

//===----------------------------------------------------------------------===//
// Forward, gradient, and sequences of several lengths
//===----------------------------------------------------------------------===//

/// How far outputs may be from those of peers, who keep weights of f32: a
/// rounded weight has 8 bits, or 8 of the largest of its row.
static double toleranceOf(const rnn_model &Model) {
  return Model.weight_type == RNN_BF16   ? 4e-3
         : Model.weight_type == RNN_INT8 ? 2e-2
                                         : 1e-4;
}

static void timeForward(const Arguments &Given, CompiledLayer &Ours,
                        double Tolerance, OneDNNLayer &OneDNN,
                        OnnxRuntime *Onnx, int64_t Streamed) {
  Ours.forward();
  OneDNN.inference();
  compare("y (onednn-inference)", Ours.results().Y, OneDNN.results().Y,
          Tolerance);
  OneDNN.training();
  compare("y (onednn-training)", Ours.results().Y, OneDNN.results().Y,
          Tolerance);
  Sides Made;
  Made.add("rnnc", [&] { Ours.forward(); });
  Made.add("onednn-inference", [&] { OneDNN.inference(); });
  Made.add("onednn-training", [&] { OneDNN.training(); });
  if (Onnx) {
    Onnx->forward();
    compare("y (onnxruntime)", Ours.results().Y, Onnx->y(), Tolerance);
    Made.add("onnxruntime", [&] { Onnx->forward(); });
  }
  printTimes(Made, Given, Streamed);
}

static void timeGradient(const Arguments &Given, CompiledLayer &Ours,
                         OneDNNLayer &OneDNN, int64_t Streamed) {
  Ours.forward();
  Ours.gradient();
  OneDNN.gradient();
  const LayerResults Expected = OneDNN.results();
  compare("y", Ours.results().Y, Expected.Y);
  compare("the gradient of x", Ours.results().DX, Expected.DX);
  compare("the gradient of the parameters", Ours.results().Gradient,
          Expected.Gradient);
  Sides Made;
  Made.add("rnnc", [&] { Ours.gradient(); });
  Made.add("onednn", [&] { OneDNN.gradient(); });
  Made.add("onednn-packing", [&] { OneDNN.packAndGradient(); });
  printTimes(Made, Given, Streamed);
}

/// Lengths in equal steps from T down to 1.
static std::vector<int32_t> uniformLengths(const LayerSizes &Sizes) {
  std::vector<int32_t> Made(Sizes.B);
  for (int64_t Sequence = 0; Sequence < Sizes.B; ++Sequence)
    Made[Sequence] = static_cast<int32_t>(
        Sizes.T - Sequence * (Sizes.T - 1) / std::max<int64_t>(Sizes.B - 1, 1));
  return Made;
}

static void timeLengths(const Arguments &Given, const LayerSizes &Sizes,
                        CompiledLayer &Full, CompiledLayer &Ragged,
                        int64_t Streamed) {
  const std::vector<int32_t> Lengths = uniformLengths(Sizes);
  Ragged.setLengths(Lengths);
  Sides Made;
  Made.add("rnnc", [&] { Ragged.gradient(); });
  Made.add("rnnc-full", [&] { Full.gradient(); });
  printTimes(Made, Given, Streamed);
  int64_t Rows = 0;
  for (const int32_t Length : Lengths)
    Rows += Length;
  fmt::print("rows {}\n", Rows);
}

//===----------------------------------------------------------------------===//
// The commands
//===----------------------------------------------------------------------===//

void bench::runLayer(const std::vector<std::string> &Words) {
  const Arguments Given(Words, {"model", "cell", "steps", "batch", "units",
                                "pass", "onnxruntime", "rounds", "round-us",
                                "gemm", "chunk", "threads", "slices"});
  const LayerSizes Sizes{readCell(Given.text("cell", "LSTM")),
                         Given.number("steps", 50), Given.number("batch", 1),
                         Given.number("units", 256)};
  const LayerData Data = makeData(Sizes);
  const rnn_model &Model = loadModel(Given.required("model"), "bench");
  const int64_t Streamed = streamedBytes(Sizes, Model);
  const PlanChoice Plan = readPlan(Given);
  setOpenMPThreads(Plan.Threads);
  CompiledLayer Ours(Model, Sizes, Data, Plan);
  const std::string Pass = Given.text("pass", "forward");
  if (Pass == "lengths") {
    CompiledLayer Ragged(Model, Sizes, Data, Plan);
    return timeLengths(Given, Sizes, Ours, Ragged, Streamed);
  }
  OneDNNLayer OneDNN(Sizes, Data);
  if (Pass == "gradient")
    return timeGradient(Given, Ours, OneDNN, Streamed);
  if (Pass != "forward")
    throw std::runtime_error(fmt::format(
        "--pass: expected forward, gradient or lengths, got '{}'", Pass));
  std::unique_ptr<OnnxRuntime> Onnx;
  if (const std::string Library = Given.text("onnxruntime"); !Library.empty())
    Onnx = std::make_unique<OnnxRuntime>(Library, Sizes, Data, Plan.Threads);
  timeForward(Given, Ours, toleranceOf(Model), OneDNN, Onnx.get(), Streamed);
}
