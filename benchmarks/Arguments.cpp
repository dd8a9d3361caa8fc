//===- Arguments.cpp - A benchmark's command line -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads pairs of a name and a value.
//===----------------------------------------------------------------------===//
#include "benchmarks/Arguments.h"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <stdexcept>

using namespace bench;

/// Larger numbers are mistakes, and sizes made of them would overflow.
static constexpr int64_t Largest = 1 << 20;

Arguments::Arguments(const std::vector<std::string> &Words,
                     const std::vector<std::string> &Known) {
  for (size_t Index = 0; Index < Words.size(); Index += 2) {
    const std::string &Name = Words[Index];
    if (!Name.starts_with("--") ||
        std::find(Known.begin(), Known.end(), Name.substr(2)) == Known.end())
      throw std::runtime_error(
          fmt::format("expected an option, see --help; got '{}'", Name));
    if (Index + 1 == Words.size())
      throw std::runtime_error(
          fmt::format("{}: expected a value, got none", Name));
    Values[Name.substr(2)] = Words[Index + 1];
  }
}

std::string Arguments::text(const std::string &Name,
                            const std::string &Otherwise) const {
  const auto Found = Values.find(Name);
  return Found == Values.end() ? Otherwise : Found->second;
}

std::string Arguments::required(const std::string &Name) const {
  if (!Values.contains(Name))
    throw std::runtime_error(fmt::format("expected --{}, got none", Name));
  return Values.at(Name);
}

int64_t Arguments::number(const std::string &Name, int64_t Otherwise,
                          int64_t Least) const {
  if (!Values.contains(Name))
    return Otherwise;
  const std::string &Text = Values.at(Name);
  int64_t Number = 0;
  const char *End = Text.data() + Text.size();
  const auto [Stop, Error] = std::from_chars(Text.data(), End, Number);
  if (Error != std::errc() || Stop != End || Number < Least || Number > Largest)
    throw std::runtime_error(
        fmt::format("--{}: expected a whole number from {} to {}, got '{}'",
                    Name, Least, Largest, Text));
  return Number;
}
