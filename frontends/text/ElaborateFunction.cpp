//===- ElaborateFunction.cpp - The functions of the language --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Elementwise functions, softmax, constant vectors, dropout and split. Losses
// and reductions are in ElaborateLoss.cpp, what looks along the time axis in
// ElaborateSequence.cpp.
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
  if (!builtin || expr->args.size() < builtin->minArgs ||
      expr->args.size() > builtin->maxArgs || expr->index ||
      !expr->named.empty())
    return {Value()};
  if (builtin->function == Function::Split)
    return evalSplit(expr);
  return {evalFunction(expr, *builtin)};
}

Value Elaborator::evalFunction(const CallExpr *expr, const Builtin &builtin) {
  if (builtin.isOfSequence())
    return evalSequence(expr, builtin);
  switch (builtin.function) {
  case Function::CrossEntropy:
  case Function::NegativeLogLikelihood:
    return evalTokenLoss(expr, builtin);
  case Function::BinaryCrossEntropy:
    return evalBinaryCrossEntropy(expr);
  case Function::Sum:
    return evalReduction(expr, /*isMean=*/false);
  case Function::Mean:
    return expr->args.size() == 2 ? evalWeightedMean(expr)
                                  : evalReduction(expr, /*isMean=*/true);
  case Function::Max:
  case Function::Min:
    return evalExtremum(expr, builtin.function == Function::Max);
  case Function::Fill:
    return evalFill(expr);
  case Function::Dropout:
  case Function::SequenceDropout:
    return evalDropout(expr, builtin.function == Function::SequenceDropout);
  default:
    break;
  }
  Value operand = eval(expr->args[0]);
  if (operand.isNumber())
    return evalUnaryNumber(expr, builtin, operand.number);
  std::string where = ("in '" + builtin.name + "'").str();
  bool isSound = builtin.function == Function::Argmax
                     ? requireVector(operand, expr->args[0], where)
                     : requireArray(operand, expr->args[0], where);
  if (!isSound || !requireLevel(operand, expr->args[0]))
    return {};
  return evalUnary(expr, builtin, operand);
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
  case Function::Softplus:
    result = std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
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
  auto make = [&](mlir::Value ir) { return operand.with(ir, sizeOf(operand)); };
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
  case Function::Softplus:
    return make(emitter.emit<SoftplusOp>(x, type, x));
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

/// max and min. The derivative goes to the operand that is taken, to the second
/// one where they are equal.
Value Elaborator::evalExtremum(const CallExpr *expr, bool isMax) {
  Value lhs = eval(expr->args[0]), rhs = eval(expr->args[1]);
  if (lhs.isInvalid() || rhs.isInvalid())
    return {};
  if (lhs.isNumber() && rhs.isNumber())
    return Value::makeNumber(isMax ? std::max(lhs.number, rhs.number)
                                   : std::min(lhs.number, rhs.number));
  if (!requireLevel(lhs, expr->args[0]) || !requireLevel(rhs, expr->args[1]))
    return {};
  std::optional<Pair> pair = unify(lhs, expr->args[0], rhs, expr->args[1],
                                   expr->loc, expr->callee.text);
  if (!pair)
    return {};
  // Selections, so that no rounding and no infinity spoils the result.
  mlir::Value a = pair->lhs, b = pair->rhs;
  mlir::Type type = a.getType();
  mlir::Value takesFirst = emitCompare(isMax ? '>' : '<', *pair);
  mlir::Value one = emitter.constant(emitter.blockFor(takesFirst), type, 1);
  mlir::Value takesSecond =
      emitter.emit<SubOp>({one, takesFirst}, type, one, takesFirst);
  mlir::Value first =
      emitter.emit<WherePositiveOp>({takesFirst, a}, type, takesFirst, a);
  mlir::Value second =
      emitter.emit<WherePositiveOp>({takesSecond, b}, type, takesSecond, b);
  return pair->like.with(
      emitter.emit<AddOp>({first, second}, type, first, second),
      sizeOf(pair->like));
}

/// `fill(v, N)`: [v; v; ...].
Value Elaborator::evalFill(const CallExpr *expr) {
  Value value = eval(expr->args[0]);
  std::optional<Size> size = evalDim(expr->args[1]);
  if (value.isInvalid() || !size)
    return {};
  if (value.isNumber())
    return Value::makeVector(emitter.constant(emitter.getFunction(),
                                              emitter.typeAt({}, size->value()),
                                              value.number),
                             *size);
  if (!requirePlain(value, expr->args[0], "in 'fill'"))
    return {};
  if (!sizeOf(value).isOne()) {
    error(expr->args[0]->range, Rule::Elementwise,
          "expected a number or a vector [1] to fill with, got " +
              describe(value));
    noteOrigin(value, expr->args[0]->range);
    return {};
  }
  mlir::Value ir = emitter.materialise(value);
  return Value::makeVector(emitter.raise(emitter.blockFor(ir), ir,
                                         Emitter::levelOf(ir), size->value()),
                           *size);
}

Value Elaborator::evalDropout(const CallExpr *expr, bool isOfSequence) {
  const Expr *first = expr->args[0], *second = expr->args[1];
  Value operand = eval(first);
  std::optional<double> rate = evalNumber(second, Rule::Dropout);
  std::string where = "in '" + expr->callee.text.str() + "'";
  if (!rate || !requirePlain(operand, first, where) ||
      !requireLevel(operand, first))
    return {};
  if (!(*rate >= 0 && *rate < 1)) {
    error(second->range, Rule::Dropout,
          "expected a probability from 0 to below 1, got " +
              formatNumber(*rate));
    return {};
  }
  Level level = *Emitter::levelOf(operand);
  if (level.rank == 0) {
    error(first->range, Rule::Dropout,
          "expected a value at every step or once a sequence to drop, got one "
          "of parameters only");
    return {};
  }
  mlir::Value x = emitter.materialise(operand);
  // A fresh mask each step, also of a value that is the same at every step.
  mlir::Block *block =
      recurrence && !isOfSequence ? emitter.getStep() : emitter.blockFor(x);
  mlir::OpBuilder &builder = emitter.getBuilder();
  builder.setInsertionPointToEnd(block);
  mlir::Value ir = DropoutOp::create(
      builder, emitter.getLoc(), x.getType(), x, builder.getF64FloatAttr(*rate),
      builder.getI64IntegerAttr(dropoutSites++),
      isOfSequence ? builder.getUnitAttr() : mlir::UnitAttr());
  return Value::makeVector(ir, sizeOf(operand));
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
