//===- LowerCheckpoint.cpp - States that chunks of time begin with --------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Where every chunk keeps its states, they are in the slot of its number. Else
// the slots are a stack: the states of the first chunk below, nearer chunks
// above. What a reader, which goes backwards, needs next is on top or is
// reached by evaluating from the top on, which fills the free slots on the way
// so that no chunk is evaluated more often than the number of slots makes
// necessary (Griewank 1992, treeverse).
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/Conversion/Checkpoints.h"
#include "compiler/lib/Conversion/FunctionLowering.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// More slots than a plan makes: two for each doubling of the chunks.
static constexpr int64_t MaxSlots = 128;

/// Words of a stack: how many slots are in use, which chunk is to be kept next
/// on the first way, then for each slot its chunk. Chunks are counted in the
/// source's direction.
enum StackWord : int64_t { Used, Next, Chunks };

//===----------------------------------------------------------------------===//
// The stack
//===----------------------------------------------------------------------===//

static Value addressWord(ImplicitLocOpBuilder &b, Value stack, Value position) {
  Value offset = arith::IndexCastOp::create(b, b.getI64Type(), position);
  return LLVM::GEPOp::create(b, stack.getType(), b.getI64Type(), stack,
                             ArrayRef<LLVM::GEPArg>{offset});
}

Value FunctionLowering::loadWord(Value stack, Value position) {
  Value word =
      LLVM::LoadOp::create(b, b.getI64Type(), addressWord(b, stack, position));
  return arith::IndexCastOp::create(b, b.getIndexType(), word);
}

void FunctionLowering::storeWord(Value stack, Value position, Value index) {
  Value word = arith::IndexCastOp::create(b, b.getI64Type(), index);
  LLVM::StoreOp::create(b, word, addressWord(b, stack, position));
}

/// The word that says of which chunk the topmost slot is.
Value FunctionLowering::getTopWord(Value stack) {
  Value used = loadWord(stack, constantIndex(Used));
  return b.createOrFold<arith::AddIOp>(used, constantIndex(Chunks - 1));
}

void FunctionLowering::beginCheckpoints(ChunkOp chunk) {
  if (!keepsFew(chunk))
    return;
  Value size = arith::ConstantIntOp::create(b, Chunks + MaxSlots, 64);
  Value stack =
      LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                             b.getI64Type(), size, /*alignment=*/8);
  storeWord(stack, constantIndex(Used), constantIndex(0));
  storeWord(stack, constantIndex(Next), constantIndex(0));
  checkpointStacks[chunk] = stack;
}

//===----------------------------------------------------------------------===//
// Which chunk to keep next
//===----------------------------------------------------------------------===//

/// `f` free slots take `l` chunks back in at most r evaluations of each, where
/// l <= C(f + r, f): the chunk that is kept next has C(f + r - 1, f) before it
/// and leaves the rest to f - 1 slots. Called with the chunk on top of the
/// stack, the one wanted, and f.
func::FuncOp FunctionLowering::getPlacement() {
  if (placement)
    return placement;
  ImplicitLocOpBuilder inner(function.getLoc(), moduleBuilder.getContext());
  Type index = inner.getIndexType();
  placement = func::FuncOp::create(
      moduleBuilder, function.getLoc(), name + "_next_checkpoint",
      inner.getFunctionType({index, index, index}, {index}));
  placement.setPrivate();
  Block *entry = placement.addEntryBlock();
  inner.setInsertionPointToStart(entry);
  Value top = entry->getArgument(0), wanted = entry->getArgument(1);
  Value one = arith::ConstantIndexOp::create(inner, 1);
  Value free = arith::MaxUIOp::create(inner, entry->getArgument(2), one);
  Value chunks = arith::AddIOp::create(
      inner, arith::SubIOp::create(inner, wanted, top), one);
  // r, C(f + r - 1, f), C(f + r, f).
  Value zero = arith::ConstantIndexOp::create(inner, 0);
  SmallVector<Type> types(3, index);
  SmallVector<Location> locs(3, function.getLoc());
  auto loop = scf::WhileOp::create(inner, types, ValueRange{zero, zero, one});
  Block *before = inner.createBlock(&loop.getBefore(), {}, types, locs);
  Value isShort = arith::CmpIOp::create(inner, arith::CmpIPredicate::ult,
                                        before->getArgument(2), chunks);
  scf::ConditionOp::create(inner, isShort, before->getArguments());
  Block *body = inner.createBlock(&loop.getAfter(), {}, types, locs);
  Value r = arith::AddIOp::create(inner, body->getArgument(0), one);
  Value most = body->getArgument(2);
  Value product =
      arith::MulIOp::create(inner, most, arith::AddIOp::create(inner, free, r));
  Value more = arith::DivUIOp::create(inner, product, r);
  scf::YieldOp::create(inner, ValueRange{r, most, more});
  inner.setInsertionPointAfter(loop);
  Value next = arith::AddIOp::create(inner, top, loop.getResult(1));
  func::ReturnOp::create(inner, ValueRange(next));
  return placement;
}

