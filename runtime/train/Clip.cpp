//===- Clip.cpp - Clipping gradients --------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two loops over a flat vector.
//===----------------------------------------------------------------------===//
#include "runtime/train/Clip.h"

#include "rnn/rnn.h"

#include <algorithm>
#include <cmath>

using namespace rnn;

template <typename Element>
static void clampAll(Element *Values, uint64_t Size, Element Bound) {
  for (uint64_t I = 0; I < Size; ++I)
    Values[I] = std::min(std::max(Values[I], -Bound), Bound);
}

template <typename Element>
static double norm(const Element *Values, uint64_t Size) {
  double Sums[8] = {}; // Apart, so that the loop vectorises.
  uint64_t I = 0;
  for (; I + 8 <= Size; I += 8)
    for (int Lane = 0; Lane < 8; ++Lane)
      Sums[Lane] += double(Values[I + Lane]) * double(Values[I + Lane]);
  for (; I < Size; ++I)
    Sums[I % 8] += double(Values[I]) * double(Values[I]);
  double Total = 0;
  for (const double Sum : Sums)
    Total += Sum;
  return std::sqrt(Total);
}

template <typename Element>
static double shorten(Element *Values, uint64_t Size, double Bound) {
  const double Length = norm(Values, Size);
  if (!(Length > Bound))
    return Length;
  const auto Scale = static_cast<Element>(Bound / Length);
  for (uint64_t I = 0; I < Size; ++I)
    Values[I] *= Scale;
  return Length;
}

void train::clipByValue(uint32_t Type, void *Gradient, uint64_t Size,
                        double Bound) {
  if (Type == RNN_F64)
    clampAll(static_cast<double *>(Gradient), Size, Bound);
  else
    clampAll(static_cast<float *>(Gradient), Size, static_cast<float>(Bound));
}

double train::clipByNorm(uint32_t Type, void *Gradient, uint64_t Size,
                         double Bound) {
  if (Type == RNN_F64)
    return shorten(static_cast<double *>(Gradient), Size, Bound);
  return shorten(static_cast<float *>(Gradient), Size, Bound);
}
