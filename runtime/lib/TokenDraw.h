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

/// The sum of all elements, in an order of its own: several partial sums.
template <typename Element> double sumOf(const Element *Values, size_t Count);

/// Index of the largest, the first of equals.
int32_t mostLikely(const std::vector<double> &Probabilities);

/// Draws by probabilities raised to 1 / Temperature.
class TokenDraw {
public:
  explicit TokenDraw(double Temperature) : Exponent(1 / Temperature) {}

  /// `Uniform` is in [0, 1). Weights are within 1e-6 of exact ones.
  int32_t operator()(const std::vector<double> &Probabilities, double Uniform);

private:
  double Exponent;
  std::vector<double> Weights;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_TOKENDRAW_H
