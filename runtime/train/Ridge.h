//===- Ridge.h - Linear read-outs by ridge regression -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The weights W and biases b that minimise the sum of |W x + b - y|^2 over all
// rows plus lambda |W|^2 (Hoerl and Kennard 1970): what trains the read-out of
// an echo-state network (Jaeger 2001). The linear algebra is Eigen's.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_RIDGE_H
#define RNNC_RUNTIME_TRAIN_RIDGE_H

#include <cstdint>
#include <memory>
#include <vector>

namespace rnn::train {

class Ridge {
public:
  /// For rows of `Features` and `Targets` numbers.
  Ridge(int64_t Features, int64_t Targets, bool HasBias);
  ~Ridge();

  /// Adds a row; only sums over the rows are kept.
  void add(const double *Features, const double *Targets);
  int64_t rows() const;

  struct Solution {
    std::vector<double> Weights; ///< [Targets, Features]
    std::vector<double> Bias;    ///< [Targets], zeroes without one
    double Error = 0; ///< root of the mean square over rows and targets
  };
  /// Throws Error where the sums leave the weights open, as they do with fewer
  /// rows than features and no lambda.
  Solution solve(double Lambda);

private:
  struct Sums;
  std::unique_ptr<Sums> Of;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_RIDGE_H
