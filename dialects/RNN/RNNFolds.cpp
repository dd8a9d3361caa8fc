//===- RNNFolds.cpp - Folders and canonical forms -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Simplifications that always pay: zeros and ones, sums over rows before sums
// over features, products of parts apart.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

static bool isConstant(Attribute attribute, double value) {
  auto number = dyn_cast_if_present<FloatAttr>(attribute);
  return number && number.getValueAsDouble() == value;
}

static bool isZero(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isZero();
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

OpFoldResult AddOp::fold(FoldAdaptor adaptor) {
  if (isConstant(adaptor.getRhs(), 0.0))
    return getLhs();
  if (isConstant(adaptor.getLhs(), 0.0))
    return getRhs();
  return {};
}

OpFoldResult SubOp::fold(FoldAdaptor adaptor) {
  return isConstant(adaptor.getRhs(), 0.0) ? getLhs() : OpFoldResult();
}

/// x * 0 stays: it is NaN where x is.
OpFoldResult MulOp::fold(FoldAdaptor adaptor) {
  if (isConstant(adaptor.getRhs(), 1.0))
    return getLhs();
  if (isConstant(adaptor.getLhs(), 1.0))
    return getRhs();
  return {};
}

OpFoldResult DivOp::fold(FoldAdaptor adaptor) {
  return isConstant(adaptor.getRhs(), 1.0) ? getLhs() : OpFoldResult();
}

/// -(-x) = x
static LogicalResult cancelNegation(NegOp op, PatternRewriter &rewriter) {
  auto inner = op.getOperand().getDefiningOp<NegOp>();
  if (!inner)
    return failure();
  rewriter.replaceOp(op, inner.getOperand());
  return success();
}

void NegOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *) {
  patterns.add(cancelNegation);
}

/// log softmax(z)[y] = -cross_entropy(z, y), which no small probability makes
/// infinite and whose curvature is that of the logits.
static LogicalResult takeCrossEntropy(LogOp op, PatternRewriter &rewriter) {
  auto sum = op.getOperand().getDefiningOp<SumToOp>();
  auto chosen = sum ? sum.getOperand().getDefiningOp<MulOp>() : MulOp();
  if (!chosen || sum.getMean() ||
      sum.getType() != withFeatures(chosen.getType(), {1}))
    return failure();
  for (auto [p, token] : {std::pair(chosen.getLhs(), chosen.getRhs()),
                          std::pair(chosen.getRhs(), chosen.getLhs())}) {
    auto softmax = p.getDefiningOp<SoftmaxOp>();
    auto oneHot = token.getDefiningOp<OneHotOp>();
    if (!softmax || !oneHot)
      continue;
    Value nats = CrossEntropyOp::create(
        rewriter, op.getLoc(), softmax.getOperand(), oneHot.getTokens());
    rewriter.replaceOpWithNewOp<NegOp>(op, op.getType(), nats);
    return success();
  }
  return failure();
}

void LogOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *) {
  patterns.add(takeCrossEntropy);
}

//===----------------------------------------------------------------------===//
// Repeating and summing
//===----------------------------------------------------------------------===//

OpFoldResult BroadcastOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return getMean() ? OpFoldResult() : adaptor.getOperand();
}

OpFoldResult SumToOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return isConstant(adaptor.getOperand(), 0.0) ? adaptor.getOperand()
                                               : OpFoldResult();
}

/// A sum over rows and features is one over rows, then one over features.
static LogicalResult splitSum(SumToOp op, PatternRewriter &rewriter) {
  Type from = op.getOperand().getType(), to = op.getType();
  int64_t features = getFeatureSize(from);
  Type between = withFeatures(to, {features});
  if (features == getFeatureSize(to) || between == from)
    return failure();
  Value overRows = SumToOp::create(rewriter, op.getLoc(), between,
                                   op.getOperand(), op.getMean());
  rewriter.replaceOpWithNewOp<SumToOp>(op, to, overRows, op.getMean());
  return success();
}

