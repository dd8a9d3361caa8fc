//===- RNNDerivatives.cpp - VJP and JVP of each operation -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Both derivatives of an operation stand together. Linear operations are their
// own JVP; those whose derivative is cheaper by their result use the result.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

using Values = SmallVector<Value>;

namespace {

/// Short names for arithmetic at one location; null stands for zero.
struct Arithmetic {
  OpBuilder &builder;
  Location loc;

  Value mul(Value a, Value b) {
    return a && b ? Value(MulOp::create(builder, loc, a.getType(), a, b))
                  : Value();
  }
  Value div(Value a, Value b) {
    return a ? Value(DivOp::create(builder, loc, a.getType(), a, b)) : Value();
  }
  Value add(Value a, Value b) { return addOrNull(builder, loc, a, b); }
  Value neg(Value a) {
    return a ? Value(NegOp::create(builder, loc, a.getType(), a)) : Value();
  }
  Value sub(Value a, Value b) {
    if (!a || !b)
      return a ? a : neg(b);
    return SubOp::create(builder, loc, a.getType(), a, b);
  }
  Value constant(Value like, double value) {
    return ConstantOp::create(builder, loc, like.getType(),
                              builder.getF64FloatAttr(value));
  }
  /// 1 - a.
  Value complement(Value a) { return sub(constant(a, 1.0), a); }
  /// Sums over features and spreads the sum over them again.
  Value sumFeatures(Value a) {
    unsigned last = getFeatureRank(a.getType()) - 1;
    Value sum = SumToOp::create(
        builder, loc, withFeatureSize(a.getType(), last, 1), a, false);
    return BroadcastOp::create(builder, loc, a.getType(), sum, false);
  }
  /// Repeats a number a row over the features of `like`.
  Value spread(Value a, Value like) {
    if (!a || a.getType() == like.getType())
      return a;
    return BroadcastOp::create(builder, loc, like.getType(), a, false);
  }
};

} // namespace

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
