//===- DeriveStep.cpp - The streaming step ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes @step from @forward: every sequence at one of its steps, the body of
// each scan in place of the scan.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace rnnc {
#define GEN_PASS_DEF_DERIVESTEP
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
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
  LogicalResult derive(StreamOp stream, FuncOp forward);
  LogicalResult copy(Operation &op, StreamOp stream);
  LogicalResult copyScan(ScanOp scan, StreamOp stream);
  void copyReturn(ReturnOp terminator, StreamOp stream);
  InFlightDiagnostic notCausal(Operation *op, StreamOp stream,
                               const Twine &why);

  OpBuilder *builder = nullptr;
  IRMapping mapping;
};

} // namespace

InFlightDiagnostic DeriveStep::notCausal(Operation *op, StreamOp stream,
                                         const Twine &why) {
  InFlightDiagnostic diagnostic =
      op->emitError("expected a causal model for a stream, got " + why);
  diagnostic.attachNote(stream.getLoc()) << "the stream is asked for here";
  return diagnostic;
}

/// What the streamed outputs and the states need; the rest of the model may be
/// as it likes.
static llvm::SmallPtrSet<Operation *, 32> findNeeded(FuncOp forward,
                                                     StreamOp stream) {
  llvm::SmallPtrSet<Operation *, 32> needed;
  SmallVector<Value> worklist;
  ReturnOp terminator = forward.getReturn();
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (role.getKind() == RoleKind::State ||
        llvm::is_contained(stream.getOutputs(), role.getSymbol()))
      worklist.push_back(value);
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || !needed.insert(op).second)
      continue;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        worklist.push_back(operand);
    });
  }
  return needed;
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

LogicalResult DeriveStep::derive(StreamOp stream, FuncOp forward) {
  OpBuilder local(forward);
  builder = &local;
  mapping.clear();
  builder->setInsertionPointAfter(forward);
  auto step = FuncOp::create(*builder, stream.getLoc(), "step");
  builder->setInsertionPointToEnd(&step.getBody().emplaceBlock());

  llvm::SmallPtrSet<Operation *, 32> needed = findNeeded(forward, stream);
  llvm::SmallPtrSet<Operation *, 8> refused;
  for (Operation &op : forward.getBodyBlock()->without_terminator())
    if (needed.contains(&op) &&
        (dependsOn(op, refused) || failed(copy(op, stream))))
      refused.insert(&op);
  if (!refused.empty())
    return failure();
  copyReturn(forward.getReturn(), stream);
  return success();
}

LogicalResult DeriveStep::copy(Operation &op, StreamOp stream) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return copyScan(scan, stream);
  bool fromSequence = llvm::any_of(op.getOperandTypes(), isSequence);
  if (fromSequence && !isSequence(op.getResult(0).getType()))
    return notCausal(&op, stream, "a sum over time");
  if (auto get = dyn_cast<GetOp>(op)) {
    auto input = dyn_cast_if_present<InputOp>(
        SymbolTable::lookupSymbolIn(getOperation(), get.getSymbolAttr()));
    if (input &&
        !llvm::is_contained(stream.getInputs(), Attribute(get.getSymbolAttr())))
      return notCausal(&op, stream,
                       "an input that is not among the stream's: '" +
                           get.getSymbol() + "'");
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
  return success();
}

LogicalResult DeriveStep::copyScan(ScanOp scan, StreamOp stream) {
  if (scan.getReverse())
    return notCausal(scan, stream, "a recurrence backwards in time");
  for (Value final : scan.getFinalStates())
    for (Operation *user : final.getUsers())
      if (!isa<ReturnOp>(user))
        return notCausal(user, stream, "the use of a final state");
  for (auto [argument, input] :
       llvm::zip(scan.getInputArgs(), scan.getInputs()))
    mapping.map(argument, mapping.lookup(input));
  for (auto [argument, init] : llvm::zip(scan.getStateArgs(), scan.getInits()))
    mapping.map(argument, mapping.lookup(init));
  for (Operation &op : scan.getBodyBlock()->without_terminator())
    builder->clone(op, mapping);
  for (auto [result, value] :
       llvm::zip(scan.getResults(), scan.getYield().getValues()))
    mapping.map(result, mapping.lookupOrDefault(value));
  return success();
}

void DeriveStep::copyReturn(ReturnOp terminator, StreamOp stream) {
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues())) {
    if (role.getKind() == RoleKind::Output &&
        !llvm::is_contained(stream.getOutputs(), Attribute(role.getSymbol())))
      continue;
    roles.push_back(role);
    values.push_back(mapping.lookup(value));
  }
  ReturnOp::create(*builder, terminator.getLoc(), builder->getArrayAttr(roles),
                   values);
}