/// A sum over time takes the steps in any order.
static LogicalResult sumReversed(SumToOp op, PatternRewriter &rewriter) {
  auto reversed = op.getOperand().getDefiningOp<ReverseOp>();
  if (!reversed || isSequence(op.getType()))
    return failure();
  rewriter.modifyOpInPlace(
      op, [&] { op.getOperandMutable().assign(reversed.getOperand()); });
  return success();
}

void SumToOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *) {
  patterns.add(splitSum);
  patterns.add(sumReversed);
}

//===----------------------------------------------------------------------===//
// Positions in time
//===----------------------------------------------------------------------===//

static End otherEnd(End end) {
  return end == End::First ? End::Last : End::First;
}

OpFoldResult ReverseOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<ReverseOp>())
    return inner.getOperand();
  return adaptor.getOperand();
}

/// What is the same at every step is so backwards; the ends change places.
static LogicalResult turnOperand(ReverseOp op, PatternRewriter &rewriter) {
  Operation *source = op.getOperand().getDefiningOp();
  auto broadcast = dyn_cast_if_present<BroadcastOp>(source);
  if (broadcast && !isSequence(broadcast.getOperand().getType())) {
    rewriter.replaceOp(op, broadcast);
    return success();
  }
  auto place = dyn_cast_if_present<PlaceOp>(source);
  if (!place)
    return failure();
  rewriter.replaceOpWithNewOp<PlaceOp>(
      op, op.getType(), otherEnd(place.getEnd()), place.getOperand());
  return success();
}

void ReverseOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *) {
  patterns.add(turnOperand);
}

static LogicalResult pickOtherEnd(PickOp op, PatternRewriter &rewriter) {
  auto reversed = op.getOperand().getDefiningOp<ReverseOp>();
  if (!reversed)
    return failure();
  rewriter.replaceOpWithNewOp<PickOp>(op, op.getType(), otherEnd(op.getEnd()),
                                      reversed.getOperand());
  return success();
}

void PickOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *) {
  patterns.add(pickOtherEnd);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<TransposeOp>())
    return inner.getOperand();
  return adaptor.getOperand();
}

/// Only a part that is an argument of the recurrence (a step of an input or
/// a state) or comes from outside can be scheduled apart; what a step
/// computes is better multiplied in one piece.
static bool isWorthSplitting(ConcatOp concat) {
  return llvm::any_of(concat.getOperands(), [&](Value part) {
    return part.getParentBlock() != concat->getBlock() ||
           isa<BlockArgument>(part);
  });
}

/// W @ [a; b] = W[:, a] @ a + W[:, b] @ b: the parts can then be scheduled
/// apart, the one that does not depend on the state outside the recurrence.
static LogicalResult splitConcatInput(MatmulOp op, PatternRewriter &rewriter) {
  auto concat = op.getInput().getDefiningOp<ConcatOp>();
  if (!concat || op->getParentOfType<PhaseOp>() || !isWorthSplitting(concat))
    return failure();
  Value sum;
  int64_t offset = 0;
  for (Value part : concat.getOperands()) {
    int64_t size = getFeatureSize(part.getType());
    Value weight =
        SliceOp::create(rewriter, op.getLoc(), op.getWeight(), 1, offset, size);
    Value product = MatmulOp::create(rewriter, op.getLoc(), weight, part);
    sum = addOrNull(rewriter, op.getLoc(), sum, product);
    offset += size;
  }
  rewriter.replaceOp(op, sum);
  return success();
}

/// 0 @ x and W @ 0.
static LogicalResult zeroProduct(MatmulOp op, PatternRewriter &rewriter) {
  if (!isZero(op.getInput()) && !isZero(op.getWeight()))
    return failure();
  rewriter.replaceOp(op, createZero(rewriter, op.getLoc(), op.getType()));
  return success();
}

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *) {
  patterns.add(splitConcatInput);
  patterns.add(zeroProduct);
}
