//===- BlockPhases.cpp - The phases of a block ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Numbers the operations of a block by the products before them, has those that
// may wait join their consumers, and gathers what is left between products.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/BlockPhases.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rnnc::rnn;

/// What a phase makes for itself where it needs it. A value of the batch
/// repeated over time has other rows than the phase, a mean needs dividing.
static bool isFree(Operation *op) {
  if (isa<ConstantOp>(op))
    return true;
  auto broadcast = dyn_cast<BroadcastOp>(op);
  if (!broadcast || broadcast.getMean())
    return false;
  Type from = broadcast.getOperand().getType();
  return isStatic(from) || isSequence(from) == isSequence(broadcast.getType());
}

static bool isFusable(Operation *op) {
  return op->hasTrait<ElementwiseOp>() && !isa<ConstantOp>(op);
}

namespace {

/// Cuts one block into phases.
class BlockPhases {
public:
  explicit BlockPhases(Block &block) : block(block) {}
  void run();
  unsigned getNumPhases() const { return numPhases; }

private:
  void eraseDead();
  void divideMeans();
  void duplicateFree();
  unsigned findDepth(Operation *op);
  void assignDepths();
  void delay();
  void keepGatesTogether(const llvm::MapVector<Operation *, unsigned> &early);
  void bringBack(Operation *op, unsigned depth,
                 const llvm::MapVector<Operation *, unsigned> &early);
  void advance(Operation *op, unsigned depth);
  void makePhases();
  void makePhase(ArrayRef<Operation *> ops, OpBuilder &builder);

  Block &block;
  llvm::MapVector<Operation *, unsigned> depths;
  unsigned numPhases = 0;
};

} // namespace

/// A phase of what nothing reads would have no results.
void BlockPhases::eraseDead() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// A mean that is repeated over the features of its row is divided first, by a
/// number: what is left to repeat needs no memory.
void BlockPhases::divideMeans() {
  for (auto mean : llvm::make_early_inc_range(block.getOps<BroadcastOp>())) {
    Type few = mean.getOperand().getType(), many = mean.getType();
    if (!mean.getMean() || isStatic(few) || isSequence(few) != isSequence(many))
      continue;
    OpBuilder builder(mean);
    double scale = static_cast<double>(getFeatureSize(few)) /
                   static_cast<double>(getFeatureSize(many));
    Value factor = ConstantOp::create(builder, mean.getLoc(), few,
                                      builder.getF64FloatAttr(scale));
    Value divided =
        MulOp::create(builder, mean.getLoc(), mean.getOperand(), factor);
    mean.getOperandMutable().assign(divided);
    mean.setMean(false);
  }
}

/// Gives each user its own constant or broadcast, beside it, so that it does
/// not tie phases together and never needs memory where a phase uses it.
void BlockPhases::duplicateFree() {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (!isFree(&op))
      continue;
    for (OpOperand &use : llvm::make_early_inc_range(op.getUses())) {
      Operation *user = use.getOwner();
      if (!isFusable(user) && !isFree(user))
        continue;
      OpBuilder builder(user);
      use.set(builder.clone(op)->getResult(0));
    }
    if (op.use_empty())
      op.erase();
  }
}

/// Products (and all else that is not elementwise) before an operation, along
/// the longest path. Views of what a phase makes come after the phase.
unsigned BlockPhases::findDepth(Operation *op) {
  unsigned depth = 0;
  for (Value operand : op->getOperands()) {
    Operation *source = operand.getDefiningOp();
    auto found = source ? depths.find(source) : depths.end();
    if (found == depths.end())
      continue;
    bool sameLoop =
        isFusable(op) && operand.getType() == op->getResult(0).getType();
    bool leavesPhase = isFusable(source) && !sameLoop;
    bool entersHeavy = !isFusable(op) && !isFree(op) && !isa<SliceOp>(op);
    depth = std::max(depth, found->second + (leavesPhase || entersHeavy));
  }
  if (op->getNumRegions() != 0)
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *source = operand.getDefiningOp())
          if (auto found = depths.find(source); found != depths.end())
            depth = std::max(depth, found->second + 1);
    });
  return depth;
}

void BlockPhases::assignDepths() {
  for (Operation &op : block.without_terminator())
    depths[&op] = findDepth(&op);
}

