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

/// Seconds of the fastest of `Runs` runs. In a run each of `Threads` threads,
/// on a core of its own, calls what Prepare(thread) has made for it; it begins
/// when all are there and ends with the last. One thread is the caller's, and
/// its processor time counts; otherwise wall time.
double
fastestRun(int Threads, int Runs,
           const std::function<std::function<void()>(int Thread)> &Prepare);

/// Microseconds in which so many threads, each on a core of its own, all know
/// that all have arrived.
double measureBarrier(int Threads);

} // namespace bench

#endif // RNNC_BENCHMARKS_TOGETHER_H
