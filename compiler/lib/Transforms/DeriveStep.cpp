//===- DeriveStep.cpp - The streaming step ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes @step from @forward: every sequence at one of its steps, the body of
// each scan in place of the scan. What the step needs of inputs that it is not
// fed becomes the stream's context: states that @encode computes and the step
// leaves as they are.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "compiler/lib/Transforms/StreamAnalysis.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

namespace rnnc {
#define GEN_PASS_DEF_DERIVESTEP
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class DeriveStep : public rnnc::impl::DeriveStepBase<DeriveStep> {
public:
  void runOnOperation() override {
    auto streams = getOperation().getOps<StreamOp>();
    FuncOp forward = getOperation().lookupFunction("forward");
    if (streams.empty() || !forward)
      return;
    if (failed(derive(*streams.begin(), forward)))
      signalPassFailure();
  }

private:
  LogicalResult derive(StreamOp asked, FuncOp forward);
  LogicalResult check(Operation &op);
  LogicalResult copy(Operation &op);
  void copyOp(Operation &op);
  LogicalResult copyScan(ScanOp scan);
  LogicalResult readContext(Operation &op);
  Value addStreamState(Value beginning, const Twine &name);
  void copyReturn(ReturnOp terminator);
  void makeBeginning(FuncOp forward);
  InFlightDiagnostic notCausal(Operation *op, const Twine &why);

  StreamOp stream;
  std::optional<StreamAnalysis> analysis;
  OpBuilder *builder = nullptr;
  IRMapping mapping;
  /// States of the stream alone, by symbol, with what they begin with in
  /// @forward.
  llvm::MapVector<StringAttr, Value> beginnings;
  /// Next values of those that the step changes.
  llvm::MapVector<StringAttr, Value> nextValues;
};

} // namespace

InFlightDiagnostic DeriveStep::notCausal(Operation *op, const Twine &why) {
  InFlightDiagnostic diagnostic =
      op->emitError("expected a causal model for a stream, got " + why);
  diagnostic.attachNote(stream.getLoc()) << "the stream is asked for here";
  return diagnostic;
}

