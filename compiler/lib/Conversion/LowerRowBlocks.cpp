//===- LowerRowBlocks.cpp - Wide rows a few at a time ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The rows of a chunk are as many as its products like. Where they are wide,
// such as the logits of a large vocabulary, they outgrow every cache, and each
// operation between two products would fetch them from memory again.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Rows of a block take so many bytes: with what is read and written beside
/// them they stay in a second-level cache of 512 KiB or more.
static constexpr int64_t BlockBytes = 256 << 10;
/// Narrower rows stay in cache as they are: a chunk has about 256.
static constexpr int64_t LeastBytes = 1 << 10;

/// Calls `visit` with what an operation reads and makes, also in its regions.
static void forEachType(Operation *op, function_ref<void(Type)> visit) {
  op->walk([&](Operation *inner) {
    for (Type type : inner->getOperandTypes())
      visit(type);
    for (Type type : inner->getResultTypes())
      visit(type);
  });
}

/// Whether an operation makes each row from the same row of sequences and from
/// static values, or adds it to a static sum. Masks go by steps.
static bool isRowByRow(Operation *op) {
  if (!isa<PhaseOp, SoftmaxOp, CrossEntropyOp, CrossEntropyGradientOp, OneHotOp,
           ArgmaxOp, SumToOp>(op))
    return false;
  bool needsStep = false;
  forEachType(op, [&](Type type) { needsStep |= isBatch(type); });
  op->walk([&](DropoutOp) { needsStep = true; });
  return !needsStep;
}

static int64_t getRowBytes(Operation *op) {
  int64_t widest = 0;
  forEachType(op, [&](Type type) {
    int64_t bits = cast<ShapedType>(type).getElementTypeBitWidth();
    if (isSequence(type))
      widest = std::max(widest, getWidth(type) * bits / 8);
  });
  return widest;
}

/// Emits `emit` in a loop over blocks of rows of the current run: a block is a
/// run of one step.
void FunctionLowering::forEachRowBlock(int64_t rows,
                                       function_ref<void()> emit) {
  Value all = b.createOrFold<arith::MulIOp>(scope.steps, getSequences());
  auto loop = scf::ForOp::create(b, constantIndex(0), all, constantIndex(rows));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  TimeScope outer = scope;
  Value row = loop.getInductionVar();
  Value rest = b.createOrFold<arith::SubIOp>(all, row);
  scope.firstSequence = b.createOrFold<arith::AddIOp>(getFirstSequence(), row);
  scope.sequences = b.createOrFold<arith::MinUIOp>(constantIndex(rows), rest);
  scope.steps = constantIndex(1);
  emit();
  scope = outer;
}

/// Emits operations on the rows of the current run: those next to one another
/// that work row by row on wide rows, block by block, the others on all rows.
void FunctionLowering::emitRowBlocks(ArrayRef<Operation *> ops) {
  auto emit = [&](ArrayRef<Operation *> some) {
    for (Operation *op : some) {
      b.setLoc(op->getLoc());
      emitOp(op);
    }
  };
  while (!ops.empty()) {
    ArrayRef<Operation *> some = ops.take_while(isRowByRow);
    int64_t bytes = 0;
    for (Operation *op : some)
      bytes = std::max(bytes, getRowBytes(op));
    if (some.size() > 1 && bytes >= LeastBytes) {
      forEachRowBlock(std::max<int64_t>(BlockBytes / bytes, 1),
                      [&] { emit(some); });
    } else {
      some = ops.take_front(std::max<size_t>(some.size(), 1));
      emit(some);
    }
    ops = ops.drop_front(some.size());
  }
}
