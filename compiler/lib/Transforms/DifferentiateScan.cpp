//===- DifferentiateScan.cpp - Backpropagation through time -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The cotangents of a scan: a scan in the other direction that carries the
// cotangents of the states, reads a tape of the forward values its derivatives
// use, and accumulates the cotangents of what the step took from outside.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Differentiate.h"
#include "compiler/lib/Transforms/ScanEditor.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Most operations that make a value again rather than tape it.
static constexpr unsigned DerivedSteps = 3;

namespace {

/// Builds the reversed scan of one scan. Its body is made in a block of its own
/// that at first refers to values of the forward step; these become arguments
/// fed by the tape.
class ScanReversal {
public:
  ScanReversal(OpBuilder &builder, ScanOp scan, Cotangents &cotangents)
      : outer(builder), inner(builder.getContext()), scan(scan),
        cotangents(cotangents) {}

  LogicalResult run();

private:
  bool isInside(Value value) {
    return value.getParentBlock() == scan.getBodyBlock();
  }
  Value addInput(Value sequence);
  Value addState(Value init);

  void findCarried();
  void seed();
  LogicalResult reverseBody();
  void collectResults();
  void findRead();
  bool isAvailable(Value operand, unsigned steps);
  bool isDerivable(Value value, unsigned steps);
  Value rebuildOrTape(Value value);
  void setInsertionAfterOperands(Operation *op, const IRMapping &mapping);
  void endBody();
  void resolveForwardValues();
  LogicalResult buildTape();
  void finish();

  OpBuilder &outer;
  OpBuilder inner;
  ScanOp scan;
  Cotangents &cotangents;
  Cotangents local;

  Region region;
  Block *body = nullptr;
  /// The states whose cotangents may differ from zero.
  SmallVector<bool> carried;
  SmallVector<Value> inputs, inits, nextStates, stacked;
  SmallVector<BlockArgument> inputArgs, stateArgs;
  /// What receives the final values and the stacked values of the reversed
  /// scan as contributions.
  SmallVector<Value> finalTargets, stackedTargets;
  /// Forward values that the reversed step reads, and those of them that not
  /// only arithmetic reads.
  llvm::SmallDenseSet<Value> read, readAsWhole;
  /// Forward values of a step, as the reversed step sees them.
  IRMapping forward;
  /// Forward values to be stacked, with the arguments that take them.
  llvm::MapVector<Value, BlockArgument> tape;
};

} // namespace

Value ScanReversal::addInput(Value sequence) {
  inputs.push_back(sequence);
  inputArgs.push_back(
      body->addArgument(getStepType(sequence.getType()), sequence.getLoc()));
  return inputArgs.back();
}

Value ScanReversal::addState(Value init) {
  inits.push_back(init);
  stateArgs.push_back(body->addArgument(init.getType(), init.getLoc()));
  return stateArgs.back();
}

/// Only states that reach a result with a cotangent have one: of a scan that
/// carries tangents beside the states, the states alone go backwards.
void ScanReversal::findCarried() {
  SmallVector<Value> worklist;
  for (auto [result, yielded] :
       llvm::zip(scan.getResults(), scan.getYield().getValues()))
    if (cotangents.lookup(result))
      worklist.push_back(yielded);
  llvm::SmallDenseSet<Value> reaching;
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!isInside(value) || !reaching.insert(value).second)
      continue;
    if (Operation *op = value.getDefiningOp())
      llvm::append_range(worklist, op->getOperands());
    for (auto [argument, next] :
         llvm::zip(scan.getStateArgs(), scan.getNextStates()))
      if (argument == value)
        worklist.push_back(next);
  }
  for (auto [argument, final] :
       llvm::zip(scan.getStateArgs(), scan.getFinalStates()))
    carried.push_back(reaching.contains(argument) || cotangents.lookup(final));
}

/// The cotangents that come in: of final states, carried backwards, and of
/// stacked values, one a step.
void ScanReversal::seed() {
  for (auto [final, next, isCarried] :
       llvm::zip(scan.getFinalStates(), scan.getNextStates(), carried)) {
    if (!isCarried)
      continue;
    Value incoming = cotangents.lookup(final);
    if (!incoming)
      incoming = createZero(outer, scan.getLoc(), final.getType());
    local.add(inner, next, addState(incoming));
  }
  for (auto [result, yielded] :
       llvm::zip(scan.getStacked(), scan.getStackedYields()))
    if (Value incoming = cotangents.lookup(result))
      local.add(inner, yielded, addInput(incoming));
}

