//===- Compare.cpp - Random data, equal results ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes data and compares results.
//===----------------------------------------------------------------------===//
#include "benchmarks/Compare.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <random>
#include <stdexcept>

using namespace bench;

std::vector<float> bench::randomVector(int64_t Size, float Range,
                                       unsigned Seed) {
  std::mt19937 Generator(Seed);
  std::uniform_real_distribution<float> Distribution(-Range, Range);
  std::vector<float> Made(Size);
  for (float &Element : Made)
    Element = Distribution(Generator);
  return Made;
}

void bench::compare(const std::string &Name, const std::vector<float> &Ours,
                    const std::vector<float> &Theirs, double Tolerance) {
  double Largest = 0, Difference = 0;
  for (size_t Index = 0; Index < Theirs.size(); ++Index) {
    const double Wanted = Theirs[Index], Apart = Ours[Index] - Wanted;
    Largest = std::max(Largest, std::fabs(Wanted));
    // Written so that a NaN counts.
    if (!(std::fabs(Apart) <= Difference))
      Difference = std::fabs(Apart);
  }
  if (!(Difference <= Tolerance * Largest))
    throw std::runtime_error(fmt::format(
        "{} differs: expected at most {} of the largest element, {:.4g}, got "
        "{:.4g}",
        Name, Tolerance, Largest, Difference));
}
