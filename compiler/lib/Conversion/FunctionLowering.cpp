//===- FunctionLowering.cpp - One function to buffers ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The frame of an entry point: sizes, views of buffers at the current time,
// copies between them.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

static SmallVector<StringRef> getAxisNames(ModelOp model) {
  SmallVector<StringRef> names;
  for (auto axis : model.getAxes().getAsRange<StringAttr>())
    names.push_back(axis.getValue());
  return names;
}

/// Whether the runtime packs in each call, so that the parameters are there
/// while the function runs.
static bool packsItself(EntryKind kind, int index) {
  return kind == EntryKind::Planned &&
         (index == RNN_GRADIENT || index == RNN_TANGENT ||
          index == RNN_GAUSS_NEWTON);
}

FunctionLowering::FunctionLowering(ModelOp model, FuncOp function,
                                   EntryKind kind, int index,
                                   const ModelLayout &layout,
                                   const TargetShape &target,
                                   const SiteChoices &choices)
    : model(model), function(function), kind(kind), index(index),
      layout(layout), target(target), choices(choices),
      axes(getAxisNames(model)),
      storage(function, layout, axes, kind == EntryKind::Step,
              packsItself(kind, index)),
      name((model.getSymName() + "_" + function.getSymName()).str()),
      b(function.getLoc(), function.getContext()),
      moduleBuilder(function.getContext()) {}

int64_t FunctionLowering::getPackedBytes() {
  return storage.getPackedSize() *
         model.getElementType().getIntOrFloatBitWidth() / 8;
}

LogicalResult FunctionLowering::run(ModuleOp module) {
  moduleBuilder.setInsertionPointToEnd(module.getBody());
  beginEntry(module);
  loadSizes();
  loadSeed();
  makeBases();
  emitBlock(*function.getBodyBlock());
  emitReturn(function.getReturn());
  Value ok = arith::ConstantIntOp::create(b, RNN_OK, 32);
  func::ReturnOp::create(b, ok);
  mayWave = mayWave && areStagesApart(b.getInsertionBlock()->getParentOp());
  if (kind == EntryKind::Reset)
    packForReset(b.getInsertionBlock()->getParentOp());
  else
    emitPacking(module);
  return failure(hadError);
}

//===----------------------------------------------------------------------===//
// Entry
//===----------------------------------------------------------------------===//

void FunctionLowering::beginEntry(ModuleOp module) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  unsigned count = kind == EntryKind::Step ? 4 : 2;
  SmallVector<Type> inputs(count, pointer);
  auto entry = func::FuncOp::create(moduleBuilder, function.getLoc(), name,
                                    b.getFunctionType(inputs, b.getI32Type()));
  startBody(entry);
  switch (kind) {
  case EntryKind::Step:
    packed = entry.getArgument(0);
    state = entry.getArgument(1);
    stepInputs = entry.getArgument(2);
    stepOutputs = entry.getArgument(3);
    break;
  case EntryKind::Reset:
    packed = LLVM::ZeroOp::create(b, pointer);
    state = entry.getArgument(1);
    break;
  case EntryKind::Planned:
    plan = entry.getArgument(0);
    entry.setArgAttr(0, "dnn.plan", b.getUnitAttr());
    call = entry.getArgument(1);
    packed = loadFrameField(b, plan, index, FrameField::Packed);
    state = loadCallField(b, call,
                          index == RNN_ENCODE ? CallField::StreamState
                                              : CallField::State);
    break;
  }
}

/// One constant a number, at the top of the function being emitted.
Value FunctionLowering::constantIndex(int64_t value) {
  Value &constant = constants[value];
  if (!constant) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entryBlock);
    constant = arith::ConstantIndexOp::create(b, value);
  }
  return constant;
}

void FunctionLowering::startBody(func::FuncOp entry) {
  constants.clear();
  entryBlock = entry.addEntryBlock();
  b.setInsertionPointToStart(entryBlock);
}

static Value toIndex(ImplicitLocOpBuilder &b, Value number) {
  return b.createOrFold<arith::IndexCastOp>(b.getIndexType(), number);
}

