//===- Loop.cpp - A run of training ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The clock decides when to stop, report and save; nothing else.
//===----------------------------------------------------------------------===//
#include "runtime/train/Loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

using namespace rnn;
using namespace rnn::train;

namespace {
class Runner {
public:
  Runner(Trainer &What, const Schedule &How)
      : What(What), How(How), FirstStep(What.Now.Steps) {}

  void run();

private:
  using Clock = std::chrono::steady_clock;

  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - Start).count();
  }
  bool isStopped() const { return How.Stop && How.Stop->load(); }
  bool isOver() const;
  double secondsLeft(double Elapsed) const;
  Report report() const;
  void validate();
  void save();
  void afterStep();

  Trainer &What;
  const Schedule &How;
  int64_t FirstStep;
  Clock::time_point Start = Clock::now();
  double LastProgress = 0, LastSave = 0;
  int64_t ValidatedAt = -1, SavedAt = -1;
};
} // namespace

bool Runner::isOver() const {
  const Budget &Until = How.Until;
  if (isStopped())
    return true;
  if (Until.Steps > 0 && What.Now.Steps >= Until.Steps)
    return true;
  if (Until.Epochs > 0 && What.Now.Steps >= Until.Epochs * What.stepsPerEpoch())
    return true;
  return Until.Seconds > 0 && seconds() >= Until.Seconds;
}

double Runner::secondsLeft(double Elapsed) const {
  const Budget &Until = How.Until;
  const auto Done = static_cast<double>(What.Now.Steps - FirstStep);
  double Left = INFINITY;
  if (Until.Seconds > 0)
    Left = Until.Seconds - Elapsed;
  int64_t Last = Until.Steps > 0 ? Until.Steps : INT64_MAX;
  if (Until.Epochs > 0)
    Last = std::min(Last, Until.Epochs * What.stepsPerEpoch());
  if (Last != INT64_MAX && Done > 0)
    Left = std::min(Left, static_cast<double>(Last - What.Now.Steps) * Elapsed /
                              Done);
  return std::isinf(Left) ? -1 : std::max(Left, 0.0);
}

Report Runner::report() const {
  const double Elapsed = seconds();
  const Options &Given = What.options();
  const auto Letters = static_cast<double>((What.Now.Steps - FirstStep) *
                                           Given.Batch * Given.Window);
  return {What, Elapsed, Elapsed > 0 ? Letters / Elapsed : 0,
          secondsLeft(Elapsed)};
}

void Runner::validate() {
  if (!How.OnValid || ValidatedAt == What.Now.Steps)
    return;
  ValidatedAt = What.Now.Steps;
  if (const auto Result = What.evaluate())
    How.OnValid(report(), *Result);
}

void Runner::save() {
  if (How.CheckpointPath.empty() || SavedAt == What.Now.Steps)
    return;
  saveCheckpoint(What, How.CheckpointPath, How.CheckpointMetadata);
  SavedAt = What.Now.Steps;
  LastSave = seconds();
}

void Runner::afterStep() {
  const int64_t Steps = What.Now.Steps;
  if (How.OnStep)
    How.OnStep(report());
  if (How.ValidSteps > 0 && Steps % How.ValidSteps == 0)
    validate();
  const double Elapsed = seconds();
  if (How.OnProgress && Elapsed - LastProgress >= How.ProgressSeconds) {
    LastProgress = Elapsed;
    How.OnProgress(report());
  }
  const bool StepsAreUp =
      How.CheckpointSteps > 0 && Steps % How.CheckpointSteps == 0;
  const bool TimeIsUp =
      How.CheckpointSeconds > 0 && Elapsed - LastSave >= How.CheckpointSeconds;
  if (StepsAreUp || TimeIsUp)
    save();
}

void Runner::run() {
  while (!isOver()) {
    What.step();
    afterStep();
  }
  save();
  if (How.OnProgress)
    How.OnProgress(report());
  if (!isStopped()) // Somebody is waiting.
    validate();
}

void train::train(Trainer &What, const Schedule &How) {
  Runner(What, How).run();
}

std::string train::progressLine(const Report &At) {
  const Progress &Now = At.Of.Now;
  char Line[160];
  const int Length = std::snprintf(
      Line, sizeof(Line), "step %lld  loss %.4f  smoothed %.4f  %.1fk chars/s",
      static_cast<long long>(Now.Steps), Now.Loss, Now.Smoothed,
      At.LettersPerSecond / 1000);
  std::string Text(Line, std::min<size_t>(Length, sizeof(Line) - 1));
  if (At.SecondsLeft < 0)
    return Text;
  const auto Left = static_cast<long long>(std::ceil(At.SecondsLeft));
  std::snprintf(Line, sizeof(Line), "  %lld:%02lld left", Left / 60, Left % 60);
  return Text + Line;
}
