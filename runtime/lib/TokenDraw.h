//===- TokenDraw.h - Draws from a distribution of tokens --------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The tokens that a step's probabilities lead to. A small model's step is soon
// done, so these are a few passes over the vocabulary, without allocations.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_TOKENDRAW_H
#define RNNC_RUNTIME_LIB_TOKENDRAW_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rnn {

/// Copies probabilities; gives their sum, NaN if one is negative.
double readProbabilities(const float *From, size_t Count, double *To);
double readProbabilities(const double *From, size_t Count, double *To);

/// Index of the largest, the first of equals.
int32_t mostLikely(const std::vector<double> &Probabilities);

/// Draws by probabilities raised to 1 / Temperature.
class TokenDraw {
public:
  explicit TokenDraw(double Temperature) : Exponent(1 / Temperature) {}

  /// `Uniform` is in [0, 1). Weights are within 1e-6 of exact ones.
  int32_t operator()(const std::vector<double> &Probabilities, double Uniform);

private:
  /// The first index at which the running sum exceeds a share of the whole; the
  /// most likely where rounding leaves it below.
  int32_t find(const std::vector<double> &From, double Uniform);

  double Exponent;
  std::vector<double> Weights, Sums; ///< Sums: of blocks of weights
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_TOKENDRAW_H
