//===- Interpreter.cpp - Reference evaluation of the rnn dialect ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Structure: functions, scans, chunks, phases. Operations on rows are in
// InterpretRows.cpp, their arithmetic in Evaluate.cpp.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/InterpreterImpl.h"

#include "llvm/ADT/TypeSwitch.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace mlir;
using namespace rnnc::rnn;
using namespace rnnc::test;

Tensor Tensor::slice(int64_t first, int64_t count) const {
  Tensor result(count, batch, rows, columns);
  int64_t size = batch * rows * columns;
  std::copy_n(data.begin() + first * size, count * size, result.data.begin());
  return result;
}

Tensor Call::make(Type type, double value) const {
  int64_t steps = isSequence(type) ? axes.at(getAxis(type).str()) : 1;
  bool isMatrix = getFeatureRank(type) == 2;
  return Tensor(steps, isStatic(type) ? 1 : batch,
                isMatrix ? getFeatureSize(type, 0) : 1,
                getFeatureSize(type, isMatrix ? 1 : 0), value);
}

int64_t Call::getLength(StringRef axis, int64_t b) const {
  auto found = lengths.find(axis.str());
  return found == lengths.end() ? axes.at(axis.str()) : found->second[b];
}

int64_t Call::countSteps(StringRef axis) const {
  auto found = lengths.find(axis.str());
  if (found == lengths.end())
    return axes.at(axis.str());
  int64_t most = *std::max_element(found->second.begin(), found->second.end());
  return std::max<int64_t>(most, 1);
}

int64_t Call::countRows(StringRef axis) const {
  int64_t rows = 0;
  for (int64_t b = 0; b < batch; ++b)
    rows += getLength(axis, b);
  return rows;
}

/// The steps that an operation over the axis sees here.
Window Interpreter::getWindow(StringRef axis) {
  if (chunk)
    return window;
  return {axis, 0, call.countSteps(axis)};
}

/// Whether a row is one of a sequence that has not ended.
bool Interpreter::isValid(Type type, int64_t t, int64_t b) {
  if (isSequence(type))
    return getWindow(getAxis(type)).first + t <
           call.getLength(getAxis(type), b);
  return !step || !isBatch(type) || step->first < call.getLength(step->axis, b);
}

void Interpreter::fillPadding(Type type, Tensor &tensor, double value) {
  int64_t size = tensor.rows * tensor.columns;
  for (int64_t t = 0; t < tensor.steps; ++t)
    for (int64_t b = 0; b < tensor.batch; ++b)
      if (!isStatic(type) && !isValid(type, t, b))
        std::fill_n(tensor.data.begin() + (t * tensor.batch + b) * size, size,
                    value);
}

/// A tensor of a type's shape, in a chunk one of the chunk's steps.
Tensor Interpreter::make(Type type, double value) {
  Tensor whole = call.make(type, value);
  bool isPart = chunk && isSequence(type);
  return isPart ? whole.slice(0, window.steps) : whole;
}

Tensor Interpreter::read(Value value) {
  auto found = values.find(value);
  if (found == values.end()) {
    ADD_FAILURE() << "a value is read that was not computed";
    return make(value.getType());
  }
  bool isFromOutside =
      chunk && !chunk->isAncestor(value.getParentBlock()->getParentOp());
  if (isFromOutside && isSequence(value.getType()))
    return found->second.slice(window.first, window.steps);
  return found->second;
}

void Interpreter::evaluateBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    evaluate(&op);
}

void Interpreter::evaluate(Operation *op) {
  auto get = [&](GetOp op) {
    Tensor value = call.values.at(op.getSymbol().str());
    if (!isDifferentiable(op.getType()))
      fillPadding(op.getType(), value, 0.0);
    return value;
  };
  auto initial = [&](InitialStateOp op) {
    auto given = call.states.find(op.getSymbol().str());
    return given == call.states.end() ? read(op.getValue()) : given->second;
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](GetOp op) { values[op] = get(op); })
      .Case([&](DirectionOp op) {
        values[op] = call.directions.at(op.getSymbol().str());
      })
      .Case([&](CallNumberOp op) {
        values[op] = make(op.getType(), call.damping);
      })
      .Case([&](InitialStateOp op) { values[op] = initial(op); })
      .Case([&](UnlessGivenOp op) {
        values[op] =
            call.states.empty() ? read(op.getValue()) : make(op.getType());
      })
      .Case([&](DropoutOp op) { evaluateDropout(op); })
      .Case([&](ScanOp scan) { evaluateScan(scan); })
      .Case([&](CheckpointOp op) { evaluateCheckpoint(op); })
      .Case([&](ResumeOp op) { evaluateResume(op); })
      .Case([&](ChunkOp chunk) { evaluateChunk(chunk); })
      .Case([&](PhaseOp phase) { evaluatePhase(phase); })
      .Case([&](PickOp op) { evaluatePick(op); })
      .Case([&](PlaceOp op) { evaluatePlace(op); })
      .Case([&](ReverseOp op) {
        StringRef axis = getAxis(op.getType());
        evaluateFromWhole(
            op,
            [&](int64_t t, int64_t b) {
              return call.getLength(axis, b) - 1 - t;
            },
            0.0);
      })
      .Case([&](ShiftOp op) {
        evaluateFromWhole(
            op, [](int64_t t, int64_t) { return t - 1; }, op.getFill());
      })
      .Case([&](RemainingOp op) { evaluateRemaining(op); })
      .Default([&](Operation *op) { evaluateCompute(op); });
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

