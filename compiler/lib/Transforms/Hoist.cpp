//===- Hoist.cpp - Products out of the recurrence -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Three moves on each scan: what depends on inputs alone goes before it, what
// no state depends on goes after it, and accumulated sums become sums over
// stacked operands. Before them, masks that are the same at every step become
// values of the batch.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "compiler/lib/Transforms/ScanEditor.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

namespace rnnc {
#define GEN_PASS_DEF_HOIST
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class Hoist : public rnnc::impl::HoistBase<Hoist> {
public:
  void runOnOperation() override {
    getOperation().walk([](DropoutOp op) {
      if (op.getSequence())
        separateMask(op);
    });
    SmallVector<ScanOp> scans;
    getOperation().walk([&](ScanOp scan) { scans.push_back(scan); });
    for (ScanOp scan : scans) {
      ScanEditor editor(scan);
      hoistInvariants(editor);
      hoistProjections(editor);
      sinkProducts(editor);
      sumOutside(editor);
    }
  }

private:
  static void separateMask(DropoutOp op);
  void hoistInvariants(ScanEditor &editor);
  void hoistProjections(ScanEditor &editor);
  void sinkProducts(ScanEditor &editor);
  void sumOutside(ScanEditor &editor);
};

} // namespace

/// Whether a value is free to make again wherever it is used.
static bool isFree(Operation &op) { return isa<ConstantOp, BroadcastOp>(op); }

/// Whether a value of a step can be made outside of the scan at no cost.
static bool isFreeOutside(Operation &op, Block *body) {
  return isFree(op) && llvm::all_of(op.getOperands(), [&](Value operand) {
           return operand.getParentBlock() != body;
         });
}

static bool isProduct(Operation *op) { return isa<MatmulOp, GatherOp>(op); }

//===----------------------------------------------------------------------===//
// Before the scan
//===----------------------------------------------------------------------===//

/// Dropout with one mask a sequence, of values that change over time, becomes a
/// product with the mask.
void Hoist::separateMask(DropoutOp op) {
  auto scan = op->getParentOfType<ScanOp>();
  Type type = op.getType();
  if (!scan && isBatch(type))
    return;
  OpBuilder builder(scan ? scan : op);
  Type once = isSequence(type) ? getStepType(type) : type;
  Value ones = ConstantOp::create(builder, op.getLoc(), once,
                                  builder.getF64FloatAttr(1.0));
  Value mask =
      DropoutOp::create(builder, op.getLoc(), once, ones, op.getRateAttr(),
                        op.getSiteAttr(), op.getSequenceAttr());
  builder.setInsertionPoint(op);
  if (once != type)
    mask = BroadcastOp::create(builder, op.getLoc(), type, mask, false);
  op.replaceAllUsesWith(
      MulOp::create(builder, op.getLoc(), type, op.getOperand(), mask)
          .getResult());
  op.erase();
}

/// What depends on nothing inside, but for values that are free, is computed
/// once. A step's dropout has a mask of its own at each.
void Hoist::hoistInvariants(ScanEditor &editor) {
  Block *body = editor.getBody();
  auto isInvariant = [&](Value value) {
    Operation *source = value.getDefiningOp();
    return editor.isOutside(value) || (source && isFreeOutside(*source, body));
  };
  for (Operation &op : llvm::make_early_inc_range(body->without_terminator())) {
    if (isFree(op) || isa<DropoutOp>(op) || op.getNumOperands() == 0 ||
        !llvm::all_of(op.getOperands(), isInvariant))
      continue;
    OpBuilder builder(editor.getScan());
    for (OpOperand &operand : op.getOpOperands())
      if (!editor.isOutside(operand.get()))
        operand.set(
            builder.clone(*operand.get().getDefiningOp())->getResult(0));
    op.moveBefore(editor.getScan());
    ++numHoisted;
  }
}

/// The operations of a step that depend on its inputs alone, row by row.
static llvm::SetVector<Operation *> findInputOnly(ScanEditor &editor) {
  llvm::SetVector<Operation *> inputOnly;
  auto isAvailable = [&](Value value) {
    return editor.isOutside(value) || editor.getInputOf(value) ||
           (value.getDefiningOp() && inputOnly.contains(value.getDefiningOp()));
  };
  for (Operation &op : editor.getBody()->without_terminator())
    if (op.hasTrait<RowwiseOp>() && op.getNumResults() == 1 &&
        isBatch(op.getResult(0).getType()) &&
        llvm::all_of(op.getOperands(), isAvailable))
      inputOnly.insert(&op);
  return inputOnly;
}

