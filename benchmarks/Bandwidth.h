//===- Bandwidth.h - How fast weights stream --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What limits a step of one sequence, reading its weights from the caches that
// hold them; and what packing takes at least.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_BANDWIDTH_H
#define RNNC_BENCHMARKS_BANDWIDTH_H

#include <cstdint>

namespace bench {

/// GB/s at which threads, on cores of their own, read the same `Bytes` again
/// and again, each its share, with the widest vectors of this CPU. Of the two
/// orders, always from the start and to and fro, the faster one: what is a
/// little larger than a cache finds most of it there when read backwards. The
/// best of so many runs of some 0.3 ms; what disturbs a machine may last longer
/// than a few.
double measureBandwidth(int64_t Bytes, int Threads, int Runs);

/// GB/s at which they copy `Bytes`, counted once.
double measureCopy(int64_t Bytes, int Threads, int Runs);

} // namespace bench

#endif // RNNC_BENCHMARKS_BANDWIDTH_H
