//===- Storage.cpp - Where values of a function live --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Assigns buffers from consumers to producers: the trajectories of scans and
// the memory of results first, then what is written straight into them.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

#include "compiler/lib/Conversion/Checkpoints.h"
#include "compiler/lib/Conversion/WeightExpression.h"

#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Scans
//===----------------------------------------------------------------------===//

View Storage::lookupState(ScanOp scan, unsigned state) const {
  View view = getWhole(trajectories.lookup(scan)[state]);
  view.shift = scan.getReverse() ? 1 : 0;
  return view;
}

View Storage::lookupNextState(ScanOp scan, unsigned state) const {
  View view = lookupState(scan, state);
  if (view.buffer->extent != Extent::Static)
    view.shift = 1 - view.shift;
  return view;
}

/// Whether the caller alone reads a result of a chunk, as an output.
static bool isOnlyOutput(Value result) {
  if (!result.hasOneUse())
    return false;
  OpOperand &use = *result.use_begin();
  auto terminator = dyn_cast<ReturnOp>(use.getOwner());
  if (!terminator)
    return false;
  auto role = cast<RoleAttr>(terminator.getRoles()[use.getOperandNumber()]);
  return role.getKind() == RoleKind::Output;
}

/// Whether something outside the chunk, other than the caller, reads a value,
/// or anything does a part of it.
static bool isReadOutside(Value value) {
  return llvm::any_of(value.getUses(), [](OpOperand &use) {
    if (isa<SliceOp>(use.getOwner()))
      return isYielded(use.getOwner()->getResult(0));
    auto yield = dyn_cast<YieldOp>(use.getOwner());
    return yield && !isOnlyOutput(yield->getParentOp()->getResult(
                        use.getOperandNumber()));
  });
}

