//===- RNNScanFolds.cpp - Canonical forms of the recurrence ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Drops from a scan what nothing needs, stacks no value twice, and turns a scan
// over reversed sequences round.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;
using namespace rnnc::rnn;

namespace {

/// Drops unused inputs, unused or repeated stacked results, repeated inputs,
/// and states that nothing but their own next value reads.
struct SimplifyScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    SmallVector<bool> keepInput = findKeptInputs(scan, rewriter);
    SmallVector<bool> keepState = findKeptStates(scan);
    SmallVector<bool> keepStacked = findKeptStacked(scan, rewriter);
    auto all = [](ArrayRef<bool> keep) {
      return llvm::all_of(keep, [](bool kept) { return kept; });
    };
    if (all(keepInput) && all(keepState) && all(keepStacked))
      return failure();
    rebuild(scan, rewriter, keepInput, keepState, keepStacked);
    return success();
  }

private:
  static SmallVector<bool> findKeptInputs(ScanOp scan,
                                          PatternRewriter &rewriter) {
    for (auto [index, input] : llvm::enumerate(scan.getInputs())) {
      Value argument = scan.getInputArgs()[index];
      unsigned firstIndex = std::distance(scan.getInputs().begin(),
                                          llvm::find(scan.getInputs(), input));
      if (firstIndex < index)
        rewriter.replaceAllUsesWith(argument, scan.getInputArgs()[firstIndex]);
    }
    return llvm::map_to_vector(scan.getInputArgs(),
                               [](Value v) { return !v.use_empty(); });
  }

  /// A state is needed when its final value is, or when a value that is not
  /// merely its own next state depends on it.
  static SmallVector<bool> findKeptStates(ScanOp scan) {
    SmallVector<bool> keep;
    for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i)
      keep.push_back(!scan.getFinalStates()[i].use_empty() ||
                     !feedsOnlyItself(scan, i));
    return keep;
  }

  static bool feedsOnlyItself(ScanOp scan, unsigned state) {
    SmallVector<Value> worklist{scan.getStateArgs()[state]};
    llvm::SmallDenseSet<Value> seen;
    while (!worklist.empty()) {
      Value value = worklist.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      for (OpOperand &use : value.getUses()) {
        Operation *user = use.getOwner();
        if (user->getNumRegions() != 0 ||
            user->getBlock() != scan.getBodyBlock())
          return false;
        if (isa<YieldOp>(user)) {
          if (use.getOperandNumber() != state)
            return false;
          continue;
        }
        llvm::append_range(worklist, user->getResults());
      }
    }
    return true;
  }

  static SmallVector<bool> findKeptStacked(ScanOp scan,
                                           PatternRewriter &rewriter) {
    ValueRange yields = scan.getStackedYields();
    for (auto [index, value] : llvm::enumerate(yields)) {
      unsigned first = std::distance(yields.begin(), llvm::find(yields, value));
      if (first < index)
        rewriter.replaceAllUsesWith(scan.getStacked()[index],
                                    scan.getStacked()[first]);
    }
    return llvm::map_to_vector(scan.getStacked(),
                               [](Value v) { return !v.use_empty(); });
  }

  template <typename Range>
  static SmallVector<Value> filter(Range &&values, ArrayRef<bool> keep) {
    SmallVector<Value> kept;
    for (auto [value, isKept] : llvm::zip(values, keep))
      if (isKept)
        kept.push_back(value);
    return kept;
  }

  static void rebuild(ScanOp scan, PatternRewriter &rewriter,
                      ArrayRef<bool> keepInput, ArrayRef<bool> keepState,
                      ArrayRef<bool> keepStacked) {
    Location loc = scan.getLoc();
    SmallVector<Type> stackedTypes;
    for (Value stacked : filter(scan.getStacked(), keepStacked))
      stackedTypes.push_back(stacked.getType());
    auto fresh =
        ScanOp::create(rewriter, loc, scan.getAxis(), scan.getReverse(),
                       filter(scan.getInputs(), keepInput),
                       filter(scan.getInits(), keepState), stackedTypes);

    SmallVector<Value> yields = filter(scan.getNextStates(), keepState);
    yields.append(filter(scan.getStackedYields(), keepStacked));
    rewriter.modifyOpInPlace(scan.getYield(), [&] {
      scan.getYield().getValuesMutable().assign(yields);
    });
    SmallVector<Value> replacements;
    auto next = fresh.getBodyBlock()->args_begin();
    for (auto [argument, isKept] : llvm::zip(scan.getInputArgs(), keepInput))
      replacements.push_back(isKept ? *next++ : Value());
    for (auto [argument, isKept] : llvm::zip(scan.getStateArgs(), keepState))
      replacements.push_back(isKept ? *next++ : Value());
    eraseDeadBody(scan, rewriter, replacements);
    rewriter.mergeBlocks(scan.getBodyBlock(), fresh.getBodyBlock(),
                         replacements);
    auto result = fresh.getResults().begin();
    for (auto [value, isKept] : llvm::zip(scan.getFinalStates(), keepState))
      if (isKept)
        rewriter.replaceAllUsesWith(value, *result++);
    for (auto [value, isKept] : llvm::zip(scan.getStacked(), keepStacked))
      if (isKept)
        rewriter.replaceAllUsesWith(value, *result++);
    rewriter.eraseOp(scan);
  }

  /// What only fed dropped states is dead now; it must go before the
  /// arguments it reads do. Any value can stand for an argument without uses.
  static void eraseDeadBody(ScanOp scan, PatternRewriter &rewriter,
                            MutableArrayRef<Value> replacements) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(*scan.getBodyBlock())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
    for (Value &replacement : replacements)
      if (!replacement)
        replacement = scan->getOperand(0);
  }
};

} // namespace

