//===- RNNFolds.cpp - Folders and canonical forms -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Simplifications that always pay: zeros and ones, views of views, slices
// moved up to where values are made (so that gates of one product become
// phases of one width), and gradients of parts joined to the whole.
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

namespace {

/// -(-x) = x
struct CancelNegation : OpRewritePattern<NegOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(NegOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<NegOp>();
    if (!inner)
      return failure();
    rewriter.replaceOp(op, inner.getOperand());
    return success();
  }
};

} // namespace

void NegOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<CancelNegation>(context);
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

namespace {

/// A sum over rows and features is one over rows, then one over features.
struct SplitSum : OpRewritePattern<SumToOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SumToOp op,
                                PatternRewriter &rewriter) const override {
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
};

} // namespace

void SumToOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<SplitSum>(context);
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

OpFoldResult SliceOp::fold(FoldAdaptor adaptor) {
  if (getOperand().getType() == getType())
    return getOperand();
  return adaptor.getOperand();
}

namespace {

/// A slice of a slice is one slice.
struct MergeSlices : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<SliceOp>();
    if (!inner || inner.getDim() != op.getDim())
      return failure();
    rewriter.replaceOpWithNewOp<SliceOp>(op, inner.getOperand(), op.getDim(),
                                         inner.getOffset() + op.getOffset(),
                                         op.getSize());
    return success();
  }
};

/// A slice of a concatenation is a slice of the parts it touches.
struct SliceOfConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
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
};

/// A slice of padding: the part of the value in it, or zero.
struct SliceOfPad : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto pad = op.getOperand().getDefiningOp<PadOp>();
    if (!pad || pad.getDim() != op.getDim())
      return failure();
    int64_t begin = op.getOffset(), end = begin + op.getSize();
    int64_t from = pad.getOffset();
    int64_t to =
        from + getFeatureSize(pad.getOperand().getType(), pad.getDim());
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
};

/// A slice of elementwise arithmetic that only slices read is arithmetic on
/// slices: gates then have one width, and their sources are views.
struct SliceOfElementwise : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    Operation *source = op.getOperand().getDefiningOp();
    if (!source || !source->hasTrait<ElementwiseOp>() ||
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
    rewriter.modifyOpInPlace(
        narrow, [&] { narrow->getResult(0).setType(op.getType()); });
    rewriter.replaceOp(op, narrow->getResults());
    return success();
  }
};

/// A slice of a value repeated over rows is the repeated slice.
struct SliceOfBroadcast : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(SliceOp op,
                                PatternRewriter &rewriter) const override {
    auto broadcast = op.getOperand().getDefiningOp<BroadcastOp>();
    if (!broadcast || broadcast.getMean())
      return failure();
    Value source = broadcast.getOperand();
    if (getFeatureSize(source.getType()) != 1)
      source = SliceOp::create(rewriter, op.getLoc(), source, 0, op.getOffset(),
                               op.getSize());
    rewriter.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), source, false);
    return success();
  }
};

} // namespace

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                          MLIRContext *context) {
  patterns.add<MergeSlices, SliceOfConcat, SliceOfPad, SliceOfElementwise,
               SliceOfBroadcast>(context);
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

namespace {

/// Padding of padding along one dimension is one padding.
struct MergePads : OpRewritePattern<PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(PadOp op,
                                PatternRewriter &rewriter) const override {
    auto inner = op.getOperand().getDefiningOp<PadOp>();
    if (!inner || inner.getDim() != op.getDim())
      return failure();
    rewriter.replaceOpWithNewOp<PadOp>(op, inner.getOperand(), op.getDim(),
                                       inner.getOffset() + op.getOffset(),
                                       op.getSize());
    return success();
  }
};

/// Collects the paddings that a tree of additions adds up.
bool collectPads(Value value, SmallVectorImpl<PadOp> &pads) {
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
struct JoinPads : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op,
                                PatternRewriter &rewriter) const override {
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
};

} // namespace

void PadOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<MergePads>(context);
}

void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                        MLIRContext *context) {
  patterns.add<JoinPads>(context);
}

OpFoldResult ConcatOp::fold(FoldAdaptor) {
  return getOperands().size() == 1 ? getOperands().front() : OpFoldResult();
}

namespace {

/// Parts that are themselves concatenations along the dimension are spliced.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
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
};

/// Neighbouring slices of one value join to a wider slice.
struct JoinSlices : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
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

private:
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
};

/// Sums over rows of parts, joined, are the sum of the joined parts: the
/// gradient of a bias whose gates were taken apart.
struct ConcatOfSums : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ConcatOp op,
                                PatternRewriter &rewriter) const override {
    auto first = op.getOperands().front().getDefiningOp<SumToOp>();
    if (!first)
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

private:
  static bool isLike(SumToOp sum, SumToOp other) {
    Type from = sum.getOperand().getType(), to = sum.getType();
    return sum.getMean() == other.getMean() && sum->hasOneUse() &&
           getFeatureSize(from) == getFeatureSize(to) &&
           withFeatures(from, {1}) ==
               withFeatures(other.getOperand().getType(), {1});
  }
};

} // namespace

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<FlattenConcat, JoinSlices, ConcatOfSums>(context);
}

//===----------------------------------------------------------------------===//
// Matrices
//===----------------------------------------------------------------------===//

OpFoldResult TransposeOp::fold(FoldAdaptor adaptor) {
  if (auto inner = getOperand().getDefiningOp<TransposeOp>())
    return inner.getOperand();
  return adaptor.getOperand();
}

namespace {

/// W @ [a; b] = W[:, a] @ a + W[:, b] @ b: the parts can then be scheduled
/// apart, the one that does not depend on the state outside the recurrence.
struct SplitConcatInput : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat || op->getParentOfType<PhaseOp>() || !isWorthSplitting(concat))
      return failure();
    Value sum;
    int64_t offset = 0;
    for (Value part : concat.getOperands()) {
      int64_t size = getFeatureSize(part.getType());
      Value weight = SliceOp::create(rewriter, op.getLoc(), op.getWeight(), 1,
                                     offset, size);
      Value product = MatmulOp::create(rewriter, op.getLoc(), weight, part);
      sum = addOrNull(rewriter, op.getLoc(), sum, product);
      offset += size;
    }
    rewriter.replaceOp(op, sum);
    return success();
  }

private:
  /// Only a part that is an argument of the recurrence (a step of an input or
  /// a state) or comes from outside can be scheduled apart; what a step
  /// computes is better multiplied in one piece.
  static bool isWorthSplitting(ConcatOp concat) {
    return llvm::any_of(concat.getOperands(), [&](Value part) {
      return part.getParentBlock() != concat->getBlock() ||
             isa<BlockArgument>(part);
    });
  }
};

/// 0 @ x and W @ 0.
struct ZeroProduct : OpRewritePattern<MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatmulOp op,
                                PatternRewriter &rewriter) const override {
    if (!isZero(op.getInput()) && !isZero(op.getWeight()))
      return failure();
    rewriter.replaceOp(op, createZero(rewriter, op.getLoc(), op.getType()));
    return success();
  }
};

} // namespace

void MatmulOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                           MLIRContext *context) {
  patterns.add<SplitConcatInput, ZeroProduct>(context);
}