LogicalResult ScanReversal::reverseBody() {
  for (Operation &op : llvm::reverse(scan.getBodyBlock()->without_terminator()))
    if (failed(pullBack(inner, &op, local)))
      return failure();
  return success();
}

/// Cotangents of the step's states go on to the step before, those of its
/// inputs are stacked, those of values from outside are summed over steps.
void ScanReversal::collectResults() {
  for (auto [argument, init, isCarried] :
       llvm::zip(scan.getStateArgs(), scan.getInits(), carried)) {
    if (!isCarried)
      continue;
    Value value = local.lookup(argument);
    if (!value)
      value = createZero(inner, scan.getLoc(), argument.getType());
    nextStates.push_back(value);
    finalTargets.push_back(init);
  }
  for (auto [argument, input] :
       llvm::zip(scan.getInputArgs(), scan.getInputs()))
    if (Value value = local.lookup(argument)) {
      stacked.push_back(value);
      stackedTargets.push_back(input);
    }
  llvm::SetVector<Value> captured;
  scan.getBody().walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (!isInside(operand))
        captured.insert(operand);
  });
  for (Value value : captured) {
    Value contribution = local.lookup(value);
    if (!contribution)
      continue;
    Value sum = addState(createZero(outer, scan.getLoc(), value.getType()));
    nextStates.push_back(addOrNull(inner, scan.getLoc(), sum, contribution));
    finalTargets.push_back(value);
  }
}

/// A value that costs no more to make again than to read back is not taped:
/// constants, views, and arithmetic with a constant such as 1 - z. Nor is what
/// has no batch: it is as it was at each step, or a sum over few rows.
static bool isCheap(Operation *op) {
  if (isa<ConstantOp, BroadcastOp, SliceOp>(op) ||
      isStatic(op->getResult(0).getType()))
    return true;
  return isa<AddOp, SubOp, MulOp, NegOp>(op) &&
         llvm::any_of(op->getOperands(), [](Value operand) {
           return operand.getDefiningOp<ConstantOp>();
         });
}

static bool isArithmetic(Operation *op) {
  return isa<AddOp, SubOp, MulOp, DivOp, NegOp>(op);
}

static bool isView(Operation *op) { return isa<BroadcastOp, SliceOp>(op); }

void ScanReversal::findRead() {
  for (Operation &op : *body)
    for (Value operand : op.getOperands())
      if (isInside(operand)) {
        read.insert(operand);
        if (!op.hasTrait<ElementwiseOp>() && !isView(&op))
          readAsWhole.insert(operand);
      }
}

/// Whether an operand of a derived value is there for the reversed step, or can
/// be derived in turn.
bool ScanReversal::isAvailable(Value operand, unsigned steps) {
  if (!isInside(operand) || read.contains(operand))
    return true;
  Operation *op = operand.getDefiningOp();
  if (op && isView(op))
    return isAvailable(op->getOperand(0), steps);
  return isa_and_nonnull<ConstantOp>(op) || isDerivable(operand, steps);
}

/// Whether a value is made of others that are read anyway by a few operations
/// of arithmetic: a tape goes through memory, arithmetic does not. What a
/// product or a caller reads, or a state keeps, is in memory in any case.
bool ScanReversal::isDerivable(Value value, unsigned steps) {
  Operation *op = value.getDefiningOp();
  if (steps == 0 || !op || !isArithmetic(op) || readAsWhole.contains(value) ||
      llvm::is_contained(scan.getYield().getValues(), value))
    return false;
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return isAvailable(operand, steps - 1);
  });
}

/// Rebuilt values stand before all that uses them: at the start of the body, or
/// after the last rebuilt value they need.
void ScanReversal::setInsertionAfterOperands(Operation *op,
                                             const IRMapping &mapping) {
  Operation *last = nullptr;
  for (Value operand : op->getOperands()) {
    Operation *source = mapping.lookup(operand).getDefiningOp();
    if (source && source->getBlock() == body &&
        (!last || last->isBeforeInBlock(source)))
      last = source;
  }
  if (last)
    inner.setInsertionPointAfter(last);
  else
    inner.setInsertionPointToStart(body);
}

