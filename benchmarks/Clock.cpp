//===- Clock.cpp - Time and medians ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Measures several things in turns.
//===----------------------------------------------------------------------===//
#include "benchmarks/Clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

using namespace bench;

/// The threads of the one whose turn it was look for work for so long before
/// they leave their cores to others (libgomp: some 10 ms).
static constexpr std::chrono::milliseconds OthersSpin(30);

double bench::seconds(Time Of) {
  timespec Now;
  clock_gettime(Of == Time::Wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID,
                &Now);
  return static_cast<double>(Now.tv_sec) + 1e-9 * Now.tv_nsec;
}

static double median(std::vector<double> Values) {
  const auto Middle = Values.begin() + Values.size() / 2;
  std::nth_element(Values.begin(), Middle, Values.end());
  return *Middle;
}

/// Seconds of one call. The first call brings caches back to what the function
/// leaves in them.
static double measureOnce(const std::function<void()> &Function,
                          double RoundSeconds, Time Of) {
  if (Of == Time::Wall)
    std::this_thread::sleep_for(OthersSpin);
  Function();
  const double Start = seconds(Of);
  double Elapsed = 0;
  int Calls = 0;
  do {
    Function();
    ++Calls;
    Elapsed = seconds(Of) - Start;
  } while (Elapsed < RoundSeconds);
  return Elapsed / Calls;
}

std::vector<double>
bench::measureInTurns(const std::vector<std::function<void()>> &Functions,
                      int Rounds, double RoundSeconds, Time Of) {
  std::vector<std::vector<double>> Times(Functions.size());
  for (int Round = 0; Round < Rounds; ++Round)
    for (size_t Index = 0; Index < Functions.size(); ++Index)
      Times[Index].push_back(measureOnce(Functions[Index], RoundSeconds, Of));
  std::vector<double> Medians;
  for (const auto &Values : Times)
    Medians.push_back(median(Values) * 1e6);
  return Medians;
}
