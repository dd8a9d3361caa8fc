//===- TokenDraw.cpp - Draws from a distribution of tokens ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Each pass over the vocabulary works on vectors: additions that wait for one
// another would take longer than the step of a small network. A draw looks for
// its block of tokens before its token.
//===----------------------------------------------------------------------===//
#include "runtime/lib/TokenDraw.h"

#include "runtime/lib/Clones.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>

using namespace rnn;

/// Numbers that are worked on side by side: a vector or several.
static constexpr size_t Parts = 8;

/// The sum of eight, in pairs.
static inline double sumOfParts(const double *Values) {
  return ((Values[0] + Values[4]) + (Values[2] + Values[6])) +
         ((Values[1] + Values[5]) + (Values[3] + Values[7]));
}

template <typename Element>
[[gnu::always_inline]] static inline double readAll(const Element *From,
                                                    size_t Count, double *To) {
  double Sums[Parts] = {}, Least[Parts] = {};
  size_t Index = 0;
  for (; Index + Parts <= Count; Index += Parts)
    for (size_t Part = 0; Part < Parts; ++Part) {
      const double Value = From[Index + Part];
      To[Index + Part] = Value;
      Sums[Part] += Value;
      Least[Part] = Value < Least[Part] ? Value : Least[Part];
    }
  for (size_t Part = 0; Index < Count; ++Index, ++Part) {
    To[Index] = From[Index];
    Sums[Part] += To[Index];
    Least[Part] = std::min(To[Index], Least[Part]);
  }
  const bool HasNegative = *std::min_element(Least, Least + Parts) < 0;
  return HasNegative ? std::numeric_limits<double>::quiet_NaN()
                     : sumOfParts(Sums);
}

RNNC_CLONES static double readSingle(const float *From, size_t Count,
                                     double *To) {
  return readAll(From, Count, To);
}

RNNC_CLONES static double readDouble(const double *From, size_t Count,
                                     double *To) {
  return readAll(From, Count, To);
}

double rnn::readProbabilities(const float *From, size_t Count, double *To) {
  return readSingle(From, Count, To);
}

double rnn::readProbabilities(const double *From, size_t Count, double *To) {
  return readDouble(From, Count, To);
}

int32_t rnn::mostLikely(const std::vector<double> &Probabilities) {
  return static_cast<int32_t>(
      std::max_element(Probabilities.begin(), Probabilities.end()) -
      Probabilities.begin());
}

//===----------------------------------------------------------------------===//
// Powers
//===----------------------------------------------------------------------===//

/// log2(m) for the mantissa m between sqrt(1/2) and sqrt(2), by the series of
/// the inverse hyperbolic tangent of (m - 1) / (m + 1).
static inline double logOfMantissa(double Mantissa) {
  const double S = (Mantissa - 1) / (Mantissa + 1), Q = S * S;
  return S *
         (2.8853900817779268 +
          Q * (0.9617966939259756 +
               Q * (0.5770780163555854 +
                    Q * (0.4121985831111324 +
                         Q * (0.3205988979753252 + Q * 0.26230818925253877)))));
}

/// 2^x for |x| <= 1/2: its Taylor series.
static inline double powerOfTwo(double X) {
  return 1 + X * (0.6931471805599453 +
                  X * (0.2402265069591007 +
                       X * (0.05550410866482158 +
                            X * (0.009618129107628477 +
                                 X * (0.0013333558146428443 +
                                      X * (0.00015403530393381609 +
                                           X * 1.525273380405984e-05))))));
}

/// Powers[i] = (Scale * Values[i])^Exponent, of positive numbers up to one.
/// What is less than 2^-1000 is zero. Relative errors are below 1e-7.
RNNC_CLONES static void raise(const double *Values, size_t Count, double Scale,
                              double Exponent, double *Powers) {
  constexpr int64_t Root = 0x3fe6a09e667f3bcd; // of one half
  constexpr double Rounding = 0x1.8p52;
  for (size_t Index = 0; Index < Count; ++Index) {
    const double X = Values[Index] * Scale;
    const auto Bits = std::bit_cast<int64_t>(X);
    const int64_t Binary = (Bits - Root) >> 52;
    const double Log =
        static_cast<double>(static_cast<int32_t>(Binary)) +
        logOfMantissa(std::bit_cast<double>(Bits - (Binary << 52)));
    const double Y = std::max(Exponent * Log, -1000.0);
    const double Shifted = Y + Rounding;
    const auto Whole = std::bit_cast<int64_t>(Shifted) + 1023;
    const double Power = powerOfTwo(Y - (Shifted - Rounding)) *
                         std::bit_cast<double>(Whole << 52);
    Powers[Index] = X >= 0x1p-1000 && Y > -1000 ? Power : 0;
  }
}

//===----------------------------------------------------------------------===//
// Draws
//===----------------------------------------------------------------------===//

RNNC_CLONES static double largestOf(const double *Values, size_t Count) {
  double Most[Parts] = {};
  size_t Index = 0;
  for (; Index + Parts <= Count; Index += Parts)
    for (size_t Part = 0; Part < Parts; ++Part)
      Most[Part] = std::max(Most[Part], Values[Index + Part]);
  for (; Index < Count; ++Index)
    Most[0] = std::max(Most[0], Values[Index]);
  return *std::max_element(Most, Most + Parts);
}

/// Sums of blocks of eight, the last one of what is left.
RNNC_CLONES static void sumBlocks(const double *Values, size_t Count,
                                  double *Sums) {
  size_t Index = 0;
  for (; Index + Parts <= Count; Index += Parts)
    *Sums++ = sumOfParts(Values + Index);
  if (Index < Count)
    *Sums = std::accumulate(Values + Index, Values + Count, 0.0);
}

int32_t TokenDraw::find(const std::vector<double> &From, double Uniform) {
  Sums.resize((From.size() + Parts - 1) / Parts);
  sumBlocks(From.data(), From.size(), Sums.data());
  double Left = Uniform * std::accumulate(Sums.begin(), Sums.end(), 0.0);
  size_t Block = 0;
  while (Block + 1 < Sums.size() && Left >= Sums[Block])
    Left -= Sums[Block++];
  for (size_t Index = Block * Parts; Index < From.size(); ++Index) {
    Left -= From[Index];
    if (Left < 0)
      return static_cast<int32_t>(Index);
  }
  return mostLikely(From);
}

int32_t TokenDraw::operator()(const std::vector<double> &Probabilities,
                              double Uniform) {
  if (Exponent == 1)
    return find(Probabilities, Uniform);
  // Relative to the largest, so that a low temperature does not underflow.
  const size_t Count = Probabilities.size();
  Weights.resize(Count);
  raise(Probabilities.data(), Count, 1 / largestOf(Probabilities.data(), Count),
        Exponent, Weights.data());
  return find(Weights, Uniform);
}
