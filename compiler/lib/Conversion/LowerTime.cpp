//===- LowerTime.cpp - Chunks and scans to loops --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Loops over chunks of time and over the steps of a chunk. States live in
// trajectories: a step reads one row of time and writes the next.
//===----------------------------------------------------------------------===//

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

/// Sums over rows start from zero and grow chunk by chunk.
static bool isSumOverTime(Operation &op) {
  if (op.hasTrait<RowSumOp>())
    return true;
  auto sum = dyn_cast<SumToOp>(op);
  return sum && !isSequence(sum.getType());
}

void FunctionLowering::emitChunk(ChunkOp chunk) {
  unsigned axis = storage.getAxisIndex(chunk.getAxis());
  Value total = steps[axis], one = constantIndex(1), zero = constantIndex(0);
  Value capacity = chunkCapacity[axis];
  Value count = b.createOrFold<arith::CeilDivUIOp>(total, capacity);
  Value lastIndex = b.createOrFold<arith::SubIOp>(count, one);
  Value lastStart = b.createOrFold<arith::MulIOp>(lastIndex, capacity);
  Value lastSteps = b.createOrFold<arith::SubIOp>(total, lastStart);

  packComputed(chunk);
  for (Operation &op : *chunk.getBodyBlock())
    if (isSumOverTime(op))
      clear(op.getResult(0));
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    initialiseStates(scan, lastSteps);

  auto loop = scf::ForOp::create(b, zero, count, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value position = loop.getInductionVar();
  if (chunk.getReverse())
    position = b.createOrFold<arith::SubIOp>(lastIndex, position);
  TimeScope outer = scope;
  scope.firstStep = b.createOrFold<arith::MulIOp>(position, capacity);
  Value rest = b.createOrFold<arith::SubIOp>(total, scope.firstStep);
  scope.steps = b.createOrFold<arith::MinUIOp>(capacity, rest);
  emitBlock(*chunk.getBodyBlock());
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    carryStates(scan, capacity);
  scope = outer;
}

/// What a step yields and does not already have in place is copied there.
void FunctionLowering::endStep(ScanOp scan) {
  auto place = [&](Value value, View wanted) {
    View have = storage.lookup(value);
    if (!(have == wanted))
      copyInto(value, getBuffer(wanted, value.getType()));
  };
  for (auto [index, next] : llvm::enumerate(scan.getNextStates()))
    place(next, storage.lookupNextState(scan, index));
  for (auto [value, stacked] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    place(value, storage.lookup(stacked));
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
  emitBlock(*scan.getBodyBlock());
  endStep(scan);
  scope = outer;
}
