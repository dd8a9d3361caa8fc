//===- Report.h - Tables of figures -----------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prints the figures of all cases, and writes them to a file.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_REPORT_H
#define RNNC_BENCHMARKS_REPORT_H

#include "benchmarks/Lstm.h"

#include <string>

namespace bench {

/// Median times of one case in microseconds.
struct Case {
  LstmSizes Sizes;
  double Forward, Inference, Training;
  double Gradient, PeerGradient, PeerPackAndGradient;
};

/// Median times of a batch of sequences of several lengths, and of one of as
/// many full ones, in microseconds.
struct LengthsCase {
  LstmSizes Sizes;
  double ValidRows; ///< share of all steps of all sequences
  double Forward, FullForward, Gradient, FullGradient;
};

/// Prints both tables; `Peak` in GFLOP/s.
void printTables(const std::vector<Case> &Cases, double Peak);

/// Prints one table of ratios to the full batch.
void printLengths(const std::vector<LengthsCase> &Cases);

/// Writes one line for each pair of compared times. Throws std::runtime_error
/// where the file cannot be written.
void writeCsv(const std::string &Path, const std::vector<Case> &Cases,
              const std::vector<LengthsCase> &Lengths, double Peak);

} // namespace bench

#endif // RNNC_BENCHMARKS_REPORT_H
