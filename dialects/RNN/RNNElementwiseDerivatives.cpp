//===- RNNElementwiseDerivatives.cpp - VJP and JVP, elementwise -----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Both derivatives of an operation stand together. Those whose derivative is
// cheaper by their result use the result.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNNArithmetic.h"

using namespace mlir;
using namespace rnnc::rnn;

using Values = SmallVector<Value>;

//===----------------------------------------------------------------------===//
// Elementwise, one operand: the derivative is a diagonal
//===----------------------------------------------------------------------===//

Values NegOp::vjp(OpBuilder &b, ValueRange dy) {
  return {Arithmetic{b, getLoc()}.neg(dy[0])};
}
Values NegOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

Values ExpOp::vjp(OpBuilder &b, ValueRange dy) {
  return {Arithmetic{b, getLoc()}.mul(dy[0], getResult())};
}
Values ExpOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

Values LogOp::vjp(OpBuilder &b, ValueRange dy) {
  return {Arithmetic{b, getLoc()}.div(dy[0], getOperand())};
}
Values LogOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

/// d sqrt(x) = dx / (2 sqrt(x))
Values SqrtOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  if (!dy[0])
    return {Value()};
  return {a.div(a.mul(a.constant(dy[0], 0.5), dy[0]), getResult())};
}
Values SqrtOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

/// d s = s (1 - s) dx
Values SigmoidOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  if (!dy[0])
    return {Value()};
  Value slope = a.mul(getResult(), a.complement(getResult()));
  return {a.mul(dy[0], slope)};
}
Values SigmoidOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

/// d tanh = (1 - tanh^2) dx
Values TanhOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  if (!dy[0])
    return {Value()};
  Value slope = a.complement(a.mul(getResult(), getResult()));
  return {a.mul(dy[0], slope)};
}
Values TanhOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

/// d softplus = sigmoid dx
Values SoftplusOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  Value slope = SigmoidOp::create(b, getLoc(), getType(), getOperand());
  return {Arithmetic{b, getLoc()}.mul(dy[0], slope)};
}
Values SoftplusOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

Values ReluOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {WherePositiveOp::create(b, getLoc(), getType(), getResult(), dy[0])};
}
Values ReluOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

//===----------------------------------------------------------------------===//
// Elementwise, two operands
//===----------------------------------------------------------------------===//

Values AddOp::vjp(OpBuilder &b, ValueRange dy) { return {dy[0], dy[0]}; }
Values AddOp::jvp(OpBuilder &b, ValueRange dx) {
  return {Arithmetic{b, getLoc()}.add(dx[0], dx[1])};
}

Values SubOp::vjp(OpBuilder &b, ValueRange dy) {
  return {dy[0], Arithmetic{b, getLoc()}.neg(dy[0])};
}
Values SubOp::jvp(OpBuilder &b, ValueRange dx) {
  return {Arithmetic{b, getLoc()}.sub(dx[0], dx[1])};
}

Values MulOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  return {a.mul(dy[0], getRhs()), a.mul(dy[0], getLhs())};
}
Values MulOp::jvp(OpBuilder &b, ValueRange dx) {
  Arithmetic a{b, getLoc()};
  return {a.add(a.mul(dx[0], getRhs()), a.mul(getLhs(), dx[1]))};
}

/// y = l / r: dl = dy / r, dr = -dy y / r
Values DivOp::vjp(OpBuilder &b, ValueRange dy) {
  Arithmetic a{b, getLoc()};
  Value dl = a.div(dy[0], getRhs());
  return {dl, a.neg(a.mul(dl, getResult()))};
}
Values DivOp::jvp(OpBuilder &b, ValueRange dx) {
  Arithmetic a{b, getLoc()};
  return {a.div(a.sub(dx[0], a.mul(getResult(), dx[1])), getRhs())};
}

Values WherePositiveOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value(), Value()};
  return {Value(), create(b, getLoc(), getType(), getLhs(), dy[0])};
}
Values WherePositiveOp::jvp(OpBuilder &b, ValueRange dx) {
  if (!dx[1])
    return {Value()};
  return {create(b, getLoc(), getType(), getLhs(), dx[1])};
}

Values EqualOp::vjp(OpBuilder &, ValueRange) { return {Value(), Value()}; }
Values EqualOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }

Values LessOp::vjp(OpBuilder &, ValueRange) { return {Value(), Value()}; }
Values LessOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }

/// The mask is diagonal: the same elements are kept, with the same scale.
Values DropoutOp::vjp(OpBuilder &b, ValueRange dy) {
  if (!dy[0])
    return {Value()};
  return {create(b, getLoc(), getType(), dy[0], getRateAttr(), getSiteAttr(),
                 getSequenceAttr())};
}
Values DropoutOp::jvp(OpBuilder &b, ValueRange dx) { return vjp(b, dx); }

Values ConstantOp::vjp(OpBuilder &, ValueRange) { return {}; }
Values ConstantOp::jvp(OpBuilder &, ValueRange) { return {Value()}; }
