//===- FusePhases.cpp - Elementwise phases ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gathers elementwise operations between products into phases, and joins these
// with the product whose gates they consume, or with the sums over features of
// what they make.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/BlockPhases.h"
#include "compiler/lib/Transforms/Passes.h"

#include "llvm/ADT/SetVector.h"

namespace rnnc {
#define GEN_PASS_DEF_FUSEPHASES
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class FusePhases : public rnnc::impl::FusePhasesBase<FusePhases> {
public:
  void runOnOperation() override {
    SmallVector<Block *> blocks;
    getOperation().walk([&](Block *block) { blocks.push_back(block); });
    for (Block *block : blocks)
      numPhases += gatherPhases(*block);
    SmallVector<PhaseOp> phases;
    getOperation().walk([&](PhaseOp phase) {
      if (!phase->getParentOfType<PhaseOp>())
        phases.push_back(phase);
    });
    for (PhaseOp phase : phases) {
      if (addProduct(phase))
        ++numEpilogues;
      else
        numSums += addSums(phase);
    }
  }

private:
  static bool addProduct(PhaseOp phase);
  static unsigned addSums(PhaseOp phase);
};

} // namespace

//===----------------------------------------------------------------------===//
// Products with their phase as epilogue
//===----------------------------------------------------------------------===//

/// The gates of a product, where a phase alone reads it and reads all of it in
/// slices of the phase's width: the slices in order.
static bool readsAllGates(MatmulOp product, PhaseOp phase) {
  Type type = phase.getResultTypes().front();
  if (!isBatch(type))
    return false;
  int64_t width = getFeatureSize(type);
  int64_t total = getFeatureSize(product.getType());
  if (total % width != 0)
    return false;
  llvm::SmallDenseSet<int64_t> gates;
  for (Operation *user : product->getUsers()) {
    if (phase->isAncestor(user)) {
      if (total != width)
        return false;
      gates.insert(0);
      continue;
    }
    auto slice = dyn_cast<SliceOp>(user);
    if (!slice || static_cast<int64_t>(slice.getSize()) != width ||
        slice.getOffset() % width != 0)
      return false;
    if (!llvm::all_of(slice->getUsers(), [&](Operation *reader) {
          return phase->isAncestor(reader);
        }))
      return false;
    gates.insert(slice.getOffset() / width);
  }
  return static_cast<int64_t>(gates.size()) == total / width;
}

/// The products whose results a phase reads, directly or through slices.
static llvm::SetVector<MatmulOp> findProducts(PhaseOp phase) {
  llvm::SetVector<MatmulOp> products;
  phase.getBody().walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      if (auto slice = operand.getDefiningOp<SliceOp>())
        operand = slice.getOperand();
      auto product = operand.getDefiningOp<MatmulOp>();
      if (product && product->getBlock() == phase->getBlock())
        products.insert(product);
    }
  });
  return products;
}

bool FusePhases::addProduct(PhaseOp phase) {
  MatmulOp best;
  for (MatmulOp product : findProducts(phase)) {
    if (!readsAllGates(product, phase))
      continue;
    auto depth = [](MatmulOp op) {
      return getFeatureSize(op.getWeight().getType(), 1);
    };
    if (!best || depth(product) > depth(best))
      best = product;
  }
  if (!best)
    return false;
  Block *body = phase.getBodyBlock();
  SmallVector<Operation *> slices;
  for (Operation *user : best->getUsers())
    if (isa<SliceOp>(user) && !phase->isAncestor(user))
      slices.push_back(user);
  for (Operation *slice : slices)
    slice->moveBefore(body, body->begin());
  best->moveBefore(body, body->begin());
  return true;
}

//===----------------------------------------------------------------------===//
// Phases with sums of what they make
//===----------------------------------------------------------------------===//

/// Sums over the features of what the phase makes, in its own block.
static SmallVector<SumToOp> findSums(PhaseOp phase) {
  SmallVector<SumToOp> sums;
  for (Value result : phase.getResults())
    for (Operation *user : result.getUsers()) {
      auto sum = dyn_cast<SumToOp>(user);
      bool isOfRow = sum && user->getBlock() == phase->getBlock() &&
                     sum.getType() != result.getType() &&
                     !isStatic(sum.getType()) &&
                     isSequence(sum.getType()) == isSequence(result.getType());
      if (isOfRow)
        sums.push_back(sum);
    }
  return sums;
}

/// Moves such sums into the phase. What they alone read is no result then, but
/// for one, by which the phase has its shape.
unsigned FusePhases::addSums(PhaseOp phase) {
  SmallVector<SumToOp> sums = findSums(phase);
  if (sums.empty())
    return 0;
  YieldOp yield = phase.getYield();
  SmallVector<Value> yields, results;
  for (auto [value, result] :
       llvm::zip_equal(yield.getValues(), phase.getResults())) {
    bool isRead = llvm::any_of(result.getUsers(), [&](Operation *user) {
      return !llvm::is_contained(sums, dyn_cast<SumToOp>(user));
    });
    if (isRead) {
      yields.push_back(value);
      results.push_back(result);
    }
  }
  if (yields.empty()) {
    yields.push_back(yield.getValues().front());
    results.push_back(phase.getResult(0));
  }
  for (SumToOp sum : sums) {
    unsigned number = cast<OpResult>(sum.getOperand()).getResultNumber();
    yields.push_back(sum);
    sum.getOperandMutable().assign(yield.getValues()[number]);
    sum->moveBefore(yield);
  }
  OpBuilder builder(phase);
  auto whole =
      PhaseOp::create(builder, phase.getLoc(), ValueRange(yields).getTypes());
  whole.getBody().takeBody(phase.getBody());
  yield.getValuesMutable().assign(yields);
  for (auto [result, old] : llvm::zip(whole.getResults(), results))
    old.replaceAllUsesWith(result);
  for (auto [result, sum] :
       llvm::zip_equal(whole.getResults().drop_front(results.size()), sums))
    sum.getResult().replaceUsesWithIf(result, [&](OpOperand &use) {
      return use.getOwner() != yield.getOperation();
    });
  phase.erase();
  return sums.size();
}
