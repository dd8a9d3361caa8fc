//===- Options.h - The benchmark's command line -----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What to measure and where the figures go.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_OPTIONS_H
#define RNNC_BENCHMARKS_OPTIONS_H

#include "benchmarks/RnncLstm.h"

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Options {
  std::vector<int64_t> Units{128, 256, 512}, Batches{1, 16, 64};
  int64_t Steps = 50;
  int Rounds = 25;
  double RoundSeconds = 2e-3;
  bool Lengths = false; ///< also sequences of several lengths
  PlanChoice Plan;
  std::string Csv; ///< empty: no file
};

/// Reads the command line. Prints help, or what is wrong with it, and returns
/// nothing where there is nothing to measure; `Status` is then the program's.
std::optional<Options> readOptions(int Count, char **Arguments, int &Status);

} // namespace bench

#endif // RNNC_BENCHMARKS_OPTIONS_H
