//===- LowerRuns.cpp - Sequences of several lengths -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The rows of a step whose sequences have not ended are a list of runs. As long
// as no sequence has ended there is one run, the batch, and several steps make
// one block; the same code then runs once, on all of it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// An element of an array of int32.
static Value loadInt(ImplicitLocOpBuilder &b, Value array, Value position) {
  Value offset = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), position);
  Value address = LLVM::GEPOp::create(b, array.getType(), b.getI32Type(), array,
                                      ArrayRef<LLVM::GEPArg>{offset});
  Value number = LLVM::LoadOp::create(b, b.getI32Type(), address);
  return arith::IndexCastOp::create(b, b.getIndexType(), number);
}

/// Two indices, one way or the other.
static ResultRange choose(ImplicitLocOpBuilder &b, Value condition,
                          ArrayRef<Value> ifTrue,
                          function_ref<SmallVector<Value>()> ifFalse) {
  Type type = b.getIndexType();
  auto branch =
      scf::IfOp::create(b, TypeRange{type, type}, condition, /*else=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, ifTrue);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, ifFalse());
  return branch.getResults();
}

//===----------------------------------------------------------------------===//
// Runs
//===----------------------------------------------------------------------===//

/// Emits code for each run of a step: once, for the batch, where the step is
/// full.
void FunctionLowering::forEachRun(unsigned axis, Value step, Value isFull,
                                  function_ref<void()> emit) {
  const RaggedAxis &rows = ragged[axis];
  Value zero = constantIndex(0), one = constantIndex(1);
  ResultRange bounds = choose(b, isFull, {zero, one}, [&] {
    Value next = b.createOrFold<arith::AddIOp>(step, one);
    return SmallVector<Value>{loadInt(b, rows.firstRun, step),
                              loadInt(b, rows.firstRun, next)};
  });
  auto loop = scf::ForOp::create(b, bounds[0], bounds[1], one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  ResultRange run = choose(b, isFull, {zero, batch}, [&] {
    Value start =
        b.createOrFold<arith::MulIOp>(loop.getInductionVar(), constantIndex(2));
    Value count = b.createOrFold<arith::AddIOp>(start, one);
    return SmallVector<Value>{loadInt(b, rows.runs, start),
                              loadInt(b, rows.runs, count)};
  });
  TimeScope outer = scope;
  scope.firstSequence = run[0];
  scope.sequences = run[1];
  emit();
  scope = outer;
}

/// Emits operations on rows, one after another, for the rows of a chunk that
/// are valid: first the steps that every sequence has, as one block, then run
/// by run.
void FunctionLowering::emitOverRows(unsigned axis, ArrayRef<Operation *> ops) {
  Value zero = constantIndex(0), one = constantIndex(1);
  Value full =
      b.createOrFold<arith::SubIOp>(ragged[axis].fullSteps, scope.firstStep);
  full = b.createOrFold<arith::MaxSIOp>(full, zero);
  full = b.createOrFold<arith::MinSIOp>(full, scope.steps);
  Value blocks = b.createOrFold<arith::MinSIOp>(full, one);
  // Full steps count as one part.
  Value saved = b.createOrFold<arith::SubIOp>(full, blocks);
  Value parts = b.createOrFold<arith::SubIOp>(scope.steps, saved);
  if (llvm::any_of(ops, llvm::IsaPred<OuterOp>)) {
    gatheredRows = makeCounter();
    LLVM::StoreOp::create(b, arith::ConstantIntOp::create(b, 0, 64),
                          gatheredRows);
  }
  auto loop = scf::ForOp::create(b, zero, parts, one);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value part = loop.getInductionVar();
  Value isFull =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, part, blocks);
  TimeScope outer = scope;
  Value later = b.createOrFold<arith::AddIOp>(part, saved);
  scope.localFirst = arith::SelectOp::create(b, isFull, zero, later);
  scope.steps = arith::SelectOp::create(b, isFull, full, one);
  scope.firstStep =
      b.createOrFold<arith::AddIOp>(outer.firstStep, scope.localFirst);
  isFullPart = isFull;
  forEachRun(axis, scope.firstStep, isFull, [&] {
    emitRowBlocks(ops);
    if (gatheredRows)
      countGathered();
  });
  scope = outer;
  b.setInsertionPointAfter(loop);
  if (!gatheredRows)
    return;
  Value isNoneFull =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, blocks, zero);
  emitOuterOfGathered(ops, arith::AndIOp::create(b, isFirstChunk, isNoneFull));
}

//===----------------------------------------------------------------------===//
// Outer products
//===----------------------------------------------------------------------===//

/// A number that grows from run to run, 0 at first.
Value FunctionLowering::makeCounter() {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(entryBlock);
  Value one = arith::ConstantIntOp::create(b, 1, 64);
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                b.getI64Type(), one);
}

Value FunctionLowering::loadGatheredRows() {
  Value rows = LLVM::LoadOp::create(b, b.getI64Type(), gatheredRows);
  return arith::IndexCastOp::create(b, b.getIndexType(), rows);
}

/// A weight gradient is read and written as a whole for each product: the rows
/// of runs are few, so they are put together until the chunk ends.
void FunctionLowering::emitOuterOfPart(OuterOp op) {
  auto branch = scf::IfOp::create(b, isFullPart, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  dnn::GemmTNOp::create(b, getBuffer(op.getLhs()), getBuffer(op.getRhs()),
                        getBuffer(op.getResult()), true, isFirstChunk, plan,
                        index);
  b.setInsertionPointToStart(branch.elseBlock());
  Value first = loadGatheredRows();
  for (Value operand : op->getOperands())
    if (gatheredOperands.insert(operand).second)
      dnn::CopyOp::create(b, getBuffer(operand),
                          getBufferAt(storage.lookupGathered(op, operand),
                                      first, getSequences(),
                                      ShapedType::kDynamic),
                          false, false);
}

void FunctionLowering::countGathered() {
  Value more =
      arith::SelectOp::create(b, isFullPart, constantIndex(0), getSequences());
  Value rows = arith::AddIOp::create(b, loadGatheredRows(), more);
  LLVM::StoreOp::create(b, arith::IndexCastOp::create(b, b.getI64Type(), rows),
                        gatheredRows);
}

/// `isFirst` says that nothing is in the sums yet.
void FunctionLowering::emitOuterOfGathered(ArrayRef<Operation *> ops,
                                           Value isFirst) {
  Value rows = loadGatheredRows();
  Value isSome = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, rows,
                                       constantIndex(0));
  Value isNeeded = arith::OrIOp::create(b, isSome, isFirst);
  auto branch = scf::IfOp::create(b, isNeeded, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  auto get = [&](OuterOp op, Value operand) {
    return getBufferAt(storage.lookupGathered(op, operand), constantIndex(0),
                       rows, ShapedType::kDynamic);
  };
  for (Operation *op : ops)
    if (auto outer = dyn_cast<OuterOp>(op))
      dnn::GemmTNOp::create(
          b, get(outer, outer.getLhs()), get(outer, outer.getRhs()),
          getBuffer(outer.getResult()), true, isFirst, plan, index);
  gatheredRows = Value();
  gatheredOperands.clear();
}

/// Where a sequence has ended its states stay: all states go on to where the
/// step leaves them, the runs then write their own.
void FunctionLowering::keepStates(ScanOp scan, Value isFull) {
  auto isEnding =
      arith::XOrIOp::create(b, isFull, arith::ConstantIntOp::create(b, 1, 1));
  auto branch = scf::IfOp::create(b, isEnding, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i) {
    View from = storage.lookupState(scan, i);
    if (from.buffer->extent == Extent::Static)
      continue;
    Type type = scan.getInits()[i].getType();
    dnn::CopyOp::create(b, getBuffer(from, type),
                        getBuffer(storage.lookupNextState(scan, i), type),
                        false, false);
  }
}

//===----------------------------------------------------------------------===//
// Steps and lengths
//===----------------------------------------------------------------------===//

/// Emits code for each step of the part.
void FunctionLowering::forEachStep(function_ref<void()> emit) {
  auto loop =
      scf::ForOp::create(b, constantIndex(0), scope.steps, constantIndex(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  TimeScope outer = scope;
  Value step = loop.getInductionVar();
  scope.step = b.createOrFold<arith::AddIOp>(scope.firstStep, step);
  scope.localStep = scope.localFirst
                        ? b.createOrFold<arith::AddIOp>(scope.localFirst, step)
                        : step;
  emit();
  scope = outer;
}

/// Emits code for each sequence of the run, given its length. Without lengths
/// all of them are one, unless they are wanted one by one.
void FunctionLowering::forEachLength(unsigned axis, bool oneByOne,
                                     function_ref<void(Value)> emit) {
  Value zero = constantIndex(0), one = constantIndex(1);
  Value first = getFirstSequence(), count = getSequences();
  Value isEqual = isNull(ragged[axis].lengths);
  Value width =
      oneByOne ? one : Value(arith::SelectOp::create(b, isEqual, count, one));
  auto loop = scf::ForOp::create(b, zero, count, width);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  TimeScope outer = scope;
  scope.firstSequence =
      b.createOrFold<arith::AddIOp>(first, loop.getInductionVar());
  scope.sequences = width;
  ResultRange length = choose(b, isEqual, {steps[axis], zero}, [&] {
    return SmallVector<Value>{
        loadInt(b, ragged[axis].lengths, scope.firstSequence), zero};
  });
  emit(length[0]);
  scope = outer;
}

/// A mean over time is a sum until all chunks are in.
void FunctionLowering::divideByLengths(SumToOp sum) {
  unsigned axis =
      storage.getAxisIndex(::rnnc::rnn::getAxis(sum.getOperand().getType()));
  forEachLength(axis, /*oneByOne=*/false, [&](Value length) {
    Value row = getBuffer(sum.getResult());
    Value scale = getMeanScale(length);
    if (Type element = model.getElementType(); !element.isF64())
      scale = arith::TruncFOp::create(b, element, scale);
    auto phase = dnn::PhaseOp::create(b, scope.sequences, ValueRange{row},
                                      ValueRange{row});
    OpBuilder::InsertionGuard guard(b);
    Block *body = b.createBlock(&phase.getBody(), {}, model.getElementType(),
                                {b.getLoc()});
    Value scaled = arith::MulFOp::create(b, body->getArgument(0), scale);
    dnn::YieldOp::create(b, scaled);
  });
}

