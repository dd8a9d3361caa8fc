//===- RNNComputeVerifiers.cpp - Shapes that fit together -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Verifiers of the operations that compute values.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

static LogicalResult expectType(Operation *op, Type expected, Type got) {
  if (expected == got)
    return success();
  return op->emitOpError("expected a result of type ")
         << expected << ", got " << got;
}

static unsigned getLevel(Type type) {
  return isSequence(type) ? 2 : isBatch(type) ? 1 : 0;
}

static Type getElement(Type type) {
  return cast<RankedTensorType>(type).getElementType();
}

/// Whether `small` repeats to `large`: at no higher level, features equal or
/// one. A matrix repeats along its rows: one column to all.
static bool repeatsTo(Type small, Type large) {
  if (getElement(small) != getElement(large))
    return false;
  if (getFeatureRank(small) == 2 && getFeatureRank(large) == 2)
    return getFeatureSize(small, 0) == getFeatureSize(large, 0) &&
           (getFeatureSize(small, 1) == 1 ||
            getFeatureSize(small, 1) == getFeatureSize(large, 1));
  if (getFeatureRank(small) != 1 || getFeatureRank(large) != 1 ||
      getLevel(small) > getLevel(large))
    return false;
  if (isSequence(small) && getAxis(small) != getAxis(large))
    return false;
  int64_t features = getFeatureSize(small);
  return features == 1 || features == getFeatureSize(large);
}

LogicalResult BroadcastOp::verify() {
  if (!repeatsTo(getOperand().getType(), getType()))
    return emitOpError("expected a value that repeats to ")
           << getType() << ", got " << getOperand().getType();
  return success();
}

LogicalResult SumToOp::verify() {
  if (!repeatsTo(getType(), getOperand().getType()))
    return emitOpError("expected a type that ")
           << getOperand().getType() << " sums to, got " << getType();
  return success();
}

static LogicalResult verifyRange(Operation *op, Type whole, uint64_t dim,
                                 int64_t offset, int64_t size) {
  if (dim >= getFeatureRank(whole))
    return op->emitOpError("expected a feature dimension of ")
           << whole << ", got " << dim;
  if (offset < 0 || size <= 0 || offset + size > getFeatureSize(whole, dim))
    return op->emitOpError("expected a range within 0 to ")
           << getFeatureSize(whole, dim) << ", got " << offset << " to "
           << offset + size;
  return success();
}

LogicalResult SliceOp::verify() {
  Type type = getOperand().getType();
  if (failed(verifyRange(*this, type, getDim(), getOffset(), getSize())))
    return failure();
  return expectType(*this, withFeatureSize(type, getDim(), getSize()),
                    getType());
}

LogicalResult PadOp::verify() {
  Type type = getOperand().getType();
  if (failed(verifyRange(*this, getType(), getDim(), getOffset(),
                         getFeatureSize(type, getDim()))))
    return failure();
  return expectType(*this, withFeatureSize(type, getDim(), getSize()),
                    getType());
}

LogicalResult ConcatOp::verify() {
  if (getOperands().empty())
    return emitOpError("expected at least one operand");
  Type first = getOperands().front().getType();
  if (getDim() >= getFeatureRank(first))
    return emitOpError("expected a feature dimension of ")
           << first << ", got " << getDim();
  int64_t size = 0;
  for (Value operand : getOperands()) {
    int64_t own = getFeatureSize(operand.getType(), getDim());
    if (withFeatureSize(first, getDim(), own) != operand.getType())
      return emitOpError("expected operands alike but for dimension ")
             << getDim() << ", got " << first << " and " << operand.getType();
    size += own;
  }
  return expectType(*this, withFeatureSize(first, getDim(), size), getType());
}

static LogicalResult expectMatrix(Operation *op, Type type) {
  if (isStatic(type) && getFeatureRank(type) == 2)
    return success();
  return op->emitOpError("expected a static matrix, got ") << type;
}

LogicalResult TransposeOp::verify() {
  Type type = getOperand().getType();
  if (failed(expectMatrix(*this, type)))
    return failure();
  return expectType(
      *this,
      withFeatures(type, {getFeatureSize(type, 1), getFeatureSize(type, 0)}),
      getType());
}

//===----------------------------------------------------------------------===//
// Chance and positions in time
//===----------------------------------------------------------------------===//

LogicalResult DropoutOp::verify() {
  double rate = getRate().convertToDouble();
  if (!(rate >= 0.0 && rate < 1.0))
    return emitOpError("expected a rate from 0 to less than 1, got ") << rate;
  if (getSite() < 0)
    return emitOpError("expected a site from 0, got ") << getSite();
  if (isStatic(getType()))
    return emitOpError("expected a value of batch or sequence, got ")
           << getType();
  return success();
}

static LogicalResult expectSequence(Operation *op, Type type) {
  if (isSequence(type))
    return success();
  return op->emitOpError("expected a sequence, got ") << type;
}

