//===- ChunkTime.cpp - Loops over chunks of time ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Puts operations over time into groups that share a loop over chunks, as early
// as their operands allow, and everything else between the groups.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "llvm/ADT/MapVector.h"

namespace rnnc {
#define GEN_PASS_DEF_CHUNKTIME
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc::rnn;

namespace {

/// Operations that run in one loop over chunks of an axis.
struct Group {
  StringRef axis;
  /// Set by the first scan; operations on rows go either way.
  std::optional<bool> reverse;
  SmallVector<Operation *> ops;
};

class ChunkTime : public rnnc::impl::ChunkTimeBase<ChunkTime> {
public:
  void runOnOperation() override;

private:
  unsigned findLevel(Operation *op, StringRef axis);
  unsigned findGroup(Operation *op, StringRef axis, unsigned level);
  void makeChunk(Group &group, OpBuilder &builder);

  SmallVector<Group> groups;
  /// For an operation over time its group; for others the number of groups
  /// that must be complete before it.
  DenseMap<Operation *, unsigned> placement;
};

} // namespace

/// The axis an operation runs over, or an empty name.
static StringRef getTimeAxis(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return scan.getAxis();
  if (isa<GetOp>(op))
    return {};
  auto find = [](TypeRange types) -> StringRef {
    for (Type type : types)
      if (isSequence(type))
        return getAxis(type);
    return {};
  };
  StringRef axis = find(op->getResultTypes());
  return axis.empty() ? find(op->getOperandTypes()) : axis;
}

/// The first group in which all operands are there: values over the same axis
/// within their own group, everything else when its group is complete. What
/// reads other steps than it makes needs its operand complete too.
unsigned ChunkTime::findLevel(Operation *op, StringRef axis) {
  unsigned level = 0;
  bool readsWhole = isa<ReverseOp, ShiftOp>(op);
  auto visit = [&](Value operand) {
    Operation *source = operand.getDefiningOp();
    auto found = placement.find(source);
    if (!source || found == placement.end())
      return;
    bool sourceIsTimed = !getTimeAxis(source).empty();
    bool sharesChunk = sourceIsTimed && !readsWhole &&
                       isSequence(operand.getType()) &&
                       getAxis(operand.getType()) == axis;
    level = std::max(level, found->second + (sourceIsTimed && !sharesChunk));
  };
  op->walk(
      [&](Operation *inner) { llvm::for_each(inner->getOperands(), visit); });
  return level;
}

unsigned ChunkTime::findGroup(Operation *op, StringRef axis, unsigned level) {
  std::optional<bool> direction;
  if (auto scan = dyn_cast<ScanOp>(op))
    direction = scan.getReverse();
  for (unsigned i = level, e = groups.size(); i < e; ++i) {
    Group &group = groups[i];
    if (group.axis != axis ||
        (direction && group.reverse && group.reverse != direction))
      continue;
    if (direction)
      group.reverse = direction;
    return i;
  }
  groups.push_back({axis, direction, {}});
  return groups.size() - 1;
}

void ChunkTime::makeChunk(Group &group, OpBuilder &builder) {
  llvm::SmallPtrSet<Operation *, 32> members(group.ops.begin(),
                                             group.ops.end());
  SmallVector<Value> yields;
  for (Operation *op : group.ops)
    for (Value result : op->getResults())
      if (llvm::any_of(result.getUsers(), [&](Operation *user) {
            while (user->getBlock() != op->getBlock())
              user = user->getParentOp();
            return !members.contains(user);
          }))
        yields.push_back(result);
  auto chunk = ChunkOp::create(builder, group.ops.front()->getLoc(),
                               ValueRange(yields).getTypes(), group.axis,
                               group.reverse.value_or(false));
  Block &body = chunk.getBody().emplaceBlock();
  for (Operation *op : group.ops)
    op->moveBefore(&body, body.end());
  for (auto [value, result] : llvm::zip(yields, chunk.getResults()))
    value.replaceUsesWithIf(result, [&](OpOperand &use) {
      return !chunk->isAncestor(use.getOwner());
    });
  OpBuilder inner = OpBuilder::atBlockEnd(&body);
  YieldOp::create(inner, chunk.getLoc(), yields);
}

void ChunkTime::runOnOperation() {
  groups.clear();
  placement.clear();
  Block *body = getOperation().getBodyBlock();
  llvm::MapVector<unsigned, SmallVector<Operation *>> between;
  for (Operation &op : body->without_terminator()) {
    StringRef axis = getTimeAxis(&op);
    unsigned level = findLevel(&op, axis);
    if (axis.empty()) {
      between[level].push_back(&op);
    } else {
      level = findGroup(&op, axis, level);
      groups[level].ops.push_back(&op);
    }
    placement[&op] = level;
  }
  Operation *terminator = body->getTerminator();
  OpBuilder builder(terminator);
  for (unsigned i = 0, e = groups.size(); i <= e; ++i) {
    for (Operation *op : between.lookup(i))
      op->moveBefore(terminator);
    if (i < e)
      makeChunk(groups[i], builder);
  }
}