//===----------------------------------------------------------------------===//
// Positions in time
//===----------------------------------------------------------------------===//

/// Emits code for the sequences whose first or last step is in the part, at
/// that step.
void FunctionLowering::emitAtEnd(unsigned axis, End end,
                                 function_ref<void()> emit) {
  forEachLength(axis, /*oneByOne=*/false, [&](Value length) {
    TimeScope outer = scope;
    Value one = constantIndex(1);
    scope.step = end == End::First ? constantIndex(0)
                                   : b.createOrFold<arith::SubIOp>(length, one);
    Value offset = b.createOrFold<arith::SubIOp>(scope.step, scope.firstStep);
    scope.localStep =
        scope.localFirst
            ? b.createOrFold<arith::AddIOp>(scope.localFirst, offset)
            : offset;
    // Steps before the part are large numbers without a sign.
    Value isIn = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, offset,
                                       scope.steps);
    auto branch = scf::IfOp::create(b, isIn, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    emit();
    scope = outer;
  });
}

static StringRef axisOf(Value sequence) {
  return ::rnnc::rnn::getAxis(sequence.getType());
}

void FunctionLowering::emitPick(PickOp op) {
  View from = storage.lookup(op.getOperand());
  emitAtEnd(storage.getAxisIndex(axisOf(op.getOperand())), op.getEnd(), [&] {
    dnn::CopyOp::create(b, getBuffer(from, op.getType()),
                        getBuffer(op.getResult()), false, false);
  });
}