LogicalResult PickOp::verify() {
  Type type = getOperand().getType();
  if (failed(expectSequence(*this, type)))
    return failure();
  return expectType(*this, getStepType(type), getType());
}

LogicalResult PlaceOp::verify() {
  if (failed(expectSequence(*this, getType())))
    return failure();
  if (getStepType(getType()) == getOperand().getType())
    return success();
  return emitOpError("expected an operand of type ")
         << getStepType(getType()) << ", got " << getOperand().getType();
}

LogicalResult ReverseOp::verify() { return expectSequence(*this, getType()); }

LogicalResult RemainingOp::verify() { return expectSequence(*this, getType()); }

static LogicalResult expectTokens(Operation *op, Type type) {
  if (cast<RankedTensorType>(type).getElementType().isInteger(32) &&
      getFeatureRank(type) == 1 && getFeatureSize(type) == 1)
    return success();
  return op->emitOpError("expected tokens, got ") << type;
}

LogicalResult ShiftOp::verify() {
  if (failed(expectSequence(*this, getType())) ||
      failed(expectTokens(*this, getType())))
    return failure();
  if (getFill() < 0)
    return emitOpError("expected a token to fill with, got ") << getFill();
  return success();
}

//===----------------------------------------------------------------------===//
// Matrix products and rows
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::verify() {
  Type weight = getWeight().getType(), input = getInput().getType();
  if (failed(expectMatrix(*this, weight)))
    return failure();
  if (getFeatureRank(input) != 1 ||
      getFeatureSize(weight, 1) != getFeatureSize(input) ||
      getElement(weight) != getElement(input))
    return emitOpError("expected an input of ")
           << getFeatureSize(weight, 1) << " features of " << getElement(weight)
           << ", got " << input;
  return expectType(*this, withFeatures(input, {getFeatureSize(weight, 0)}),
                    getType());
}

LogicalResult OuterOp::verify() {
  Type lhs = getLhs().getType(), rhs = getRhs().getType();
  if (getFeatureRank(lhs) != 1 || getFeatureRank(rhs) != 1 ||
      withFeatures(lhs, {1}) != withFeatures(rhs, {1}))
    return emitOpError("expected operands of one level, got ")
           << lhs << " and " << rhs;
  return expectType(
      *this,
      RankedTensorType::get({getFeatureSize(lhs), getFeatureSize(rhs)},
                            cast<RankedTensorType>(lhs).getElementType()),
      getType());
}

LogicalResult GatherOp::verify() {
  Type table = getTable().getType(), tokens = getTokens().getType();
  if (failed(expectMatrix(*this, table)) || failed(expectTokens(*this, tokens)))
    return failure();
  Type rows = withFeatures(tokens, {getFeatureSize(table, 1)});
  return expectType(
      *this, withElement(rows, cast<RankedTensorType>(table).getElementType()),
      getType());
}

LogicalResult ScatterAddOp::verify() {
  if (failed(expectTokens(*this, getTokens().getType())) ||
      failed(expectMatrix(*this, getType())))
    return failure();
  Type rows =
      withFeatures(getTokens().getType(), {getFeatureSize(getType(), 1)});
  Type expected = withElement(rows, getElement(getType()));
  if (getRows().getType() != expected)
    return emitOpError("expected rows of type ")
           << expected << ", got " << getRows().getType();
  return success();
}

static LogicalResult expectTokenARow(Operation *op, Type tokens, Type logits) {
  if (failed(expectTokens(op, tokens)))
    return failure();
  if (withElement(withFeatures(logits, {1}), getElement(tokens)) != tokens)
    return op->emitOpError("expected a token for each row of ")
           << logits << ", got " << tokens;
  return success();
}

LogicalResult CrossEntropyOp::verify() {
  Type logits = getLogits().getType();
  if (failed(expectTokenARow(*this, getTokens().getType(), logits)))
    return failure();
  return expectType(*this, withFeatures(logits, {1}), getType());
}

LogicalResult CrossEntropyGradientOp::verify() {
  Type logits = getLogits().getType();
  if (failed(expectTokenARow(*this, getTokens().getType(), logits)))
    return failure();
  Type wanted = withFeatures(logits, {1});
  if (getNats().getType() != wanted)
    return emitOpError("expected a number for each row of ")
           << logits << ", got " << getNats().getType();
  return success();
}

LogicalResult OneHotOp::verify() {
  Type tokens = getTokens().getType();
  if (failed(expectTokens(*this, tokens)))
    return failure();
  if (withElement(withFeatures(getType(), {1}), getElement(tokens)) != tokens)
    return emitOpError("expected a row for each token of ")
           << tokens << ", got " << getType();
  return success();
}

LogicalResult TokenValueOp::verify() {
  Type tokens = getTokens().getType();
  if (failed(expectTokens(*this, tokens)))
    return failure();
  return expectType(*this, withElement(tokens, getElement(getType())),
                    getType());
}

LogicalResult ArgmaxOp::verify() {
  return expectType(*this, withFeatures(getOperand().getType(), {1}),
                    getType());
}
