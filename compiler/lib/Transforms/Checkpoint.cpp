//===- Checkpoint.cpp - Trading memory for recomputation ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Moves what a reverse pass reads of the forward pass into its own chunks of
// time, where it lives for one chunk. All scans get checkpoints first; those
// that nothing resumes from go at the end, with all else that is not read.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "compiler/lib/Transforms/Recompute.h"
#include "compiler/lib/Transforms/ScanEditor.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace rnnc {
#define GEN_PASS_DEF_CHECKPOINT
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

/// What one chunk computes again of another.
struct Borrowed {
  ChunkOp source;
  SmallVector<OpResult> sequences; ///< that the reader has for itself now
  SmallVector<OpResult> sums;      ///< that the reader makes from now on
  Slice ops;                       ///< of the source, to be cloned
  Slice later; ///< operations that wait for the reader, for they use the sums
};

class Checkpoint : public rnnc::impl::CheckpointBase<Checkpoint> {
public:
  using CheckpointBase::CheckpointBase;
  void runOnOperation() override;

private:
  void addCheckpoints(ChunkOp chunk);
  void recompute(ChunkOp reader, ArrayRef<ChunkOp> sources,
                 Recomputation &recomputation);
  void findSums(Borrowed &borrowed, ChunkOp reader,
                const Recomputation &recomputation);
  IRMapping cloneSlice(const Borrowed &borrowed, OpBuilder &builder,
                       const Recomputation &recomputation);
  void cloneScan(ScanOp scan, ChunkOp source, OpBuilder &builder,
                 IRMapping &mapping);
  void moveSums(Borrowed &borrowed, ChunkOp &reader, const IRMapping &mapping,
                Recomputation &recomputation);
};

} // namespace

static bool returnsGradients(FuncOp function) {
  return llvm::any_of(
      function.getReturn().getRoles().getAsRange<RoleAttr>(),
      [](RoleAttr role) { return role.getKind() == RoleKind::Gradient; });
}

static SmallVector<ChunkOp> getChunks(FuncOp function) {
  return llvm::to_vector(function.getBodyBlock()->getOps<ChunkOp>());
}

//===----------------------------------------------------------------------===//
// Chunks with other results
//===----------------------------------------------------------------------===//

/// The chunk with other yields; results that stand for the old ones are
/// `replacements`, null where nothing uses the old one.
static ChunkOp rebuild(ChunkOp chunk, ArrayRef<Value> yields,
                       llvm::function_ref<Value(ChunkOp, unsigned)> replace) {
  OpBuilder builder(chunk);
  auto fresh =
      ChunkOp::create(builder, chunk.getLoc(), ValueRange(yields).getTypes(),
                      chunk.getAxis(), chunk.getReverse());
  chunk.getYield().getValuesMutable().assign(yields);
  fresh.getBody().takeBody(chunk.getBody());
  for (OpResult result : chunk.getResults())
    if (!result.use_empty())
      result.replaceAllUsesWith(replace(fresh, result.getResultNumber()));
  chunk.erase();
  return fresh;
}

static ChunkOp addResults(ChunkOp chunk, ArrayRef<Value> values) {
  SmallVector<Value> yields(chunk.getYield().getValues());
  llvm::append_range(yields, values);
  return rebuild(chunk, yields, [](ChunkOp fresh, unsigned index) -> Value {
    return fresh.getResult(index);
  });
}

static bool dropUnusedResults(ChunkOp chunk) {
  SmallVector<Value> yields;
  SmallVector<unsigned> position;
  for (auto [value, result] :
       llvm::zip(chunk.getYield().getValues(), chunk.getResults())) {
    position.push_back(yields.size());
    if (!result.use_empty())
      yields.push_back(value);
  }
  if (yields.size() == chunk.getNumResults())
    return false;
  rebuild(chunk, yields, [&](ChunkOp fresh, unsigned index) -> Value {
    return fresh.getResult(position[index]);
  });
  return true;
}

//===----------------------------------------------------------------------===//
// Checkpoints
//===----------------------------------------------------------------------===//

