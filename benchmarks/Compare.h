//===- Compare.h - Random data, equal results -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Data that all sides are given, and the check that they agree.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_COMPARE_H
#define RNNC_BENCHMARKS_COMPARE_H

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// Uniform from -Range to Range; the same seed gives the same numbers.
std::vector<float> randomVector(int64_t Size, float Range, unsigned Seed);

/// Throws std::runtime_error where an element differs by more than `Tolerance`
/// times the largest, or is no number; `Name` says what they are.
void compare(const std::string &Name, const std::vector<float> &Ours,
             const std::vector<float> &Theirs, double Tolerance = 1e-4);

} // namespace bench

#endif // RNNC_BENCHMARKS_COMPARE_H