void Interpreter::evaluatePhase(PhaseOp phase) {
  evaluateBlock(*phase.getBodyBlock());
  for (auto [value, result] :
       llvm::zip(phase.getYield().getValues(), phase.getResults()))
    values[result] = read(value);
}

/// All rows of one sequence of the batch, or of a static value.
static void copyRows(const Tensor &from, Tensor &to, int64_t b) {
  for (int64_t r = 0; r < to.rows; ++r)
    for (int64_t c = 0; c < to.columns; ++c)
      to.at(0, b, r, c) = from.at(0, b, r, c);
}

static void putStep(Tensor &sequence, const Tensor &step, int64_t t) {
  std::copy(step.data.begin(), step.data.end(),
            sequence.data.begin() + t * step.data.size());
}

/// In a chunk the states go on from where the chunk before left them. Where a
/// sequence has ended its states stay.
void Interpreter::evaluateScan(ScanOp scan) {
  int64_t steps = chunk ? window.steps : call.countSteps(scan.getAxis());
  bool isResumed = chunk && scan.getReverse() != chunk.getReverse();
  bool goesOn = chunk && !window.isFirstEvaluated && !isResumed;
  std::vector<Tensor> states, inputs;
  for (auto [init, final] : llvm::zip(scan.getInits(), scan.getFinalStates()))
    states.push_back(goesOn ? values[final] : read(init));
  for (Value input : scan.getInputs())
    inputs.push_back(read(input));
  for (auto [stacked, value] :
       llvm::zip(scan.getStacked(), scan.getStackedYields())) {
    values[stacked] = make(stacked.getType());
    auto args = scan.getStateArgs();
    if (auto found = llvm::find(args, value); found != args.end())
      entries[stacked] = states[found - args.begin()];
  }

  for (int64_t i = 0; i < steps; ++i) {
    int64_t t = scan.getReverse() ? steps - 1 - i : i;
    for (auto [argument, input] : llvm::zip(scan.getInputArgs(), inputs))
      values[argument] = input.slice(t, 1);
    for (auto [argument, state] : llvm::zip(scan.getStateArgs(), states))
      values[argument] = state;
    step = {scan.getAxis(), (chunk ? window.first : 0) + t, 1};
    evaluateBlock(*scan.getBodyBlock());
    std::vector<Tensor> next;
    for (Value value : scan.getNextStates())
      next.push_back(read(value));
    for (auto [stacked, value] :
         llvm::zip(scan.getStacked(), scan.getStackedYields())) {
      Tensor made = read(value);
      fillPadding(value.getType(), made, NAN);
      putStep(values[stacked], made, t);
    }
    for (auto [state, value, type] :
         llvm::zip(states, next, scan.getInits().getTypes()))
      for (int64_t b = 0; b < value.batch; ++b)
        if (isStatic(type) || isValid(type, 0, b))
          copyRows(value, state, b);
    step.reset();
  }
  for (auto [final, state] : llvm::zip(scan.getFinalStates(), states))
    values[final] = state;
}

/// Of each chunk its first step's state is kept, nothing else.
void Interpreter::evaluateCheckpoint(CheckpointOp op) {
  values[op] = make(op.getType(), NAN);
  putStep(values[op], entries.at(op.getOperand()),
          chunk.getReverse() ? window.steps - 1 : 0);
}

/// The state that the chunk of the other direction began with.
void Interpreter::evaluateResume(ResumeOp op) {
  Tensor states = read(op.getCheckpoints());
  values[op] = states.slice(chunk.getReverse() ? 0 : window.steps - 1, 1);
}

/// A sequence that leaves the chunk gets its part; anything else the value
/// that the last chunk leaves.
void Interpreter::keepPart(Value yielded, Value result) {
  Tensor part = read(yielded);
  if (!isSequence(result.getType())) {
    values[result] = part;
    return;
  }
  if (window.isFirstEvaluated)
    values[result] = call.make(result.getType());
  for (int64_t t = 0; t < window.steps; ++t)
    putStep(values[result], part.slice(t, 1), window.first + t);
}

void Interpreter::evaluateChunk(ChunkOp op) {
  chunk = op;
  int64_t total = call.countSteps(op.getAxis());
  int64_t count = (total + call.chunk - 1) / call.chunk;
  for (int64_t i = 0; i < count; ++i) {
    window.first = (op.getReverse() ? count - 1 - i : i) * call.chunk;
    window.steps = std::min(call.chunk, total - window.first);
    window.isFirstEvaluated = i == 0;
    evaluateBlock(*op.getBodyBlock());
    for (auto [value, result] :
         llvm::zip(op.getYield().getValues(), op.getResults()))
      keepPart(value, result);
  }
  chunk = {};
}

Results Interpreter::run(FuncOp function) {
  evaluateBlock(*function.getBodyBlock());
  Results results;
  ReturnOp terminator = function.getReturn();
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues())) {
    Tensor &result = results[stringifyRoleKind(role.getKind()).str() + " " +
                             role.getSymbol().getValue().str()];
    result = read(value);
    fillPadding(value.getType(), result, 0.0);
  }
  return results;
}

Results rnnc::test::interpret(FuncOp function, const Call &call) {
  return Interpreter(call).run(function);
}