Value ScanReversal::rebuildOrTape(Value value) {
  if (!isInside(value))
    return value;
  if (Value known = forward.lookupOrNull(value))
    return known;
  Value seen;
  Operation *op = value.getDefiningOp();
  if (op && (isCheap(op) || isDerivable(value, DerivedSteps))) {
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, rebuildOrTape(operand));
    OpBuilder::InsertionGuard guard(inner);
    setInsertionAfterOperands(op, mapping);
    seen = inner.clone(*op, mapping)->getResult(0);
  } else if (auto argument = dyn_cast<BlockArgument>(value);
             argument && argument.getArgNumber() < scan.getInputs().size()) {
    seen = addInput(scan.getInputs()[argument.getArgNumber()]);
  } else {
    auto taped = body->addArgument(value.getType(), value.getLoc());
    tape[value] = taped;
    seen = taped;
  }
  forward.map(value, seen);
  return seen;
}

/// Yields what was collected, and drops the derivatives that nothing uses, such
/// as those in constants: what they read need not be taped.
void ScanReversal::endBody() {
  SmallVector<Value> yields(nextStates);
  yields.append(stacked);
  YieldOp::create(inner, scan.getLoc(), yields);
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(*body)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Replaces forward values in the reversed body by what stands for them there.
void ScanReversal::resolveForwardValues() {
  findRead();
  SmallVector<Operation *> ops;
  for (Operation &op : *body)
    ops.push_back(&op);
  for (Operation *op : ops)
    for (OpOperand &operand : op->getOpOperands())
      if (isInside(operand.get()))
        operand.set(rebuildOrTape(operand.get()));
}

/// The forward scan with the taped values stacked as well.
LogicalResult ScanReversal::buildTape() {
  if (tape.empty())
    return success();
  for (auto &[value, argument] : tape)
    if (!isBatch(value.getType()))
      return scan.emitError("expected a step whose derivative needs values of "
                            "the batch, got one that needs ")
             << value.getType();
  SmallVector<Value> taped;
  for (auto &[value, argument] : tape)
    taped.push_back(value);
  scan = stackValues(scan, taped);
  auto stackedTape = scan.getStacked().take_back(tape.size());
  for (auto [entry, sequence] : llvm::zip(tape, stackedTape)) {
    inputs.push_back(sequence);
    inputArgs.push_back(entry.second);
  }
  return success();
}

void ScanReversal::finish() {
  SmallVector<Type> stackedTypes;
  for (Value value : stacked)
    stackedTypes.push_back(getStackedType(value.getType(), scan.getAxis()));
  auto reversed =
      ScanOp::create(outer, scan.getLoc(), scan.getAxis(), !scan.getReverse(),
                     inputs, inits, stackedTypes);
  for (auto [argument, fresh] : llvm::zip(inputArgs, reversed.getInputArgs()))
    argument.replaceAllUsesWith(fresh);
  for (auto [argument, fresh] : llvm::zip(stateArgs, reversed.getStateArgs()))
    argument.replaceAllUsesWith(fresh);
  Block *target = reversed.getBodyBlock();
  target->getOperations().splice(target->end(), body->getOperations());

  for (auto [value, result] :
       llvm::zip(finalTargets, reversed.getFinalStates()))
    cotangents.add(outer, value, result);
  for (auto [value, result] : llvm::zip(stackedTargets, reversed.getStacked()))
    cotangents.add(outer, value, result);
}

LogicalResult ScanReversal::run() {
  local.restrictAs(cotangents);
  body = &region.emplaceBlock();
  inner.setInsertionPointToEnd(body);
  findCarried();
  seed();
  if (failed(reverseBody()))
    return failure();
  collectResults();
  endBody();
  resolveForwardValues();
  if (failed(buildTape()))
    return failure();
  finish();
  return success();
}

LogicalResult rnnc::pullBackScan(OpBuilder &builder, ScanOp scan,
                                 Cotangents &cotangents) {
  bool reached = llvm::any_of(scan.getResults(), [&](Value result) {
    return cotangents.lookup(result);
  });
  if (!reached)
    return success();
  return ScanReversal(builder, scan, cotangents).run();
}
