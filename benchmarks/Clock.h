//===- Clock.h - Time and medians -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Measures several things in turns, so that what disturbs the machine for a
// while disturbs all of them.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_CLOCK_H
#define RNNC_BENCHMARKS_CLOCK_H

#include <functional>
#include <vector>

namespace bench {

/// Whose time counts.
enum class Time {
  Processor, ///< of all threads together: for what runs on one
  Wall       ///< for what runs on several
};

/// Seconds of processor time that all threads of this process have taken: on
/// one thread the time that passes, less what other processes take of the core;
/// or of wall time.
double seconds(Time Of = Time::Processor);

double median(std::vector<double> Values);

/// How things are measured in turns.
struct Turns {
  int Rounds;
  double RoundSeconds; ///< the least time of a turn
  Time Of = Time::Processor;
  /// What each turn waits for.
  std::function<void()> Before = [] {};
  /// What ends a round, and measures itself: given the seconds that the turn of
  /// the first function took.
  std::function<void(double Seconds)> Then = [](double) {};
};

/// Microseconds of a call.
struct Measured {
  double Median;
  double Spread; ///< of the middle half of the turns, as a share of the median
};

/// The time of one call of each function. The functions
/// take turns, from the first to the last in every other round and back in the
/// others; in each a function is called for at least `RoundSeconds`, after one
/// call that is not counted.
std::vector<Measured>
measureInTurns(const std::vector<std::function<void()>> &Functions,
               const Turns &How);

} // namespace bench

#endif // RNNC_BENCHMARKS_CLOCK_H
