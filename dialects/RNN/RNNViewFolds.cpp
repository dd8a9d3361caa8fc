//===- RNNViewFolds.cpp - Canonical forms of views ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Views of views, slices moved up to where values are made (so that gates of
// one product become phases of one width), and gradients of parts joined to the
// whole.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace rnnc::rnn;

static bool isConstant(Attribute attribute, double value) {
  auto number = dyn_cast_if_present<FloatAttr>(attribute);
  return number && number.getValueAsDouble() == value;
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return adaptor.getOperand();
}

/// A slice of a slice is one slice.
static LogicalResult mergeSlices(SliceOp op, PatternRewriter &rewriter) {
  auto inner = op.getOperand().getDefiningOp<SliceOp>();
  if (!inner || inner.getDim() != op.getDim())
    return failure();
  rewriter.replaceOpWithNewOp<SliceOp>(op, inner.getOperand(), op.getDim(),
                                       inner.getOffset() + op.getOffset(),
                                       op.getSize());
  return success();
}

/// A slice of a concatenation is a slice of the parts it touches.
static LogicalResult sliceOfConcat(SliceOp op, PatternRewriter &rewriter) {
  auto concat = op.getOperand().getDefiningOp<ConcatOp>();
  if (!concat || concat.getDim() != op.getDim())
    return failure();
  int64_t begin = op.getOffset(), end = begin + op.getSize(), offset = 0;
  SmallVector<Value> parts;
  for (Value part : concat.getOperands()) {
    int64_t size = getFeatureSize(part.getType(), op.getDim());
    int64_t from = std::max(begin, offset), to = std::min(end, offset + size);
    if (from < to)
      parts.push_back(rewriter.createOrFold<SliceOp>(
          op.getLoc(), part, op.getDim(), from - offset, to - from));
    offset += size;
  }
  if (parts.size() == 1)
    rewriter.replaceOp(op, parts.front());
  else
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getDim(), parts);
  return success();
}

/// A slice of padding: the part of the value in it, or zero.
static LogicalResult sliceOfPad(SliceOp op, PatternRewriter &rewriter) {
  auto pad = op.getOperand().getDefiningOp<PadOp>();
  if (!pad || pad.getDim() != op.getDim())
    return failure();
  int64_t begin = op.getOffset(), end = begin + op.getSize();
  int64_t from = pad.getOffset();
  int64_t to = from + getFeatureSize(pad.getOperand().getType(), pad.getDim());
  if (end <= from || to <= begin) {
    rewriter.replaceOp(op, createZero(rewriter, op.getLoc(), op.getType()));
    return success();
  }
  if (begin < from || to < end)
    return failure();
  rewriter.replaceOpWithNewOp<SliceOp>(op, pad.getOperand(), op.getDim(),
                                       begin - from, op.getSize());
  return success();
}

/// A slice of elementwise arithmetic that only slices read is arithmetic on
/// slices: gates then have one width, and their sources are views. Dropout is
/// told by the place of an element in its row.
static LogicalResult sliceOfElementwise(SliceOp op, PatternRewriter &rewriter) {
  Operation *source = op.getOperand().getDefiningOp();
  if (!source || !source->hasTrait<ElementwiseOp>() || isa<DropoutOp>(source) ||
      source->getNumOperands() == 0)
    return failure();
  if (!llvm::all_of(source->getUsers(),
                    [](Operation *user) { return isa<SliceOp>(user); }))
    return failure();
  IRMapping mapping;
  for (Value operand : source->getOperands())
    if (!mapping.contains(operand))
      mapping.map(operand,
                  SliceOp::create(rewriter, op.getLoc(), operand, op.getDim(),
                                  op.getOffset(), op.getSize()));
  Operation *narrow = rewriter.clone(*source, mapping);
  rewriter.modifyOpInPlace(narrow,
                           [&] { narrow->getResult(0).setType(op.getType()); });
  rewriter.replaceOp(op, narrow->getResults());
  return success();
}

/// A slice of a repeated value is the repeated slice, or the value where it
/// repeats in the dimension of the slice.
static LogicalResult sliceOfBroadcast(SliceOp op, PatternRewriter &rewriter) {
  auto broadcast = op.getOperand().getDefiningOp<BroadcastOp>();
  if (!broadcast || broadcast.getMean())
    return failure();
  Value source = broadcast.getOperand();
  if (getFeatureSize(source.getType(), op.getDim()) ==
      getFeatureSize(broadcast.getType(), op.getDim()))
    source = SliceOp::create(rewriter, op.getLoc(), source, op.getDim(),
                             op.getOffset(), op.getSize());
  rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), source, false);
  return success();
}

/// Rows or columns of a sum of outer products that only slices read are outer
/// products of parts: the gradients of stacked weights are then made where each
/// is wanted.
static LogicalResult sliceOfOuter(SliceOp op, PatternRewriter &rewriter) {
  auto outer = op.getOperand().getDefiningOp<OuterOp>();
  if (!outer || !llvm::all_of(outer->getUsers(), [](Operation *user) {
        return isa<SliceOp>(user);
      }))
    return failure();
  Value lhs = outer.getLhs(), rhs = outer.getRhs();
  Value &cut = op.getDim() == 0 ? lhs : rhs;
  cut = SliceOp::create(rewriter, op.getLoc(), cut, 0, op.getOffset(),
                        op.getSize());
  rewriter.replaceOpWithNewOp<OuterOp>(op, lhs, rhs);
  return success();
}

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *) {
  patterns.add(mergeSlices);
  patterns.add(sliceOfConcat);
  patterns.add(sliceOfPad);
  patterns.add(sliceOfElementwise);
  patterns.add(sliceOfBroadcast);
  patterns.add(sliceOfOuter);
}

