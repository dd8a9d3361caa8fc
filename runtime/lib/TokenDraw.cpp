//===- TokenDraw.cpp - Draws from a distribution of tokens ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums are of several parts, and a draw looks for its block of tokens before
// its token: additions that wait for one another would take longer than the
// step of a small network.
//===----------------------------------------------------------------------===//
#include "runtime/lib/TokenDraw.h"

#include "runtime/lib/Clones.h"

#include <algorithm>
#include <bit>

using namespace rnn;

static constexpr size_t Parts = 8;

template <typename Element>
double rnn::sumOf(const Element *Values, size_t Count) {
  double Sums[Parts] = {};
  size_t Index = 0;
  for (; Index + Parts <= Count; Index += Parts)
    for (size_t Part = 0; Part < Parts; ++Part)
      Sums[Part] += Values[Index + Part];
  for (; Index < Count; ++Index)
    Sums[Index % Parts] += Values[Index];
  for (size_t Half = Parts / 2; Half > 0; Half /= 2)
    for (size_t Part = 0; Part < Half; ++Part)
      Sums[Part] += Sums[Part + Half];
  return Sums[0];
}

template double rnn::sumOf(const float *, size_t);
template double rnn::sumOf(const double *, size_t);

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

/// The first index at which the running sum exceeds `Left`; the most likely
/// where rounding leaves it below.
static int32_t findSum(const std::vector<double> &Weights, double Left) {
  constexpr size_t Block = 4 * Parts;
  size_t Begin = 0;
  for (; Begin + Block < Weights.size(); Begin += Block) {
    const double Sum = sumOf(&Weights[Begin], Block);
    if (Left < Sum)
      break;
    Left -= Sum;
  }
  for (size_t Index = Begin; Index < Weights.size(); ++Index) {
    Left -= Weights[Index];
    if (Left < 0)
      return static_cast<int32_t>(Index);
  }
  return mostLikely(Weights);
}

int32_t TokenDraw::operator()(const std::vector<double> &Probabilities,
                              double Uniform) {
  const std::vector<double> *From = &Probabilities;
  if (Exponent != 1) {
    // Relative to the largest, so that a low temperature does not underflow.
    const double Most =
        *std::max_element(Probabilities.begin(), Probabilities.end());
    Weights.resize(Probabilities.size());
    raise(Probabilities.data(), Probabilities.size(), 1 / Most, Exponent,
          Weights.data());
    From = &Weights;
  }
  return findSum(*From, Uniform * sumOf(From->data(), From->size()));
}