void FunctionLowering::emitPlace(PlaceOp op) {
  clear(op.getResult());
  View to = storage.lookup(op.getResult());
  Type step = op.getOperand().getType();
  emitAtEnd(storage.getAxisIndex(axisOf(op.getResult())), op.getEnd(),
            [&] { copyInto(op.getOperand(), getBuffer(to, step)); });
}

/// Each step is read where it is in the whole sequence.
void FunctionLowering::emitReverse(ReverseOp op) {
  View from = storage.lookup(op.getOperand());
  View to = storage.lookup(op.getResult());
  Type step = getStepType(op.getType());
  unsigned axis = storage.getAxisIndex(axisOf(op.getResult()));
  forEachStep([&] {
    forEachLength(axis, /*oneByOne=*/false, [&](Value length) {
      Value target = getBuffer(to, step);
      TimeScope outer = scope;
      Value behind = b.createOrFold<arith::SubIOp>(length, scope.step);
      scope.step = b.createOrFold<arith::SubIOp>(behind, constantIndex(1));
      dnn::CopyOp::create(b, getBuffer(from, step), target, false, false);
      scope = outer;
    });
  });
}

void FunctionLowering::emitShift(ShiftOp op) {
  View from = storage.lookup(op.getOperand());
  View to = storage.lookup(op.getResult());
  Type step = getStepType(op.getType());
  forEachStep([&] {
    Value target = getBuffer(to, step);
    Value zero = constantIndex(0), one = constantIndex(1);
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, scope.step, zero);
    auto branch = scf::IfOp::create(b, isFirst, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    dnn::FillOp::create(b, b.getF64FloatAttr(op.getFill()), target);
    b.setInsertionPointToStart(branch.elseBlock());
    TimeScope outer = scope;
    scope.step = b.createOrFold<arith::SubIOp>(scope.step, one);
    dnn::CopyOp::create(b, getBuffer(from, step), target, false, false);
    scope = outer;
  });
}

void FunctionLowering::emitRemaining(RemainingOp op) {
  View to = storage.lookup(op.getResult());
  Type step = getStepType(op.getType()), element = model.getElementType();
  unsigned axis = storage.getAxisIndex(axisOf(op.getResult()));
  forEachStep([&] {
    forEachLength(axis, /*oneByOne=*/true, [&](Value length) {
      Value zero = constantIndex(0), one = constantIndex(1);
      Value behind = b.createOrFold<arith::SubIOp>(length, scope.step);
      Value count = b.createOrFold<arith::SubIOp>(behind, one);
      count = arith::IndexCastOp::create(b, b.getI64Type(), count);
      Value number = arith::SIToFPOp::create(b, element, count);
      memref::StoreOp::create(b, number, getBuffer(to, step),
                              ValueRange{zero, zero});
    });
  });
}
