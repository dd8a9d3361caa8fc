//===- DivisionMerger.h - One division for two ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Products of sigmoids and hyperbolic tangents, which are quotients each.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CODEGEN_DIVISIONMERGER_H
#define RNNC_COMPILER_CODEGEN_DIVISIONMERGER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/DenseSet.h"

namespace rnnc {

/// Divides once where a product of a sigmoid and another sigmoid or a tanh
/// would divide twice: divisions take longer than all else in a gate. Their
/// denominators are more than a half and those of tanh below 500, so nothing
/// overflows that would not be less than 1e-35 of a sigmoid.
class DivisionMerger {
public:
  /// The exponential if a division is 1 / (1 + exp(y)), a sigmoid, else null.
  static mlir::math::ExpOp findExpOfSigmoid(mlir::arith::DivFOp division);

  /// Notes a division of a sigmoid or a tanh.
  void add(mlir::arith::DivFOp division) {
    if (division)
      known.insert(division);
  }

  /// Merges what was noted, in products inside of `root`.
  void run(mlir::Operation *root);

private:
  mlir::arith::DivFOp knownDivision(mlir::Value value);
  void merge(mlir::arith::MulFOp product);

  llvm::DenseSet<mlir::Operation *> known;
};

} // namespace rnnc

#endif
