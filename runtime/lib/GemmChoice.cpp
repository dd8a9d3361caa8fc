//===- GemmChoice.cpp - Which kernel multiplies ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Thresholds measured with LSTM and GRU layers of 256 to 2048 units, 16 and 64
// sequences, one thread with AVX-512. Up to 4M weights the generated kernels
// win by 1 to 7 %, above oneDNN does by 1 to 3 %, as long as its packing, which
// costs a gradient 7 %, need not be paid. At weight gradients it is 2 to 6 %
// faster from 4M elements on, and as much slower below.
//===----------------------------------------------------------------------===//
#include "runtime/lib/GemmChoice.h"

using namespace rnn;

static constexpr int64_t MinRows = 4;
static constexpr int64_t MinWeights = int64_t(1) << 23;
static constexpr int64_t MinGradient = int64_t(1) << 22;

bool rnn::libraryTakes(int64_t Rows) { return Rows >= MinRows; }

bool rnn::libraryWins(const SiteUse &Use) {
  return libraryTakes(Use.rows) && !Use.packsEachCall &&
         Use.n >= MinWeights / Use.k;
}

bool rnn::libraryWinsGradients(int64_t Elements) {
  return Elements >= MinGradient;
}
