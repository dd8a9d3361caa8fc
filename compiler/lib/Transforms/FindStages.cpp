//===- FindStages.cpp - Layers that threads may run one behind another ----===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Cuts the body of a chunk of time into stages, one around each scan. What
// stands between two scans is cut where the least has to be handed on: after
// the product that makes a layer's input gradient, before the one that widens a
// layer's input to gates.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace rnnc {
#define GEN_PASS_DEF_FINDSTAGES
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// A step's product streams a weight for one row where a chunk's has many: so
/// many times as long, measured for one sequence.
static constexpr int64_t StepFactor = 3;

/// What a value costs to hand on that is not a sequence: it cannot be.
static constexpr int64_t Unfit = int64_t(1) << 40;

namespace {

/// The stages of one chunk. Stage i + 1 holds scan i; 0 and the last are what
/// comes before and after, where that is worth a stage.
class Stages {
public:
  explicit Stages(ChunkOp chunk) : block(*chunk.getBodyBlock()) {
    for (Operation &op : block.without_terminator()) {
      ops.push_back(&op);
      if (isa<ScanOp>(op))
        assigned[&op] = ++scans;
      earliest[&op] = findEarliest(&op);
    }
    for (Operation *op : llvm::reverse(ops))
      latest[op] = findLatest(op);
  }

  /// The stage of each operation; none with fewer than two scans.
  llvm::DenseMap<Operation *, unsigned> find() {
    if (scans < 2)
      return llvm::DenseMap<Operation *, unsigned>();
    int64_t widest = 0;
    for (unsigned stage = 1; stage < scans; ++stage)
      widest = std::max(widest, cutAfter(stage));
    cutTrailing(widest);
    cutLeading(widest);
    return std::move(assigned);
  }

private:
  /// The last scan that an operation reads, directly or not; 0: none.
  unsigned findEarliest(Operation *op) const {
    unsigned result = assigned.lookup(op);
    for (Operation *source : producersOf(op))
      result = std::max(result, earliest.lookup(source));
    return result;
  }

  /// The first scan that reads what it makes.
  unsigned findLatest(Operation *op) const {
    if (isa<ScanOp>(op))
      return assigned.lookup(op);
    unsigned result = scans + 1;
    for (Operation *user : usersOf(op))
      result = std::min(result, latest.lookup(user));
    return result;
  }

  SmallVector<Operation *> usersOf(Operation *op) const {
    SmallVector<Operation *> users;
    for (Operation *user : op->getUsers())
      if (Operation *own = block.findAncestorOpInBlock(*user);
          own != block.getTerminator())
        users.push_back(own);
    return users;
  }

