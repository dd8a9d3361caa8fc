//===- Size.h - Compile-time sizes, symbolic and by value -------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A size is a polynomial in the sizes of the model with rational coefficients,
// together with its present value. Two sizes are equal when the polynomials
// are: shapes that agree by the coincidence of two defaults do not match.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_SIZE_H
#define RNNC_FRONTENDS_TEXT_SIZE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rnnc::text {

class Size {
public:
  Size() = default;
  /// A plain number.
  explicit Size(int64_t value);
  /// A size of the model.
  static Size symbol(llvm::StringRef name, int64_t value);

  int64_t value() const { return number; }
  /// The same size whatever the sizes of the model are.
  bool operator==(const Size &other) const {
    return number == other.number && terms == other.terms;
  }
  bool isConstant() const;
  /// The number 1, and not a size that happens to be 1.
  bool isOne() const { return number == 1 && isConstant(); }

  /// Nothing where the value or a coefficient overflows, or where the
  /// polynomial has grown beyond reason.
  std::optional<Size> plus(const Size &other) const;
  std::optional<Size> minus(const Size &other) const;
  std::optional<Size> times(const Size &other) const;
  /// `other` must divide the value.
  std::optional<Size> over(const Size &other) const;

  /// "4*H", "H + V", "512".
  std::string symbolic() const;

private:
  struct Rational {
    int64_t num = 0, den = 1;
    bool operator==(const Rational &) const = default;
  };
  using Monomial = std::vector<std::string>;
  static std::optional<Rational> reduce(__int128 num, __int128 den);
  bool addTerm(const Monomial &monomial, Rational factor);
  std::optional<Size> combine(const Size &other, int sign) const;
  bool divideTerms(const Size &other, Size &quotient) const;

  int64_t number = 0;
  std::map<Monomial, Rational> terms;
};

/// "[4*H, H + V] = [512, 193]", or only the numbers where there are no symbols.
std::string describeShape(llvm::ArrayRef<Size> dims);

} // namespace rnnc::text

#endif
