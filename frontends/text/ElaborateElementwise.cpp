//===- ElaborateElementwise.cpp - Arithmetic and comparisons -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Element by element, on vectors and on matrices of parameters: operands are
// brought to one type first.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include <cmath>

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

Value Elaborator::evalNegate(const NegateExpr *expr) {
  Value operand = eval(expr->operand);
  if (operand.isNumber())
    return Value::makeNumber(-operand.number);
  if (!requireArray(operand, expr->operand, "after '-'") ||
      !requireLevel(operand, expr->operand))
    return {};
  mlir::Value ir = emitter.materialise(operand);
  return operand.with(emitter.emit<NegOp>(ir, ir.getType(), ir),
                      sizeOf(operand));
}

Value Elaborator::evalBinary(const BinaryExpr *expr) {
  Value lhs = eval(expr->lhs), rhs = eval(expr->rhs);
  if (lhs.isInvalid() || rhs.isInvalid())
    return {};
  if (expr->op == '@')
    return evalMatMul(expr, lhs, rhs);
  if (lhs.isNumber() && rhs.isNumber())
    return evalNumbers(expr, lhs.number, rhs.number);
  if (!requireLevel(lhs, expr->lhs) || !requireLevel(rhs, expr->rhs))
    return {};
  if (expr->isComparison())
    return evalElementwise(expr, comparable(lhs), comparable(rhs));
  return evalElementwise(expr, lhs, rhs);
}

Value Elaborator::evalNumbers(const BinaryExpr *expr, double lhs, double rhs) {
  double result = 0;
  switch (expr->op) {
  case '+':
    result = lhs + rhs;
    break;
  case '-':
    result = lhs - rhs;
    break;
  case '*':
    result = lhs * rhs;
    break;
  case '/':
    result = lhs / rhs;
    break;
  case '<':
    result = lhs < rhs;
    break;
  case '>':
    result = lhs > rhs;
    break;
  case 'l':
    result = lhs <= rhs;
    break;
  case 'g':
    result = lhs >= rhs;
    break;
  default:
    result = lhs == rhs;
    break;
  }
  if (std::isfinite(result))
    return Value::makeNumber(result);
  error(expr->loc, Rule::Number, "expected a finite number, got another one",
        expr->range);
  return {};
}

/// Comparisons take a token by its index.
Value Elaborator::comparable(const Value &value) {
  if (!value.isToken())
    return value;
  mlir::Value token = value.parts[0].ir;
  Value result = Value::makeVector(
      emitter.emit<TokenValueOp>(
          token, emitter.typeAt(Emitter::levelOf(token), 1), token),
      Size(1));
  result.origin = value.origin;
  return result;
}

/// Finds the kind and size of the result.
bool Elaborator::unifyShapes(const Value &lhs, const Expr *lhsExpr,
                             const Value &rhs, const Expr *rhsExpr, SMLoc loc,
                             StringRef op, Value &like) {
  like = lhs.isNumber() ? rhs : lhs;
  if (lhs.isNumber() || rhs.isNumber())
    return true;
  auto shapeOf = [](const Value &value) {
    return value.isMatrix() ? SmallVector<Size, 2>{value.rows, value.cols}
                            : SmallVector<Size, 2>{sizeOf(value)};
  };
  SmallVector<Size, 2> left = shapeOf(lhs), right = shapeOf(rhs);
  if (lhs.isVector() && rhs.isVector() && left[0].isOne())
    like = rhs;
  if (left == right || (lhs.isVector() && rhs.isVector() &&
                        (left[0].isOne() || right[0].isOne())))
    return true;
  bool isCoincidence = equal(left, right, [](const Size &a, const Size &b) {
    return a.value() == b.value();
  });
  error(loc, Rule::Elementwise,
        "expected equal shapes for '" + op + "', got " + describeShape(left) +
            " and " + describeShape(right) +
            (isCoincidence ? ", which agree for these sizes only" : ""),
        {lhsExpr->range, rhsExpr->range});
  noteOrigin(lhs, lhsExpr->range);
  noteOrigin(rhs, rhsExpr->range);
  return false;
}

std::optional<Pair> Elaborator::unify(const Value &lhs, const Expr *lhsExpr,
                                      const Value &rhs, const Expr *rhsExpr,
                                      SMLoc loc, StringRef op) {
  SmallVector<SMRange, 2> ranges{lhsExpr->range, rhsExpr->range};
  Pair pair;
  if (!unifyShapes(lhs, lhsExpr, rhs, rhsExpr, loc, op, pair.like))
    return std::nullopt;
  Level left = *Emitter::levelOf(lhs), right = *Emitter::levelOf(rhs);
  std::optional<Level> level = Emitter::join(left, right);
  if (!level) {
    error(loc, Rule::Axis,
          "expected values over one time axis for '" + op + "', got '" +
              left.axis + "' and '" + right.axis + "'",
          ranges);
    return std::nullopt;
  }
  pair.like.reduced = lhs.reduced || rhs.reduced;
  if (pair.like.reduced && level->rank > 0) {
    error(loc, Rule::Reduce,
          "expected numbers and other sums or means beside a sum or mean, got "
          "a value of each " +
              Twine(level->rank == 2 ? "step" : "sequence"),
          ranges);
    return std::nullopt;
  }
  mlir::Value a = lhs.isNumber() ? mlir::Value() : emitter.materialise(lhs);
  mlir::Value b = rhs.isNumber() ? mlir::Value() : emitter.materialise(rhs);
  mlir::Block *block =
      a && b ? emitter.blockFor({a, b}) : emitter.blockFor(a ? a : b);
  int64_t size = sizeOf(pair.like).value();
  auto prepare = [&](const Value &value, mlir::Value ir) {
    if (pair.like.isMatrix())
      return ir ? ir
                : emitter.constant(block, (a ? a : b).getType(), value.number);
    return ir ? emitter.raise(block, ir, *level, size)
              : emitter.constant(block, emitter.typeAt(*level, size),
                                 value.number);
  };
  pair.lhs = prepare(lhs, a);
  pair.rhs = prepare(rhs, b);
  return pair;
}

/// 1 where the comparison holds, else 0.
mlir::Value Elaborator::emitCompare(char op, const Pair &pair) {
  auto [a, b] = op == '>' || op == 'l' ? std::pair(pair.rhs, pair.lhs)
                                       : std::pair(pair.lhs, pair.rhs);
  mlir::Type type = a.getType();
  if (op == '=')
    return emitter.emit<EqualOp>({a, b}, type, a, b);
  mlir::Value less = emitter.emit<LessOp>({a, b}, type, a, b);
  if (op == '<' || op == '>')
    return less;
  mlir::Value one = emitter.constant(emitter.blockFor(less), type, 1);
  return emitter.emit<SubOp>({one, less}, type, one, less);
}

Value Elaborator::evalElementwise(const BinaryExpr *expr, const Value &lhs,
                                  const Value &rhs) {
  std::optional<Pair> pair =
      unify(lhs, expr->lhs, rhs, expr->rhs, expr->loc, expr->spelling());
  if (!pair)
    return {};
  mlir::Value a = pair->lhs, b = pair->rhs, ir;
  mlir::Type type = a.getType();
  switch (expr->op) {
  case '+':
    ir = emitter.emit<AddOp>({a, b}, type, a, b);
    break;
  case '-':
    ir = emitter.emit<SubOp>({a, b}, type, a, b);
    break;
  case '*':
    ir = emitter.emit<MulOp>({a, b}, type, a, b);
    break;
  case '/':
    ir = emitter.emit<DivOp>({a, b}, type, a, b);
    break;
  default:
    ir = emitCompare(expr->op, *pair);
    break;
  }
  return pair->like.with(ir, sizeOf(pair->like));
}

} // namespace rnnc::text