/// Products among them, sums of such products, and what they need.
static llvm::SetVector<Operation *>
findWorthHoisting(const llvm::SetVector<Operation *> &inputOnly) {
  llvm::SmallPtrSet<Operation *, 8> wanted;
  auto isWanted = [&](Value value) {
    return wanted.contains(value.getDefiningOp());
  };
  for (Operation *op : inputOnly)
    if (isProduct(op) ||
        (isa<AddOp>(op) && llvm::all_of(op->getOperands(), isWanted)))
      wanted.insert(op);
  for (Operation *op : llvm::reverse(inputOnly.getArrayRef()))
    if (wanted.contains(op))
      for (Value operand : op->getOperands())
        if (inputOnly.contains(operand.getDefiningOp()))
          wanted.insert(operand.getDefiningOp());
  llvm::SetVector<Operation *> ordered;
  for (Operation *op : inputOnly)
    if (wanted.contains(op))
      ordered.insert(op);
  return ordered;
}

/// Makes an operation of a step one on whole sequences.
static Value cloneOverTime(OpBuilder &builder, Operation *op, StringRef axis,
                           const IRMapping &sequences) {
  IRMapping mapping = sequences;
  for (Value operand : op->getOperands()) {
    bool isStep = isBatch(operand.getType()) && !mapping.contains(operand);
    if (isStep)
      mapping.map(operand,
                  BroadcastOp::create(builder, op->getLoc(),
                                      getStackedType(operand.getType(), axis),
                                      operand, false));
  }
  Operation *whole = builder.clone(*op, mapping);
  whole->getResult(0).setType(getStackedType(op->getResult(0).getType(), axis));
  return whole->getResult(0);
}

void Hoist::hoistProjections(ScanEditor &editor) {
  llvm::SetVector<Operation *> ops = findWorthHoisting(findInputOnly(editor));
  if (ops.empty())
    return;
  IRMapping sequences;
  ScanOp scan = editor.getScan();
  for (auto [argument, input] :
       llvm::zip(scan.getInputArgs(), scan.getInputs()))
    sequences.map(argument, input);
  OpBuilder builder(scan);
  for (Operation *op : ops)
    sequences.map(op->getResult(0),
                  cloneOverTime(builder, op, scan.getAxis(), sequences));
  for (Operation *op : llvm::reverse(ops.getArrayRef())) {
    if (!op->use_empty())
      op->getResult(0).replaceAllUsesWith(
          editor.addInput(sequences.lookup(op->getResult(0))));
    op->erase();
    ++numHoisted;
  }
}

//===----------------------------------------------------------------------===//
// After the scan
//===----------------------------------------------------------------------===//

/// The operations that the next states depend on.
static llvm::SmallPtrSet<Operation *, 16> findRecurrent(ScanOp scan) {
  llvm::SmallPtrSet<Operation *, 16> recurrent;
  SmallVector<Value> worklist(scan.getNextStates());
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || op->getBlock() != scan.getBodyBlock() ||
        !recurrent.insert(op).second)
      continue;
    llvm::append_range(worklist, op->getOperands());
  }
  return recurrent;
}

/// Products that no state depends on, and what depends on them. What a step
/// makes of static states cannot be stacked.
static llvm::SetVector<Operation *> findSinkable(ScanOp scan) {
  Block *body = scan.getBodyBlock();
  llvm::SmallPtrSet<Operation *, 16> recurrent = findRecurrent(scan);
  llvm::SetVector<Operation *> sinkable;
  for (Operation &op : body->without_terminator()) {
    if (recurrent.contains(&op) || !op.hasTrait<RowwiseOp>() ||
        isFreeOutside(op, body))
      continue;
    bool canStack = llvm::all_of(op.getOperands(), [&](Value operand) {
      return operand.getParentBlock() != body || isBatch(operand.getType());
    });
    bool follows = llvm::any_of(op.getOperands(), [&](Value operand) {
      return sinkable.contains(operand.getDefiningOp());
    });
    if (canStack && (isProduct(&op) || follows))
      sinkable.insert(&op);
  }
  return sinkable;
}

