//===- Interpreter.cpp - Reference evaluation of the rnn dialect ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Structure: functions, scans, chunks, phases. Arithmetic is in Evaluate.cpp.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Interpreter.h"
#include "test/unit/dialects/Evaluate.h"

#include "llvm/ADT/TypeSwitch.h"

#include <gtest/gtest.h>

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

namespace {

/// Part of the axis in which evaluation stands: a chunk of it, or all.
struct Window {
  StringRef axis;
  int64_t first = 0, steps = 0;
  bool isFirstEvaluated = true;
};

class Interpreter {
public:
  explicit Interpreter(const Call &call) : call(call) {}
  Results run(FuncOp function);

private:
  Tensor read(Value value);
  void evaluate(Operation *op);
  void evaluateBlock(Block &block);
  void evaluateScan(ScanOp scan);
  void evaluateChunk(ChunkOp chunk);
  void evaluatePhase(PhaseOp phase);
  void evaluateCompute(Operation *op);
  void keepPart(Value yielded, Value result);
  Tensor make(Type type, double value = 0.0);

  const Call &call;
  llvm::DenseMap<Value, Tensor> values;
  Window window;
  /// Within a chunk: sequences from outside of it are seen in part.
  ChunkOp chunk;
};

} // namespace

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
  auto get = [&](GetOp op) { return call.values.at(op.getSymbol().str()); };
  auto initial = [&](InitialStateOp op) {
    auto given = call.states.find(op.getSymbol().str());
    return given == call.states.end() ? read(op.getValue()) : given->second;
  };
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](GetOp op) { values[op] = get(op); })
      .Case([&](InitialStateOp op) { values[op] = initial(op); })
      .Case([&](UnlessGivenOp op) {
        values[op] =
            call.states.empty() ? read(op.getValue()) : make(op.getType());
      })
      .Case([&](ScanOp scan) { evaluateScan(scan); })
      .Case([&](ChunkOp chunk) { evaluateChunk(chunk); })
      .Case([&](PhaseOp phase) { evaluatePhase(phase); })
      .Default([&](Operation *op) { evaluateCompute(op); });
}

/// How many elements of the larger type one of the smaller stands for, by the
/// sizes of the call rather than of a chunk.
static double countCopies(const Call &call, Type large, Type small) {
  return static_cast<double>(call.make(large).data.size()) /
         call.make(small).data.size();
}

/// Sums over time grow from chunk to chunk.
static bool isSumOverTime(Operation *op) {
  return llvm::any_of(op->getOperandTypes(), isSequence) &&
         !isSequence(op->getResult(0).getType());
}

void Interpreter::evaluateCompute(Operation *op) {
  std::vector<Tensor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(read(operand));
  Value value = op->getResult(0);
  Tensor result = make(value.getType());
  double copies = 1.0;
  if (auto sum = dyn_cast<SumToOp>(op); sum && sum.getMean())
    copies = countCopies(call, sum.getOperand().getType(), sum.getType());
  if (auto spread = dyn_cast<BroadcastOp>(op); spread && spread.getMean())
    copies = countCopies(call, spread.getType(), spread.getOperand().getType());
  if (!evaluateOnTensors(op, operands, copies, result)) {
    ADD_FAILURE() << "no meaning for " << op->getName().getStringRef().str();
    return;
  }
  if (chunk && isSumOverTime(op) && !window.isFirstEvaluated)
    for (auto [element, before] : llvm::zip(result.data, values[value].data))
      element += before;
  values[value] = result;
}

void Interpreter::evaluatePhase(PhaseOp phase) {
  evaluateBlock(*phase.getBodyBlock());
  for (auto [value, result] :
       llvm::zip(phase.getYield().getValues(), phase.getResults()))
    values[result] = read(value);
}

static void putStep(Tensor &sequence, const Tensor &step, int64_t t) {
  std::copy(step.data.begin(), step.data.end(),
            sequence.data.begin() + t * step.data.size());
}

/// In a chunk the states go on from where the chunk before left them.
void Interpreter::evaluateScan(ScanOp scan) {
  int64_t steps = chunk ? window.steps : call.axes.at(scan.getAxis().str());
  bool goesOn = chunk && !window.isFirstEvaluated;
  std::vector<Tensor> states, inputs;
  for (auto [init, final] : llvm::zip(scan.getInits(), scan.getFinalStates()))
    states.push_back(goesOn ? values[final] : read(init));
  for (Value input : scan.getInputs())
    inputs.push_back(read(input));
  for (Value stacked : scan.getStacked())
    values[stacked] = make(stacked.getType());

  for (int64_t i = 0; i < steps; ++i) {
    int64_t t = scan.getReverse() ? steps - 1 - i : i;
    for (auto [argument, input] : llvm::zip(scan.getInputArgs(), inputs))
      values[argument] = input.slice(t, 1);
    for (auto [argument, state] : llvm::zip(scan.getStateArgs(), states))
      values[argument] = state;
    evaluateBlock(*scan.getBodyBlock());
    for (auto [stacked, step] :
         llvm::zip(scan.getStacked(), scan.getStackedYields()))
      putStep(values[stacked], read(step), t);
    for (auto [state, next] : llvm::zip(states, scan.getNextStates()))
      state = read(next);
  }
  for (auto [final, state] : llvm::zip(scan.getFinalStates(), states))
    values[final] = state;
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
  int64_t total = call.axes.at(op.getAxis().str());
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
                 terminator.getValues()))
    results[stringifyRoleKind(role.getKind()).str() + " " +
            role.getSymbol().getValue().str()] = read(value);
  return results;
}

Results rnnc::test::interpret(FuncOp function, const Call &call) {
  return Interpreter(call).run(function);
}
