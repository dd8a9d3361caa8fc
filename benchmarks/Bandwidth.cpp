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

#include "benchmarks/Together.h"

#include <algorithm>
#include <cstring>
#include <memory>

using namespace bench;

/// The result has to go somewhere, or the loads are dropped.
static volatile uint64_t Sink;

static constexpr int64_t Lines = 8; ///< cache lines an iteration

typedef uint64_t Line __attribute__((vector_size(64)));

#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void read(const Line *From, int64_t Count, bool Backwards) {
  Line Sums[Lines] = {};
  const int64_t Stride = Backwards ? -Lines : Lines;
  const Line *At = Backwards ? From + Count - Lines : From;
  for (int64_t Left = Count; Left > 0; Left -= Lines, At += Stride) {
#pragma GCC unroll 8
    for (int64_t Part = 0; Part < Lines; ++Part)
      Sums[Part] += At[Part];
  }
  for (int64_t Part = 1; Part < Lines; ++Part)
    Sums[0] += Sums[Part];
  Sink = Sums[0][0];
}

/// What one thread does in a run: to read or copy its share so many times.
struct Share {
  int64_t Count, Times;

  /// A run reads 32 MB at least, so that the clock's own time does not count.
  Share(int64_t Bytes, int Threads)
      : Count(std::max<int64_t>(Bytes / Threads / sizeof(Line) / Lines, 1) *
              Lines),
        Times(std::max<int64_t>((int64_t(32) << 20) / bytes(), 1)) {}

  int64_t bytes() const { return Count * sizeof(Line); }
  double rate(int Threads, double Seconds) const {
    return static_cast<double>(bytes() * Times * Threads) / Seconds * 1e-9;
  }
};

static double measureOrder(const Share &Each, int Threads, int Runs,
                           bool ToAndFro) {
  const double Seconds = fastestRun(Threads, Runs, [&](int) {
    const std::shared_ptr<Line[]> Buffer(new Line[Each.Count]());
    return [=] {
      for (int64_t Time = 0; Time < Each.Times; ++Time)
        read(Buffer.get(), Each.Count, ToAndFro && Time % 2);
    };
  });
  return Each.rate(Threads, Seconds);
}

double bench::measureBandwidth(int64_t Bytes, int Threads, int Runs) {
  const Share Each(Bytes, Threads);
  return std::max(measureOrder(Each, Threads, Runs, false),
                  measureOrder(Each, Threads, Runs, true));
}

double bench::measureCopy(int64_t Bytes, int Threads, int Runs) {
  const Share Each(Bytes, Threads);
  const double Seconds = fastestRun(Threads, Runs, [&](int) {
    const std::shared_ptr<Line[]> From(new Line[Each.Count]());
    const std::shared_ptr<Line[]> To(new Line[Each.Count]());
    return [=] {
      for (int64_t Time = 0; Time < Each.Times; ++Time)
        std::memcpy(To.get(), From.get(), Each.bytes());
    };
  });
  return Each.rate(Threads, Seconds);
}
