//===- Bandwidth.cpp - How fast weights stream ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Integer additions of whole cache lines cost nothing beside the loads, and the
// compiler may reorder them as it likes.
//===----------------------------------------------------------------------===//
#include "benchmarks/Bandwidth.h"

#include "benchmarks/Clock.h"

#include <algorithm>
#include <memory>
#include <new>

using namespace bench;

/// The result has to go somewhere, or the loads are dropped.
static volatile uint64_t Sink;

static constexpr int64_t Lines = 8; ///< cache lines an iteration

typedef uint64_t Line __attribute__((vector_size(64)));

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void read(const Line *From, int64_t Count) {
  Line Sums[Lines] = {};
  for (int64_t Index = 0; Index < Count; Index += Lines) {
#pragma GCC unroll 8
    for (int64_t Part = 0; Part < Lines; ++Part)
      Sums[Part] += From[Index + Part];
  }
  for (int64_t Part = 1; Part < Lines; ++Part)
    Sums[0] += Sums[Part];
  Sink = Sums[0][0];
}

double bench::measureBandwidth(int64_t Bytes) {
  const int64_t Count =
      std::max<int64_t>(Bytes / sizeof(Line) / Lines, 1) * Lines;
  const auto Buffer = std::make_unique<Line[]>(Count);
  // A run reads 32 MB at least, so that the clock's own time does not count.
  const int64_t Size = Count * sizeof(Line);
  const int64_t Times = std::max<int64_t>((int64_t(32) << 20) / Size, 1);
  double Best = 0;
  for (int Run = 0; Run < 10; ++Run) {
    const double Start = seconds();
    for (int64_t Time = 0; Time < Times; ++Time)
      read(Buffer.get(), Count);
    const double Elapsed = seconds() - Start;
    Best = std::max(Best, static_cast<double>(Size * Times) / Elapsed * 1e-9);
  }
  return Best;
}
