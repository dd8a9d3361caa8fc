//===- FuseLosses.cpp - Gradients of losses in one pass ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Derivatives write the slope of a cross-entropy out, so that they can be
// differentiated again. When none is to come, one operation stands for it,
// which neither makes the one-hot rows nor sums exponentials a second time.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "mlir/IR/Dominance.h"

namespace rnnc {
#define GEN_PASS_DEF_FUSELOSSES
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc::rnn;

/// The cross-entropy of these logits and tokens where `before` can read it.
static CrossEntropyOp findLoss(Value logits, Value tokens, Operation *before,
                               DominanceInfo &dominance) {
  for (Operation *user : logits.getUsers())
    if (auto loss = dyn_cast<CrossEntropyOp>(user);
        loss && loss.getLogits() == logits && loss.getTokens() == tokens &&
        dominance.properlyDominates(loss.getOperation(), before))
      return loss;
  return {};
}

/// What a slope is multiplied by: one value a row, spread over the row; null
/// where it is something else.
static BroadcastOp findCotangent(MulOp product, Value slope, Type perRow) {
  Value other = product.getLhs() == slope ? product.getRhs() : product.getLhs();
  auto spread = other.getDefiningOp<BroadcastOp>();
  if (!spread || spread.getMean() || spread.getOperand().getType() != perRow)
    return {};
  return spread;
}

namespace {

class FuseLosses : public rnnc::impl::FuseLossesBase<FuseLosses> {
public:
  void runOnOperation() override {
    DominanceInfo dominance(getOperation());
    SmallVector<SubOp> differences;
    getOperation().walk([&](SubOp op) { differences.push_back(op); });
    for (SubOp slope : differences)
      fuse(slope, dominance);
  }

private:
  void fuse(SubOp slope, DominanceInfo &dominance);
};

} // namespace

void FuseLosses::fuse(SubOp slope, DominanceInfo &dominance) {
  auto softmax = slope.getLhs().getDefiningOp<SoftmaxOp>();
  auto oneHot = slope.getRhs().getDefiningOp<OneHotOp>();
  auto product =
      slope->hasOneUse() ? dyn_cast<MulOp>(*slope->user_begin()) : MulOp();
  if (!softmax || !oneHot || !product)
    return;
  Value logits = softmax.getOperand(), tokens = oneHot.getTokens();
  CrossEntropyOp loss = findLoss(logits, tokens, product, dominance);
  if (!loss)
    return;
  BroadcastOp spread = findCotangent(product, slope, loss.getType());
  if (!spread)
    return;
  OpBuilder builder(product);
  Value gradient = CrossEntropyGradientOp::create(
      builder, product.getLoc(), logits.getType(), logits, tokens, loss,
      spread.getOperand());
  product.replaceAllUsesWith(gradient);
  product.erase();
  slope.erase();
  for (Operation *op :
       {softmax.getOperation(), oneHot.getOperation(), spread.getOperation()})
    if (op->use_empty())
      op->erase();
  ++numFused;
}
