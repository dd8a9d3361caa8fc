//===- LayerBench.h - A layer beside its peers ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The commands of rnn-bench. Each prints lines of a name and a number; they
// throw where results differ or an argument is wrong.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_LAYERBENCH_H
#define RNNC_BENCHMARKS_LAYERBENCH_H

#include <string>
#include <vector>

namespace bench {

/// Times the forward pass or the gradient of one layer, ours and its peers'.
void runLayer(const std::vector<std::string> &Words);

/// Times single steps, ours and Eigen's.
void runStream(const std::vector<std::string> &Words);

/// Times generated tokens and the steps that they take.
void runSample(const std::vector<std::string> &Words);

/// Measures what the cores can do at most.
void runLimits(const std::vector<std::string> &Words);

/// Times a large product of oneDNN beside the peak.
void runProduct(const std::vector<std::string> &Words);

} // namespace bench

#endif // RNNC_BENCHMARKS_LAYERBENCH_H