  SmallVector<Operation *> producersOf(Operation *op) const {
    SmallVector<Operation *> producers;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Operation *source = operand.getDefiningOp();
            source && source->getBlock() == &block)
          producers.push_back(source);
    });
    return producers;
  }

  /// With an operation, what it needs that has no stage yet.
  void assign(Operation *op, unsigned stage) {
    if (!assigned.try_emplace(op, stage).second)
      return;
    for (Operation *source : producersOf(op))
      assign(source, stage);
  }

  /// What has no stage and follows from the scans up to a stage; first what can
  /// be done at once and is read by nothing, such as weight gradients.
  SmallVector<Operation *> getPending(unsigned stage) const {
    SmallVector<Operation *> last, pending;
    for (Operation *op : ops) {
      unsigned first = earliest.lookup(op);
      if (assigned.contains(op) || first < 1 || first > stage)
        continue;
      bool isLast = usersOf(op).empty() &&
                    llvm::none_of(producersOf(op), [&](Operation *source) {
                      return llvm::is_contained(pending, source);
                    });
      (isLast ? last : pending).push_back(op);
    }
    last.append(pending);
    return last;
  }

  int64_t getWidth(Value value) const {
    Type type = value.getType();
    return isSequence(type) ? getFeatureSize(type, getFeatureRank(type) - 1)
                            : Unfit;
  }

  /// Elements a row that are handed on when stages up to `stage` and `early`
  /// come before the cut, and all else, with `late`, after it.
  int64_t getHandedOn(unsigned stage, ArrayRef<Operation *> early,
                      ArrayRef<Operation *> late) const {
    auto isBefore = [&](Operation *op) {
      auto found = assigned.find(op);
      return (found != assigned.end() && found->second <= stage &&
              !llvm::is_contained(late, op)) ||
             llvm::is_contained(early, op);
    };
    int64_t width = 0;
    for (Operation *op : ops) {
      if (!isBefore(op))
        continue;
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) {
              Operation *own = block.findAncestorOpInBlock(*user);
              return own != block.getTerminator() && !isBefore(own);
            }))
          width += getWidth(result);
    }
    return width;
  }

  /// Assigns what belongs to a stage; returns what it hands on.
  int64_t cutAfter(unsigned stage) {
    for (Operation *op : ops)
      if (latest.lookup(op) <= stage)
        assign(op, stage);
    SmallVector<Operation *> pending = getPending(stage);
    ArrayRef<Operation *> all = pending;
    size_t best = 0;
    int64_t least = std::numeric_limits<int64_t>::max();
    for (size_t count = 0; count <= all.size(); ++count) {
      int64_t width = getHandedOn(stage, all.take_front(count), {});
      if (width <= least)
        std::tie(best, least) = {count, width};
    }
    for (Operation *op : all.take_front(best))
      assign(op, stage);
    return least;
  }

  static bool hasProduct(ArrayRef<Operation *> ops) {
    return llvm::any_of(ops, llvm::IsaPred<MatmulOp>);
  }

  /// Whether there is a product with fewer columns than it reads.
  static bool hasNarrowing(ArrayRef<Operation *> ops) {
    return llvm::any_of(ops, [](Operation *op) {
      auto product = dyn_cast<MatmulOp>(op);
      Type weight = product ? product.getOperand(0).getType() : Type();
      return product && getFeatureSize(weight, 0) < getFeatureSize(weight, 1);
    });
  }

  /// Products after the last scan are a stage where no more is handed on to
  /// them than from scan to scan.
  void cutTrailing(int64_t widest) {
    for (Operation *op : ops)
      if (latest.lookup(op) <= scans)
        assign(op, scans);
    SmallVector<Operation *> pending = getPending(scans);
    ArrayRef<Operation *> all = pending;
    std::optional<size_t> best;
    int64_t least = widest;
    for (size_t count = 0; count < all.size(); ++count) {
      int64_t width = getHandedOn(scans, all.take_front(count), {});
      if (!hasProduct(all.drop_front(count)) || width > least)
        continue;
      best = count;
      least = width;
    }
    for (auto [index, op] : llvm::enumerate(all))
      assign(op, best && index >= *best ? scans + 1 : scans);
    // What reads no scan and is read by none.
    for (Operation *op : ops) {
      unsigned first = 1;
      for (Operation *source : producersOf(op))
        first = std::max(first, assigned.lookup(source));
      assign(op, first);
    }
  }

  /// So are products before the first scan that hand on less than they read.
  void cutLeading(int64_t widest) {
    llvm::SetVector<Operation *> independent;
    for (Operation *op : ops)
      if (!isa<ScanOp>(op) && assigned.lookup(op) == 1 &&
          llvm::all_of(producersOf(op), [&](Operation *source) {
            return independent.contains(source);
          }))
        independent.insert(op);
    ArrayRef<Operation *> all = independent.getArrayRef();
    size_t best = 0;
    int64_t least = widest;
    for (size_t count = 1; count <= all.size(); ++count) {
      int64_t width = getHandedOn(0, all.take_front(count), {});
      if (hasNarrowing(all.take_front(count)) && width <= least)
        std::tie(best, least) = {count, width};
    }
    for (Operation *op : all.take_front(best))
      assigned[op] = 0;
  }

  Block &block;
  SmallVector<Operation *> ops;
  unsigned scans = 0;
  llvm::DenseMap<Operation *, unsigned> assigned, earliest, latest;
};

class FindStages : public rnnc::impl::FindStagesBase<FindStages> {
public:
  using FindStagesBase::FindStagesBase;

  void runOnOperation() override {
    // What is evaluated again is so at once, up to the chunk that reads it.
    bool isEvaluatedAgain = getOperation()
                                .walk([](Operation *op) {
                                  return isa<CheckpointOp, ResumeOp>(op)
                                             ? WalkResult::interrupt()
                                             : WalkResult::advance();
                                })
                                .wasInterrupted();
    if (isEvaluatedAgain)
      return;
    for (auto chunk : getOperation().getBodyBlock()->getOps<ChunkOp>())
      mark(chunk);
  }

private:
  void mark(ChunkOp chunk);
};

} // namespace

/// Multiplications a row of time, those of steps as if they were more.
static int64_t getCost(Operation *op) {
  int64_t cost = 0;
  op->walk([&](Operation *inner) {
    Type weight;
    if (auto product = dyn_cast<MatmulOp>(inner))
      weight = product.getOperand(0).getType();
    else if (isa<OuterOp>(inner))
      weight = inner->getResult(0).getType();
    else
      return;
    int64_t size = getFeatureSize(weight, 0) * getFeatureSize(weight, 1);
    cost += isa<ScanOp>(op) ? StepFactor * size : size;
  });
  return cost;
}

/// Leaves the operations in the order of their stages.
void FindStages::mark(ChunkOp chunk) {
  llvm::DenseMap<Operation *, unsigned> found = Stages(chunk).find();
  if (found.empty())
    return;
  std::map<unsigned, SmallVector<Operation *>> stages;
  Block &body = *chunk.getBodyBlock();
  for (Operation &op : body.without_terminator())
    stages[found.lookup(&op)].push_back(&op);
  Builder builder(&getContext());
  SmallVector<int64_t> costs;
  for (auto &[number, ops] : stages) {
    costs.push_back(0);
    for (Operation *op : ops) {
      costs.back() += getCost(op);
      op->moveBefore(body.getTerminator());
      op->setAttr(StageAttrName, builder.getI64IntegerAttr(costs.size() - 1));
    }
  }
  chunk->setAttr(StagesAttrName, builder.getDenseI64ArrayAttr(costs));
  numStages += costs.size();
}