/// What depends on a refused operation is not reported again.
static bool dependsOn(Operation &op,
                      const llvm::SmallPtrSetImpl<Operation *> &refused) {
  return op
      .walk([&](Operation *inner) {
        bool found = llvm::any_of(inner->getOperands(), [&](Value operand) {
          return refused.contains(operand.getDefiningOp());
        });
        return found ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult DeriveStep::derive(StreamOp asked, FuncOp forward) {
  stream = asked;
  mapping.clear();
  beginnings.clear();
  nextValues.clear();
  analysis.emplace(stream, forward);
  OpBuilder local(forward);
  builder = &local;
  builder->setInsertionPointAfter(forward);
  auto step = FuncOp::create(*builder, stream.getLoc(), "step");
  builder->setInsertionPointToEnd(&step.getBody().emplaceBlock());

  llvm::SmallPtrSet<Operation *, 8> refused;
  for (Operation &op : forward.getBodyBlock()->without_terminator())
    if (analysis->isInStep(&op) && (dependsOn(op, refused) || failed(copy(op))))
      refused.insert(&op);
  if (!refused.empty())
    return failure();
  copyReturn(forward.getReturn());
  makeBeginning(forward);
  return success();
}

//===----------------------------------------------------------------------===//
// One step of each operation
//===----------------------------------------------------------------------===//

LogicalResult DeriveStep::check(Operation &op) {
  StringRef axis = analysis->getAxis();
  auto isOverAxis = [&](Type type) {
    return isSequence(type) && getAxis(type) == axis;
  };
  bool fromSequence = llvm::any_of(op.getOperandTypes(), isOverAxis);
  if (isa<PickOp>(op))
    return notCausal(&op, "a sequence's first or last step");
  if (isa<ReverseOp, RemainingOp, PlaceOp>(op))
    return notCausal(&op, "a value that depends on where the sequence ends");
  if (fromSequence && !isSequence(op.getResult(0).getType()))
    return notCausal(&op, "a sum over time");
  auto get = dyn_cast<GetOp>(op);
  if (get && analysis->isUnfedInput(get))
    return notCausal(&op, "an input that is not among the stream's: '" +
                              get.getSymbol() + "'");
  auto shift = dyn_cast<ShiftOp>(op);
  if (shift && !analysis->isFedShifted(shift.getOperand()))
    return notCausal(&op, "an input one step later, where the step is fed the "
                          "input as it is");
  if (get && analysis->isAlsoRead(get))
    return notCausal(&op, "an input that is read both as it is and one step "
                          "later: '" +
                              get.getSymbol() + "'");
  return success();
}

/// A state of the stream's records, as the step reads it.
Value DeriveStep::addStreamState(Value beginning, const Twine &name) {
  OpBuilder declarations(stream);
  std::string unique =
      ("stream." + name + "." + Twine(beginnings.size())).str();
  auto state = StateOp::create(declarations, beginning.getLoc(), unique,
                               beginning.getType(), /*of_stream=*/true);
  beginnings[state.getSymNameAttr()] = beginning;
  Value zero = createZero(*builder, beginning.getLoc(), beginning.getType());
  return InitialStateOp::create(*builder, beginning.getLoc(),
                                beginning.getType(),
                                FlatSymbolRefAttr::get(state), zero);
}

/// Makes the context that an operation reads available in the step. What a
/// scan starts from is read once only, by what fills the records.
LogicalResult DeriveStep::readContext(Operation &op) {
  LogicalResult result = success();
  op.walk([&](Operation *inner) {
    auto scan = dyn_cast<ScanOp>(inner);
    ValueRange read =
        scan ? ValueRange(scan.getInputs()) : inner->getOperands();
    for (Value operand : read) {
      Operation *source = operand.getDefiningOp();
      if (!source || !analysis->isContext(source) || mapping.contains(operand))
        continue;
      if (isBatch(operand.getType()))
        mapping.map(operand, addStreamState(operand, "context"));
      else
        result = notCausal(inner, "a value over another time axis");
    }
  });
  return result;
}

/// Dropout is for training; a shift is undone by feeding what it would give.
void DeriveStep::copyOp(Operation &op) {
  if (isa<DropoutOp, ShiftOp>(op)) {
    mapping.map(op.getResult(0), mapping.lookup(op.getOperand(0)));
    return;
  }
  Operation *copied = builder->clone(op, mapping);
  for (Value result : copied->getResults())
    if (isSequence(result.getType()))
      result.setType(getStepType(result.getType()));
  bool repeatsBatch =
      isa<BroadcastOp>(op) &&
      copied->getOperand(0).getType() == copied->getResult(0).getType();
  if (repeatsBatch) {
    mapping.map(op.getResult(0), copied->getOperand(0));
    copied->erase();
  }
}

LogicalResult DeriveStep::copy(Operation &op) {
  if (failed(readContext(op)))
    return failure();
  if (auto scan = dyn_cast<ScanOp>(op))
    return copyScan(scan);
  if (failed(check(op)))
    return failure();
  copyOp(op);
  return success();
}

LogicalResult DeriveStep::copyScan(ScanOp scan) {
  if (scan.getReverse())
    return notCausal(scan, "a recurrence backwards in time");
  for (Value final : scan.getFinalStates())
    for (Operation *user : final.getUsers())
      if (analysis->isInStep(user))
        return notCausal(user, "the use of a final state");
  for (auto [argument, input] :
       llvm::zip(scan.getInputArgs(), scan.getInputs()))
    mapping.map(argument, mapping.lookup(input));
  SmallVector<std::pair<StringAttr, unsigned>> own;
  for (auto [index, init] : llvm::enumerate(scan.getInits())) {
    bool isModels = analysis->readsState(init);
    Value now = isModels ? mapping.lookup(init) : addStreamState(init, "state");
    mapping.map(scan.getStateArgs()[index], now);
    if (!isModels)
      own.emplace_back(beginnings.back().first, index);
  }
  for (Operation &op : scan.getBodyBlock()->without_terminator())
    copyOp(op);
  for (auto [result, value] :
       llvm::zip(scan.getResults(), scan.getYield().getValues()))
    mapping.map(result, mapping.lookupOrDefault(value));
  for (auto [symbol, index] : own)
    nextValues[symbol] = mapping.lookup(scan.getFinalStates()[index]);
  return success();
}

//===----------------------------------------------------------------------===//
// Results and beginnings
//===----------------------------------------------------------------------===//

void DeriveStep::copyReturn(ReturnOp terminator) {
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (analysis->isReturned(role, value)) {
      roles.push_back(role);
      values.push_back(mapping.lookup(value));
    }
  for (auto [symbol, value] : nextValues) {
    roles.push_back(RoleAttr::get(&getContext(), RoleKind::State,
                                  FlatSymbolRefAttr::get(symbol)));
    values.push_back(value);
  }
  ReturnOp::create(*builder, terminator.getLoc(), builder->getArrayAttr(roles),
                   values);
}

/// What fills a record before the first step, where the model's own states are
/// not all: @encode if it reads inputs, else @begin.
void DeriveStep::makeBeginning(FuncOp forward) {
  if (beginnings.empty())
    return;
  OpBuilder after(&getContext());
  after.setInsertionPointAfter(forward);
  IRMapping copies;
  auto function = cast<FuncOp>(after.clone(*forward, copies));
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  auto add = [&](FlatSymbolRefAttr symbol, Value value) {
    roles.push_back(RoleAttr::get(&getContext(), RoleKind::State, symbol));
    values.push_back(value);
  };
  for (auto [symbol, value] : beginnings)
    add(FlatSymbolRefAttr::get(symbol), copies.lookup(value));
  for (auto initial : llvm::make_early_inc_range(
           function.getBodyBlock()->getOps<InitialStateOp>())) {
    add(initial.getSymbolAttr(), initial.getValue());
    initial.replaceAllUsesWith(initial.getValue());
    llvm::replace(values, Value(initial), Value(initial.getValue()));
    initial.erase();
  }
  ReturnOp terminator = function.getReturn();
  terminator.setRolesAttr(after.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*function.getBodyBlock())))
    if (isOpTriviallyDead(&op))
      op.erase();
  bool readsInputs =
      llvm::any_of(function.getBodyBlock()->getOps<GetOp>(), [&](GetOp get) {
        return isa<InputOp>(
            SymbolTable::lookupSymbolIn(getOperation(), get.getSymbolAttr()));
      });
  function.setSymName(readsInputs ? "encode" : "begin");
}
