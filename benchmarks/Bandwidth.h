//===- Bandwidth.h - How fast weights stream --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What limits a step of one sequence: reading its weights from the cache that
// holds them.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_BANDWIDTH_H
#define RNNC_BENCHMARKS_BANDWIDTH_H

#include <cstdint>

namespace bench {

/// GB/s at which one core reads the same `Bytes` again and again, in order and
/// with the widest vectors of this CPU; the best of several runs.
double measureBandwidth(int64_t Bytes);

} // namespace bench

#endif // RNNC_BENCHMARKS_BANDWIDTH_H