/// Whether the call trains, and both halves of its seed mixed.
void FunctionLowering::loadSeed() {
  bool hasDropout =
      function.walk([](DropoutOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  if (!hasPlan() || !hasDropout)
    return;
  Value flags = loadCallField(b, call, CallField::Flags);
  Value bit = arith::AndIOp::create(
      b, flags, arith::ConstantIntOp::create(b, RNN_TRAINING, 32));
  isTraining =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit,
                            arith::ConstantIntOp::create(b, 0, 32).getResult());
  Value whole = loadCallField(b, call, CallField::Seed);
  Value high = arith::ShRUIOp::create(
      b, whole, arith::ConstantIntOp::create(b, 32, 64).getResult());
  seed = arith::TruncIOp::create(
      b, b.getI32Type(), arith::XOrIOp::create(b, whole, high).getResult());
}

/// B, and of each axis the steps, the chunk capacity and the valid rows.
void FunctionLowering::loadSizes() {
  if (!hasPlan()) {
    batch = wholeBatch = constantIndex(1);
    sliceStart = constantIndex(0);
    return;
  }
  batch = toIndex(b, loadCallField(b, call, CallField::Batch));
  wholeBatch = toIndex(b, loadPlanField(b, plan, PlanField::WholeBatch));
  sliceStart = toIndex(b, loadPlanField(b, plan, PlanField::FirstSequence));
  Value sizes = loadCallField(b, call, CallField::Axes);
  for (int64_t axis = 0, e = axes.size(); axis < e; ++axis) {
    Value address =
        LLVM::GEPOp::create(b, sizes.getType(), b.getI64Type(), sizes,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(axis)});
    steps.push_back(
        toIndex(b, LLVM::LoadOp::create(b, b.getI64Type(), address)));
    chunkCapacity.push_back(
        toIndex(b, loadFrameField(b, plan, index, FrameField::Chunk, axis)));
    auto load = [&](RaggedField field) {
      return loadRaggedField(b, plan, axis, field);
    };
    ragged.push_back({toIndex(b, load(RaggedField::FullSteps)),
                      toIndex(b, load(RaggedField::ValidRows)),
                      load(RaggedField::Lengths), load(RaggedField::FirstRun),
                      load(RaggedField::Runs)});
  }
}

//===----------------------------------------------------------------------===//
// Views at the current time
//===----------------------------------------------------------------------===//

MemRefType rnnc::getBufferType(Type element, int64_t rows, int64_t width,
                               int64_t stride) {
  return MemRefType::get(
      {rows, width}, element,
      StridedLayoutAttr::get(element.getContext(), 0, {stride, 1}));
}

/// The rows that a value of this type has here: of several steps with all
/// sequences, or of one step with a run of them.
Value FunctionLowering::getRows(Type type) {
  if (isStatic(type))
    return constantIndex(getStaticRows(type));
  if (isBatch(type))
    return getSequences();
  return b.createOrFold<arith::MulIOp>(scope.steps, getSequences());
}

Value FunctionLowering::getFirstSequence() {
  return scope.firstSequence ? scope.firstSequence : constantIndex(0);
}

/// The row of a step's first sequence here, counted from step 0.
Value FunctionLowering::getRowOf(Value step) {
  Value row = b.createOrFold<arith::MulIOp>(step, batch);
  return b.createOrFold<arith::AddIOp>(row, getFirstSequence());
}

Value FunctionLowering::getBufferAt(const View &view, Value firstRow,
                                    Value rows, int64_t staticRows) {
  const Buffer &buffer = *view.buffer;
  noteUse(buffer);
  MemRefType type =
      getBufferType(buffer.element, staticRows, view.width, buffer.width);
  Value offset =
      b.createOrFold<arith::MulIOp>(firstRow, constantIndex(buffer.width));
  offset = b.createOrFold<arith::AddIOp>(offset, constantIndex(view.column));
  offset = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), offset);
  return dnn::BufferOp::create(b, type, bases.lookup(view.buffer), offset, rows,
                               getPlaces(buffer), view.column);
}

Value FunctionLowering::getBuffer(const View &view, Type type) {
  const Buffer &buffer = *view.buffer;
  if (buffer.extent == Extent::Static)
    return getBufferAt(view, constantIndex(view.row), constantIndex(view.rows),
                       view.rows);
  if (buffer.extent == Extent::Batch)
    return getBufferAt(view, getFirstSequence(), getSequences(),
                       hasPlan() ? ShapedType::kDynamic : 1);
  bool isWhole = buffer.extent == Extent::Sequence;
  Value time;
  if (view.anchor == View::First)
    time = constantIndex(0);
  else if (view.anchor == View::Last)
    time = steps[buffer.axis];
  else if (isSequence(type))
    time = isWhole            ? scope.firstStep
           : scope.localFirst ? scope.localFirst
                              : constantIndex(0);
  else
    time = isWhole ? scope.step : scope.localStep;
  if (view.shift != 0)
    time = b.createOrFold<arith::AddIOp>(time, constantIndex(view.shift));
  return getBufferAt(view, getRowOf(time), getRows(type), ShapedType::kDynamic);
}

/// The rows of one step, counted in the buffer.
Value FunctionLowering::getBufferAtStep(const View &view, Value step) {
  return getBufferAt(view, getRowOf(step), getSequences(),
                     ShapedType::kDynamic);
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Writes a value to memory, whether it has its own or is made where used.
void FunctionLowering::copyInto(Value value, Value target) {
  if (View view = storage.lookup(value)) {
    dnn::CopyOp::create(b, getBuffer(view, value.getType()), target, false,
                        false);
    return;
  }
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    dnn::FillOp::create(b, constant.getValueAttr(), target);
  } else if (auto broadcast = dyn_cast<BroadcastOp>(op)) {
    emitRepeat(getBuffer(broadcast.getOperand()), target,
               getRows(value.getType()));
  } else if (auto initial = dyn_cast<InitialStateOp>(op)) {
    copyInitialState(initial, target);
  } else {
    op->emitError("expected a value in memory, got '") << op->getName() << "'";
    hadError = true;
  }
}
