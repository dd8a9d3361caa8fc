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
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <sys/mman.h>

using namespace bench;

/// The result has to go somewhere, or the loads are dropped.
static volatile uint64_t Sink;

static constexpr int64_t LinesAtOnce = 8; ///< an iteration's

typedef uint64_t Line __attribute__((vector_size(64)));

/// Reads `Ranges` ranges of the same size side by side.
template <int64_t Ranges>
static inline __attribute__((always_inline)) void
readRanges(const Line *From, int64_t Count, bool Backwards) {
  constexpr int64_t OfRange = LinesAtOnce / Ranges;
  Line Sums[LinesAtOnce] = {};
  const int64_t Each = Count / Ranges;
  const int64_t Stride = Backwards ? -OfRange : OfRange;
  const Line *At = Backwards ? From + Each - OfRange : From;
  for (int64_t Left = Each; Left > 0; Left -= OfRange, At += Stride) {
#pragma GCC unroll 8
    for (int64_t Part = 0; Part < LinesAtOnce; ++Part)
      Sums[Part] += At[Part / OfRange * Each + Part % OfRange];
  }
  for (int64_t Part = 1; Part < LinesAtOnce; ++Part)
    Sums[0] += Sums[Part];
  Sink = Sums[0][0];
}

#if defined(__x86_64__)
#define FOR_EACH_CPU                                                           \
  __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_CPU
#endif

FOR_EACH_CPU static void read1(const Line *From, int64_t Count, bool Back) {
  readRanges<1>(From, Count, Back);
}
FOR_EACH_CPU static void read2(const Line *From, int64_t Count, bool Back) {
  readRanges<2>(From, Count, Back);
}
FOR_EACH_CPU static void read4(const Line *From, int64_t Count, bool Back) {
  readRanges<4>(From, Count, Back);
}
FOR_EACH_CPU static void read8(const Line *From, int64_t Count, bool Back) {
  readRanges<8>(From, Count, Back);
}

namespace {

struct Way {
  void (*Read)(const Line *From, int64_t Count, bool Backwards);
  bool ToAndFro;
};

constexpr Way Ways[] = {{read1, false}, {read2, false}, {read1, true},
                        {read2, true},  {read4, true},  {read8, true}};

} // namespace

/// Zeros in huge pages, if there are any: small ones lie anywhere in memory,
/// and many of them may fall on the same sets of a cache.
static std::shared_ptr<void> allocate(int64_t Bytes) {
  constexpr int64_t HugePage = int64_t(2) << 20;
  const int64_t Rounded = (Bytes + HugePage - 1) / HugePage * HugePage;
  void *Made = std::aligned_alloc(HugePage, Rounded);
  if (!Made)
    throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  madvise(Made, Rounded, MADV_HUGEPAGE); // A wish: may be refused.
#endif
  return {std::memset(Made, 0, Rounded), std::free};
}

Bandwidth::Bandwidth(int64_t Bytes, int Threads)
    : Threads(Threads),
      Lines(std::max<int64_t>(Bytes / Threads / sizeof(Line) / LinesAtOnce, 1) *
            LinesAtOnce) {
  for (int Thread = 0; Thread < Threads; ++Thread)
    Shares.push_back(allocate(Lines * sizeof(Line)));
}

size_t Bandwidth::ways() { return std::size(Ways); }

double Bandwidth::measure(size_t Way, double Seconds) const {
  const bool ToAndFro = Ways[Way].ToAndFro;
  const int64_t Bytes = Lines * static_cast<int64_t>(sizeof(Line));
  const double Call = secondsOfCall(Threads, Seconds, [&](int Thread) {
    const auto *From = static_cast<const Line *>(Shares[Thread].get());
    for (const bool Backwards : {false, ToAndFro})
      Ways[Way].Read(From, Lines, Backwards);
  });
  return static_cast<double>(2 * Bytes * Threads) / Call * 1e-9;
}