Value FunctionLowering::placeNext(ChunkOp chunk, Value top, Value wanted) {
  unsigned axis = storage.getAxisIndex(chunk.getAxis());
  Value slots = loadFrameField(b, plan, index, FrameField::Checkpoints, axis);
  slots = arith::IndexCastOp::create(b, b.getIndexType(), slots);
  Value used = loadWord(checkpointStacks.lookup(chunk), constantIndex(Used));
  Value free = arith::SubIOp::create(b, slots, used);
  return func::CallOp::create(b, getPlacement(), ValueRange{top, wanted, free})
      .getResult(0);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// The row of time at which a scan reads a state first in the current chunk.
Value FunctionLowering::getEntryRow(const View &view, bool reverse) {
  bool isWhole = view.buffer->extent == Extent::Sequence;
  Value row = isWhole ? scope.firstStep : constantIndex(0);
  return reverse ? b.createOrFold<arith::AddIOp>(row, scope.steps) : row;
}

/// Moves the states of a chunk between its trajectories and a slot.
void FunctionLowering::copyCheckpoints(ChunkOp chunk, Value slot, bool toSlot) {
  for (auto op : chunk.getBodyBlock()->getOps<CheckpointOp>()) {
    View view = storage.lookup(op.getOperand());
    Value state = getBufferAtStep(view, getEntryRow(view, chunk.getReverse()));
    Value kept = getBufferAtStep(storage.lookup(op.getResult()), slot);
    dnn::CopyOp::create(b, toSlot ? state : kept, toSlot ? kept : state, false,
                        false);
  }
}

/// Keeps the states that the current chunk began with on top of the stack.
void FunctionLowering::pushCheckpoint(ChunkOp chunk, Value ordinal) {
  Value stack = checkpointStacks.lookup(chunk);
  Value slot = loadWord(stack, constantIndex(Used));
  copyCheckpoints(chunk, slot, /*toSlot=*/true);
  Value used = arith::AddIOp::create(b, slot, constantIndex(1));
  storeWord(stack, constantIndex(Used), used);
  storeWord(stack, getTopWord(stack), ordinal);
}

void FunctionLowering::keepCheckpoint(ChunkOp chunk, Value position,
                                      Value last) {
  if (chunk.getBodyBlock()->getOps<CheckpointOp>().empty())
    return;
  if (!keepsFew(chunk)) {
    copyCheckpoints(chunk, position, /*toSlot=*/true);
    return;
  }
  Value ordinal = position;
  if (chunk.getReverse())
    ordinal = b.createOrFold<arith::SubIOp>(last, position);
  Value stack = checkpointStacks.lookup(chunk);
  Value next = loadWord(stack, constantIndex(Next));
  Value isNext =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, ordinal, next);
  auto branch = scf::IfOp::create(b, isNext, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  pushCheckpoint(chunk, ordinal);
  storeWord(stack, constantIndex(Next), placeNext(chunk, ordinal, last));
}

//===----------------------------------------------------------------------===//
// Going back
//===----------------------------------------------------------------------===//

/// Evaluates the chunk with this number in the source's direction.
void FunctionLowering::enterOrdinal(ChunkOp source, Value ordinal, Value last) {
  if (source.getReverse())
    ordinal = b.createOrFold<arith::SubIOp>(last, ordinal);
  enterChunk(storage.getAxisIndex(source.getAxis()), ordinal);
}

/// From the chunk on top of the stack to the next one to keep.
void FunctionLowering::advance(ChunkOp source, Value wanted, Value last) {
  Value stack = checkpointStacks.lookup(source), one = constantIndex(1);
  Value top = loadWord(stack, getTopWord(stack));
  Value next = placeNext(source, top, wanted);
  Value used = loadWord(stack, constantIndex(Used));
  Value slot = b.createOrFold<arith::SubIOp>(used, one);
  enterOrdinal(source, top, last);
  copyCheckpoints(source, slot, /*toSlot=*/false);
  auto loop = scf::ForOp::create(b, top, next, one);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    llvm::DenseSet<Operation *> ops = getAdvance(source);
    enterOrdinal(source, loop.getInductionVar(), last);
    placeUnwanted(source);
    emitChunkBody(source, &ops);
    for (auto scan : source.getBodyBlock()->getOps<ScanOp>())
      if (ops.contains(scan))
        carryStates(scan,
                    chunkCapacity[storage.getAxisIndex(source.getAxis())]);
  }
  enterOrdinal(source, next, last);
  pushCheckpoint(source, next);
}

