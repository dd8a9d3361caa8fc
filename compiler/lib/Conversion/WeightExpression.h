//===- WeightExpression.h - Weights as pieces of parameters -----*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A slice, concatenation, transpose or padding of parameters is a set of
// rectangles copied from the flat parameter vector.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CONVERSION_WEIGHTEXPRESSION_H
#define RNNC_COMPILER_CONVERSION_WEIGHTEXPRESSION_H

#include "dialects/RNN/ModelLayout.h"

namespace rnnc {

/// Element (r, c) of the rectangle stands at offset + r * rowStride +
/// c * columnStride of the vector and goes to (row + r, column + c).
struct WeightPiece {
  int64_t offset, rowStride, columnStride;
  int64_t rows, columns;
  int64_t row = 0, column = 0;

  bool isTransposed() const { return columnStride != 1; }
};

/// Whether a value is an expression of parameters that packing evaluates.
bool isWeightExpression(mlir::Value value);

/// The pieces of a weight expression; vectors are one row.
llvm::SmallVector<WeightPiece> getWeightPieces(mlir::Value value,
                                               const rnn::ModelLayout &layout);

} // namespace rnnc

#endif