namespace {

/// Parts of a stacked concatenation are slices of it, not stacked again.
struct StackedPart : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    bool changed = false;
    for (auto [yielded, whole] :
         llvm::zip(scan.getStackedYields(), scan.getStacked()))
      if (auto concat = yielded.getDefiningOp<ConcatOp>())
        changed |= replaceParts(scan, concat, whole, rewriter);
    return success(changed);
  }

private:
  static bool replaceParts(ScanOp scan, ConcatOp concat, Value whole,
                           PatternRewriter &rewriter) {
    bool changed = false;
    int64_t offset = 0;
    rewriter.setInsertionPointAfter(scan);
    for (Value part : concat.getOperands()) {
      int64_t size = getFeatureSize(part.getType());
      for (auto [yielded, result] :
           llvm::zip(scan.getStackedYields(), scan.getStacked())) {
        if (yielded != part || result.use_empty())
          continue;
        rewriter.replaceAllUsesWith(
            result,
            SliceOp::create(rewriter, scan.getLoc(), whole, 0, offset, size));
        changed = true;
      }
      offset += size;
    }
    return changed;
  }
};

} // namespace

namespace {

/// A scan over reversed sequences is the reverse of a scan in the other
/// direction. So a backward layer, written reverse(layer(reverse(x))), moves
/// nothing. Where the results are wanted as they are, turning would only move
/// the reversal.
struct TurnScan : OpRewritePattern<ScanOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ScanOp scan,
                                PatternRewriter &rewriter) const override {
    bool hasReversed = llvm::any_of(
        scan.getInputs(), [](Value v) { return v.getDefiningOp<ReverseOp>(); });
    if (!hasReversed || !llvm::all_of(scan.getInputs(), canTurn) ||
        !isWorthTurning(scan) || dependsOnTime(scan))
      return failure();
    SmallVector<Value> inputs;
    for (Value input : scan.getInputs()) {
      auto reversed = input.getDefiningOp<ReverseOp>();
      inputs.push_back(reversed ? reversed.getOperand() : input);
    }
    auto turned = ScanOp::create(rewriter, scan.getLoc(), scan.getAxis(),
                                 !scan.getReverse(), inputs, scan.getInits(),
                                 scan.getStacked().getTypes());
    rewriter.mergeBlocks(scan.getBodyBlock(), turned.getBodyBlock(),
                         turned.getBodyBlock()->getArguments());
    SmallVector<Value> results(turned.getFinalStates());
    for (Value stacked : turned.getStacked())
      results.push_back(ReverseOp::create(rewriter, scan.getLoc(), stacked));
    rewriter.replaceOp(scan, results);
    return success();
  }

private:
  /// Whether a sequence is reversed, or the same at every step.
  static bool canTurn(Value input) {
    Operation *op = input.getDefiningOp();
    if (auto broadcast = dyn_cast_if_present<BroadcastOp>(op))
      return !isSequence(broadcast.getOperand().getType());
    return isa_and_present<ReverseOp, ConstantOp>(op);
  }

  static bool isWorthTurning(ScanOp scan) {
    auto absorbs = [](Operation *user) {
      return isa<ReverseOp, PickOp, ScanOp>(user);
    };
    bool isUsed = false, isAbsorbed = false;
    for (Value stacked : scan.getStacked()) {
      isUsed |= !stacked.use_empty();
      isAbsorbed |= llvm::any_of(stacked.getUsers(), absorbs);
    }
    return !isUsed || isAbsorbed;
  }

  /// A mask of dropout is that of its step.
  static bool dependsOnTime(ScanOp scan) {
    return llvm::any_of(
        scan.getBodyBlock()->getOps<DropoutOp>(),
        [](DropoutOp dropout) { return !dropout.getSequence(); });
  }
};

} // namespace

void ScanOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                         MLIRContext *context) {
  patterns.add<SimplifyScan, StackedPart, TurnScan>(context);
}