/// Whether something outside the chunk reads a state at all steps. The caller
/// does not: it gets a copy.
static bool isTrajectoryKept(ScanOp scan, unsigned state) {
  if (!isa<ChunkOp>(scan->getParentOp()))
    return true;
  for (auto [yielded, result] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    if ((yielded == scan.getStateArgs()[state] ||
         yielded == scan.getNextStates()[state]) &&
        isReadOutside(result))
      return true;
  return false;
}

/// Whether an operation of a block writes a value: views of others are not
/// written.
static bool isMadeIn(Block &block, Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &block && !isa<SliceOp>(op);
}

/// A state of batch level has a row more than steps: a step reads one row and
/// writes the next, so that stacking the state is free. A static state is
/// updated in place at the end of each step.
void Storage::makeTrajectories(ScanOp scan) {
  SmallVector<Buffer *> &states = trajectories[scan];
  for (auto [index, init] : llvm::enumerate(scan.getInits())) {
    Extent extent = isStatic(init.getType())        ? Extent::Static
                    : isTrajectoryKept(scan, index) ? Extent::Sequence
                                                    : Extent::Chunk;
    Buffer *buffer = createBuffer(extent, init.getType(), scan->getBlock());
    buffer->axis = getAxisIndex(scan.getAxis());
    buffer->isCarried = true;
    // What reads a final state after the chunk must still find it, and what a
    // source evaluates again for a checkpoint must not change what is carried.
    auto chunk = dyn_cast<ChunkOp>(scan->getParentOp());
    bool isEvaluatedBetween =
        chunk && !isResumed(scan) && resumesFromFew(chunk);
    if (isEvaluatedBetween ||
        llvm::any_of(scan.getFinalStates()[index].getUsers(),
                     llvm::IsaPred<YieldOp>))
      buffer->home = function.getBodyBlock();
    states.push_back(buffer);
  }
  for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i) {
    views[scan.getStateArgs()[i]] = lookupState(scan, i);
    Value next = scan.getNextStates()[i];
    if (isMadeIn(*scan.getBodyBlock(), next) && isBatch(next.getType()))
      views.try_emplace(next, lookupNextState(scan, i));
    View final = lookupState(scan, i);
    bool endsLast =
        !scan.getReverse() && final.buffer->extent == Extent::Sequence;
    final.shift = 0;
    final.anchor = endsLast ? View::Last : View::First;
    views[scan.getFinalStates()[i]] = final;
  }
  for (auto [yielded, result] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    if (View view = views.lookup(yielded))
      views[result] = view;
}

/// What a step makes goes where its sequence is stacked, if it has no place.
void Storage::visitScan(ScanOp scan) {
  for (auto [yielded, result] :
       llvm::zip(scan.getStackedYields(), scan.getStacked())) {
    if (isOnlySummed(result))
      continue;
    assignResult(result);
    View stacked = views.lookup(result);
    if (isMadeIn(*scan.getBodyBlock(), yielded))
      views.try_emplace(yielded, stacked);
  }
  visitBlock(*scan.getBodyBlock());
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

View Storage::viewGet(GetOp get) {
  StringRef name = get.getSymbol();
  if (auto found = layout.inputs.find(name); found != layout.inputs.end())
    return createExternal(get.getType(), Memory::Input, found->second);
  return createExternal(get.getType(), Memory::Target,
                        layout.targets.lookup(name));
}

/// A streaming step reads its state where it is.
View Storage::viewRecord(Type type, StringRef stateName) {
  unsigned index = layout.states.lookup(stateName);
  View view = createExternal(type, Memory::Record, index);
  Type element = view.buffer->element;
  view.buffer->width =
      layout.streamBytes / (element.getIntOrFloatBitWidth() / 8);
  view.column = layout.stateOffsets[index];
  return view;
}

/// The caller's direction, laid out as the parameters.
View Storage::viewDirection(DirectionOp op) {
  unsigned index = layout.parameters.lookup(op.getSymbol());
  View view = createExternal(op.getType(), Memory::Direction, index);
  view.buffer->offset = layout.parameterOffsets[index];
  return view;
}

/// A mean is divided first, and what repeats over time is copied step by step:
/// these cannot be made where they are used.
static bool isMadeInPlace(BroadcastOp op) {
  Type from = op.getOperand().getType();
  return !op.getMean() &&
         (isStatic(from) || isSequence(from) == isSequence(op.getType()));
}

/// Constants, broadcasts and initial states are made where they are used; only
/// operations that read memory need them in it.
bool Storage::needsMemory(Operation *op) const {
  if (isa<ResumeOp>(op))
    return false;
  if (!isa<ConstantOp, BroadcastOp, InitialStateOp>(op))
    return true;
  if (auto broadcast = dyn_cast<BroadcastOp>(op);
      broadcast && !isMadeInPlace(broadcast))
    return true;
  return llvm::any_of(op->getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<PhaseOp>(user->getParentOp()) && !isa<MatmulOp>(user))
      return !isa<ConstantOp>(op);
    if (auto scan = dyn_cast<ScanOp>(user))
      return use.getOperandNumber() < scan.getInputs().size();
    if (isa<InitialStateOp, UnlessGivenOp, ReturnOp, ConcatOp, PadOp, ResumeOp>(
            user))
      return false;
    return !isa<YieldOp>(user) || !isa<ScanOp>(user->getParentOp());
  });
}

/// One result at least has memory, or a sum, by which the phase's loop has its
/// shape.
void Storage::visitPhase(PhaseOp phase) {
  bool hasShape = !getPhaseSums(phase).empty();
  for (Value result : phase.getResults()) {
    if (isOnlySummed(result))
      continue;
    assignResult(result);
    hasShape |= result.getType() == phase.getResultTypes().front();
  }
  if (!hasShape)
    assignResult(phase.getResult(0));
  phase.getBody().walk([&](Operation *op) {
    if (auto product = dyn_cast<MatmulOp>(op)) {
      Value result = product.getResult();
      views[result] = getWhole(
          createBuffer(Extent::Batch, result.getType(), phase->getBlock()));
      return;
    }
    for (Value operand : op->getOperands())
      if (operand.getParentBlock() != phase.getBodyBlock() &&
          isWeightExpression(operand))
        packDense(operand);
  });
}

