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

double bench::seconds(Time Of) {
  timespec Now;
  clock_gettime(Of == Time::Wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID,
                &Now);
  return static_cast<double>(Now.tv_sec) + 1e-9 * Now.tv_nsec;
}

/// Waits until the threads of the one whose turn it was no longer look for
/// work, which keeps a core from others (libgomp's some 10 ms, ONNX Runtime's
/// often more than 30): until 5 ms take less than half a millisecond of this
/// process' time, a second at most.
static void rest() {
  constexpr int Most = 200;
  for (int Slice = 0; Slice < Most; ++Slice) {
    const double Before = seconds(Time::Processor);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (seconds(Time::Processor) - Before < 5e-4)
      return;
  }
}

double bench::median(std::vector<double> Values) {
  const auto Middle = Values.begin() + Values.size() / 2;
  std::nth_element(Values.begin(), Middle, Values.end());
  return *Middle;
}

namespace {

struct Turn {
  double Seconds;
  int Calls;
};

} // namespace

/// The first call, which does not count, brings caches back to what the
/// function leaves in them.
static Turn takeTurn(const std::function<void()> &Function, const Turns &How) {
  if (How.Of == Time::Wall)
    rest();
  Function();
  const double Start = seconds(How.Of);
  Turn Taken = {0, 0};
  do {
    Function();
    ++Taken.Calls;
    Taken.Seconds = seconds(How.Of) - Start;
  } while (Taken.Seconds < How.RoundSeconds);
  return Taken;
}

std::vector<double>
bench::measureInTurns(const std::vector<std::function<void()>> &Functions,
                      const Turns &How) {
  std::vector<std::vector<double>> Times(Functions.size());
  for (int Round = 0; Round < How.Rounds; ++Round) {
    double First = 0;
    for (size_t Place = 0; Place < Functions.size(); ++Place) {
      const size_t Index = Round % 2 ? Functions.size() - 1 - Place : Place;
      const Turn Taken = takeTurn(Functions[Index], How);
      Times[Index].push_back(Taken.Seconds / Taken.Calls);
      if (Index == 0)
        First = Taken.Seconds;
    }
    if (How.Of == Time::Wall)
      rest();
    How.Then(First);
  }
  std::vector<double> Medians;
  for (const auto &Values : Times)
    Medians.push_back(median(Values) * 1e6);
  return Medians;
}
