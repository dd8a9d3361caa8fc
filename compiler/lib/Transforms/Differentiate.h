//===- Differentiate.h - Cotangents of values -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the reverse pass over a function and that through a recurrence share.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_DIFFERENTIATE_H
#define RNNC_COMPILER_TRANSFORMS_DIFFERENTIATE_H

#include "dialects/RNN/RNN.h"

#include <memory>

namespace rnnc {

/// Values that depend on some of a model's declarations.
using DependentValues = llvm::DenseSet<mlir::Value>;

/// The values of a function, and of its steps, that depend on a parameter,
/// input or state that `isSource`.
DependentValues
findDependent(rnn::FuncOp function,
              llvm::function_ref<bool(mlir::Operation *)> isSource);

/// The cotangent of each value so far: the sum of what its uses contribute.
class Cotangents {
public:
  /// From here on only these values get cotangents.
  void restrictTo(DependentValues values) {
    variables = std::make_shared<const DependentValues>(std::move(values));
  }
  /// The same values as others'.
  void restrictAs(const Cotangents &other) { variables = other.variables; }

  /// Null stands for zero.
  mlir::Value lookup(mlir::Value value) const { return map.lookup(value); }

  void add(mlir::OpBuilder &builder, mlir::Value value,
           mlir::Value contribution) {
    bool isVariable = rnn::isDifferentiable(value.getType()) &&
                      !value.getDefiningOp<rnn::ConstantOp>() &&
                      (!variables || variables->contains(value));
    if (!contribution || !isVariable)
      return;
    mlir::Value &sum = map[value];
    sum = rnn::addOrNull(builder, value.getLoc(), sum, contribution);
  }

private:
  llvm::DenseMap<mlir::Value, mlir::Value> map;
  std::shared_ptr<const DependentValues> variables;
};

/// Adds what an operation's results contribute to the cotangents of its
/// operands. Fails with a diagnostic where it has no derivative.
mlir::LogicalResult pullBack(mlir::OpBuilder &builder, mlir::Operation *op,
                             Cotangents &cotangents);

/// The same for a recurrence: makes the reversed scan, and replaces `scan` by
/// one that stacks the tape as well.
mlir::LogicalResult pullBackScan(mlir::OpBuilder &builder, rnn::ScanOp scan,
                                 Cotangents &cotangents);

/// The same for every operation of a function that is there now, last to
/// first, from whatever cotangents there are. New ones go before the return.
/// Nothing is computed for values that no parameter but frozen ones, input or
/// state enters, such as targets and masks.
mlir::LogicalResult pullBackAll(rnn::FuncOp function, Cotangents &cotangents);

/// Adds to what a function returns the gradient in each declaration that
/// `isWanted` and carries a derivative: zero where no cotangent reaches it, and
/// in frozen parameters.
void returnGradients(rnn::FuncOp function, Cotangents &cotangents,
                     llvm::function_ref<bool(mlir::Operation *)> isWanted);

} // namespace rnnc

#endif
