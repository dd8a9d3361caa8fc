//===- OptimiserTest.cpp - Tests of update rules and clipping -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Each rule against its formula, an element at a time.
//===----------------------------------------------------------------------===//
#include "runtime/train/Optimiser.h"

#include "runtime/lib/Error.h"
#include "runtime/train/Clip.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace rnn;
using namespace rnn::train;

namespace {

/// The rule for one element: parameter, two moments, gradient, rate, step.
using Rule =
    std::function<void(double &, double &, double &, double, double, int)>;

template <typename Element>
void compare(Method Of, const Rule &Formula, double Tolerance) {
  const uint64_t Size = 1003; // no multiple of a vector
  std::vector<Element> P(Size), G(Size);
  std::vector<double> Q(Size), M(Size), V(Size);
  for (uint64_t I = 0; I < Size; ++I)
    Q[I] = P[I] = std::sin(I);
  Optimiser Update(Of, sizeof(Element) == 8 ? RNN_F64 : RNN_F32, Size);
  for (int Step = 1; Step <= 5; ++Step) {
    for (uint64_t I = 0; I < Size; ++I)
      G[I] = std::cos(Step * 0.7 * I);
    Update.step(P.data(), G.data(), 0.01);
    for (uint64_t I = 0; I < Size; ++I)
      Formula(Q[I], M[I], V[I], G[I], 0.01, Step);
  }
  EXPECT_EQ(Update.steps(), 5);
  for (uint64_t I = 0; I < Size; ++I)
    ASSERT_NEAR(P[I], Q[I], Tolerance) << methodName(Of) << " at " << I;
}

void compareBoth(Method Of, const Rule &Formula) {
  compare<double>(Of, Formula, 1e-13);
  compare<float>(Of, Formula, 2e-6);
}

TEST(Optimiser, SGD) {
  compareBoth(Method::SGD, [](double &P, double &, double &, double G,
                              double Rate, int) { P -= Rate * G; });
}

TEST(Optimiser, Adagrad) {
  compareBoth(Method::Adagrad,
              [](double &P, double &M, double &, double G, double Rate, int) {
                M += G * G;
                P -= Rate * G / std::sqrt(M + 1e-8);
              });
}

TEST(Optimiser, RMSprop) {
  compareBoth(Method::RMSprop,
              [](double &P, double &M, double &, double G, double Rate, int) {
                M = 0.99 * M + 0.01 * G * G;
                P -= Rate * G / (std::sqrt(M) + 1e-8);
              });
}

TEST(Optimiser, Adam) {
  compareBoth(Method::Adam, [](double &P, double &M, double &V, double G,
                               double Rate, int Step) {
    M = 0.9 * M + 0.1 * G;
    V = 0.999 * V + 0.001 * G * G;
    const double Mean = M / (1 - std::pow(0.9, Step));
    const double Square = V / (1 - std::pow(0.999, Step));
    P -= Rate * Mean / (std::sqrt(Square) + 1e-8);
  });
}

TEST(Optimiser, Names) {
  for (const Method Of :
       {Method::SGD, Method::Adagrad, Method::RMSprop, Method::Adam})
    EXPECT_EQ(methodOf(methodName(Of)), Of);
  EXPECT_THROW(methodOf("adma"), Error);
}

template <typename Element> struct ClipTest : testing::Test {
  static constexpr uint32_t Type = sizeof(Element) == 8 ? RNN_F64 : RNN_F32;
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(ClipTest, Types);

TYPED_TEST(ClipTest, ByValue) {
  std::vector<TypeParam> G{-7, -5, 0, 4.5, 5, 1e30};
  clipByValue(this->Type, G.data(), G.size(), 5);
  EXPECT_EQ(G, (std::vector<TypeParam>{-5, -5, 0, 4.5, 5, 5}));
}

TYPED_TEST(ClipTest, ByNorm) {
  std::vector<TypeParam> G(100, 0.5); // of norm 5
  EXPECT_DOUBLE_EQ(clipByNorm(this->Type, G.data(), G.size(), 10), 5);
  EXPECT_EQ(G[99], TypeParam(0.5));
  EXPECT_DOUBLE_EQ(clipByNorm(this->Type, G.data(), G.size(), 2), 5);
  for (const TypeParam Value : G)
    ASSERT_NEAR(Value, 0.2, 1e-7);
}

} // namespace
