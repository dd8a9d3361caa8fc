//===- Commands.h - What rnn-run does ---------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The commands, free of LLVM and of the command line. Each returns the exit
// status; errors have been printed.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDS_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDS_H

#include "runtime/tools/rnn-run/LoadedModel.h"

#include <optional>
#include <string>

namespace rnn::run {

/// What a plan is to be made for: steps of each time axis, and sequences.
struct PlanSizes {
  int64_t Steps, Batch;
};

/// With sizes, what a plan for them chooses as well.
int info(const ModelSource &Source,
         const std::optional<PlanSizes> &Sizes) noexcept;
/// Prints what a plan chooses; throws Error.
void printPlan(const ModelSource &Source, const rnn_model &Model,
               const PlanSizes &Sizes);

struct InitCommand {
  ModelSource Source;
  uint64_t Seed = 42;
  std::string Output;
};
int init(const InitCommand &Do) noexcept;

/// eval and grad: tensors in, tensors out.
struct TensorCommand {
  ModelSource Source;
  std::string Input;
  std::string Params; ///< empty: the parameters are in Input
  std::string Output;
  int64_t Chunk = 0; ///< steps a chunk of time; 0: chosen by the runtime
};
int eval(const TensorCommand &Do) noexcept;

/// eval over a data set: loss and metrics on the standard output.
struct DataCommand {
  ModelSource Source;
  bool HasElementType = false; ///< Source's is the user's choice
  std::string Data;
  std::string Params;           ///< empty: the model's initialisers
  uint64_t Seed = 42;           ///< of these
  std::string Output;           ///< where the outputs go; may be empty
  std::optional<int64_t> Batch; ///< see evaluationBatch
};
int evalData(const DataCommand &Do) noexcept;

/// A linear read-out by ridge regression.
struct RidgeCommand {
  DataCommand On;
  std::string Features; ///< an output of the model
  std::string Target;
  std::string Weights, Bias; ///< parameters [target, features] and [target]
  double Lambda = 1e-6;
  int64_t Washout = 0; ///< first steps that are left out
  std::string Output;  ///< all parameters
};
int ridge(const RidgeCommand &Do) noexcept;
int grad(const TensorCommand &Do) noexcept;

/// What is not given comes from the checkpoint resumed from, or is a default.
struct TrainCommand {
  ModelSource Source;
  bool HasElementType = false; ///< Source's is the user's choice
  std::string Data;            ///< a text, or examples in a safetensors file
  std::string Valid;           ///< other examples, for validation; may be empty
  std::optional<double> ValidFraction;
  std::string Until; ///< see goalOf; may be empty
  int64_t Steps = 0, Epochs = 0;
  double Seconds = 0;

  std::optional<std::string> Optimizer;
  std::optional<double> Momentum, WeightDecay, Rate, Decay, ClipValue, ClipNorm;
  std::optional<int64_t> Batch, Window;
  std::optional<double> HfDamping, HfStructural;
  std::optional<int64_t> HfIterations, HfProducts;
  std::optional<bool> HfPrecondition;
  std::optional<uint64_t> Seed;

  std::string Params; ///< initial parameters; empty: the model's initialisers
  std::string Checkpoint, Resume;
  int64_t CheckpointSteps = 0;
  double CheckpointSeconds = 0;
  std::string Log;
  int64_t ValidSteps = 0;
};
int train(const TrainCommand &Do) noexcept;

struct SampleCommand {
  ModelSource Source;
  bool HasElementType = false; ///< Source's is the user's choice
  std::string Params;
  std::string Data; ///< examples to generate for; may be empty
  std::string Prefix;
  std::string End; ///< the letter, symbol or number to end at; may be empty
  std::optional<double> Temperature;
  bool MostLikely = false;
  int64_t Beam = 0;
  uint64_t Seed = 42;
  std::optional<int64_t> Length;
  int64_t Count = 1;  ///< lines, without examples
  bool Score = false; ///< compare with the examples instead of printing
};
int sample(const SampleCommand &Do) noexcept;

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDS_H
