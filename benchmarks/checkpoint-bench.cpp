//===- checkpoint-bench.cpp - Memory and time of checkpoints --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The gradient of one LSTM layer over a long sequence, compiled with each of
// rnnc's --checkpoint modes: the memory of its plan, and its time in turns. The
// gradients are compared first.
//===----------------------------------------------------------------------===//
#include "benchmarks/Clock.h"
#include "runtime/lib/Guards.h"
#include "runtime/lib/Plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <fmt/core.h>
#include <random>
#include <stdexcept>
#include <string_view>

using namespace bench;

extern "C" {
extern const rnn_model benchcheckpointnone, benchcheckpointevery,
    benchcheckpointlog;
}

static constexpr const char *Help = R"(usage: checkpoint-bench [options]

Measures the gradient of an LSTM layer of 256 units over a long sequence with
each of rnnc's --checkpoint modes: bytes of the plan's arena and processor time,
both also as shares of those of --checkpoint=none. First the gradients are
compared; where they differ, nothing is printed and the exit status is 1.

  --steps N   steps of time           (default 4096)
  --batch N   sequences in a batch    (default 4)
  --rounds N  turns of each mode; medians count (default 9)
  --help      this text
)";

namespace {

struct Options {
  int64_t Steps = 4096, Batch = 4, Rounds = 9;
};

struct Mode {
  const char *Name;
  const rnn_model *Model;
};

/// One mode's plan with the buffers of a call.
class Gradient {
public:
  Gradient(const rnn_model &Model, const Options &With,
           const std::vector<float> &Parameters, const std::vector<float> &X,
           const std::vector<float> &DY);
  ~Gradient() { rnn_plan_destroy(Made); }
  Gradient(const Gradient &) = delete;
  Gradient &operator=(const Gradient &) = delete;

  void run();
  size_t bytes() const { return static_cast<rnn::Plan *>(Made)->Arena.size(); }
  const std::vector<float> &result() const { return Result; }

private:
  const std::vector<float> &Parameters;
  std::vector<float> Result;
  int64_t Axes[1];
  const void *Inputs[1], *Targets[1];
  double Loss = 0;
  rnn_call Call = {};
  rnn_plan *Made = nullptr;
};

} // namespace

static const Mode Modes[] = {{"none", &benchcheckpointnone},
                             {"every", &benchcheckpointevery},
                             {"log", &benchcheckpointlog}};

static void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw std::runtime_error(rnn_last_error());
}

Gradient::Gradient(const rnn_model &Model, const Options &With,
                   const std::vector<float> &Parameters,
                   const std::vector<float> &X, const std::vector<float> &DY)
    : Parameters(Parameters), Result(Parameters.size()), Axes{With.Steps},
      Inputs{X.data()}, Targets{DY.data()} {
  rnn_plan_options Wanted = {};
  Wanted.axes[0] = With.Steps;
  Wanted.batch = With.Batch;
  Wanted.functions = 1 << RNN_GRADIENT;
  check(rnn_plan_create(&Model, &Wanted, &Made));
  Call.struct_size = sizeof(Call);
  Call.batch = With.Batch;
  Call.axes = Axes;
  Call.inputs = Inputs;
  Call.targets = Targets;
  Call.loss = &Loss;
  Call.gradient = Result.data();
}

void Gradient::run() { check(rnn_gradient(Made, Parameters.data(), &Call)); }

//===----------------------------------------------------------------------===//
// The command line
//===----------------------------------------------------------------------===//

static int64_t readNumber(std::string_view Name, std::string_view Text) {
  int64_t Number = 0;
  const char *End = Text.data() + Text.size();
  const auto [Stop, Error] = std::from_chars(Text.data(), End, Number);
  if (Error != std::errc() || Stop != End || Number < 1 || Number > 1 << 20)
    throw std::runtime_error(fmt::format(
        "{}: expected a whole number from 1 to 1048576, got '{}'", Name, Text));
  return Number;
}

static Options readOptions(int Count, char **Arguments) {
  Options Read;
  for (int I = 1; I < Count; I += 2) {
    const std::string_view Name = Arguments[I];
    int64_t *To = Name == "--steps"    ? &Read.Steps
                  : Name == "--batch"  ? &Read.Batch
                  : Name == "--rounds" ? &Read.Rounds
                                       : nullptr;
    if (!To)
      throw std::runtime_error(
          fmt::format("expected an option, see --help; got '{}'", Name));
    *To = readNumber(Name, I + 1 < Count ? Arguments[I + 1] : "");
  }
  return Read;
}

//===----------------------------------------------------------------------===//
// Figures
//===----------------------------------------------------------------------===//

static std::vector<float> randomVector(size_t Size, float Range,
                                       std::mt19937 &Generator) {
  std::uniform_real_distribution<float> Distribution(-Range, Range);
  std::vector<float> Made(Size);
  for (float &Element : Made)
    Element = Distribution(Generator);
  return Made;
}

static void compare(const char *Name, const std::vector<float> &Expected,
                    const std::vector<float> &Got) {
  double Largest = 0, Difference = 0;
  for (size_t I = 0; I < Expected.size(); ++I) {
    Largest = std::max(Largest, std::fabs(double(Expected[I])));
    const double Apart = std::fabs(double(Got[I]) - Expected[I]);
    // Written so that a NaN counts.
    if (!(Apart <= Difference))
      Difference = Apart;
  }
  if (!(Difference <= 1e-4 * Largest))
    throw std::runtime_error(fmt::format(
        "--checkpoint={}: expected the gradient of none within {:.4g}, got one "
        "that differs by {:.4g}",
        Name, 1e-4 * Largest, Difference));
}

static void run(const Options &With) {
  const rnn::SingleThread Guard;
  constexpr int64_t Units = 256;
  const size_t Elements = With.Steps * With.Batch * Units;
  std::mt19937 Generator(42);
  const auto Parameters =
      randomVector(Modes[0].Model->parameter_size, 0.1f, Generator);
  const auto X = randomVector(Elements, 1.0f, Generator);
  const auto DY = randomVector(Elements, 1.0f, Generator);
  std::vector<std::unique_ptr<Gradient>> Made;
  std::vector<std::function<void()>> Turns;
  for (const Mode &M : Modes) {
    Made.push_back(
        std::make_unique<Gradient>(*M.Model, With, Parameters, X, DY));
    Made.back()->run();
    compare(M.Name, Made.front()->result(), Made.back()->result());
    Turns.emplace_back([&Last = *Made.back()] { Last.run(); });
  }
  const auto Times = measureInTurns(Turns, {static_cast<int>(With.Rounds), 0});
  fmt::print("gradient of an LSTM, T {}, B {}, H {}; one thread\n{:>6}{:>12}"
             "{:>8}{:>12}{:>8}\n",
             With.Steps, With.Batch, Units, "mode", "MB", "share", "ms",
             "ratio");
  for (size_t I = 0; I < Made.size(); ++I)
    fmt::print("{:>6}{:12.2f}{:8.3f}{:12.2f}{:8.2f}\n", Modes[I].Name,
               Made[I]->bytes() * 1e-6,
               double(Made[I]->bytes()) / Made[0]->bytes(),
               Times[I].Median * 1e-3, Times[I].Median / Times[0].Median);
}

int main(int Count, char **Arguments) {
  if (Count == 2 && std::strcmp(Arguments[1], "--help") == 0) {
    fmt::print("{}", Help);
    return 0;
  }
  try {
    run(readOptions(Count, Arguments));
  } catch (const std::exception &Error) {
    fmt::print(stderr, "checkpoint-bench: {}\n", Error.what());
    return 1;
  }
  return 0;
}
