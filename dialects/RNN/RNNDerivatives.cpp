//===- RNNDerivatives.cpp - VJP and JVP of each operation -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Both derivatives of an operation stand together. Linear operations are their
// own JVP. Elementwise operations are in RNNElementwiseDerivatives.cpp.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNNArithmetic.h"

using namespace mlir;
using namespace rnnc::rnn;

using Values = SmallVector<Value>;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

Values BroadcastOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {
      SumToOp::create(b, getLoc(), getOperand().getType(), dy[0], getMean())};
}
Values BroadcastOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), getType(), dx[0], getMean())};
}

Values SumToOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {BroadcastOp::create(b, getLoc(), getOperand().getType(), dy[0],
                              getMean())};
}
Values SumToOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), getType(), dx[0], getMean())};
}

Values SliceOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {PadOp::create(b, getLoc(), dy[0], getDim(), getOffset(),
                        getFeatureSize(getOperand().getType(), getDim()))};
}
Values SliceOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), dx[0], getDim(), getOffset(), getSize())};
}

Values PadOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {SliceOp::create(b, getLoc(), dy[0], getDim(), getOffset(),
                          getFeatureSize(getOperand().getType(), getDim()))};
}
Values PadOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), dx[0], getDim(), getOffset(), getSize())};
}

Values ConcatOp::vjp(OpBuilder &b, ValueRange dy) {
  Values result;
  int64_t offset = 0;
  for (Value operand : getOperands()) {
    int64_t size = getFeatureSize(operand.getType(), getDim());
    result.push_back(dy[0] ? Value(SliceOp::create(b, getLoc(), dy[0], getDim(),
                                                   offset, size))
                           : Value());
    offset += size;
  }
  return result;
}
Values ConcatOp::jvp(OpBuilder &b, ValueRange dx) {
  if (llvm::none_of(dx, [](Value tangent) { return tangent; }))
    return {Value()};
  Values parts;
  for (auto [operand, tangent] : llvm::zip(getOperands(), dx))
    parts.push_back(tangent ? tangent
                            : createZero(b, getLoc(), operand.getType()));
  return {create(b, getLoc(), getDim(), parts)};
}

Values TransposeOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {create(b, getLoc(), dy[0])};
}
Values TransposeOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

//===----------------------------------------------------------------------===//
// Positions in time
//===----------------------------------------------------------------------===//

Values PickOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {
      PlaceOp::create(b, getLoc(), getOperand().getType(), getEnd(), dy[0])};
}
Values PickOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), getType(), getEnd(), dx[0])};
}

Values PlaceOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {PickOp::create(b, getLoc(), getOperand().getType(), getEnd(), dy[0])};
}
Values PlaceOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[0])
    return {Value()};
  return {create(b, getLoc(), getType(), getEnd(), dx[0])};
}

Values ReverseOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {create(b, getLoc(), getType(), dy[0])};
}
Values ReverseOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

Values ShiftOp::vjp(OpBuilder &, ValueRange) { return {Value()}; }
Values ShiftOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }
Values RemainingOp::vjp(OpBuilder &, ValueRange) { return {}; }
Values RemainingOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }

//===----------------------------------------------------------------------===//
// Matrix products
//===----------------------------------------------------------------------===//

/// y = W x: dW = sum of dy x^T over rows, dx = W^T dy
Values MatmulOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value(), Value()};
  return {OuterOp::create(b, getLoc(), dy[0], getInput()),
          createTransposedMatmul(b, getLoc(), getWeight(), dy[0])};
}
Values MatmulOp::jvp(OpBuilder &b, ValueRange dx) {
  Value byWeight =
      dx[0] ? Value(create(b, getLoc(), dx[0], getInput())) : Value();
  Value byInput =
      dx[1] ? Value(create(b, getLoc(), getWeight(), dx[1])) : Value();
  return {addOrNull(b, getLoc(), byWeight, byInput)};
}

/// M = sum of l r^T: dl = dM r, dr = dM^T l
Values OuterOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value(), Value()};
  return {MatmulOp::create(b, getLoc(), dy[0], getRhs()),
          createTransposedMatmul(b, getLoc(), dy[0], getLhs())};
}
Values OuterOp::jvp(OpBuilder &b, ValueRange dx) {
  Value byLhs = dx[0] ? Value(create(b, getLoc(), dx[0], getRhs())) : Value();
  Value byRhs = dx[1] ? Value(create(b, getLoc(), getLhs(), dx[1])) : Value();
  return {addOrNull(b, getLoc(), byLhs, byRhs)};
}

Values GatherOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value(), Value()};
  return {ScatterAddOp::create(b, getLoc(), getTable().getType(), getTokens(),
                               dy[0]),
          Value()};
}
Values GatherOp::jvp(OpBuilder &b, ValueRange dx) {
  return {dx[0] ? Value(create(b, getLoc(), dx[0], getTokens())) : Value()};
}

Values ScatterAddOp::vjp(OpBuilder &b, ValueRange dy) {
  return {Value(),
          dy[0] ? Value(GatherOp::create(b, getLoc(), dy[0], getTokens()))
                : Value()};
}
Values ScatterAddOp::jvp(OpBuilder &b, ValueRange dx) {
  return {dx[1] ? Value(create(b, getLoc(), getType(), getTokens(), dx[1]))
                : Value()};
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// The Jacobian diag(p) - p p^T is symmetric: d = p * (u - <p, u>).
Values SoftmaxOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  if (!dy[0])
    return {Value()};
  Value weighted = a.mul(getResult(), dy[0]);
  return {a.sub(weighted, a.mul(getResult(), a.sumFeatures(weighted)))};
}
Values SoftmaxOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

/// softmax(logits) - onehot(token): the gradient of a row's cross-entropy.
static Value crossEntropySlope(CrossEntropyOp op, OpBuilder &b) {
  Arithmetic a{b, op.getLoc()};
  Type type = op.getLogits().getType();
  Value p = SoftmaxOp::create(b, op.getLoc(), type, op.getLogits());
  return a.sub(p, OneHotOp::create(b, op.getLoc(), type, op.getTokens()));
}

Values CrossEntropyOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  if (!dy[0])
    return {Value(), Value()};
  Value slope = crossEntropySlope(*this, b);
  return {a.mul(slope, a.spread(dy[0], slope)), Value()};
}
Values CrossEntropyOp::jvp(OpBuilder &b, ValueRange dx) {
  Arithmetic a{b, getLoc()};
  if (!dx[0])
    return {Value()};
  Value change = a.mul(crossEntropySlope(*this, b), dx[0]);
  if (change.getType() == getType())
    return {change};
  return {SumToOp::create(b, getLoc(), getType(), change, false)};
}

Values OneHotOp::vjp(OpBuilder &, ValueRange) { return {Value()}; }
Values OneHotOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }
Values ArgmaxOp::vjp(OpBuilder &, ValueRange) { return {Value()}; }
Values ArgmaxOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }
Values TokenValueOp::vjp(OpBuilder &, ValueRange) { return {Value()}; }
Values TokenValueOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }

//===----------------------------------------------------------------------===//
// Initial states
//===----------------------------------------------------------------------===//

Values InitialStateOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {UnlessGivenOp::create(b, getLoc(), dy[0].getType(), dy[0])};
}
Values InitialStateOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }
Values UnlessGivenOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {create(b, getLoc(), dy[0].getType(), dy[0])};
}
Values UnlessGivenOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }
