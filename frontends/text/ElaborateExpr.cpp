//===- ElaborateExpr.cpp - Expressions ------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Names, products, concatenation, slices and transposes. Arithmetic is in
// ElaborateElementwise.cpp.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

Value Elaborator::eval(const Expr *expr) {
  if (!spend(expr->range))
    return {};
  mlir::Location saved = emitter.getLoc();
  emitter.setLoc(locationOf(expr->loc));
  Value value = evalUnchecked(expr);
  emitter.setLoc(saved);
  if (!value.origin.isValid())
    value.origin = expr->range;
  return value;
}

Value Elaborator::evalUnchecked(const Expr *expr) {
  switch (expr->kind) {
  case Expr::Number:
    return Value::makeNumber(cast<NumberExpr>(expr)->value);
  case Expr::Name:
    return evalName(cast<NameExpr>(expr));
  case Expr::Negate:
    return evalNegate(cast<NegateExpr>(expr));
  case Expr::Binary:
    return evalBinary(cast<BinaryExpr>(expr));
  case Expr::Call: {
    SmallVector<Value> values = evalCall(cast<CallExpr>(expr));
    if (values.size() == 1)
      return values[0];
    if (!values.empty())
      error(expr->range, Rule::Destructure,
            "expected one value, got " + Twine(values.size()) +
                ": assign them to names first");
    return {};
  }
  case Expr::Slice:
    return evalSlice(cast<SliceExpr>(expr));
  case Expr::Concat:
    return evalConcat(cast<ConcatExpr>(expr));
  case Expr::Transpose:
    return evalTranspose(cast<TransposeExpr>(expr));
  }
  llvm_unreachable("every kind of expression is handled");
}

Value Elaborator::evalName(const NameExpr *expr) {
  if (expr->next)
    return frame->next.lookup(expr->name);
  auto size = frame->sizes.find(expr->name);
  if (size != frame->sizes.end())
    return Value::makeNumber(static_cast<double>(size->second.value()));
  return frame->values.lookup(expr->name);
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value Elaborator::evalMatMul(const BinaryExpr *expr, const Value &lhs,
                             const Value &rhs) {
  SmallVector<SMRange, 2> ranges{expr->lhs->range, expr->rhs->range};
  if (!lhs.isMatrix() || !rhs.isVector()) {
    bool isLeft = !lhs.isMatrix();
    error(
        expr->loc, Rule::MatMul,
        Twine("expected a matrix left of '@' and a vector right of it, got ") +
            describe(lhs) + " and " + describe(rhs),
        ranges);
    noteOrigin(isLeft ? lhs : rhs, isLeft ? ranges[0] : ranges[1]);
    return {};
  }
  Size width = sizeOf(rhs);
  if (!(width == lhs.cols)) {
    error(expr->loc, Rule::MatMul,
          "expected a vector of shape " + describeShape(lhs.cols) +
              " right of '@' for a matrix " +
              describeShape({lhs.rows, lhs.cols}) + ", got " +
              describeShape(width) +
              (width.value() == lhs.cols.value()
                   ? ", which agrees for these sizes only"
                   : ""),
          ranges);
    noteOrigin(lhs, expr->lhs->range);
    noteOrigin(rhs, expr->rhs->range);
    return {};
  }
  if (!requirePlain(rhs, expr->rhs, "right of '@'") ||
      !requireLevel(rhs, expr->rhs))
    return {};
  mlir::Value sum;
  int64_t offset = 0;
  for (const Part &part : rhs.parts) {
    int64_t size = part.size.value();
    mlir::Value weight = emitter.slice(lhs.parts[0].ir, 1, offset, size);
    mlir::Value product = emitter.product(weight, part);
    sum = sum ? emitter.add(sum, product) : product;
    offset += size;
  }
  return Value::makeVector(sum, lhs.rows);
}

Value Elaborator::evalTranspose(const TransposeExpr *expr) {
  Value operand = eval(expr->operand);
  if (operand.isInvalid())
    return {};
  if (!operand.isMatrix()) {
    error(expr->range, Rule::Transpose,
          "expected a matrix before '^T', got " + describe(operand));
    noteOrigin(operand, expr->operand->range);
    return {};
  }
  mlir::Value matrix = operand.parts[0].ir;
  return Value::makeMatrix(emitter.emit<TransposeOp>(matrix, matrix),
                           operand.cols, operand.rows);
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

Value Elaborator::evalConcat(const ConcatExpr *expr) {
  Value result;
  result.kind = Value::Vector;
  for (const Expr *operand : expr->parts) {
    Value part = eval(operand);
    if (!requirePlain(part, operand, "in a concatenation"))
      result.kind = Value::Invalid;
    append_range(result.parts, part.parts);
  }
  if (result.isInvalid() || !requireLevel(result, expr))
    return {};
  return result;
}

bool Elaborator::evalRange(const Range &range, const Size &whole,
                           int64_t &offset, Size &size) {
  std::optional<Size> first = range.first ? evalSize(range.first) : Size(0);
  if (!first)
    return false;
  std::optional<Size> last = range.single ? first->plus(Size(1))
                             : range.last ? evalSize(range.last)
                                          : whole;
  std::optional<Size> length = last ? last->minus(*first) : std::nullopt;
  if (!length)
    return false;
  if (first->value() < 0 || last->value() > whole.value() ||
      length->value() <= 0) {
    error(range.range, Rule::Slice,
          "expected a range within 0:" + Twine(whole.value()) + ", got " +
              Twine(first->value()) + ":" + Twine(last->value()));
    return false;
  }
  offset = first->value();
  size = *length;
  return true;
}

Value Elaborator::evalSlice(const SliceExpr *expr) {
  Value operand = eval(expr->operand);
  if (operand.isInvalid())
    return {};
  size_t rank = operand.isMatrix() ? 2 : 1;
  if (operand.isNumber() || expr->ranges.size() > rank) {
    error(expr->range, Rule::Slice,
          "expected a vector with one range or a matrix with two, got " +
              describe(operand) + " with " + Twine(expr->ranges.size()));
    return {};
  }
  if (operand.isVector() &&
      (!requirePlain(operand, expr->operand, "to slice") ||
       !requireLevel(operand, expr->operand)))
    return {};
  mlir::Value ir =
      operand.isMatrix() ? operand.parts[0].ir : emitter.materialise(operand);
  SmallVector<Size, 2> sizes;
  if (operand.isMatrix())
    sizes = {operand.rows, operand.cols};
  else
    sizes = {sizeOf(operand)};
  for (auto [dim, range] : enumerate(expr->ranges)) {
    int64_t offset = 0;
    if (!evalRange(range, sizes[dim], offset, sizes[dim]))
      return {};
    ir = emitter.slice(ir, dim, offset, sizes[dim].value());
  }
  if (operand.isMatrix())
    return Value::makeMatrix(ir, sizes[0], sizes[1]);
  return Value::makeVector(ir, sizes[0]);
}

} // namespace rnnc::text
