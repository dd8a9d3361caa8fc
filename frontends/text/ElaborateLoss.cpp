//===- ElaborateLoss.cpp - Losses, sums and means ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What losses are made of. In a model a reduction goes over features, steps and
// sequences; in a cell, which sees one step of one sequence, over the elements.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include <cmath>

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

//===----------------------------------------------------------------------===//
// Losses
//===----------------------------------------------------------------------===//

bool Elaborator::checkTokenLoss(const CallExpr *expr, const Builtin &builtin,
                                const Value &scores, const Value &tokens) {
  const Expr *first = expr->args[0], *second = expr->args[1];
  std::string where = ("in '" + builtin.name + "'").str();
  if (scores.isInvalid() || tokens.isInvalid() ||
      !requirePlain(scores, first, where) || !requireLevel(scores, first))
    return false;
  if (!tokens.isToken()) {
    error(second->range, Rule::CrossEntropy,
          "expected a token as the second argument of '" + builtin.name +
              "', got " + describe(tokens));
    noteOrigin(tokens, second->range);
    return false;
  }
  StringRef what =
      builtin.function == Function::CrossEntropy ? "logits" : "probabilities";
  Size size = sizeOf(scores), vocabulary = tokens.parts[0].size;
  if (!(size == vocabulary)) {
    error(first->range, Rule::CrossEntropy,
          "expected " + what + " of shape " + describeShape(vocabulary) +
              " for tokens of that vocabulary, got " + describeShape(size));
    noteOrigin(scores, first->range);
    noteOrigin(tokens, second->range);
    return false;
  }
  Level left = *Emitter::levelOf(scores);
  Level right = Emitter::levelOf(tokens.parts[0].ir);
  std::optional<Level> level = Emitter::join(left, right);
  if (level && right.rank == level->rank)
    return true;
  error(expr->range, Rule::CrossEntropy,
        "expected " + what + " and tokens at the same steps, got " + what +
            " " + (left.rank == 2 ? "at every step" : "once a sequence") +
            " and tokens " +
            (right.rank == 2 ? "at every step" : "once a sequence"));
  return false;
}

/// cross_entropy(logits, y) and negative_log_likelihood(p, y).
Value Elaborator::evalTokenLoss(const CallExpr *expr, const Builtin &builtin) {
  Value scores = eval(expr->args[0]), tokens = eval(expr->args[1]);
  if (!checkTokenLoss(expr, builtin, scores, tokens))
    return {};
  mlir::Value x = emitter.materialise(scores), y = tokens.parts[0].ir;
  Level level = Emitter::levelOf(y);
  bool takesLogits = builtin.function == Function::CrossEntropy;
  if (takesLogits && x.getDefiningOp<SoftmaxOp>())
    diags.warning(expr->args[0]->range.Start, Rule::CrossEntropy,
                  "cross_entropy takes logits and applies softmax itself, got "
                  "a softmax",
                  expr->args[0]->range);
  x = emitter.raise(emitter.blockFor({x, y}), x, level, sizeOf(scores).value());
  if (takesLogits)
    return Value::makeVector(emitter.emit<CrossEntropyOp>({x, y}, x, y),
                             Size(1));
  // -log p[y]: the probability is picked by the one-hot vector.
  mlir::Type type = x.getType(), single = emitter.typeAt(level, 1);
  mlir::Value hot = emitter.emit<OneHotOp>(y, type, y);
  mlir::Value masked = emitter.emit<MulOp>({x, hot}, type, x, hot);
  mlir::Value picked =
      emitter.emit<SumToOp>(masked, single, masked, mlir::UnitAttr());
  mlir::Value log = emitter.emit<LogOp>(picked, single, picked);
  return Value::makeVector(emitter.emit<NegOp>(log, single, log), Size(1));
}