/// Final states and trajectories are where their scan has them; everything
/// else that leaves the chunk goes where it is wanted outside.
void Storage::visitChunk(ChunkOp chunk) {
  for (auto scan : chunk.getBodyBlock()->getOps<ScanOp>())
    makeTrajectories(scan);
  for (auto checkpoint : chunk.getBodyBlock()->getOps<CheckpointOp>()) {
    Type type = checkpoint.getType();
    Buffer *buffer = createBuffer(Extent::Slots, type, chunk.getBodyBlock());
    buffer->axis = getAxisIndex(getAxis(type));
    views[checkpoint] = getWhole(buffer);
  }
  for (auto [yielded, result] :
       llvm::zip(chunk.getYield().getValues(), chunk.getResults())) {
    if (View view = views.lookup(yielded)) {
      bool isCopied = view.buffer->isCarried &&
                      view.buffer->extent == Extent::Chunk &&
                      isSequence(yielded.getType());
      if (isCopied)
        assignResult(result);
      else
        views[result] = view;
      continue;
    }
    if (!isMadeIn(*chunk.getBodyBlock(), yielded))
      continue;
    assignResult(result);
    View view = views.lookup(result);
    views[yielded] = view;
  }
  visitBlock(*chunk.getBodyBlock());
  for (auto [yielded, result] :
       llvm::zip(chunk.getYield().getValues(), chunk.getResults()))
    if (View view = lookup(yielded))
      views.try_emplace(result, view);
}

/// They fill up from run to run, among all that the chunk does.
void Storage::gatherOperands(OuterOp op) {
  for (Value operand : op->getOperands()) {
    View &view = gathered[{op->getBlock(), operand}];
    if (view || !isSequence(operand.getType()))
      continue;
    view = createTemporary(operand.getType(), op->getBlock());
    view.buffer->isCarried = true;
  }
}

/// Consumers come before producers: the places of results are known when what
/// is written into them is assigned.
void Storage::visitBlock(Block &block) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops)) {
    if (llvm::all_of(op->getResults(), isWeightExpression) || isa<SliceOp>(op))
      continue;
    if (isa<ConcatOp>(op) && isOnlySummed(op->getResult(0)))
      continue;
    bool isRecord = isStep && isa<InitialStateOp>(op);
    if (!needsMemory(op) && !isRecord) {
      packOperands(op);
      continue;
    }
    if (auto chunk = dyn_cast<ChunkOp>(op)) {
      visitChunk(chunk);
    } else if (auto scan = dyn_cast<ScanOp>(op)) {
      packOperands(scan);
      visitScan(scan);
    } else if (auto phase = dyn_cast<PhaseOp>(op)) {
      visitPhase(phase);
    } else if (auto get = dyn_cast<GetOp>(op)) {
      views[get] = viewGet(get);
    } else if (auto direction = dyn_cast<DirectionOp>(op)) {
      views[direction] = viewDirection(direction);
    } else if (auto initial = dyn_cast<InitialStateOp>(op); initial && isStep) {
      views[initial] = viewRecord(initial.getType(), initial.getSymbol());
    } else {
      packOperands(op);
      for (Value result : op->getResults())
        assignResult(result);
      if (auto outer = dyn_cast<OuterOp>(op))
        gatherOperands(outer);
      if (auto sum = dyn_cast<SumToOp>(op))
        planStepSum(sum);
      auto broadcast = dyn_cast<BroadcastOp>(op);
      if (broadcast && broadcast.getMean())
        scaled[op] = isPrecomputed(op)
                         ? createPacked(broadcast.getOperand().getType())
                         : createTemporary(broadcast.getOperand().getType(),
                                           op->getBlock());
    }
  }
}

Storage::Storage(FuncOp function, const ModelLayout &layout,
                 ArrayRef<StringRef> axes, bool isStep, bool keepsParameters)
    : function(function), layout(layout), axes(axes), isStep(isStep),
      keepsParameters(keepsParameters), coefficients(RNN_MAX_CLASSES, 0) {
  if (isStep)
    findPrecomputed();
  for (auto scan : function.getBodyBlock()->getOps<ScanOp>())
    makeTrajectories(scan);
  packOperands(function.getReturn());
  visitBlock(*function.getBodyBlock());
  layOutArena();
}
