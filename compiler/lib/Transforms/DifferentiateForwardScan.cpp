//===- DifferentiateForwardScan.cpp - Tangents through time ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The tangents of a scan: one scan that carries states and their tangents, so
// that a step is computed once and its products may be merged.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/DifferentiateForward.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

/// Builds the scan of one scan's values and tangents.
class DualScan {
public:
  DualScan(OpBuilder &builder, ScanOp scan, Tangents &tangents)
      : builder(builder), scan(scan), tangents(tangents), local(&tangents) {}

  LogicalResult run();

private:
  bool isVarying(Value value) {
    return varying.contains(value) || tangents.contains(value);
  }
  bool markVarying(Value value) { return varying.insert(value).second; }

  void findVarying();
  bool visitStep();
  ScanOp create();
  LogicalResult differentiateBody(ScanOp dual);
  void yieldTangents(ScanOp dual);
  void replaceResults(ScanOp dual);
  Value getOrZero(Value tangent, Value value);

  OpBuilder &builder;
  ScanOp scan;
  Tangents &tangents;
  Tangents local;
  /// Values of the step that depend on something with a tangent.
  llvm::DenseSet<Value> varying;
  SmallVector<unsigned> inputs, states, stacked; ///< those with a tangent
};

} // namespace

/// Goes through the step once; true where a state was found to vary.
bool DualScan::visitStep() {
  for (Operation &op : scan.getBodyBlock()->without_terminator())
    if (llvm::any_of(op.getOperands(), [&](Value v) { return isVarying(v); }))
      for (Value result : op.getResults())
        markVarying(result);
  bool changed = false;
  for (auto [argument, next] :
       llvm::zip(scan.getStateArgs(), scan.getNextStates()))
    if (isVarying(next))
      changed |= markVarying(argument);
  return changed;
}

void DualScan::findVarying() {
  auto markFrom = [&](ValueRange outside, ValueRange arguments) {
    for (auto [value, argument] : llvm::zip(outside, arguments))
      if (tangents.contains(value))
        markVarying(argument);
  };
  markFrom(scan.getInputs(), scan.getInputArgs());
  markFrom(scan.getInits(), scan.getStateArgs());
  while (visitStep())
    ;
  auto list = [&](ValueRange values, SmallVector<unsigned> &positions) {
    for (auto [position, value] : llvm::enumerate(values))
      if (isVarying(value) && isDifferentiable(value.getType()))
        positions.push_back(position);
  };
  list(scan.getInputArgs(), inputs);
  list(scan.getStateArgs(), states);
  list(scan.getStackedYields(), stacked);
}

Value DualScan::getOrZero(Value tangent, Value value) {
  return tangent ? tangent
                 : createZero(builder, value.getLoc(), value.getType());
}

/// The scan with the step of the old one, whose yield is still the old one's.
ScanOp DualScan::create() {
  SmallVector<Value> operands(scan.getInputs()), inits(scan.getInits());
  for (unsigned i : inputs)
    operands.push_back(tangents.lookup(scan.getInputs()[i]));
  for (unsigned i : states)
    inits.push_back(
        getOrZero(tangents.lookup(scan.getInits()[i]), scan.getInits()[i]));
  SmallVector<Type> types(scan.getStacked().getTypes());
  for (unsigned i : stacked)
    types.push_back(scan.getStacked()[i].getType());
  auto dual = ScanOp::create(builder, scan.getLoc(), scan.getAxis(),
                             scan.getReverse(), operands, inits, types);
  auto adopt = [&](ValueRange old, ValueRange fresh,
                   ArrayRef<unsigned> positions) {
    for (auto [before, after] : llvm::zip(old, fresh))
      before.replaceAllUsesWith(after);
    for (auto [i, tangent] : llvm::zip(positions, fresh.drop_front(old.size())))
      local.set(fresh[i], tangent);
  };
  adopt(scan.getInputArgs(), dual.getInputArgs(), inputs);
  adopt(scan.getStateArgs(), dual.getStateArgs(), states);
  Block *body = dual.getBodyBlock();
  body->getOperations().splice(body->end(),
                               scan.getBodyBlock()->getOperations());
  return dual;
}

LogicalResult DualScan::differentiateBody(ScanOp dual) {
  SmallVector<Operation *> ops;
  for (Operation &op : dual.getBodyBlock()->without_terminator())
    ops.push_back(&op);
  for (Operation *op : ops)
    if (failed(pushForward(builder, op, local)))
      return failure();
  return success();
}

void DualScan::yieldTangents(ScanOp dual) {
  YieldOp yield = dual.getYield();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(yield);
  ValueRange next = yield.getValues().take_front(scan.getNumStates());
  ValueRange rest = yield.getValues().drop_front(scan.getNumStates());
  SmallVector<Value> values;
  auto append = [&](ValueRange primal, ArrayRef<unsigned> positions) {
    values.append(primal.begin(), primal.end());
    for (unsigned i : positions)
      values.push_back(getOrZero(local.lookup(primal[i]), primal[i]));
  };
  append(next, states);
  append(rest, stacked);
  yield.getValuesMutable().assign(values);
}

void DualScan::replaceResults(ScanOp dual) {
  auto replace = [&](ResultRange old, ResultRange fresh,
                     ArrayRef<unsigned> positions) {
    for (auto [before, after] : llvm::zip(old, fresh))
      before.replaceAllUsesWith(after);
    for (auto [i, tangent] : llvm::zip(positions, fresh.drop_front(old.size())))
      tangents.set(fresh[i], tangent);
  };
  replace(scan.getFinalStates(), dual.getFinalStates(), states);
  replace(scan.getStacked(), dual.getStacked(), stacked);
  scan.erase();
}

LogicalResult DualScan::run() {
  findVarying();
  if (states.empty() && stacked.empty())
    return success();
  builder.setInsertionPoint(scan);
  ScanOp dual = create();
  if (failed(differentiateBody(dual)))
    return failure();
  yieldTangents(dual);
  replaceResults(dual);
  return success();
}

LogicalResult rnnc::pushForwardScan(OpBuilder &builder, ScanOp scan,
                                    Tangents &tangents) {
  return DualScan(builder, scan, tangents).run();
}
