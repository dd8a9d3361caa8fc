//===- Together.h - Threads that start at once ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What cores can do when all are at work, and what it takes them to meet.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_TOGETHER_H
#define RNNC_BENCHMARKS_TOGETHER_H

#include <functional>

namespace bench {

/// Seconds that a call of Body(thread) takes when each of `Threads` threads, on
/// a core of its own, calls it again and again for about `Seconds` (once at
/// least) after a call that does not count. Time passes from when all are there
/// until the last is done. One thread is the caller's, and its processor time
/// counts; otherwise wall time.
double secondsOfCall(int Threads, double Seconds,
                     const std::function<void(int Thread)> &Body);

/// Microseconds in which so many threads, each on a core of its own, all know
/// that all have arrived, measured for about `Seconds`.
double measureBarrier(int Threads, double Seconds);

} // namespace bench

#endif // RNNC_BENCHMARKS_TOGETHER_H
