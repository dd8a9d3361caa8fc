//===- StreamAnalysis.h - What a stream's step computes ---------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Tells apart the operations of @forward that happen at every step of a stream
// and those that happen once, before its first step.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_STREAMANALYSIS_H
#define RNNC_COMPILER_TRANSFORMS_STREAMANALYSIS_H

#include "dialects/RNN/RNN.h"

namespace rnnc {

class StreamAnalysis {
public:
  StreamAnalysis(rnn::StreamOp stream, rnn::FuncOp forward);

  /// The stream's time axis: that of its outputs and of what it is fed.
  llvm::StringRef getAxis() const { return axis; }
  /// Whether the streamed outputs need this operation at every step.
  bool isInStep(mlir::Operation *op) const {
    return needed.contains(op) && !isContext(op);
  }
  /// Whether it depends on inputs that the stream is not fed, and neither on
  /// those that it is fed nor on states: it is computed once.
  bool isContext(mlir::Operation *op) const;
  /// Whether a value reads a state of the model that the records carry.
  bool readsState(mlir::Value value) const;
  /// Whether the step returns this result of @forward: a streamed output, or a
  /// state of a recurrence that one needs.
  bool isReturned(rnn::RoleAttr role, mlir::Value value) const;
  /// An input at every step that the stream does not list.
  bool isUnfedInput(rnn::GetOp get) const;
  /// Whether a value is an input of which the step is fed the shift.
  bool isFedShifted(mlir::Value value) const;
  /// Such an input that the step would read as it is as well.
  bool isAlsoRead(rnn::GetOp get) const;

private:
  enum Dependence : unsigned {
    OnStep = 1,  ///< on values at every step of the axis
    OnFed = 2,   ///< on inputs the stream is fed
    OnUnfed = 4, ///< on other inputs, or on another time axis
    OnState = 8, ///< on states that the records carry
  };

  void findAxis(rnn::FuncOp forward);
  void classify(mlir::Operation &op);
  void findNeeded(rnn::FuncOp forward);
  void addNeeded(mlir::Value value);
  bool isFed(rnn::GetOp get) const;
  unsigned lookup(mlir::Value value) const {
    return dependences.lookup(value.getDefiningOp());
  }

  mutable rnn::StreamOp stream; ///< accessors of operations are not const
  llvm::StringRef axis;
  llvm::DenseMap<mlir::Operation *, unsigned> dependences;
  llvm::SmallPtrSet<mlir::Operation *, 32> needed;
};

} // namespace rnnc

#endif
