//===- Lstm.h - What both sides compute -------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The sizes and the data of one LSTM layer, in the layout of rnnc's prelude:
// W is [4H][H + I], its columns first those of h, its rows in the order of the
// gates i, f, o, g; b is [4H] and follows W in the flat vector.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_LSTM_H
#define RNNC_BENCHMARKS_LSTM_H

#include <cstdint>
#include <vector>

namespace bench {

/// T steps of B sequences; as many inputs as units, H.
struct LstmSizes {
  int64_t T, B, H;

  int64_t weights() const { return 4 * H * 2 * H; }
  int64_t parameters() const { return weights() + 4 * H; }
  /// Elements of x, y and their gradients, [T][B][H].
  int64_t sequence() const { return T * B * H; }
  /// Of the two products of a step; the gates count as nothing.
  double forwardFlops() const { return 2.0 * T * B * weights(); }
  /// The backward pass has two products for each of the forward pass.
  double gradientFlops() const { return 3 * forwardFlops(); }
};

/// What goes in.
struct LstmData {
  std::vector<float> Parameters, X, DY;
};

/// What comes out of the forward pass, and of both.
struct LstmResults {
  std::vector<float> Y, Gradient, DX;

  explicit LstmResults(const LstmSizes &S)
      : Y(S.sequence()), Gradient(S.parameters()), DX(S.sequence()) {}
};

} // namespace bench

#endif // RNNC_BENCHMARKS_LSTM_H
