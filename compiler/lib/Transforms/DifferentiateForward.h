//===- DifferentiateForward.h - Tangents of values --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Forward mode over a function, for the pass that makes @tangent and for
// Gauss-Newton products.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_DIFFERENTIATEFORWARD_H
#define RNNC_COMPILER_TRANSFORMS_DIFFERENTIATEFORWARD_H

#include "dialects/RNN/RNN.h"

namespace rnnc {

/// The tangent of each value along the direction in which parameters move.
class Tangents {
public:
  /// Values that have no tangent here may have one in `outer`, those that a
  /// step takes from outside of it.
  explicit Tangents(const Tangents *outer = nullptr) : outer(outer) {}

  /// Null stands for zero.
  mlir::Value lookup(mlir::Value value) const {
    mlir::Value found = map.lookup(value);
    return found || !outer ? found : outer->lookup(value);
  }
  bool contains(mlir::Value value) const { return bool(lookup(value)); }

  void set(mlir::Value value, mlir::Value tangent) {
    if (tangent)
      map[value] = tangent;
  }

private:
  llvm::DenseMap<mlir::Value, mlir::Value> map;
  const Tangents *outer;
};

/// Sets the tangents of an operation's results from those of its operands; new
/// operations follow it. The tangent of a parameter is an `rnn.direction`,
/// unless it is frozen. Fails with a diagnostic where the operation has no
/// derivative.
mlir::LogicalResult pushForward(mlir::OpBuilder &builder, mlir::Operation *op,
                                Tangents &tangents);

/// The same for a recurrence: replaces `scan` by one that carries the tangents
/// of the states beside them.
mlir::LogicalResult pushForwardScan(mlir::OpBuilder &builder, rnn::ScanOp scan,
                                    Tangents &tangents);

/// The same for every operation of a function that is there now, in order.
mlir::LogicalResult pushForwardAll(rnn::FuncOp function, Tangents &tangents);

} // namespace rnnc

#endif
