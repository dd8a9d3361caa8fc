//===- ElaborateFunction.cpp - The functions of the language --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Activations, softmax and cross-entropy, comparisons and reductions.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include <cmath>

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

SmallVector<Value> Elaborator::evalCall(const CallExpr *expr) {
  if (findLayer(expr))
    return callLayer(expr).values;
  const Builtin *builtin = findBuiltin(expr->callee.text);
  if (!builtin || expr->args.size() != builtin->arguments || expr->index ||
      !expr->named.empty())
    return {Value()};
  if (builtin->function == Function::Split)
    return evalSplit(expr);
  return {evalFunction(expr, *builtin)};
}

Value Elaborator::evalFunction(const CallExpr *expr, const Builtin &builtin) {
  Value operand = eval(expr->args[0]);
  if (builtin.function == Function::CrossEntropy)
    return evalCrossEntropy(expr, operand, eval(expr->args[1]));
  if (operand.isNumber() && !builtin.isReduction())
    return evalUnaryNumber(expr, builtin, operand.number);
  std::string where = ("in '" + builtin.name + "'").str();
  if (!requireVector(operand, expr->args[0], where) ||
      !requireLevel(operand, expr->args[0]))
    return {};
  if (builtin.isReduction())
    return evalReduction(expr, operand, builtin.function == Function::Mean);
  Value result = evalUnary(expr, builtin, operand);
  result.reduced = operand.reduced;
  return result;
}

Value Elaborator::evalUnaryNumber(const CallExpr *expr, const Builtin &builtin,
                                  double x) {
  double result = NAN;
  switch (builtin.function) {
  case Function::Sigmoid:
    result = 1 / (1 + std::exp(-x));
    break;
  case Function::Tanh:
    result = std::tanh(x);
    break;
  case Function::Relu:
    result = std::max(x, 0.0);
    break;
  case Function::Exp:
    result = std::exp(x);
    break;
  case Function::Log:
    result = std::log(x);
    break;
  case Function::Sqrt:
    result = std::sqrt(x);
    break;
  case Function::Square:
    result = x * x;
    break;
  case Function::Abs:
    result = std::fabs(x);
    break;
  default:
    error(expr->args[0]->range, Rule::Function,
          "expected a vector in '" + builtin.name + "', got a number");
    return {};
  }
  if (std::isfinite(result))
    return Value::makeNumber(result);
  error(expr->range, Rule::Number, "expected a finite number, got another one");
  return {};
}

Value Elaborator::evalUnary(const CallExpr *expr, const Builtin &builtin,
                            const Value &operand) {
  mlir::Value x = emitter.materialise(operand);
  mlir::Type type = x.getType();
  Size size = sizeOf(operand);
  auto make = [&](mlir::Value ir) { return Value::makeVector(ir, size); };
  switch (builtin.function) {
  case Function::Sigmoid:
    return make(emitter.emit<SigmoidOp>(x, type, x));
  case Function::Tanh:
    return make(emitter.emit<TanhOp>(x, type, x));
  case Function::Relu:
    return make(emitter.emit<ReluOp>(x, type, x));
  case Function::Exp:
    return make(emitter.emit<ExpOp>(x, type, x));
  case Function::Log:
    return make(emitter.emit<LogOp>(x, type, x));
  case Function::Sqrt:
    return make(emitter.emit<SqrtOp>(x, type, x));
  case Function::Square:
    return make(emitter.emit<MulOp>({x, x}, type, x, x));
  case Function::Abs: {
    // |x| = relu(x) + relu(-x), with the derivative 0 at 0.
    mlir::Value negated = emitter.emit<NegOp>(x, type, x);
    mlir::Value above = emitter.emit<ReluOp>(x, type, x);
    mlir::Value below = emitter.emit<ReluOp>(negated, type, negated);
    return make(emitter.emit<AddOp>({above, below}, type, above, below));
  }
  case Function::Softmax:
    return make(emitter.emit<SoftmaxOp>(x, type, x));
  case Function::Argmax:
    return Value::makeVector(
        emitter.emit<ArgmaxOp>(x, emitter.typeAt(Emitter::levelOf(x), 1), x),
        Size(1));
  default:
    return {};
  }
}

