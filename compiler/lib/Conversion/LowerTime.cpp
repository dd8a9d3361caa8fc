//===- LowerTime.cpp - Chunks and scans to loops --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Loops over chunks of time and over the steps of a chunk. States live in
// trajectories: a step reads one row of time and writes the next.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Checkpoints.h"
#include "compiler/lib/Conversion/FunctionLowering.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Writes the initial states where the first step reads them. A chunk's own
/// trajectory starts, backwards, after the last step of the last chunk.
void FunctionLowering::initialiseStates(ScanOp scan, Value lastChunkSteps) {
  for (auto [index, init] : llvm::enumerate(scan.getInits())) {
    View view = storage.lookupState(scan, index);
    if (view.buffer->extent == Extent::Static) {
      copyInto(init, getBuffer(view, init.getType()));
      continue;
    }
    Value first = constantIndex(0);
    if (scan.getReverse())
      first = view.buffer->extent == Extent::Sequence ? steps[view.buffer->axis]
                                                      : lastChunkSteps;
    copyInto(init, getBufferAtStep(view, first));
  }
}

/// Moves the last states of a chunk to where the next chunk's first step
/// reads them, where the trajectory holds one chunk only.
void FunctionLowering::carryStates(ScanOp scan, Value chunkSteps) {
  for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i) {
    View view = storage.lookupState(scan, i);
    if (view.buffer->extent != Extent::Chunk)
      continue;
    Value zero = constantIndex(0);
    Value from = scan.getReverse() ? zero : scope.steps;
    Value to = scan.getReverse() ? chunkSteps : zero;
    dnn::CopyOp::create(b, getBufferAtStep(view, from),
                        getBufferAtStep(view, to), false, false);
  }
}

/// Sums over rows start from zero and grow chunk by chunk, run by run; an end
/// of a sequence is zero until its chunk comes.
static bool isSumOverRows(Operation &op) {
  if (op.hasTrait<RowSumOp>() || isa<PickOp>(op))
    return true;
  auto sum = dyn_cast<SumToOp>(op);
  if (!sum || isStatic(sum.getOperand().getType()))
    return false;
  return isStatic(sum.getType()) ||
         isSequence(sum.getType()) != isSequence(sum.getOperand().getType());
}

/// Weight gradients need no zeros unless there is no chunk: the first
/// overwrites what is there.
void FunctionLowering::clearSums(ChunkOp chunk, Value count) {
  auto isOverwritten = [](Operation &op) {
    auto outer = dyn_cast<OuterOp>(op);
    return outer && isSequence(outer.getLhs().getType());
  };
  SmallVector<Operation *> overwritten;
  for (Operation &op : *chunk.getBodyBlock()) {
    if (isOverwritten(op))
      overwritten.push_back(&op);
    else if (isSumOverRows(op))
      clear(op.getResult(0));
  }
  if (overwritten.empty())
    return;
  Value isNone = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, count,
                                       constantIndex(0));
  auto branch = scf::IfOp::create(b, isNone, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  for (Operation *op : overwritten)
    clear(op->getResult(0));
}

/// Emission stands in a chunk, counted from the start of the sequence.
void FunctionLowering::enterChunk(unsigned axis, Value position) {
  Value capacity = chunkCapacity[axis];
  scope.firstStep = b.createOrFold<arith::MulIOp>(position, capacity);
  Value rest = b.createOrFold<arith::SubIOp>(steps[axis], scope.firstStep);
  scope.steps = b.createOrFold<arith::MinUIOp>(capacity, rest);
}

