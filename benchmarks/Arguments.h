//===- Arguments.h - A benchmark's command line -----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Pairs of a name and a value. Options that nobody asks for are errors.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ARGUMENTS_H
#define RNNC_BENCHMARKS_ARGUMENTS_H

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bench {

/// Members throw std::runtime_error with what is wrong.
class Arguments {
public:
  /// Of `--name value` pairs, the names among `Known` only.
  Arguments(const std::vector<std::string> &Words,
            const std::vector<std::string> &Known);

  /// The value, or what stands for it where it was not given.
  std::string text(const std::string &Name,
                   const std::string &Otherwise = "") const;
  /// A value that has to be given.
  std::string required(const std::string &Name) const;
  /// A whole number from `Least` to 2^20.
  int64_t number(const std::string &Name, int64_t Otherwise,
                 int64_t Least = 1) const;

private:
  std::map<std::string, std::string> Values;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_ARGUMENTS_H
