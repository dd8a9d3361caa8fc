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
#include <ctime>

using namespace bench;

double bench::seconds(Time Of) {
  timespec Now;
  clock_gettime(Of == Time::Wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID,
                &Now);
  return static_cast<double>(Now.tv_sec) + 1e-9 * Now.tv_nsec;
}

double bench::median(std::vector<double> Values) {
  const auto Middle = Values.begin() + Values.size() / 2;
  std::nth_element(Values.begin(), Middle, Values.end());
  return *Middle;
}

static Measured summarise(std::vector<double> Seconds) {
  std::sort(Seconds.begin(), Seconds.end());
  const size_t Count = Seconds.size();
  const double Median = Seconds[Count / 2];
  const double Middle = Seconds[Count * 3 / 4] - Seconds[Count / 4];
  return {Median * 1e6, Middle / Median};
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
  How.Before();
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

std::vector<Measured>
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
    How.Before();
    How.Then(First);
  }
  std::vector<Measured> Found;
  for (const auto &Values : Times)
    Found.push_back(summarise(Values));
  return Found;
}
