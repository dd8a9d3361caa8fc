//===- Loop.h - A run of training -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Trains until a budget is used up, with progress, validation and checkpoints
// on the way. What is printed, and where, is the caller's.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_LOOP_H
#define RNNC_RUNTIME_TRAIN_LOOP_H

#include "runtime/train/Checkpoint.h"
#include "runtime/train/Trainer.h"

#include <atomic>
#include <functional>
#include <optional>

namespace rnn::train {

/// Where a run ends: at whichever comes first; 0 stands for no bound. Steps and
/// epochs count from the start of training, across resumptions.
struct Budget {
  int64_t Steps = 0, Epochs = 0;
  double Seconds = 0; ///< of this run
};

/// How a run is doing.
struct Report {
  const Trainer &Of;
  double Seconds;        ///< of this run
  double ItemsPerSecond; ///< letters or examples, of this run
  double SecondsLeft;    ///< by the nearest bound; negative: not known
};

/// When a run has reached what it was for.
struct Goal {
  std::string Name; ///< "loss" or a metric
  double Value;
  bool IsLeast; ///< at least the value; else at most
};
/// From "name=value", where a loss is to fall to the value and a metric to rise
/// to it, or "name<value", "name>value". Throws Error, also for a name that the
/// model does not have.
Goal goalOf(const std::string &Text, const rnn_model &Model);

struct Schedule {
  Budget Until;
  /// Ends the run at the validation that reaches it. Without ValidSteps there
  /// is one an epoch.
  std::optional<Goal> Aim;
  std::string CheckpointPath; ///< empty: none are written
  Metadata CheckpointMetadata;
  int64_t CheckpointSteps =
      0; ///< steps between checkpoints; 0: only at the end
  double CheckpointSeconds = 0; ///< seconds between them; 0: only at the end
  int64_t ValidSteps = 0;       ///< steps between validations; 0: at the end
  double ProgressSeconds = 0.5; ///< seconds between calls of OnProgress
  /// Ends the run after the step under way, as a signal handler may ask.
  const std::atomic<bool> *Stop = nullptr;

  std::function<void(const Report &)> OnStep;     ///< after each step
  std::function<void(const Report &)> OnProgress; ///< now and then
  std::function<void(const Report &, const Evaluation &)> OnValid;
};

/// Runs; throws Error. At the end a checkpoint is written and, unless the run
/// was stopped, the model validated. False if there was an aim that it did not
/// reach.
bool train(Trainer &What, const Schedule &How);

/// One line without its end: steps, losses, metrics, letters or examples a
/// second, time left.
std::string progressLine(const Report &At);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_LOOP_H
