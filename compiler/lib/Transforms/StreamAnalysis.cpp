//===- StreamAnalysis.cpp - What a stream's step computes -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One walk over @forward notes what each operation depends on; another, from
// the streamed outputs back, what is needed.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/StreamAnalysis.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

StreamAnalysis::StreamAnalysis(StreamOp stream, FuncOp forward)
    : stream(stream) {
  findAxis(forward);
  for (Operation &op : forward.getBodyBlock()->without_terminator())
    classify(op);
  findNeeded(forward);
}

void StreamAnalysis::findAxis(FuncOp forward) {
  auto note = [&](Type type) {
    if (axis.empty() && isSequence(type))
      axis = ::rnnc::rnn::getAxis(type);
  };
  ReturnOp terminator = forward.getReturn();
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (role.getKind() == RoleKind::Output &&
        llvm::is_contained(stream.getOutputs(), Attribute(role.getSymbol())))
      note(value.getType());
  for (auto get : forward.getBodyBlock()->getOps<GetOp>())
    if (isFed(get))
      note(get.getType());
}

bool StreamAnalysis::isFed(GetOp get) const {
  return llvm::is_contained(stream.getInputs(), Attribute(get.getSymbolAttr()));
}

void StreamAnalysis::classify(Operation &op) {
  unsigned found = 0;
  op.walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      found |= lookup(operand);
  });
  auto visit = [&](Type type) {
    if (isSequence(type))
      found |= ::rnnc::rnn::getAxis(type) == axis ? OnStep : OnUnfed;
  };
  llvm::for_each(op.getResultTypes(), visit);
  llvm::for_each(op.getOperandTypes(), visit);
  if (auto scan = dyn_cast<ScanOp>(op))
    found |= scan.getAxis() == axis ? OnStep : OnUnfed;
  if (isa<InitialStateOp>(op))
    found |= OnState;
  auto get = dyn_cast<GetOp>(op);
  if (get && !isStatic(get.getType()))
    found |= isFed(get) ? OnFed : OnUnfed;
  dependences[&op] = found;
}

bool StreamAnalysis::isReturned(RoleAttr role, Value value) const {
  if (role.getKind() == RoleKind::State)
    return needed.contains(value.getDefiningOp()) && (lookup(value) & OnStep);
  return llvm::is_contained(stream.getOutputs(), Attribute(role.getSymbol()));
}

void StreamAnalysis::addNeeded(Value value) {
  SmallVector<Value> worklist = {value};
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || !needed.insert(op).second)
      continue;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        worklist.push_back(operand);
    });
  }
}

/// What the streamed outputs depend on, then the views by which states of these
/// recurrences are returned. Another recurrence, such as a metric's, may be as
/// it likes.
void StreamAnalysis::findNeeded(FuncOp forward) {
  ReturnOp terminator = forward.getReturn();
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (role.getKind() != RoleKind::State && isReturned(role, value))
      addNeeded(value);
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues())) {
    Operation *op = value.getDefiningOp();
    auto isNeeded = [&](Value operand) {
      return needed.contains(operand.getDefiningOp());
    };
    if (role.getKind() == RoleKind::State && op && !isa<ScanOp>(op) &&
        llvm::any_of(op->getOperands(), isNeeded))
      addNeeded(value);
  }
}

bool StreamAnalysis::isContext(Operation *op) const {
  unsigned found = dependences.lookup(op);
  bool isOfOtherAxis = !(found & (OnStep | OnFed));
  return (found & OnUnfed) && isOfOtherAxis;
}

bool StreamAnalysis::readsState(Value value) const {
  unsigned found = lookup(value);
  return (found & OnState) && !(found & OnUnfed);
}

bool StreamAnalysis::isUnfedInput(GetOp get) const {
  return isSequence(get.getType()) && !isFed(get);
}

bool StreamAnalysis::isFedShifted(Value value) const {
  auto get = value.getDefiningOp<GetOp>();
  std::optional<ArrayRef<int32_t>> starts = stream.getStarts();
  if (!get || !starts)
    return false;
  auto inputs = stream.getInputs().getAsRange<FlatSymbolRefAttr>();
  for (auto [input, start] : llvm::zip_equal(inputs, *starts))
    if (input == get.getSymbolAttr())
      return start >= 0;
  return false;
}

bool StreamAnalysis::isAlsoRead(GetOp get) const {
  return isFedShifted(get) &&
         llvm::any_of(get->getUsers(), [&](Operation *user) {
           return isInStep(user) && !isa<ShiftOp>(user);
         });
}
