//===- DerivativeCases.h - Operations with derivatives ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What DerivativesTest.cpp takes the derivatives of.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_DERIVATIVECASES_H
#define RNNC_TEST_UNIT_DIALECTS_DERIVATIVECASES_H

#include <ostream>
#include <string>
#include <vector>

namespace rnnc::test {

/// An operation as text on operands %0, %1, ...
struct OpCase {
  const char *name;
  std::vector<std::string> operands; ///< types; `tokens` marks those of tokens
  const char *text;
  bool positive = false;
};

inline void PrintTo(const OpCase &op, std::ostream *os) { *os << op.name; }

/// Each differentiable operation, on each level it is defined on.
std::vector<OpCase> getDerivativeCases();

} // namespace rnnc::test

#endif
