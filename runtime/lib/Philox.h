//===- Philox.h - Reproducible random numbers -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Random numbers by counter: element i of stream s under a seed is a pure
// function of the three, on every machine. Philox4x32-10 from Salmon et al.,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_PHILOX_H
#define RNNC_RUNTIME_LIB_PHILOX_H

#include <array>
#include <cstdint>
#include <string_view>

namespace rnn {

/// One block of Philox4x32-10.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> Counter,
                               std::array<uint32_t, 2> Key);

/// The numbers of one stream.
class Random {
public:
  Random(uint64_t Seed, uint64_t Stream) : Seed(Seed), Stream(Stream) {}

  /// In [0, 1), with 53 random bits.
  double uniform(uint64_t Index) const;
  /// 64 random bits.
  uint64_t bits(uint64_t Index) const;
  /// Mean 0, standard deviation 1, by Box and Muller's formula.
  double normal(uint64_t Index) const;

private:
  struct Pair {
    double First, Second;
  };
  Pair pair(uint64_t Index) const;

  uint64_t Seed, Stream;
};

/// A stream's number from a name (FNV-1a), so that what a parameter is filled
/// with does not depend on the others.
uint64_t streamOf(std::string_view Name);

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_PHILOX_H