void Hoist::sinkProducts(ScanEditor &editor) {
  llvm::SetVector<Operation *> ops = findSinkable(editor.getScan());
  if (ops.empty())
    return;
  llvm::SetVector<Value> stacked;
  for (Operation *op : ops)
    for (Value operand : op->getOperands()) {
      Operation *source = operand.getDefiningOp();
      bool isFreeSource = source && isFreeOutside(*source, editor.getBody());
      if (!editor.isOutside(operand) && !ops.contains(source) && !isFreeSource)
        stacked.insert(operand);
    }
  // Each new result makes the scan anew: they are looked up when all are there.
  for (Value operand : stacked)
    editor.stack(operand);
  IRMapping sequences;
  for (Value operand : stacked)
    sequences.map(operand, editor.stack(operand));
  ScanOp scan = editor.getScan();
  OpBuilder builder(scan->getContext());
  builder.setInsertionPointAfter(scan);
  StringRef axis = scan.getAxis();
  for (Operation *op : ops) {
    for (Value operand : op->getOperands()) {
      Operation *source = operand.getDefiningOp();
      if (source && source->getBlock() == editor.getBody() &&
          isFreeOutside(*source, editor.getBody()) &&
          !sequences.contains(operand))
        sequences.map(operand, cloneOverTime(builder, source, axis, sequences));
    }
    sequences.map(op->getResult(0),
                  cloneOverTime(builder, op, axis, sequences));
    ++numSunk;
  }
  for (auto [yielded, result] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    if (ops.contains(yielded.getDefiningOp()))
      result.replaceAllUsesWith(sequences.lookup(yielded));
}

//===----------------------------------------------------------------------===//
// Sums over time
//===----------------------------------------------------------------------===//

/// Whether the sum of a value over all steps is the same operation on sums, or
/// a sum over rows of stacked operands.
static bool isSummable(Value value, Block *body) {
  Operation *op = value.getDefiningOp();
  if (!op || op->getBlock() != body)
    return false;
  if (op->hasTrait<RowSumOp>())
    return true;
  if (auto sum = dyn_cast<SumToOp>(op))
    return isStatic(sum.getType()) && !sum.getMean() &&
           !isStatic(sum.getOperand().getType());
  if (isa<AddOp, SubOp, NegOp, SliceOp, PadOp, ConcatOp, TransposeOp>(op))
    return llvm::all_of(op->getOperands(),
                        [&](Value v) { return isSummable(v, body); });
  return false;
}

/// Builds the sum of a summable value over all steps after the scan.
static Value sumOverTime(Value value, ScanEditor &editor, IRMapping &sums) {
  if (sums.contains(value))
    return sums.lookup(value);
  Operation *op = value.getDefiningOp();
  // Each new result makes the scan anew: they are looked up when all are there.
  for (Value operand : op->getOperands())
    isStatic(operand.getType()) ? sumOverTime(operand, editor, sums)
                                : editor.stack(operand);
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, isStatic(operand.getType()) ? sums.lookup(operand)
                                                     : editor.stack(operand));
  OpBuilder builder(op->getContext());
  builder.setInsertionPointAfter(editor.getScan());
  Operation *insertAfter = editor.getScan();
  for (Value operand : op->getOperands())
    if (Operation *source = mapping.lookup(operand).getDefiningOp())
      if (source->getBlock() == insertAfter->getBlock() &&
          insertAfter->isBeforeInBlock(source))
        insertAfter = source;
  builder.setInsertionPointAfter(insertAfter);
  Value sum = builder.clone(*op, mapping)->getResult(0);
  sums.map(value, sum);
  return sum;
}

/// The other operand, where `next` adds something to `state` alone.
static Value getAddend(Value next, Value state) {
  auto add = next.getDefiningOp<AddOp>();
  if (!add || !state.hasOneUse())
    return {};
  if (add.getLhs() == state)
    return add.getRhs();
  return add.getRhs() == state ? add.getLhs() : Value();
}

void Hoist::sumOutside(ScanEditor &editor) {
  IRMapping sums;
  for (unsigned i = 0, e = editor.getScan().getNumStates(); i < e; ++i) {
    ScanOp scan = editor.getScan();
    Value state = scan.getStateArgs()[i];
    Value next = scan.getNextStates()[i];
    if (!isStatic(state.getType()))
      continue;
    Value addend = getAddend(next, state);
    if (!addend || !next.hasOneUse() || !isSummable(addend, editor.getBody()))
      continue;
    Value sum = sumOverTime(addend, editor, sums);
    scan = editor.getScan();
    OpBuilder builder(sum.getContext());
    builder.setInsertionPointAfterValue(sum);
    Value total = AddOp::create(builder, scan.getLoc(), sum.getType(),
                                scan.getInits()[i], sum);
    scan.getFinalStates()[i].replaceAllUsesExcept(total, total.getDefiningOp());
    scan.getYield().getValuesMutable()[i].assign(scan.getStateArgs()[i]);
    ++numSums;
  }
}
