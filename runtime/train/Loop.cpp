//===- Loop.cpp - A run of training ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The clock decides when to stop, report and save; nothing else.
//===----------------------------------------------------------------------===//
#include "runtime/train/Loop.h"

#include "runtime/lib/Error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>

using namespace rnn;
using namespace rnn::train;

namespace {
class Runner {
public:
  Runner(Trainer &What, const Schedule &How)
      : What(What), How(How), FirstStep(What.Now.Steps),
        FirstItem(What.items()) {}

  bool run();

private:
  using Clock = std::chrono::steady_clock;

  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - Start).count();
  }
  bool isOverEpochs() const;
  bool hasReached(const Evaluation &Result) const;
  bool isStopped() const { return How.Stop && How.Stop->load(); }
  bool isOver() const;
  double secondsLeft(double Elapsed) const;
  Report report() const;
  void validate();
  void save();
  void afterStep();

  Trainer &What;
  const Schedule &How;
  int64_t FirstStep, FirstItem;
  Clock::time_point Start = Clock::now();
  double LastProgress = 0, LastSave = 0;
  int64_t ValidatedAt = -1, SavedAt = -1;
  bool Reached = false;
};
} // namespace

bool Runner::isOverEpochs() const {
  const int64_t Under = What.training().atEpochEnd() && What.Now.Steps > 0;
  return How.Until.Epochs > 0 && What.Now.Epochs + Under >= How.Until.Epochs;
}

bool Runner::isOver() const {
  const Budget &Until = How.Until;
  if (isStopped() || Reached || isOverEpochs())
    return true;
  if (Until.Steps > 0 && What.Now.Steps >= Until.Steps)
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
    Last = std::min(Last, Until.Epochs * What.training().perEpoch());
  if (Last != INT64_MAX && Done > 0)
    Left = std::min(Left, static_cast<double>(Last - What.Now.Steps) * Elapsed /
                              Done);
  return std::isinf(Left) ? -1 : std::max(Left, 0.0);
}

Report Runner::report() const {
  const double Elapsed = seconds();
  const auto Items = static_cast<double>(What.items() - FirstItem);
  return {What, Elapsed, Elapsed > 0 ? Items / Elapsed : 0,
          secondsLeft(Elapsed)};
}

bool Runner::hasReached(const Evaluation &Result) const {
  const rnn_model &Model = What.model();
  double Got = Result.Loss;
  for (size_t I = 0; I < Result.Metrics.size(); ++I)
    if (How.Aim->Name == Model.metrics[I])
      Got = Result.Metrics[I];
  return How.Aim->IsLeast ? Got >= How.Aim->Value : Got <= How.Aim->Value;
}

void Runner::validate() {
  if (!(How.OnValid || How.Aim) || ValidatedAt == What.Now.Steps)
    return;
  ValidatedAt = What.Now.Steps;
  const auto Result = What.evaluate();
  if (!Result)
    return;
  if (How.OnValid)
    How.OnValid(report(), *Result);
  Reached |= How.Aim && hasReached(*Result);
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
  if (How.ValidSteps > 0 ? Steps % How.ValidSteps == 0
                         : How.Aim && What.training().atEpochEnd())
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

bool Runner::run() {
  while (!isOver()) {
    What.step();
    afterStep();
  }
  save();
  if (How.OnProgress)
    How.OnProgress(report());
  if (!isStopped()) // Somebody is waiting.
    validate();
  return !How.Aim || Reached;
}

bool train::train(Trainer &What, const Schedule &How) {
  return Runner(What, How).run();
}

Goal train::goalOf(const std::string &Text, const rnn_model &Model) {
  const size_t At = Text.find_first_of("=<>");
  if (At == std::string::npos)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected name=value to train until, got '" + Text + "'");
  Goal Made;
  Made.Name = Text.substr(0, At);
  const char *Number = Text.c_str() + At + 1;
  char *End = nullptr;
  Made.Value = std::strtod(Number, &End);
  if (End == Number || *End != '\0' || std::isnan(Made.Value))
    throw Error(RNN_ERROR_ARGUMENT, "expected a number to train until in '" +
                                        Text + "', got '" + Number + "'");
  Made.IsLeast = Text[At] == '>' || (Text[At] == '=' && Made.Name != "loss");
  const auto *Last = Model.metrics + Model.metric_count;
  const bool Known = std::any_of(Model.metrics, Last, [&](const char *Metric) {
    return Made.Name == Metric;
  });
  if (Made.Name != "loss" && !Known)
    throw Error(RNN_ERROR_ARGUMENT, std::string("model '") + Model.name +
                                        "': expected loss or a metric to "
                                        "train until, got '" +
                                        Made.Name + "'");
  return Made;
}

std::string train::progressLine(const Report &At) {
  const Progress &Now = At.Of.Now;
  const rnn_model &Model = At.Of.model();
  char Part[160];
  std::snprintf(Part, sizeof(Part), "step %lld  loss %.4f  smoothed %.4f",
                static_cast<long long>(Now.Steps), Now.Loss, Now.Smoothed);
  std::string Line = Part;
  for (uint64_t I = 0; I < Model.metric_count; ++I) {
    std::snprintf(Part, sizeof(Part), " %.4f", At.Of.metrics()[I]);
    Line += std::string("  ") + Model.metrics[I] + Part;
  }
  std::snprintf(Part, sizeof(Part), "  %.1fk %s/s", At.ItemsPerSecond / 1000,
                At.Of.training().itemName());
  Line += Part;
  if (At.SecondsLeft < 0)
    return Line;
  const auto Left = static_cast<long long>(std::ceil(At.SecondsLeft));
  std::snprintf(Part, sizeof(Part), "  %lld:%02lld left", Left / 60, Left % 60);
  return Line + Part;
}
