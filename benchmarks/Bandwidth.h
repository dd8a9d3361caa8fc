//===- Bandwidth.h - How fast weights stream --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What limits a step of one sequence: reading its weights from the caches that
// hold them.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_BANDWIDTH_H
#define RNNC_BENCHMARKS_BANDWIDTH_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace bench {

/// Threads, on cores of their own, that read the same bytes again and again,
/// each its share, with the widest vectors of this CPU. They do so in several
/// ways, of which the best counts: from the start each time or to and fro,
/// since what is a little larger than a cache finds most of it there when read
/// backwards; and as one range or as several side by side, which the prefetcher
/// follows on their own.
class Bandwidth {
public:
  Bandwidth(int64_t Bytes, int Threads);

  /// How many ways there are.
  static size_t ways();

  /// GB/s of one of the ways, measured for about `Seconds`.
  double measure(size_t Way, double Seconds) const;

private:
  int Threads;
  int64_t Lines; ///< that a thread reads, a multiple of those of an iteration
  std::vector<std::shared_ptr<void>> Shares;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_BANDWIDTH_H
