//===- Philox.h - The random words of dropout -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What dropout's masks are checked against, written from the paper.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_PHILOX_H
#define RNNC_TEST_UNIT_PHILOX_H

#include <cstdint>

namespace rnnc::test {

/// The first word of Philox2x32-10: Salmon et al., "Parallel random numbers: as
/// easy as 1, 2, 3", SC 2011.
inline uint32_t philox(uint64_t counter, uint32_t key) {
  auto first = static_cast<uint32_t>(counter);
  auto second = static_cast<uint32_t>(counter >> 32);
  for (int round = 0; round < 10; ++round) {
    uint64_t product = uint64_t(0xD256D193) * first;
    first = static_cast<uint32_t>(product >> 32) ^ key ^ second;
    second = static_cast<uint32_t>(product);
    key += 0x9E3779B9;
  }
  return first;
}

} // namespace rnnc::test

#endif