/// Copies the chunk's part of trajectories that the caller wants and nobody
/// else reads: they have memory for one chunk.
void FunctionLowering::copyOutputs(ChunkOp chunk) {
  for (auto [yielded, result] :
       llvm::zip(chunk.getYield().getValues(), chunk.getResults())) {
    if (!isOfStage(yielded.getDefiningOp()))
      continue;
    View from = storage.lookup(yielded), to = storage.lookup(result);
    bool isCopied = from && to && from.buffer->isCarried &&
                    from.buffer->extent == Extent::Chunk &&
                    to.buffer->memory == Memory::Output;
    if (!isCopied)
      continue;
    Value pointer = getOutputPointer(to.buffer->index);
    bases[to.buffer] = pointer;
    ifNotNull(pointer, [&] {
      dnn::CopyOp::create(b, getBuffer(yielded), getBuffer(result), false,
                          false);
    });
  }
}

/// A loop from 0 to `count`.
void FunctionLowering::forEachTurn(Value count,
                                   function_ref<void(Value)> emit) {
  auto loop = scf::ForOp::create(b, constantIndex(0), count, constantIndex(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  emit(loop.getInductionVar());
}

/// One chunk, or a stage of it: the one that is evaluated as number `turn`.
void FunctionLowering::emitTurn(ChunkOp chunk, Value turn, Value lastIndex) {
  unsigned axis = storage.getAxisIndex(chunk.getAxis());
  Value position = turn;
  if (chunk.getReverse())
    position = b.createOrFold<arith::SubIOp>(lastIndex, position);
  TimeScope outer = scope;
  enterChunk(axis, position);
  placeUnwanted(chunk);
  resumeStates(chunk, position, lastIndex);
  isFirstChunk = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, turn,
                                       constantIndex(0));
  if (stage.number >= 0)
    takeStates(chunk);
  emitChunkBody(chunk);
  copyOutputs(chunk);
  keepCheckpoint(chunk, position, lastIndex);
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    if (!isResumed(scan) && stage.number < 0)
      carryStates(scan, chunkCapacity[axis]);
  scope = outer;
}

void FunctionLowering::emitChunk(ChunkOp chunk) {
  unsigned axis = storage.getAxisIndex(chunk.getAxis());
  Value total = steps[axis], one = constantIndex(1);
  Value capacity = chunkCapacity[axis];
  Value count = b.createOrFold<arith::CeilDivUIOp>(total, capacity);
  // A call whose sequences all have length 0 has no steps.
  Value lastIndex = b.createOrFold<arith::SubIOp>(
      b.createOrFold<arith::MaxUIOp>(count, one), one);
  Value lastStart = b.createOrFold<arith::MulIOp>(lastIndex, capacity);
  Value lastSteps = b.createOrFold<arith::SubIOp>(total, lastStart);

  packComputed(chunk);
  clearSums(chunk, count);
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    if (!isResumed(scan))
      initialiseStates(scan, lastSteps);
  beginCheckpoints(chunk);
  if (chunk->hasAttr(StagesAttrName))
    emitStages(chunk, count, lastIndex, lastSteps);
  else
    forEachTurn(count, [&](Value turn) { emitTurn(chunk, turn, lastIndex); });
  for (auto sum : chunk.getBodyBlock()->getOps<SumToOp>())
    if (sum.getMean() && isBatch(sum.getType()))
      divideByLengths(sum);
}

/// Whether there is anything to evaluate: views and what is made where it is
/// used need no code, nor do sums that steps make and what only they read.
static bool isMade(Operation &op, const Storage &storage) {
  if (auto sum = dyn_cast<SumToOp>(op))
    return !storage.lookupStepSum(sum);
  return !isa<SliceOp>(op) && (!isa<ConstantOp, BroadcastOp, ConcatOp>(op) ||
                               storage.lookup(op.getResult(0)));
}

/// What stands between two scans runs together over the rows of the chunk. With
/// `only`, just these operations are evaluated.
void FunctionLowering::emitChunkBody(ChunkOp chunk,
                                     const llvm::DenseSet<Operation *> *only) {
  unsigned axis = storage.getAxisIndex(chunk.getAxis());
  SmallVector<SumToOp> stepSums;
  for (auto sum : chunk.getBodyBlock()->getOps<SumToOp>())
    if (storage.lookupStepSum(sum) && (!only || only->contains(sum)))
      stepSums.push_back(sum);
  for (SumToOp sum : stepSums)
    if (stage.number < 0 || findFirstStage(chunk, sum) == stage.number)
      dnn::FillOp::create(b, b.getF64FloatAttr(0.0),
                          getBuffer(storage.lookupStepSum(sum), sum.getType()));
  SmallVector<Operation *> group;
  auto flush = [&] {
    if (!group.empty())
      emitOverRows(axis, group);
    group.clear();
  };
  for (Operation &op : chunk.getBodyBlock()->without_terminator()) {
    if (!isOnRows(op))
      flush();
    if (isa<ResumeOp, CheckpointOp>(op) || !isOfStage(&op) ||
        (only && !only->contains(&op)))
      continue;
    if (isOnRows(op) && isMade(op, storage))
      group.push_back(&op);
    if (isOnRows(op))
      continue;
    b.setLoc(op.getLoc());
    emitOp(&op);
  }
  flush();
  for (SumToOp sum : stepSums)
    if (isOfStage(sum))
      dnn::SumRowsOp::create(
          b, getBuffer(storage.lookupStepSum(sum), sum.getType()),
          getBuffer(sum.getResult()), getSumScale(sum), /*accumulate=*/true);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// What a step yields of a level and does not already have in place is copied
/// there.
void FunctionLowering::endStep(ScanOp scan, bool isStaticLevel) {
  auto place = [&](Value value, View wanted) {
    View have = storage.lookup(value);
    if (wanted && isStatic(value.getType()) == isStaticLevel &&
        !(have == wanted))
      copyInto(value, getBuffer(wanted, value.getType()));
  };
  for (auto [index, next] : llvm::enumerate(scan.getNextStates()))
    place(next, storage.lookupNextState(scan, index));
  for (auto [value, stacked] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    place(value, storage.lookup(stacked));
}

/// One step: what is on rows run by run, static values once. Sums over rows
/// grow from run to run.
void FunctionLowering::emitStep(ScanOp scan) {
  unsigned axis = storage.getAxisIndex(scan.getAxis());
  Value isFull = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, scope.step,
                                       ragged[axis].fullSteps);
  keepStates(scan, isFull);
  SmallVector<Operation *> group;
  auto flush = [&](bool isLast) {
    if (group.empty() && !isLast)
      return;
    for (Operation *op : group)
      if (isSumOverRows(*op))
        clear(op->getResult(0));
    forEachRun(axis, scope.step, isFull, [&] {
      for (Operation *op : group) {
        b.setLoc(op->getLoc());
        emitOp(op);
      }
      if (isLast)
        endStep(scan, /*isStaticLevel=*/false);
    });
    group.clear();
  };
  for (Operation &op : scan.getBodyBlock()->without_terminator()) {
    if (isOnRows(op)) {
      if (isMade(op, storage))
        group.push_back(&op);
      continue;
    }
    flush(/*isLast=*/false);
    b.setLoc(op.getLoc());
    emitOp(&op);
  }
  flush(/*isLast=*/true);
  endStep(scan, /*isStaticLevel=*/true);
}

void FunctionLowering::emitScan(ScanOp scan) {
  Value one = constantIndex(1), zero = constantIndex(0);
  auto loop = scf::ForOp::create(b, zero, scope.steps, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  TimeScope outer = scope;
  scope.localStep = loop.getInductionVar();
  if (scan.getReverse()) {
    Value last = b.createOrFold<arith::SubIOp>(scope.steps, one);
    scope.localStep = b.createOrFold<arith::SubIOp>(last, scope.localStep);
  }
  scope.step = b.createOrFold<arith::AddIOp>(scope.firstStep, scope.localStep);
  emitStep(scan);
  scope = outer;
}
