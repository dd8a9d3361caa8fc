//===- Philox.cpp - Reproducible random numbers ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Philox4x32-10 and the distributions made from it.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Philox.h"

#include <cmath>
#include <numbers>

using namespace rnn;

std::array<uint32_t, 4> rnn::philox(std::array<uint32_t, 4> Counter,
                                    std::array<uint32_t, 2> Key) {
  auto [A, B, C, D] = Counter;
  for (int Round = 0; Round < 10; ++Round) {
    const uint64_t P = uint64_t(0xD2511F53) * A;
    const uint64_t Q = uint64_t(0xCD9E8D57) * C;
    A = static_cast<uint32_t>(Q >> 32) ^ B ^ Key[0];
    B = static_cast<uint32_t>(Q);
    C = static_cast<uint32_t>(P >> 32) ^ D ^ Key[1];
    D = static_cast<uint32_t>(P);
    Key[0] += 0x9E3779B9;
    Key[1] += 0xBB67AE85;
  }
  return {A, B, C, D};
}

static double toUnit(uint32_t High, uint32_t Low) {
  const uint64_t Bits = uint64_t(High) << 32 | Low;
  return static_cast<double>(Bits >> 11) * 0x1p-53;
}

static std::array<uint32_t, 4> block(uint64_t Index, uint64_t Stream,
                                     uint64_t Seed) {
  return philox(
      {static_cast<uint32_t>(Index), static_cast<uint32_t>(Index >> 32),
       static_cast<uint32_t>(Stream), static_cast<uint32_t>(Stream >> 32)},
      {static_cast<uint32_t>(Seed), static_cast<uint32_t>(Seed >> 32)});
}

Random::Pair Random::pair(uint64_t Index) const {
  const auto Bits = block(Index, Stream, Seed);
  return {toUnit(Bits[0], Bits[1]), toUnit(Bits[2], Bits[3])};
}

uint64_t Random::bits(uint64_t Index) const {
  const auto Bits = block(Index, Stream, Seed);
  return uint64_t(Bits[0]) << 32 | Bits[2];
}

double Random::uniform(uint64_t Index) const { return pair(Index).First; }

double Random::normal(uint64_t Index) const {
  const Pair U = pair(Index);
  const double Radius = std::sqrt(-2.0 * std::log(1.0 - U.First));
  return Radius * std::cos(2.0 * std::numbers::pi * U.Second);
}

uint64_t rnn::streamOf(std::string_view Name) {
  uint64_t Hash = 0xCBF29CE484222325;
  for (const char Letter : Name)
    Hash = (Hash ^ static_cast<unsigned char>(Letter)) * 0x100000001B3;
  return Hash;
}