//===----------------------------------------------------------------------===//
// Padding and joining
//===----------------------------------------------------------------------===//

OpFoldResult PadOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return isConstant(adaptor.getOperand(), 0.0) ? adaptor.getOperand()
                                               : OpFoldResult();
}

/// Padding of padding along one dimension is one padding.
static LogicalResult mergePads(PadOp op, PatternRewriter &rewriter) {
  auto inner = op.getOperand().getDefiningOp<PadOp>();
  if (!inner || inner.getDim() != op.getDim())
    return failure();
  rewriter.replaceOpWithNewOp<PadOp>(op, inner.getOperand(), op.getDim(),
                                     inner.getOffset() + op.getOffset(),
                                     op.getSize());
  return success();
}

/// Collects the paddings that a tree of additions adds up.
static bool collectPads(Value value, SmallVectorImpl<PadOp> &pads) {
  if (auto pad = value.getDefiningOp<PadOp>()) {
    pads.push_back(pad);
    return true;
  }
  auto add = value.getDefiningOp<AddOp>();
  return add && collectPads(add.getLhs(), pads) &&
         collectPads(add.getRhs(), pads);
}

/// Paddings that together fill a dimension once add up to a concatenation:
/// the gradient of a value whose parts were used apart.
static LogicalResult joinPads(AddOp op, PatternRewriter &rewriter) {
  SmallVector<PadOp> pads;
  if (!collectPads(op, pads))
    return failure();
  uint64_t dim = pads.front().getDim();
  llvm::sort(pads,
             [](PadOp a, PadOp b) { return a.getOffset() < b.getOffset(); });
  uint64_t offset = 0;
  SmallVector<Value> parts;
  for (PadOp pad : pads) {
    if (pad.getDim() != dim || pad.getOffset() != offset)
      return failure();
    parts.push_back(pad.getOperand());
    offset += getFeatureSize(pad.getOperand().getType(), dim);
  }
  if (offset != static_cast<uint64_t>(getFeatureSize(op.getType(), dim)))
    return failure();
  rewriter.replaceOpWithNewOp<ConcatOp>(op, dim, parts);
  return success();
}

void PadOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *) {
  patterns.add(mergePads);
}

void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *) {
  patterns.add(joinPads);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getOperands().size() == 1 ? getOperands().front() : OpFoldResult();
}

/// Parts that are themselves concatenations along the dimension are spliced.
static LogicalResult flattenConcat(ConcatOp op, PatternRewriter &rewriter) {
  SmallVector<Value> parts;
  for (Value part : op.getOperands()) {
    auto inner = part.getDefiningOp<ConcatOp>();
    if (inner && inner.getDim() == op.getDim())
      llvm::append_range(parts, inner.getOperands());
    else
      parts.push_back(part);
  }
  if (parts.size() == op.getOperands().size())
    return failure();
  rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getDim(), parts);
  return success();
}

static Value join(ConcatOp op, Value first, Value second,
                  PatternRewriter &rewriter) {
  auto a = first.getDefiningOp<SliceOp>();
  auto b = second.getDefiningOp<SliceOp>();
  if (!a || !b || a.getOperand() != b.getOperand() ||
      a.getDim() != op.getDim() || b.getDim() != op.getDim() ||
      a.getOffset() + a.getSize() != b.getOffset())
    return {};
  return SliceOp::create(rewriter, op.getLoc(), a.getOperand(), op.getDim(),
                         a.getOffset(), a.getSize() + b.getSize());
}

/// Neighbouring slices of one value join to a wider slice.
static LogicalResult joinSlices(ConcatOp op, PatternRewriter &rewriter) {
  SmallVector<Value> parts;
  for (Value part : op.getOperands()) {
    Value joined =
        parts.empty() ? Value() : join(op, parts.back(), part, rewriter);
    if (joined)
      parts.back() = joined;
    else
      parts.push_back(part);
  }
  if (parts.size() == op.getOperands().size())
    return failure();
  rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getDim(), parts);
  return success();
}

static bool isLike(SumToOp sum, SumToOp other) {
  Type from = sum.getOperand().getType(), to = sum.getType();
  return sum.getMean() == other.getMean() && sum->hasOneUse() &&
         getFeatureSize(from) == getFeatureSize(to) &&
         withFeatures(from, {1}) ==
             withFeatures(other.getOperand().getType(), {1});
}

/// Sums over rows of parts, joined, are the sum of the joined parts: the
/// gradient of a bias whose gates were taken apart.
static LogicalResult concatOfSums(ConcatOp op, PatternRewriter &rewriter) {
  auto first = op.getOperands().front().getDefiningOp<SumToOp>();
  if (!first || getFeatureRank(op.getType()) != 1)
    return failure();
  SmallVector<Value> parts;
  for (Value operand : op.getOperands()) {
    auto sum = operand.getDefiningOp<SumToOp>();
    if (!sum || !isLike(sum, first))
      return failure();
    parts.push_back(sum.getOperand());
  }
  Value joined = ConcatOp::create(rewriter, op.getLoc(), 0, parts);
  rewriter.replaceOpWithNewOp<SumToOp>(op, op.getType(), joined,
                                       first.getMean());
  return success();
}

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *) {
  patterns.add(flattenConcat);
  patterns.add(joinSlices);
  patterns.add(concatOfSums);
}
