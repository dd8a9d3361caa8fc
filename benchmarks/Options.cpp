//===- Options.cpp - The benchmark's command line -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the command line with getopt.
//===----------------------------------------------------------------------===//
#include "benchmarks/Options.h"

#include <charconv>
#include <fmt/core.h>
#include <getopt.h>
#include <stdexcept>
#include <string_view>

using namespace bench;

static constexpr const char *Help = R"(usage: lstm-bench [options]

Runs rnnc's LSTM layer beside oneDNN's LSTM primitive, in turns, on one thread,
and prints times, GFLOP/s, shares of the measured FMA peak, and ratios. Inputs
are vectors of as many elements as there are units. Times are processor time, which
leaves out what other programs take of the core. Before a case is timed, both
sides' outputs and gradients are compared; where they differ, nothing is printed
and the exit status is 1.

  --units LIST    units: any of 128, 256, 512         (default 128,256,512)
  --batch LIST    sequences in a batch                (default 1,16,64)
  --steps N       steps of time                       (default 50)
  --rounds N      turns of each side; medians count   (default 25)
  --quick         5 turns, and one call a turn
  --gemm KIND     auto: oneDNN's matrix products where the plan says so;
                  generated: rnnc's own only          (default auto)
  --chunk N       steps a chunk of time; 0: the runtime chooses (default 0)
  --lengths       also rnnc's time for sequences of 1 to T steps, sorted, beside
                  that for full ones; batches of one sequence are left out
  --csv FILE      write the figures to FILE too
  --help          this text
)";

enum Letter {
  Units = 1,
  Batch,
  Steps,
  Rounds,
  Quick,
  Gemm,
  Chunk,
  Lengths,
  Csv,
  Usage
};

static constexpr option Longs[] = {
    {"units", required_argument, nullptr, Units},
    {"batch", required_argument, nullptr, Batch},
    {"steps", required_argument, nullptr, Steps},
    {"rounds", required_argument, nullptr, Rounds},
    {"quick", no_argument, nullptr, Quick},
    {"gemm", required_argument, nullptr, Gemm},
    {"chunk", required_argument, nullptr, Chunk},
    {"lengths", no_argument, nullptr, Lengths},
    {"csv", required_argument, nullptr, Csv},
    {"help", no_argument, nullptr, Usage},
    {nullptr, 0, nullptr, 0}};

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Larger numbers are mistakes, and sizes made of them would overflow.
static constexpr int64_t Largest = 1 << 20;

static int64_t readNumber(const char *Name, std::string_view Text,
                          int64_t Least) {
  int64_t Number = 0;
  const char *End = Text.data() + Text.size();
  const auto [Stop, Error] = std::from_chars(Text.data(), End, Number);
  if (Error != std::errc() || Stop != End || Number < Least || Number > Largest)
    throw std::runtime_error(
        fmt::format("--{}: expected whole numbers from {} to {}, got '{}'",
                    Name, Least, Largest, Text));
  return Number;
}

static std::vector<int64_t> readList(const char *Name, std::string_view Text) {
  std::vector<int64_t> Numbers;
  for (size_t Comma = 0; Comma != std::string_view::npos;) {
    Comma = Text.find(',');
    Numbers.push_back(readNumber(Name, Text.substr(0, Comma), 1));
    Text = Comma == std::string_view::npos ? Text : Text.substr(Comma + 1);
  }
  return Numbers;
}

static std::vector<int64_t> readUnits(std::string_view Text) {
  std::vector<int64_t> Units = readList("units", Text);
  for (const int64_t H : Units)
    if (!findModel(H))
      throw std::runtime_error(
          fmt::format("--units: expected any of 128, 256, 512, got {}", H));
  return Units;
}

static rnn_gemm readGemm(std::string_view Text) {
  if (Text == "auto")
    return RNN_GEMM_AUTO;
  if (Text == "generated")
    return RNN_GEMM_GENERATED;
  throw std::runtime_error(
      fmt::format("--gemm: expected auto or generated, got '{}'", Text));
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Takes one option; false where it asks for help.
static bool take(Options &To, int Which) {
  switch (Which) {
  case Units:
    To.Units = readUnits(optarg);
    return true;
  case Batch:
    To.Batches = readList("batch", optarg);
    return true;
  case Steps:
    To.Steps = readNumber("steps", optarg, 1);
    return true;
  case Rounds:
    To.Rounds = static_cast<int>(readNumber("rounds", optarg, 1));
    return true;
  case Quick:
    To.Rounds = 5;
    To.RoundSeconds = 0;
    return true;
  case Gemm:
    To.Plan.Gemm = readGemm(optarg);
    return true;
  case Chunk:
    To.Plan.Chunk = readNumber("chunk", optarg, 0);
    return true;
  case Lengths:
    To.Lengths = true;
    return true;
  case Csv:
    To.Csv = optarg;
    return true;
  case Usage:
    return false;
  }
  throw std::runtime_error("see --help"); // getopt has said what is wrong.
}

std::optional<Options> bench::readOptions(int Count, char **Arguments,
                                          int &Status) {
  Status = 0;
  try {
    Options Read;
    for (int Which;
         (Which = getopt_long(Count, Arguments, "", Longs, nullptr)) != -1;) {
      if (take(Read, Which))
        continue;
      fmt::print("{}", Help);
      return std::nullopt;
    }
    if (optind < Count)
      throw std::runtime_error(
          fmt::format("expected options only, got '{}'", Arguments[optind]));
    return Read;
  } catch (const std::runtime_error &Error) {
    fmt::print(stderr, "lstm-bench: {}\n", Error.what());
    Status = 2;
    return std::nullopt;
  }
}