/// Leaves the states of the wanted chunk on top of the stack; returns their
/// slot.
Value FunctionLowering::reachCheckpoint(ChunkOp source, Value wanted,
                                        Value last) {
  Value stack = checkpointStacks.lookup(source);
  auto loop = scf::WhileOp::create(b, TypeRange(), ValueRange());
  b.createBlock(&loop.getBefore());
  Value top = loadWord(stack, getTopWord(stack));
  Value isBefore =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, top, wanted);
  scf::ConditionOp::create(b, isBefore, ValueRange());
  b.createBlock(&loop.getAfter());
  TimeScope outer = scope;
  advance(source, wanted, last);
  scope = outer;
  scf::YieldOp::create(b, ValueRange());
  b.setInsertionPointAfter(loop);
  Value used = loadWord(stack, constantIndex(Used));
  return b.createOrFold<arith::SubIOp>(used, constantIndex(1));
}

/// Gives the resumed scans of a chunk the states to begin it with. What a stack
/// held for it is free again, but for the start of the sequence.
void FunctionLowering::resumeStates(ChunkOp reader, Value position,
                                    Value last) {
  for (ChunkOp source : getSources(reader)) {
    Value slot = position;
    if (keepsFew(source)) {
      Value wanted = position;
      if (source.getReverse())
        wanted = b.createOrFold<arith::SubIOp>(last, position);
      slot = reachCheckpoint(source, wanted, last);
    }
    for (auto scan : reader.getBodyBlock()->getOps<ScanOp>()) {
      if (!isResumed(scan) || getSource(scan) != source)
        continue;
      for (auto [index, init] : llvm::enumerate(scan.getInits())) {
        Value kept = init.getDefiningOp<ResumeOp>().getCheckpoints();
        View view = storage.lookupState(scan, index);
        Value row = getEntryRow(view, scan.getReverse());
        dnn::CopyOp::create(b, getBufferAtStep(storage.lookup(kept), slot),
                            getBufferAtStep(view, row), false, false);
      }
    }
    if (keepsFew(source))
      storeWord(checkpointStacks.lookup(source), constantIndex(Used),
                b.createOrFold<arith::MaxUIOp>(slot, constantIndex(1)));
  }
}
