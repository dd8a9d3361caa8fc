//===- Layer.h - What all sides compute -------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The sizes and the data of one recurrent layer, in the layout of rnnc's
// prelude. LSTM: W is [4H][H + I], its columns first those of h, its rows in
// the order of the gates i, f, o, g; b is [4H] and follows W. GRU: for each of
// the gates r, z and n (the new state) a matrix of x, one of h and a bias.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_LAYER_H
#define RNNC_BENCHMARKS_LAYER_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace bench {

enum class Cell { LSTM, GRU };

/// T steps of B sequences; as many inputs as units, H.
struct LayerSizes {
  Cell Kind;
  int64_t T, B, H;

  int64_t gates() const { return Kind == Cell::LSTM ? 4 : 3; }
  int64_t parameters() const { return gates() * (2 * H * H + H); }
  /// Elements of x, y and their gradients, [T][B][H].
  int64_t sequence() const { return T * B * H; }
};

/// What goes in.
struct LayerData {
  std::vector<float> Parameters, X, DY;
};

/// What comes out of the forward pass, and of both.
struct LayerResults {
  std::vector<float> Y, Gradient, DX;

  explicit LayerResults(const LayerSizes &S)
      : Y(S.sequence()), Gradient(S.parameters()), DX(S.sequence()) {}
};

/// Where the weights of one unit of a gate begin in the flat vector: those of
/// x and of h, H each, and its bias.
struct UnitOffsets {
  int64_t X, H, Bias;
};

/// Of the gate with the letter `Gate`, one of i f o g or r z n.
inline UnitOffsets offsetsOf(const LayerSizes &S, char Gate, int64_t Unit) {
  const int64_t H = S.H;
  if (S.Kind == Cell::LSTM) {
    const auto Place =
        static_cast<int64_t>(std::string_view("ifog").find(Gate));
    const int64_t Row = Place * H + Unit;
    return {Row * 2 * H + H, Row * 2 * H, 8 * H * H + Row};
  }
  const auto Place = static_cast<int64_t>(std::string_view("rzn").find(Gate));
  const int64_t Base = Place * (2 * H * H + H);
  return {Base + Unit * H, Base + H * H + Unit * H, Base + 2 * H * H + Unit};
}

} // namespace bench

#endif // RNNC_BENCHMARKS_LAYER_H
