//===- lstm-bench.cpp - rnnc's LSTM beside oneDNN's -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compares the results of both, then their times, case by case.
//===----------------------------------------------------------------------===//
#include "benchmarks/Clock.h"
#include "benchmarks/FmaPeak.h"
#include "benchmarks/OneDNNLstm.h"
#include "benchmarks/Options.h"
#include "benchmarks/Report.h"
#include "benchmarks/RnncLstm.h"
#include "runtime/lib/OneDNN.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <fmt/core.h>
#include <numeric>
#include <random>
#include <stdexcept>

using namespace bench;

/// Two results agree within this share of the largest element.
static constexpr double Tolerance = 1e-4;

//===----------------------------------------------------------------------===//
// Data and results
//===----------------------------------------------------------------------===//

static std::vector<float> randomVector(int64_t Size, float Range,
                                       std::mt19937 &Generator) {
  std::uniform_real_distribution<float> Distribution(-Range, Range);
  std::vector<float> Made(Size);
  for (float &Element : Made)
    Element = Distribution(Generator);
  return Made;
}

/// Weights as a trained layer may have them: gates neither saturated nor idle.
static LstmData makeData(const LstmSizes &Sizes) {
  std::mt19937 Generator(42);
  const float Range = std::sqrt(3.0f / static_cast<float>(Sizes.H));
  return {randomVector(Sizes.parameters(), Range, Generator),
          randomVector(Sizes.sequence(), 1.0f, Generator),
          randomVector(Sizes.sequence(), 1.0f, Generator)};
}

static void compare(const char *Name, const LstmSizes &Sizes,
                    const std::vector<float> &Ours,
                    const std::vector<float> &Theirs) {
  double Largest = 0, Difference = 0;
  for (size_t Index = 0; Index < Theirs.size(); ++Index) {
    const double Wanted = Theirs[Index], Apart = Ours[Index] - Wanted;
    Largest = std::max(Largest, std::fabs(Wanted));
    // Written so that a NaN counts.
    if (!(std::fabs(Apart) <= Difference))
      Difference = std::fabs(Apart);
  }
  if (!(Difference <= Tolerance * Largest))
    throw std::runtime_error(fmt::format(
        "T {} B {} H {}: {} differs: expected at most {} of the largest "
        "element, {:.4g}, got {:.4g}",
        Sizes.T, Sizes.B, Sizes.H, Name, Tolerance, Largest, Difference));
}

static void compareResults(const LstmSizes &Sizes, RnncLstm &Ours,
                           OneDNNLstm &Theirs) {
  Ours.forward();
  Theirs.inference();
  compare("y (forward_inference)", Sizes, Ours.results().Y, Theirs.results().Y);
  Ours.gradient();
  Theirs.gradient();
  const LstmResults Expected = Theirs.results();
  compare("y (forward_training)", Sizes, Ours.results().Y, Expected.Y);
  compare("the gradient of x", Sizes, Ours.results().DX, Expected.DX);
  compare("the gradient of the parameters", Sizes, Ours.results().Gradient,
          Expected.Gradient);
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

static Case measure(const LstmSizes &Sizes, const Options &With) {
  const LstmData Data = makeData(Sizes);
  RnncLstm Ours(Sizes, Data, With.Plan);
  OneDNNLstm Theirs(Sizes, Data);
  compareResults(Sizes, Ours, Theirs);
  const std::vector<double> Times = measureInTurns(
      {[&] { Ours.forward(); }, [&] { Theirs.inference(); },
       [&] { Theirs.training(); }, [&] { Ours.gradient(); },
       [&] { Theirs.gradient(); }, [&] { Theirs.packAndGradient(); }},
      With.Rounds, With.RoundSeconds);
  return {Sizes, Times[0], Times[1], Times[2], Times[3], Times[4], Times[5]};
}

/// Lengths in equal steps from T down to 1.
static std::vector<int32_t> uniformLengths(const LstmSizes &Sizes) {
  std::vector<int32_t> Made(Sizes.B);
  for (int64_t Sequence = 0; Sequence < Sizes.B; ++Sequence)
    Made[Sequence] = static_cast<int32_t>(Sizes.T - Sequence * (Sizes.T - 1) /
                                                        (Sizes.B - 1));
  return Made;
}

static LengthsCase measureLengths(const LstmSizes &Sizes, const Options &With) {
  const LstmData Data = makeData(Sizes);
  const std::vector<int32_t> Lengths = uniformLengths(Sizes);
  RnncLstm Full(Sizes, Data, With.Plan), Ragged(Sizes, Data, With.Plan);
  Ragged.setLengths(Lengths);
  const std::vector<double> Times =
      measureInTurns({[&] { Ragged.forward(); }, [&] { Full.forward(); },
                      [&] { Ragged.gradient(); }, [&] { Full.gradient(); }},
                     With.Rounds, With.RoundSeconds);
  const auto Rows = std::accumulate(Lengths.begin(), Lengths.end(), int64_t(0));
  return {Sizes,
          static_cast<double>(Rows) / static_cast<double>(Sizes.T * Sizes.B),
          Times[0],
          Times[1],
          Times[2],
          Times[3]};
}

static std::vector<LengthsCase> measureAllLengths(const Options &With) {
  std::vector<LengthsCase> Cases;
  for (const int64_t H : With.Units)
    for (const int64_t B : With.Batches)
      if (With.Lengths && B > 1)
        Cases.push_back(measureLengths({With.Steps, B, H}, With));
  return Cases;
}

static void run(const Options &With) {
  const rnn::SingleThread Guard;
  double Peak = measureFmaPeak();
  std::vector<Case> Cases;
  for (const int64_t H : With.Units)
    for (const int64_t B : With.Batches) {
      Cases.push_back(measure({With.Steps, B, H}, With));
      Peak = std::max(Peak, measureFmaPeak());
    }
  const std::vector<LengthsCase> Lengths = measureAllLengths(With);
  printTables(Cases, Peak);
  if (With.Lengths)
    printLengths(Lengths);
  if (!With.Csv.empty())
    writeCsv(With.Csv, Cases, Lengths, Peak);
}

int main(int Count, char **Arguments) {
  int Status;
  const auto With = readOptions(Count, Arguments, Status);
  if (!With)
    return Status;
  try {
    run(*With);
  } catch (const std::exception &Error) {
    fmt::print(stderr, "lstm-bench: {}\n", Error.what());
    return 1;
  }
  return 0;
}