/// softplus(z) - y z: the cross-entropy of sigmoid(z) and y, for any z.
Value Elaborator::evalBinaryCrossEntropy(const CallExpr *expr) {
  const Expr *first = expr->args[0], *second = expr->args[1];
  Value logits = eval(first), targets = eval(second);
  if (targets.isInvalid() ||
      !requirePlain(logits, first, "in 'binary_cross_entropy'") ||
      (!targets.isNumber() &&
       !requirePlain(targets, second, "in 'binary_cross_entropy'")) ||
      !requireLevel(logits, first) || !requireLevel(targets, second))
    return {};
  std::optional<Pair> pair =
      unify(logits, first, targets, second, expr->loc, expr->callee.text);
  if (!pair)
    return {};
  mlir::Value z = pair->lhs, y = pair->rhs;
  mlir::Type type = z.getType();
  mlir::Value above = emitter.emit<SoftplusOp>(z, type, z);
  mlir::Value product = emitter.emit<MulOp>({y, z}, type, y, z);
  return pair->like.with(
      emitter.emit<SubOp>({above, product}, type, above, product),
      sizeOf(pair->like));
}

//===----------------------------------------------------------------------===//
// Sums and means
//===----------------------------------------------------------------------===//

/// Sums everything in a model, the elements of the vector in a cell.
mlir::Value Elaborator::emitReduction(mlir::Value x, bool isMean) {
  mlir::OpBuilder &builder = emitter.getBuilder();
  if (auto type = cast<mlir::RankedTensorType>(x.getType());
      isStatic(type) && type.getRank() == 2) {
    // The rows are summed by a product.
    int64_t columns = type.getDimSize(1);
    mlir::Value ones =
        emitter.constant(emitter.getFunction(), emitter.typeAt({}, columns),
                         isMean ? 1.0 / static_cast<double>(columns) : 1.0);
    x = emitter.emit<MatmulOp>({x, ones}, x, ones);
  }
  Level level = frame->instance ? Emitter::levelOf(x) : Level();
  mlir::Type type = emitter.typeAt(level, 1);
  if (x.getType() == type)
    return x;
  mlir::UnitAttr mean = isMean ? builder.getUnitAttr() : nullptr;
  return emitter.emit<SumToOp>(x, type, x, mean);
}

Value Elaborator::evalReduction(const CallExpr *expr, bool isMean) {
  Value operand = eval(expr->args[0]);
  std::string where = "in '" + expr->callee.text.str() + "'";
  if (!requireArray(operand, expr->args[0], where) ||
      !requireLevel(operand, expr->args[0]))
    return {};
  if (operand.reduced) {
    error(expr->range, Rule::Reduce,
          "expected a value of each step or sequence to reduce, got a sum or "
          "mean already");
    return {};
  }
  Value result = Value::makeVector(
      emitReduction(emitter.materialise(operand), isMean), Size(1));
  result.reduced = !frame->instance;
  return result;
}

/// sum(w * e) / sum(w), w repeated to the shape of e; 0 where all w are 0.
Value Elaborator::evalWeightedMean(const CallExpr *expr) {
  const Expr *first = expr->args[0], *second = expr->args[1];
  Value operand = eval(first), weights = eval(second);
  if (weights.isInvalid() || !requirePlain(operand, first, "in 'mean'") ||
      (!weights.isNumber() && !requirePlain(weights, second, "in 'mean'")) ||
      !requireLevel(operand, first) || !requireLevel(weights, second))
    return {};
  std::optional<Pair> pair =
      unify(operand, first, weights, second, expr->loc, expr->callee.text);
  if (!pair)
    return {};
  mlir::Value e = pair->lhs, w = pair->rhs;
  mlir::Value product = emitter.emit<MulOp>({w, e}, e.getType(), w, e);
  mlir::Value above = emitReduction(product, /*isMean=*/false);
  mlir::Value below = emitReduction(w, /*isMean=*/false);
  // Nothing weighed gives 0 / 1.
  mlir::Type type = below.getType();
  mlir::Block *block = emitter.blockFor(below);
  mlir::Value zero = emitter.constant(block, type, 0);
  mlir::Value isZero = emitter.emit<EqualOp>({below, zero}, type, below, zero);
  mlir::Value divisor =
      emitter.emit<AddOp>({below, isZero}, type, below, isZero);
  Value result = Value::makeVector(
      emitter.emit<DivOp>({above, divisor}, type, above, divisor), Size(1));
  result.reduced = !frame->instance;
  return result;
}

} // namespace rnnc::text
