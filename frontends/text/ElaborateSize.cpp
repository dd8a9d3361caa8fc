//===- ElaborateSize.cpp - Compile-time sizes -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluates size expressions and checks what they come to.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"

using namespace llvm;

namespace rnnc::text {

std::optional<Size> Elaborator::evalSize(const Expr *expr) {
  if (auto *number = dyn_cast<NumberExpr>(expr))
    return number->isInteger ? std::optional<Size>(Size(number->integer))
                             : std::nullopt;
  if (auto *name = dyn_cast<NameExpr>(expr)) {
    auto found = frame->sizes.find(name->name);
    if (found == frame->sizes.end())
      return std::nullopt;
    return found->second;
  }
  if (auto *negate = dyn_cast<NegateExpr>(expr)) {
    std::optional<Size> operand = evalSize(negate->operand);
    return operand ? Size(0).minus(*operand) : std::nullopt;
  }
  if (auto *binary = dyn_cast<BinaryExpr>(expr))
    return evalSizeBinary(binary);
  return std::nullopt;
}

std::optional<Size> Elaborator::evalSizeBinary(const BinaryExpr *expr) {
  std::optional<Size> lhs = evalSize(expr->lhs), rhs = evalSize(expr->rhs);
  if (!lhs || !rhs)
    return std::nullopt;
  std::optional<Size> result;
  if (expr->op == '/') {
    if (rhs->value() <= 0 || lhs->value() % rhs->value() != 0) {
      error(expr->loc, Rule::SizeExpr,
            "expected a size that " + Twine(rhs->value()) + " divides, got " +
                Twine(lhs->value()),
            {expr->lhs->range, expr->rhs->range});
      return std::nullopt;
    }
    result = lhs->over(*rhs);
  } else if (expr->op == '*') {
    result = lhs->times(*rhs);
  } else {
    result = expr->op == '+' ? lhs->plus(*rhs) : lhs->minus(*rhs);
  }
  if (!result)
    error(
        expr->loc, Rule::SizeRange,
        "expected a size that fits in 64 bits and has at most 64 terms, got " +
            Twine(lhs->value()) + " " + Twine(expr->op) + " " +
            Twine(rhs->value()),
        {expr->lhs->range, expr->rhs->range});
  return result;
}

bool Elaborator::checkDim(SMRange range, const Size &size) {
  constexpr int64_t largest = std::numeric_limits<int32_t>::max();
  if (size.value() >= 1 && size.value() <= largest)
    return true;
  error(range, Rule::SizeRange,
        "expected a size from 1 to " + Twine(largest) + ", got " +
            (size.isConstant() ? "" : size.symbolic() + " = ") +
            Twine(size.value()));
  return false;
}

std::optional<Size> Elaborator::evalDim(const Expr *expr) {
  std::optional<Size> size = evalSize(expr);
  if (!size || !checkDim(expr->range, *size))
    return std::nullopt;
  return size;
}

} // namespace rnnc::text
