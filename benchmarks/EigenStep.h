//===- EigenStep.h - One step in Eigen --------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a careful programmer writes for a small network in real time: matrices
// of fixed sizes, column-major, gates side by side.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_EIGENSTEP_H
#define RNNC_BENCHMARKS_EIGENSTEP_H

#include "benchmarks/Layer.h"

#include <memory>

namespace bench {

/// A layer with one input and H units, and a read-out of one number.
class EigenStep {
public:
  virtual ~EigenStep() = default;
  /// Starts anew from zero states.
  virtual void reset() = 0;
  /// Runs `Count` steps on X[0], X[1] ... and writes Y[0], Y[1] ...
  virtual void run(const float *X, float *Y, int64_t Count) = 0;
};

/// `Parameters` in rnnc's layout: the layer's, the read-out's weights [H] and
/// its bias. Null for an H that is not one of 8, 16, 32, 40 and 64.
std::unique_ptr<EigenStep> makeEigenStep(Cell Kind, int64_t H,
                                         const float *Parameters);

} // namespace bench

#endif // RNNC_BENCHMARKS_EIGENSTEP_H
