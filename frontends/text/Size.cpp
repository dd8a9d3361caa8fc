//===- Size.cpp - Compile-time sizes, symbolic and by value ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Arithmetic of polynomials with overflow checks.
//===----------------------------------------------------------------------===//

#include "frontends/text/Size.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <limits>

using namespace llvm;

namespace rnnc::text {

Size::Size(int64_t value) : number(value) {
  if (value != 0)
    terms[{}] = {value, 1};
}

Size Size::symbol(StringRef name, int64_t value) {
  Size size;
  size.number = value;
  size.terms[{name.str()}] = {1, 1};
  return size;
}

bool Size::isConstant() const {
  return all_of(terms, [](const auto &term) { return term.first.empty(); });
}

std::optional<Size::Rational> Size::reduce(__int128 num, __int128 den) {
  if (den < 0) {
    num = -num;
    den = -den;
  }
  __int128 a = num < 0 ? -num : num, b = den;
  while (b != 0) {
    __int128 rest = a % b;
    a = b;
    b = rest;
  }
  num /= a;
  den /= a;
  constexpr int64_t largest = std::numeric_limits<int64_t>::max();
  if (num > largest || -num > largest || den > largest)
    return std::nullopt;
  return Rational{static_cast<int64_t>(num), static_cast<int64_t>(den)};
}

bool Size::addTerm(const Monomial &monomial, Rational factor) {
  constexpr size_t maxTerms = 64, maxDegree = 16;
  Rational old = terms[monomial];
  // Denominators are small divisors that the file writes; the products fit.
  auto sum = reduce(static_cast<__int128>(old.num) * factor.den +
                        static_cast<__int128>(factor.num) * old.den,
                    static_cast<__int128>(old.den) * factor.den);
  if (!sum)
    return false;
  if (sum->num == 0)
    terms.erase(monomial);
  else
    terms[monomial] = *sum;
  return terms.size() <= maxTerms && monomial.size() <= maxDegree;
}

std::optional<Size> Size::combine(const Size &other, int sign) const {
  Size result = *this;
  bool overflows =
      sign > 0 ? __builtin_add_overflow(number, other.number, &result.number)
               : __builtin_sub_overflow(number, other.number, &result.number);
  if (overflows)
    return std::nullopt;
  for (const auto &[monomial, factor] : other.terms)
    if (!result.addTerm(monomial, {sign * factor.num, factor.den}))
      return std::nullopt;
  return result;
}

std::optional<Size> Size::plus(const Size &other) const {
  return combine(other, 1);
}

std::optional<Size> Size::minus(const Size &other) const {
  return combine(other, -1);
}

std::optional<Size> Size::times(const Size &other) const {
  Size result;
  if (__builtin_mul_overflow(number, other.number, &result.number))
    return std::nullopt;
  for (const auto &[lhs, a] : terms) {
    for (const auto &[rhs, b] : other.terms) {
      Monomial product = lhs;
      product.insert(product.end(), rhs.begin(), rhs.end());
      sort(product);
      auto factor = reduce(static_cast<__int128>(a.num) * b.num,
                           static_cast<__int128>(a.den) * b.den);
      if (!factor || !result.addTerm(product, *factor))
        return std::nullopt;
    }
  }
  return result;
}

/// Divides by a single term; false when it does not divide every term.
bool Size::divideTerms(const Size &other, Size &quotient) const {
  if (other.terms.size() != 1)
    return false;
  const auto &[divisor, b] = *other.terms.begin();
  for (const auto &[monomial, a] : terms) {
    Monomial rest;
    std::set_difference(monomial.begin(), monomial.end(), divisor.begin(),
                        divisor.end(), std::back_inserter(rest));
    if (rest.size() + divisor.size() != monomial.size())
      return false;
    auto factor = reduce(static_cast<__int128>(a.num) * b.den,
                         static_cast<__int128>(a.den) * b.num);
    if (!factor || !quotient.addTerm(rest, *factor))
      return false;
  }
  return true;
}

std::optional<Size> Size::over(const Size &other) const {
  Size result;
  result.number = number / other.number;
  if (divideTerms(other, result))
    return result;
  // A quotient that is no polynomial is equal only to the same quotient.
  return symbol("(" + symbolic() + ")/(" + other.symbolic() + ")",
                result.number);
}

std::string Size::symbolic() const {
  if (terms.empty())
    return "0";
  std::string text;
  // Symbols first, the plain number last, as people write them.
  for (const auto &[monomial, factor] : reverse(terms)) {
    bool negative = factor.num < 0;
    if (!text.empty())
      text += negative ? " - " : " + ";
    else if (negative)
      text += "-";
    std::string num = std::to_string(negative ? -factor.num : factor.num);
    if (monomial.empty())
      text += num;
    else if (num != "1")
      text += num + "*";
    text += join(monomial, "*");
    if (factor.den != 1)
      text += "/" + std::to_string(factor.den);
  }
  return text;
}

std::string describeShape(ArrayRef<Size> dims) {
  std::string symbols = "[", numbers = "[";
  for (auto [index, dim] : enumerate(dims)) {
    symbols += (index ? ", " : "") + dim.symbolic();
    numbers += (index ? ", " : "") + std::to_string(dim.value());
  }
  bool isPlain = all_of(dims, [](const Size &dim) { return dim.isConstant(); });
  return isPlain ? numbers + "]" : symbols + "] = " + numbers + "]";
}

} // namespace rnnc::text