void Checkpoint::addCheckpoints(ChunkOp chunk) {
  auto kind = logarithmic ? CheckpointKind::Log : CheckpointKind::Every;
  SmallVector<Value> added;
  for (auto scan :
       llvm::make_early_inc_range(chunk.getBodyBlock()->getOps<ScanOp>())) {
    if (!llvm::all_of(scan.getInits().getTypes(), isBatch))
      continue;
    SmallVector<Value> read(scan.getStateArgs());
    ScanOp stacked = stackValues(scan, read);
    OpBuilder builder(chunk.getContext());
    builder.setInsertionPointAfter(stacked);
    IntegerAttr steps;
    if (interval > 0 && !logarithmic)
      steps = builder.getI64IntegerAttr(interval);
    for (Value states : stacked.getStacked().take_back(stacked.getNumStates()))
      added.push_back(
          CheckpointOp::create(builder, stacked.getLoc(), kind, steps, states));
  }
  if (!added.empty())
    addResults(chunk, added);
}

/// The chunk's result that keeps a state of a scan.
static Value findCheckpoints(ChunkOp chunk, ScanOp scan, unsigned state) {
  Value states = scan.getStacked().take_back(scan.getNumStates())[state];
  for (auto [value, result] :
       llvm::zip(chunk.getYield().getValues(), chunk.getResults()))
    if (auto checkpoint = value.getDefiningOp<CheckpointOp>();
        checkpoint && checkpoint.getOperand() == states)
      return result;
  llvm_unreachable("every scan over states of the batch has checkpoints");
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// Collects what waits if a value is made by `reader` rather than before it.
/// False if a chunk that comes no later needs the value.
static bool collectLater(Value value, ChunkOp reader, Slice &later) {
  for (Operation *user : Recomputation::findReaders(value)) {
    if (user != reader && reader->isBeforeInBlock(user))
      continue;
    if (isa<ChunkOp>(user))
      return false;
    later.insert(user);
    for (Value result : user->getResults())
      if (!collectLater(result, reader, later))
        return false;
  }
  return true;
}

/// The sums over time that the source needs no more once the reader, which has
/// their terms, makes them: a loss, and the weight gradients of what stands
/// after the recurrence.
void Checkpoint::findSums(Borrowed &borrowed, ChunkOp reader,
                          const Recomputation &recomputation) {
  auto isScan = llvm::IsaPred<ScanOp>;
  for (OpResult result : borrowed.source.getResults()) {
    Value sum =
        borrowed.source.getYield().getValues()[result.getResultNumber()];
    Operation *op = sum.getDefiningOp();
    bool isSum = op && (op->hasTrait<RowSumOp>() || isa<SumToOp>(op)) &&
                 !isSequence(sum.getType());
    if (!isSum || result.use_empty())
      continue;
    Slice ops = borrowed.ops, later = borrowed.later;
    if (!recomputation.collect(borrowed.source, sum, ops) ||
        llvm::count_if(ops, isScan) != llvm::count_if(borrowed.ops, isScan) ||
        !collectLater(result, reader, later))
      continue;
    borrowed.ops = ops;
    borrowed.later = later;
    borrowed.sums.push_back(result);
    ++numSums;
  }
}

/// The reader yields the sums, and what uses them comes after it.
void Checkpoint::moveSums(Borrowed &borrowed, ChunkOp &reader,
                          const IRMapping &mapping,
                          Recomputation &recomputation) {
  if (borrowed.sums.empty())
    return;
  SmallVector<Value> sums, before(reader.getResults());
  for (OpResult result : borrowed.sums)
    sums.push_back(mapping.lookup(
        borrowed.source.getYield().getValues()[result.getResultNumber()]));
  unsigned first = reader.getNumResults();
  // The values are only compared by then: the chunk they were of is erased.
  reader = addResults(reader, sums);
  recomputation.replace(before, reader.getResults().take_front(first));
  for (auto [result, moved] :
       llvm::zip(borrowed.sums, reader.getResults().drop_front(first)))
    result.replaceAllUsesWith(moved);
  SmallVector<Operation *> later(borrowed.later.begin(), borrowed.later.end());
  llvm::sort(later,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  Operation *last = reader;
  for (Operation *op : later) {
    op->moveAfter(last);
    last = op;
  }
}

//===----------------------------------------------------------------------===//
// Recomputation
//===----------------------------------------------------------------------===//

void Checkpoint::cloneScan(ScanOp scan, ChunkOp source, OpBuilder &builder,
                           IRMapping &mapping) {
  SmallVector<Value> inits;
  for (auto [index, init] : llvm::enumerate(scan.getInits()))
    inits.push_back(ResumeOp::create(builder, scan.getLoc(), init,
                                     findCheckpoints(source, scan, index)));
  auto clone = cast<ScanOp>(builder.clone(*scan, mapping));
  clone.getInitsMutable().assign(inits);
  ++numScans;
}

IRMapping Checkpoint::cloneSlice(const Borrowed &borrowed, OpBuilder &builder,
                                 const Recomputation &recomputation) {
  IRMapping mapping;
  ChunkOp source = borrowed.source;
  for (Value value : source.getYield().getValues())
    if (Value kept = recomputation.findKept(source, value))
      mapping.map(value, kept);
  for (Operation &op : *source.getBodyBlock()) {
    if (!borrowed.ops.contains(&op))
      continue;
    if (auto scan = dyn_cast<ScanOp>(op))
      cloneScan(scan, source, builder, mapping);
    else
      builder.clone(op, mapping);
  }
  return mapping;
}

/// Gives a chunk what it reads of those before it and shall have for itself.
void Checkpoint::recompute(ChunkOp reader, ArrayRef<ChunkOp> sources,
                           Recomputation &recomputation) {
  for (ChunkOp source : sources) {
    Borrowed borrowed{source, {}, {}, {}, {}};
    for (OpResult result : source.getResults()) {
      if (!recomputation.contains(result) ||
          !Recomputation::findReaders(result).contains(reader))
        continue;
      borrowed.sequences.push_back(result);
      recomputation.collect(
          source, source.getYield().getValues()[result.getResultNumber()],
          borrowed.ops);
    }
    if (borrowed.sequences.empty())
      continue;
    findSums(borrowed, reader, recomputation);
    OpBuilder builder = OpBuilder::atBlockBegin(reader.getBodyBlock());
    IRMapping mapping = cloneSlice(borrowed, builder, recomputation);
    for (OpResult result : borrowed.sequences) {
      Value value = source.getYield().getValues()[result.getResultNumber()];
      result.replaceUsesWithIf(mapping.lookup(value), [&](OpOperand &use) {
        return reader->isAncestor(use.getOwner());
      });
    }
    numSequences += borrowed.sequences.size();
    moveSums(borrowed, reader, mapping, recomputation);
  }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Drops results of chunks and scans, and operations, that nothing reads.
static void dropUnused(FuncOp function) {
  RewritePatternSet patterns(function.getContext());
  ScanOp::getCanonicalizationPatterns(patterns, function.getContext());
  FrozenRewritePatternSet frozen(std::move(patterns));
  // A constant over time stays in its chunk.
  GreedyRewriteConfig config;
  config.enableFolding(false).enableConstantCSE(false);
  bool changed = true;
  while (changed) {
    changed = false;
    SmallVector<ChunkOp> chunks = getChunks(function);
    for (ChunkOp chunk : llvm::reverse(chunks))
      changed |= dropUnusedResults(chunk);
    (void)applyPatternsGreedily(function, frozen, config);
  }
}

void Checkpoint::runOnOperation() {
  FuncOp function = getOperation();
  if (!returnsGradients(function))
    return;
  for (ChunkOp chunk : getChunks(function))
    addCheckpoints(chunk);
  Recomputation recomputation;
  // Readers are rebuilt where they take over sums: chunks are looked up anew.
  for (unsigned i = 0, e = getChunks(function).size(); i < e; ++i) {
    SmallVector<ChunkOp> chunks = getChunks(function);
    recompute(chunks[i], ArrayRef(chunks).take_front(i), recomputation);
    recomputation.choose(getChunks(function)[i]);
  }
  dropUnused(function);
}
