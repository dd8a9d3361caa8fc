//===- Clip.cpp - Clipping gradients --------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One loop over a flat vector, which stays as it is: the update clips what it
// reads.
//===----------------------------------------------------------------------===//
#include "runtime/train/Clip.h"

#include "rnn/rnn.h"
#include "runtime/lib/Clones.h"

#include <algorithm>
#include <cmath>

using namespace rnn;

// A plain function a type: clones of templates are not possible. The sums are
// apart, so that the loop vectorises and gives the same bits for any width.
#define RNNC_NORM(Element)                                                     \
  RNNC_CLONES static double norm(const Element *Values, uint64_t Size,         \
                                 Element Bound) {                              \
    constexpr uint64_t Lanes = 32;                                             \
    double Sums[Lanes] = {};                                                   \
    for (uint64_t I = 0; I + Lanes <= Size; I += Lanes)                        \
      for (uint64_t Lane = 0; Lane < Lanes; ++Lane) {                          \
        const double Value =                                                   \
            std::min(std::max(Values[I + Lane], -Bound), Bound);               \
        Sums[Lane] += Value * Value;                                           \
      }                                                                        \
    for (uint64_t I = Size - Size % Lanes; I < Size; ++I) {                    \
      const double Value = std::min(std::max(Values[I], -Bound), Bound);       \
      Sums[I % Lanes] += Value * Value;                                        \
    }                                                                          \
    double Total = 0;                                                          \
    for (const double Sum : Sums)                                              \
      Total += Sum;                                                            \
    return std::sqrt(Total);                                                   \
  }

RNNC_NORM(float)
RNNC_NORM(double)
#undef RNNC_NORM

double train::boundedNorm(uint32_t Type, const void *Gradient, uint64_t Size,
                          double Bound) {
  if (Type == RNN_F64)
    return norm(static_cast<const double *>(Gradient), Size, Bound);
  return norm(static_cast<const float *>(Gradient), Size,
              static_cast<float>(Bound));
}
