//===- TokenDrawTest.cpp - Draws beside running sums ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A draw is where a running sum of powers exceeds a share of the whole, for all
// sizes, temperatures and distributions, most probabilities zero among them.
//===----------------------------------------------------------------------===//
#include "runtime/lib/TokenDraw.h"

#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace rnn;

namespace {

/// Probabilities with logits of the given range; every `Nth` alone is not zero.
std::vector<double> distribution(size_t Size, double Range, size_t Nth,
                                 std::mt19937 &Random) {
  std::uniform_real_distribution<double> Logits(-Range, Range);
  std::vector<double> Values(Size);
  double Sum = 0;
  for (size_t Index = 0; Index < Size; ++Index) {
    Values[Index] = Index % Nth == 0 ? std::exp(Logits(Random)) : 0;
    Sum += Values[Index];
  }
  for (double &Value : Values)
    Value /= Sum;
  return Values;
}

/// Checks a draw: the exact sum before the token is below the wanted share, and
/// that with it above, within the precision of the weights.
void check(const std::vector<double> &Values, double Temperature,
           double Uniform) {
  TokenDraw Draw(Temperature);
  const auto Token = static_cast<size_t>(Draw(Values, Uniform));
  ASSERT_LT(Token, Values.size());
  EXPECT_GT(Values[Token], 0);
  double Sum = 0, Before = 0, After = 0;
  for (size_t Index = 0; Index < Values.size(); ++Index) {
    if (Index == Token)
      Before = Sum;
    Sum += std::pow(Values[Index], 1 / Temperature);
    if (Index == Token)
      After = Sum;
  }
  EXPECT_LE(Before, (Uniform + 1e-6) * Sum);
  EXPECT_GE(After, (Uniform - 1e-6) * Sum);
}

TEST(TokenDraw, FollowsRunningSums) {
  std::mt19937 Random(1);
  std::uniform_real_distribution<double> Uniforms(0, 1);
  for (size_t Size : {1, 2, 7, 31, 32, 33, 64, 65, 96, 1000})
    for (double Range : {0.1, 4.0, 30.0})
      for (size_t Nth : {1, 3, 40})
        for (double Temperature : {0.3, 0.8, 1.0, 2.5}) {
          const auto Values = distribution(Size, Range, Nth, Random);
          for (int Try = 0; Try < 10; ++Try)
            check(Values, Temperature, Uniforms(Random));
          check(Values, Temperature, 0);
          check(Values, Temperature, 0.999999);
          // Where rounding leaves all sums below, it is still a likely one.
          const double Last = std::nextafter(1.0, 0.0);
          EXPECT_GT(Values[TokenDraw(Temperature)(Values, Last)], 0);
        }
}

TEST(TokenDraw, KeepsToTheLikeliestAtLowTemperatures) {
  TokenDraw Draw(1e-3);
  for (double Uniform : {1e-9, 0.5, 0.999})
    EXPECT_EQ(Draw({0.2, 0.3, 0.1, 0.4}, Uniform), 3);
}

template <typename Element> void checkReading() {
  std::vector<Element> Values;
  std::vector<double> Read(40, -1);
  for (int Count = 0; Count < 40; ++Count) {
    EXPECT_EQ(readProbabilities(Values.data(), Values.size(), Read.data()),
              Count * (Count - 1) / 2);
    for (int Index = 0; Index < Count; ++Index)
      EXPECT_EQ(Read[Index], Index);
    EXPECT_EQ(Read[Count], -1);
    Values.push_back(static_cast<Element>(Count));
    if (Count == 0)
      continue;
    Values[Count / 2] *= -1;
    const double Sum =
        readProbabilities(Values.data(), Values.size(), Read.data());
    EXPECT_EQ(std::isnan(Sum), Count > 1);
    Values[Count / 2] *= -1;
    Read.assign(Read.size(), -1);
  }
}

TEST(TokenDraw, ReadsAndSumsAllProbabilities) {
  checkReading<float>();
  checkReading<double>();
}

} // namespace
