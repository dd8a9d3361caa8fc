//===- RNNArithmetic.h - Arithmetic for derivatives -------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations that the derivatives of others are made of.
//===----------------------------------------------------------------------===//

#ifndef RNNC_DIALECTS_RNN_RNNARITHMETIC_H
#define RNNC_DIALECTS_RNN_RNNARITHMETIC_H

#include "dialects/RNN/RNN.h"

namespace rnnc::rnn {

/// Short names for arithmetic at one location; null stands for zero.
struct Arithmetic {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  mlir::Value mul(mlir::Value a, mlir::Value b) {
    return a && b ? mlir::Value(MulOp::create(builder, loc, a.getType(), a, b))
                  : mlir::Value();
  }
  mlir::Value div(mlir::Value a, mlir::Value b) {
    return a ? mlir::Value(DivOp::create(builder, loc, a.getType(), a, b))
             : mlir::Value();
  }
  mlir::Value add(mlir::Value a, mlir::Value b) {
    return addOrNull(builder, loc, a, b);
  }
  mlir::Value neg(mlir::Value a) {
    return a ? mlir::Value(NegOp::create(builder, loc, a.getType(), a))
             : mlir::Value();
  }
  mlir::Value sub(mlir::Value a, mlir::Value b) {
    if (!a || !b)
      return a ? a : neg(b);
    return SubOp::create(builder, loc, a.getType(), a, b);
  }
  mlir::Value constant(mlir::Value like, double value) {
    return ConstantOp::create(builder, loc, like.getType(),
                              builder.getF64FloatAttr(value));
  }
  /// 1 - a.
  mlir::Value complement(mlir::Value a) { return sub(constant(a, 1.0), a); }
  /// Sums over features and spreads the sum over them again.
  mlir::Value sumFeatures(mlir::Value a) {
    unsigned last = getFeatureRank(a.getType()) - 1;
    mlir::Value sum = SumToOp::create(
        builder, loc, withFeatureSize(a.getType(), last, 1), a, false);
    return BroadcastOp::create(builder, loc, a.getType(), sum, false);
  }
  /// Repeats a number a row over the features of `like`.
  mlir::Value spread(mlir::Value a, mlir::Value like) {
    if (!a || a.getType() == like.getType())
      return a;
    return BroadcastOp::create(builder, loc, like.getType(), a, false);
  }
};

} // namespace rnnc::rnn

#endif