/// Moves an elementwise operation to the phase of its first consumer where
/// only one shape and no product consumes it: one phase then does for two.
void BlockPhases::delay() {
  for (auto &[op, depth] : llvm::reverse(depths)) {
    if (op->use_empty() || (!isFusable(op) && !isFree(op)))
      continue;
    std::optional<unsigned> first;
    bool canDelay = true;
    for (Operation *user : op->getUsers()) {
      auto found = depths.find(user);
      bool joins = found != depths.end() && isFusable(user) &&
                   (isFree(op) ||
                    user->getResult(0).getType() == op->getResult(0).getType());
      canDelay &= joins;
      if (joins)
        first = std::min(first.value_or(found->second), found->second);
    }
    if (canDelay)
      depth = *first;
  }
}

/// Gates of one product that are consumed at once can be consumed where they
/// are made. So where one of them is read early, as a reset gate is, the others
/// are too: what is made of them is kept rather than they themselves.
void BlockPhases::keepGatesTogether(
    const llvm::MapVector<Operation *, unsigned> &early) {
  for (auto product : block.getOps<MatmulOp>()) {
    SmallVector<Operation *> readers;
    bool isSliced = llvm::all_of(product->getUsers(), [&](Operation *slice) {
      llvm::append_range(readers, slice->getUsers());
      return isa<SliceOp>(slice);
    });
    if (!isSliced || readers.empty() ||
        !llvm::all_of(readers, [&](Operation *reader) {
          return depths.count(reader) && isFusable(reader);
        }))
      continue;
    unsigned first = depths.lookup(readers.front());
    for (Operation *reader : readers)
      first = std::min(first, depths.lookup(reader));
    for (Operation *reader : readers)
      bringBack(reader, first, early);
  }
}

/// Undoes a delay, also of what the operation reads, and of what follows as its
/// only reader.
void BlockPhases::bringBack(
    Operation *op, unsigned depth,
    const llvm::MapVector<Operation *, unsigned> &early) {
  while (depths.lookup(op) > depth && early.lookup(op) <= depth) {
    advance(op, depth);
    if (!op->hasOneUse() || !isFusable(*op->user_begin()))
      return;
    op = *op->user_begin();
  }
}

void BlockPhases::advance(Operation *op, unsigned depth) {
  auto found = depths.find(op);
  if (found == depths.end() || found->second <= depth)
    return;
  found->second = depth;
  for (Value operand : op->getOperands())
    if (Operation *source = operand.getDefiningOp())
      advance(source, depth);
}

void BlockPhases::makePhase(ArrayRef<Operation *> ops, OpBuilder &builder) {
  llvm::SetVector<Operation *> members(ops.begin(), ops.end());
  SmallVector<Value> yields;
  for (Operation *op : ops)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) {
            return !members.contains(user);
          }))
        yields.push_back(result);
  auto phase = PhaseOp::create(builder, ops.front()->getLoc(),
                               ValueRange(yields).getTypes());
  Block &body = phase.getBody().emplaceBlock();
  for (Operation *op : ops) {
    for (Value operand : op->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (source && source->getBlock() == &block && isFree(source))
        source->moveBefore(&body, body.end());
    }
    op->moveBefore(&body, body.end());
  }
  for (auto [value, result] : llvm::zip(yields, phase.getResults()))
    value.replaceUsesWithIf(result, [&](OpOperand &use) {
      return !phase->isAncestor(use.getOwner());
    });
  OpBuilder inner = OpBuilder::atBlockEnd(&body);
  YieldOp::create(inner, phase.getLoc(), yields);
  ++numPhases;
}

/// Emits depth by depth: first what is not elementwise, then the phases.
void BlockPhases::makePhases() {
  unsigned last = 0;
  for (auto &[op, depth] : depths)
    last = std::max(last, depth);
  Operation *terminator = block.getTerminator();
  OpBuilder builder(terminator);
  SmallVector<SmallVector<Operation *>> heavy(last + 1);
  SmallVector<llvm::MapVector<Type, SmallVector<Operation *>>> fused(last + 1);
  for (auto &[op, depth] : depths) {
    if (isFusable(op))
      fused[depth][op->getResult(0).getType()].push_back(op);
    else
      heavy[depth].push_back(op);
  }
  for (unsigned depth = 0; depth <= last; ++depth) {
    for (Operation *op : heavy[depth])
      op->moveBefore(terminator);
    for (auto &[type, ops] : fused[depth])
      makePhase(ops, builder);
  }
}

void BlockPhases::run() {
  if (block.empty() || !block.back().hasTrait<OpTrait::IsTerminator>() ||
      isa<PhaseOp>(block.getParentOp()))
    return;
  eraseDead();
  divideMeans();
  duplicateFree();
  assignDepths();
  llvm::MapVector<Operation *, unsigned> early = depths;
  delay();
  keepGatesTogether(early);
  makePhases();
}

unsigned rnnc::gatherPhases(Block &block) {
  BlockPhases phases(block);
  phases.run();
  return phases.getNumPhases();
}