Value Elaborator::evalCrossEntropy(const CallExpr *expr, const Value &logits,
                                   const Value &tokens) {
  const Expr *first = expr->args[0], *second = expr->args[1];
  if (logits.isInvalid() || tokens.isInvalid() ||
      !requirePlain(logits, first, "in 'cross_entropy'") ||
      !requireLevel(logits, first))
    return {};
  if (!tokens.isToken()) {
    error(second->range, Rule::CrossEntropy,
          "expected a token as the second argument of 'cross_entropy', got " +
              describe(tokens));
    noteOrigin(tokens, second->range);
    return {};
  }
  Size size = sizeOf(logits), vocabulary = tokens.parts[0].size;
  if (!(size == vocabulary)) {
    error(first->range, Rule::CrossEntropy,
          "expected logits of shape " + describeShape(vocabulary) +
              " for tokens of that vocabulary, got " + describeShape(size));
    noteOrigin(logits, first->range);
    noteOrigin(tokens, second->range);
    return {};
  }
  mlir::Value x = emitter.materialise(logits), y = tokens.parts[0].ir;
  if (x.getDefiningOp<SoftmaxOp>())
    diags.warning(first->range.Start, Rule::CrossEntropy,
                  "cross_entropy takes logits and applies softmax itself, got "
                  "a softmax",
                  first->range);
  Level left = Emitter::levelOf(x), right = Emitter::levelOf(y);
  std::optional<Level> level = Emitter::join(left, right);
  if (!level || right.rank != level->rank) {
    error(expr->range, Rule::CrossEntropy,
          "expected logits and tokens at the same steps, got logits " +
              Twine(left.rank == 2 ? "at every step" : "once a sequence") +
              " and tokens " +
              (right.rank == 2 ? "at every step" : "once a sequence"));
    return {};
  }
  x = emitter.raise(emitter.blockFor({x, y}), x, *level, size.value());
  return Value::makeVector(emitter.emit<CrossEntropyOp>({x, y}, x, y), Size(1));
}

Value Elaborator::evalReduction(const CallExpr *expr, const Value &operand,
                                bool isMean) {
  if (operand.reduced) {
    error(expr->range, Rule::Reduce,
          "expected a value of each step or sequence to reduce, got a sum or "
          "mean already");
    return {};
  }
  mlir::Value x = emitter.materialise(operand);
  mlir::Type type = emitter.typeAt({}, 1);
  mlir::UnitAttr mean = isMean ? emitter.getBuilder().getUnitAttr() : nullptr;
  if (x.getType() != type)
    x = emitter.emit<SumToOp>(x, type, x, mean);
  Value result = Value::makeVector(x, Size(1));
  result.reduced = true;
  return result;
}

SmallVector<Value> Elaborator::evalSplit(const CallExpr *expr) {
  Value operand = eval(expr->args[0]);
  std::optional<Size> count = evalSize(expr->args[1]);
  if (operand.isInvalid() || !count)
    return {Value()};
  constexpr int64_t limit = 4096;
  if (count->value() < 1 || count->value() > limit) {
    error(expr->args[1]->range, Rule::Split,
          "expected from 1 to " + Twine(limit) + " parts, got " +
              Twine(count->value()));
    return {Value()};
  }
  bool isMatrix = operand.isMatrix();
  if (!isMatrix && (!requirePlain(operand, expr->args[0], "in 'split'") ||
                    !requireLevel(operand, expr->args[0])))
    return {Value()};
  Size whole = isMatrix ? operand.rows : sizeOf(operand);
  std::optional<Size> size;
  if (whole.value() % count->value() == 0)
    size = whole.over(*count);
  if (!size) {
    error(expr->range, Rule::Split,
          "expected a size that " + Twine(count->value()) + " divides, got " +
              describeShape(whole));
    noteOrigin(operand, expr->args[0]->range);
    return {Value()};
  }
  mlir::Value ir =
      isMatrix ? operand.parts[0].ir : emitter.materialise(operand);
  SmallVector<Value> parts;
  for (int64_t i = 0; i < count->value(); ++i) {
    mlir::Value part = emitter.slice(ir, 0, i * size->value(), size->value());
    parts.push_back(isMatrix ? Value::makeMatrix(part, *size, operand.cols)
                             : Value::makeVector(part, *size));
    parts.back().origin = expr->range;
  }
  return parts;
}

} // namespace rnnc::text
