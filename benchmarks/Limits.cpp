//===- Limits.cpp - What the cores can do at most -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The median of turns is the machine as what is measured beside finds it.
//===----------------------------------------------------------------------===//
#include "benchmarks/Limits.h"

#include "benchmarks/Activation.h"
#include "benchmarks/Elementwise.h"
#include "benchmarks/FmaPeak.h"
#include "benchmarks/Together.h"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <set>
#include <thread>
#include <utility>

using namespace bench;

/// What is measured of the peak at least and at most.
static constexpr double Least = 1e-3, Most = 5e-2;
/// Of the rest, and of each way to read.
static constexpr double Short = 1e-3;

Limits::Limits(int64_t Bytes, int Threads) {
  for (const int Count : std::set<int>{1, Threads})
    Of.push_back({Count,
                  Bandwidth(Bytes, Count),
                  {},
                  {},
                  std::vector<std::vector<double>>(Bandwidth::ways())});
}

void Limits::turn(double Seconds) {
  for (Cores &Each : Of) {
    Each.Peaks.push_back(
        measureFmaPeak(Each.Count, std::clamp(Seconds, Least, Most)));
    Each.Barriers.push_back(measureBarrier(Each.Count, Short));
    for (size_t Way = 0; Way < Bandwidth::ways(); ++Way)
      Each.Bandwidths[Way].push_back(Each.Reading.measure(Way, Short));
  }
  Activations.push_back(measureActivation(Short));
  Handovers.push_back(measureHandover(Short));
  Functions.push_back(measureFunction());
}

void Limits::print() const {
  for (const Cores &Each : Of) {
    double Bandwidth = 0;
    for (const auto &Rates : Each.Bandwidths)
      Bandwidth = std::max(Bandwidth, median(Rates));
    fmt::print("peak-{} {:.2f}\n", Each.Count, median(Each.Peaks));
    fmt::print("bandwidth-{} {:.2f}\n", Each.Count, Bandwidth);
    fmt::print("barrier-{} {:.4f}\n", Each.Count, median(Each.Barriers));
  }
  fmt::print("activation-1 {:.5f}\n", median(Activations));
  fmt::print("handover-1 {:.5f}\n", median(Handovers));
  fmt::print("function-1 {:.3f}\n", median(Functions));
}

//===----------------------------------------------------------------------===//
// Cores that are there for what has its turn
//===----------------------------------------------------------------------===//

/// Until 5 ms take less than half a millisecond of this process' time, a second
/// at most.
static void rest() {
  constexpr int Most = 200;
  for (int Slice = 0; Slice < Most; ++Slice) {
    const double Before = seconds(Time::Processor);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (seconds(Time::Processor) - Before < 5e-4)
      return;
  }
}

static bool areApart(int Threads) {
  const double Alone = measureFmaPeak(1, Least / 4);
  return measureFmaPeak(Threads, Least / 4) > 0.7 * Threads * Alone;
}

void bench::waitForCores(int Threads) {
  // Some seconds; fewer where the cores never were apart.
  static int TriesLeft = 300;
  static bool WereApart = false;
  for (rest(); TriesLeft > 0 && !areApart(Threads); rest())
    --TriesLeft;
  if (TriesLeft > 0 && !WereApart) {
    WereApart = true;
    TriesLeft = 2000;
  }
}

Turns bench::readTurns(const Arguments &Given,
                       std::function<void(double Seconds)> Then) {
  const int Threads = static_cast<int>(Given.number("threads", 1));
  Turns Read = {static_cast<int>(Given.number("rounds", 25)),
                1e-6 * Given.number("round-us", 2000, 0), Time::Processor,
                [] {}, std::move(Then)};
  if (Threads > 1)
    Read.Of = Time::Wall;
  if (Threads > 1 && Read.RoundSeconds > 0)
    Read.Before = [Threads] { waitForCores(Threads); };
  return Read;
}
