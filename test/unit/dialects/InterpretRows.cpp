//===- InterpretRows.cpp - Operations on rows of time ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations without regions: those on all rows alike, whose arithmetic is in
// Evaluate.cpp, and those that know where in time a row stands.
//===----------------------------------------------------------------------===//

#include "test/unit/Philox.h"
#include "test/unit/dialects/Evaluate.h"
#include "test/unit/dialects/InterpreterImpl.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace rnnc::rnn;
using namespace rnnc::test;

/// How many elements of the larger type one of the smaller stands for, by the
/// sizes of the call rather than of a chunk; between a sequence and the batch
/// each sequence has its own number.
double Interpreter::countCopies(Type large, Type small, int64_t b) {
  auto countFeatures = [](Type type) {
    int64_t count = 1;
    for (unsigned i = 0, e = getFeatureRank(type); i < e; ++i)
      count *= getFeatureSize(type, i);
    return count;
  };
  double copies = countFeatures(large) / countFeatures(small);
  if (isSequence(large) && isStatic(small))
    copies *= call.countRows(getAxis(large));
  else if (isSequence(large) && isBatch(small))
    copies *= call.getLength(getAxis(large), b);
  else if (isBatch(large) && isStatic(small))
    copies *= call.batch;
  return copies;
}

/// Sums over time grow from chunk to chunk.
static bool isSumOverTime(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isSequence) &&
         !isSequence(op->getResult(0).getType());
}

static bool isMean(Operation *op) {
  if (auto sum = dyn_cast<SumToOp>(op))
    return sum.getMean();
  auto spread = dyn_cast<BroadcastOp>(op);
  return spread && spread.getMean();
}

void Interpreter::evaluateCompute(Operation *op) {
  bool sumsRows = op->hasTrait<RowSumOp>() || isa<SumToOp>(op);
  std::vector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    operands.push_back(read(operand));
    if (sumsRows)
      fillPadding(operand.getType(), operands.back(), 0.0);
  }
  Value value = op->getResult(0);
  Tensor result = make(value.getType());
  if (!evaluateOnTensors(op, operands, result)) {
    ADD_FAILURE() << "no meaning for " << op->getName().getStringRef().str();
    return;
  }
  if (isMean(op)) {
    Type large = op->getOperand(0).getType(), small = value.getType();
    if (isa<BroadcastOp>(op))
      std::swap(large, small);
    int64_t size = result.rows * result.columns;
    for (size_t i = 0; i < result.data.size(); ++i) {
      double copies = countCopies(large, small, i / size % result.batch);
      result.data[i] = copies == 0.0 ? 0.0 : result.data[i] / copies;
    }
  }
  if (isDifferentiable(value.getType()))
    fillPadding(value.getType(), result, NAN);
  if (chunk && isSumOverTime(op) && !window.isFirstEvaluated)
    for (auto [element, before] : llvm::zip(result.data, values[value].data))
      element += before;
  values[value] = result;
}

//===----------------------------------------------------------------------===//
// Positions in time
//===----------------------------------------------------------------------===//

static void copyRow(const Tensor &from, int64_t fromStep, Tensor &to,
                    int64_t toStep, int64_t b) {
  for (int64_t c = 0; c < to.columns; ++c)
    to.at(toStep, b, 0, c) = from.at(fromStep, b, 0, c);
}

void Interpreter::evaluatePick(PickOp op) {
  Tensor from = read(op.getOperand());
  StringRef axis = getAxis(op.getOperand().getType());
  Window here = getWindow(axis);
  bool goesOn = chunk && !window.isFirstEvaluated;
  Tensor result = goesOn ? values[op] : make(op.getType());
  for (int64_t b = 0; b < call.batch; ++b) {
    int64_t length = call.getLength(axis, b);
    int64_t t = (op.getEnd() == End::First ? 0 : length - 1) - here.first;
    if (length > 0 && t >= 0 && t < here.steps)
      copyRow(from, t, result, 0, b);
  }
  values[op] = result;
}

void Interpreter::evaluatePlace(PlaceOp op) {
  Tensor from = read(op.getOperand()), result = make(op.getType());
  StringRef axis = getAxis(op.getType());
  Window here = getWindow(axis);
  for (int64_t b = 0; b < call.batch; ++b) {
    int64_t length = call.getLength(axis, b);
    int64_t t = (op.getEnd() == End::First ? 0 : length - 1) - here.first;
    if (length > 0 && t >= 0 && t < here.steps)
      copyRow(from, 0, result, t, b);
  }
  fillPadding(op.getType(), result, NAN);
  values[op] = result;
}

/// Takes each valid step from another one of the whole sequence, `fill` where
/// that comes before the first.
void Interpreter::evaluateFromWhole(
    Operation *op, llvm::function_ref<int64_t(int64_t, int64_t)> source,
    double fill) {
  const Tensor &from = values.at(op->getOperand(0));
  Type type = op->getResult(0).getType();
  Window here = getWindow(getAxis(type));
  Tensor result = make(type, fill);
  for (int64_t t = 0; t < here.steps; ++t)
    for (int64_t b = 0; b < call.batch; ++b) {
      int64_t wanted = source(here.first + t, b);
      if (isValid(type, t, b) && wanted >= 0)
        copyRow(from, wanted, result, t, b);
    }
  fillPadding(type, result, isDifferentiable(type) ? NAN : 0.0);
  values[op->getResult(0)] = result;
}

void Interpreter::evaluateRemaining(RemainingOp op) {
  Tensor result = make(op.getType());
  StringRef axis = getAxis(op.getType());
  Window here = getWindow(axis);
  for (int64_t t = 0; t < here.steps; ++t)
    for (int64_t b = 0; b < call.batch; ++b)
      result.at(t, b, 0, 0) = call.getLength(axis, b) - 1 - (here.first + t);
  fillPadding(op.getType(), result, NAN);
  values[op] = result;
}

void Interpreter::evaluateDropout(DropoutOp op) {
  Tensor &result = values[op] = read(op.getOperand());
  if (!call.isTraining)
    return;
  double rate = op.getRate().convertToDouble();
  uint32_t site = 0x9E3779B9 * static_cast<uint32_t>(op.getSite() + 1);
  uint32_t key = static_cast<uint32_t>(call.seed ^ call.seed >> 32) ^ site;
  int64_t first = step ? step->first : chunk ? window.first : 0;
  for (int64_t t = 0; t < result.steps; ++t)
    for (int64_t b = 0; b < result.batch; ++b)
      for (int64_t c = 0; c < result.columns; ++c) {
        int64_t before = op.getSequence() ? 0 : (first + t) * call.batch;
        uint64_t counter = (before + b) * result.columns + c;
        bool isKept = philox(counter, key) >= rate * 0x1p32;
        double &element = result.at(t, b, 0, c);
        element = isKept ? element / (1.0 - rate) : 0.0;
      }
}
