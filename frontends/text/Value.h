//===- Value.h - What an expression evaluates to ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A compile-time number, a vector or a matrix, with its symbolic shape and
// where that came from. A vector is kept as the parts that it was joined of,
// so that `W @ [h; x]` becomes one product for each part.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_VALUE_H
#define RNNC_FRONTENDS_TEXT_VALUE_H

#include "frontends/text/Size.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/SMLoc.h"

namespace rnnc::text {

/// Static (0), once a sequence (1) or at every step (2) of an axis.
struct Level {
  unsigned rank = 0;
  llvm::StringRef axis;
};

struct Part {
  mlir::Value ir;
  Size size;
  /// A token is as wide as its vocabulary, but its IR is one number.
  bool token = false;
};

struct Value {
  /// Invalid stands for a value whose mistake has been reported.
  enum Kind { Invalid, Number, Vector, Matrix };
  Kind kind = Invalid;
  double number = 0;
  /// The parts of a vector in order; the one value of a matrix.
  llvm::SmallVector<Part, 1> parts;
  /// The sizes of a matrix.
  Size rows, cols;
  /// Summed over time and the batch.
  bool reduced = false;
  /// Where the shape was written.
  llvm::SMRange origin;

  bool isInvalid() const { return kind == Invalid; }
  bool isNumber() const { return kind == Number; }
  bool isVector() const { return kind == Vector; }
  bool isMatrix() const { return kind == Matrix; }
  bool isToken() const {
    return isVector() && parts.size() == 1 && parts[0].token;
  }

  static Value makeNumber(double number) {
    Value value;
    value.kind = Number;
    value.number = number;
    return value;
  }
  static Value makeVector(mlir::Value ir, Size size, bool token = false) {
    Value value;
    value.kind = Vector;
    value.parts.push_back({ir, std::move(size), token});
    return value;
  }
  static Value makeMatrix(mlir::Value ir, Size rows, Size cols) {
    Value value;
    value.kind = Matrix;
    value.parts.push_back({ir, Size(), false});
    value.rows = std::move(rows);
    value.cols = std::move(cols);
    return value;
  }
  /// Another value of this kind, shape and reducedness, of one part.
  Value with(mlir::Value ir, Size size) const {
    Value value = isMatrix() ? makeMatrix(ir, rows, cols)
                             : makeVector(ir, std::move(size));
    value.reduced = reduced;
    return value;
  }
};

} // namespace rnnc::text

#endif
