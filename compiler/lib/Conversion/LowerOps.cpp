//===- LowerOps.cpp - Operations to kernels -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One kernel for each operation on rows; views and constants need none.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/Conversion/FunctionLowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

void FunctionLowering::emitBlock(Block &block) {
  for (Operation &op : block.without_terminator()) {
    b.setLoc(op.getLoc());
    if (storage.isPrecomputed(&op))
      continue;
    if (isa<FuncOp>(block.getParentOp()) && !isa<ChunkOp>(op))
      packComputed(&op);
    emitOp(&op);
  }
}

void FunctionLowering::emitOp(Operation *op) {
  bool isWeight = op->getNumResults() != 0 &&
                  llvm::all_of(op->getResults(), isWeightExpression);
  if (isWeight || isa<GetOp, DirectionOp, SliceOp>(op))
    return;
  auto result = [&] { return getBuffer(op->getResult(0)); };
  auto operand = [&](unsigned i) { return getBuffer(op->getOperand(i)); };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](ChunkOp chunk) { emitChunk(chunk); })
      .Case([&](ScanOp scan) { emitScan(scan); })
      .Case([&](PhaseOp phase) { emitPhase(phase); })
      .Case([&](MatmulOp matmul) { emitMatmul(matmul); })
      .Case([&](OuterOp outer) { emitOuter(outer); })
      .Case([&](ScatterAddOp scatter) { emitScatterAdd(scatter); })
      .Case([&](SumToOp sum) { emitSum(sum); })
      .Case([&](BroadcastOp broadcast) { emitBroadcast(broadcast); })
      .Case([&](ConcatOp concat) { emitConcat(concat); })
      .Case([&](PadOp pad) { emitPad(pad); })
      .Case([&](UnlessGivenOp given) { emitUnlessGiven(given); })
      .Case([&](PickOp pick) { emitPick(pick); })
      .Case([&](PlaceOp place) { emitPlace(place); })
      .Case([&](ReverseOp reverse) { emitReverse(reverse); })
      .Case([&](ShiftOp shift) { emitShift(shift); })
      .Case([&](RemainingOp remaining) { emitRemaining(remaining); })
      .Case([&](ConstantOp constant) {
        if (storage.lookup(constant))
          dnn::FillOp::create(b, constant.getValueAttr(), result());
      })
      .Case([&](InitialStateOp initial) {
        if (View view = storage.lookup(initial);
            view && view.buffer->memory != Memory::Record)
          copyInitialState(initial, result());
      })
      .Case([&](CallNumberOp number) { emitCallNumber(number); })
      .Case([&](TransposeOp) {
        dnn::CopyOp::create(b, operand(0), result(), true, false);
      })
      .Case([&](GatherOp) {
        dnn::GatherOp::create(b, operand(0), operand(1), result());
      })
      .Case([&](SoftmaxOp) { dnn::SoftmaxOp::create(b, operand(0), result()); })
      .Case([&](CrossEntropyOp) {
        dnn::CrossEntropyOp::create(b, operand(0), operand(1), result());
      })
      .Case([&](CrossEntropyGradientOp) {
        dnn::CrossEntropyGradientOp::create(b, operand(0), operand(1),
                                            operand(2), operand(3), result());
      })
      .Case([&](OneHotOp) { dnn::OneHotOp::create(b, operand(0), result()); })
      .Case([&](ArgmaxOp) { dnn::ArgmaxOp::create(b, operand(0), result()); })
      .Case([&](TokenValueOp) {
        dnn::TokenValueOp::create(b, operand(0), result());
      })
      .Default([&](Operation *unknown) {
        unknown->emitError("expected an operation with a lowering, got '")
            << unknown->getName() << "'";
        hadError = true;
      });
}

void FunctionLowering::clear(Value result) {
  dnn::FillOp::create(b, b.getF64FloatAttr(0.0), getBuffer(result));
}

/// A number of the call, in the element type.
void FunctionLowering::emitCallNumber(CallNumberOp op) {
  Value number = loadCallField(b, call, CallField::Damping);
  Type element = model.getElementType();
  if (number.getType() != element)
    number = arith::TruncFOp::create(b, element, number);
  Value zero = constantIndex(0);
  memref::StoreOp::create(b, number, getBuffer(op.getResult()),
                          ValueRange{zero, zero});
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// The slices that all users of a product take, if they are equally wide.
static int64_t countSlices(MatmulOp op) {
  int64_t whole = getWidth(op.getType()), part = 0;
  for (Operation *user : op->getUsers()) {
    auto slice = dyn_cast<SliceOp>(user);
    int64_t width = slice ? getWidth(slice.getType()) : whole;
    if ((part && part != width) || whole % width != 0)
      return 1;
    part = width;
  }
  return part ? whole / part : 1;
}

/// A step's product has the gates that are read of it, so that its vectors are
/// those that its readers want.
void FunctionLowering::emitMatmul(MatmulOp op) {
  StringRef site = makeSite(op, hasPlan() ? 1 : countSlices(op));
  Value input = getBuffer(op.getInput()), result = getBuffer(op.getResult());
  auto multiply = [&](Value byPlan) {
    dnn::GemmOp::create(b, site, input, result, packed, false, byPlan);
  };
  if (!mayPackLate(op))
    return multiply(plan);
  auto branch = scf::IfOp::create(b, isLate(op), /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  packLate(op);
  multiply(Value());
  b.setInsertionPointToStart(branch.elseBlock());
  multiply(plan);
}

/// A sum over rows that come run by run grows.
void FunctionLowering::emitOuter(OuterOp op) {
  if (isSequence(op.getLhs().getType()))
    return emitOuterOfPart(op);
  dnn::GemmTNOp::create(b, getBuffer(op.getLhs()), getBuffer(op.getRhs()),
                        getBuffer(op.getResult()), isInRuns(), Value(), plan,
                        std::max(index, 0));
}

void FunctionLowering::emitScatterAdd(ScatterAddOp op) {
  if (!isInRuns())
    clear(op.getResult());
  dnn::ScatterAddOp::create(b, getBuffer(op.getTokens()),
                            getBuffer(op.getRows()), getBuffer(op.getResult()));
}

//===----------------------------------------------------------------------===//
// Sums and repetition
//===----------------------------------------------------------------------===//

/// How many elements of the one type there are for one of the other. Between a
/// sequence and the batch every sequence has its own number: without steps.
Value FunctionLowering::countCopies(Type many, Type few) {
  Value count = constantIndex(getWidth(many) / getWidth(few));
  if (isStatic(many) || !isStatic(few))
    return count;
  Value rows = wholeBatch;
  if (isSequence(many))
    rows = ragged[storage.getAxisIndex(::rnnc::rnn::getAxis(many))].validRows;
  return b.createOrFold<arith::MulIOp>(count, rows);
}

/// 1 / count; 0 for a count of 0.
Value FunctionLowering::getMeanScale(Value count) {
  Value isNone = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, count,
                                       constantIndex(0));
  count = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), count);
  Value number = arith::SIToFPOp::create(b, b.getF64Type(), count);
  Value zero = arith::ConstantOp::create(b, b.getF64FloatAttr(0.0));
  Value one = arith::ConstantOp::create(b, b.getF64FloatAttr(1.0));
  Value scale = arith::DivFOp::create(b, one, number);
  return arith::SelectOp::create(b, isNone, zero, scale);
}

/// What a sum is multiplied by.
Value FunctionLowering::getSumScale(SumToOp op) {
  if (op.getMean())
    return getMeanScale(countCopies(op.getOperand().getType(), op.getType()));
  return arith::ConstantOp::create(b, b.getF64FloatAttr(1.0));
}

void FunctionLowering::emitSum(SumToOp op) {
  Type from = op.getOperand().getType(), to = op.getType();
  Value scale = getSumScale(op);
  Value input = getBuffer(op.getOperand()), out = getBuffer(op.getResult());
  if (getWidth(from) != getWidth(to))
    dnn::SumFeaturesOp::create(b, input, out, scale);
  else
    dnn::SumRowsOp::create(b, input, out, scale, isInRuns());
}

/// Copies one row, or one feature, to all of them.
void FunctionLowering::emitRepeat(Value source, Value target, Value rows) {
  auto phase =
      dnn::PhaseOp::create(b, rows, ValueRange{source}, ValueRange{target});
  OpBuilder::InsertionGuard guard(b);
  Block *body =
      b.createBlock(&phase.getBody(), {}, model.getElementType(), {b.getLoc()});
  dnn::YieldOp::create(b, body->getArguments());
}

/// The operand of a mean broadcast, divided by the number of copies.
Value FunctionLowering::emitScaled(BroadcastOp op) {
  Type few = op.getOperand().getType(), many = op.getType();
  View scaled = storage.lookupScaled(op);
  Value count = countCopies(many, few);
  auto divide = [&](Value copies) {
    dnn::SumRowsOp::create(b, getBuffer(op.getOperand()),
                           getBuffer(scaled, few), getMeanScale(copies), false);
  };
  if (isBatch(few) && isSequence(many))
    forEachLength(storage.getAxisIndex(::rnnc::rnn::getAxis(many)),
                  /*oneByOne=*/false, [&](Value length) {
                    divide(b.createOrFold<arith::MulIOp>(count, length));
                  });
  else
    divide(count);
  return getBuffer(scaled, few);
}

/// A copy a row; a value of the batch is copied for each step of the chunk.
void FunctionLowering::emitBroadcast(BroadcastOp op) {
  View view = storage.lookup(op.getResult());
  if (!view)
    return;
  Value operand = op.getOperand();
  Value source = op.getMean() ? emitScaled(op) : getBuffer(operand);
  Type step = op.getType();
  bool overTime = isBatch(operand.getType()) && isSequence(step);
  if (!overTime) {
    emitRepeat(source, getBuffer(op.getResult()), getRows(op.getType()));
    return;
  }
  forEachStep([&] {
    emitRepeat(source, getBuffer(view, getStepType(step)), getSequences());
  });
}

//===----------------------------------------------------------------------===//
// Joining
//===----------------------------------------------------------------------===//

/// Parts that were not made in place are copied there.
void FunctionLowering::emitConcat(ConcatOp op) {
  View whole = storage.lookup(op.getResult());
  int64_t offset = 0;
  for (Value part : op.getOperands()) {
    int64_t size = getFeatureSize(part.getType(), op.getDim());
    View wanted = getPart(whole, op.getType(), op.getDim(), offset, size);
    if (!(storage.lookup(part) == wanted))
      copyInto(part, getBuffer(wanted, part.getType()));
    offset += size;
  }
}

void FunctionLowering::emitPad(PadOp op) {
  clear(op.getResult());
  View part = getPart(storage.lookup(op.getResult()), op.getType(), op.getDim(),
                      op.getOffset(),
                      getFeatureSize(op.getOperand().getType(), op.getDim()));
  copyInto(op.getOperand(), getBuffer(part, op.getOperand().getType()));
}

//===----------------------------------------------------------------------===//
// Initial states
//===----------------------------------------------------------------------===//

/// The caller's records where they are given, else the model's own value.
void FunctionLowering::copyInitialState(InitialStateOp op, Value target) {
  auto branch = scf::IfOp::create(b, isNull(state), true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  copyInto(op.getValue(), target);
  b.setInsertionPointToStart(branch.elseBlock());
  dnn::CopyOp::create(b, getRecord(state, op.getSymbol(), op.getType()), target,
                      false, false);
}

void FunctionLowering::emitUnlessGiven(UnlessGivenOp op) {
  auto branch = scf::IfOp::create(b, isNull(state), true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  copyInto(op.getValue(), getBuffer(op.getResult()));
  b.setInsertionPointToStart(branch.elseBlock());
  clear(op.getResult());
}
