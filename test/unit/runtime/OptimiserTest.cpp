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
#include "test/unit/runtime/HookModel.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace rnn;
using namespace rnn::train;

namespace {

/// The rule for one element: parameter, two moments, gradient, rate, step.
using OneStep =
    std::function<void(double &, double &, double &, double, double, int)>;

template <typename Element>
void compare(const UpdateRule &Of, const OneStep &Formula, double Tolerance) {
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
    ASSERT_NEAR(P[I], Q[I], Tolerance) << methodName(Of.Of) << " at " << I;
}

void compareBoth(const UpdateRule &Of, const OneStep &Formula) {
  compare<double>(Of, Formula, 1e-13);
  compare<float>(Of, Formula, 2e-6);
}

TEST(Optimiser, SGD) {
  compareBoth({Method::SGD}, [](double &P, double &, double &, double G,
                                double Rate, int) { P -= Rate * G; });
}

TEST(Optimiser, Adagrad) {
  compareBoth({Method::Adagrad},
              [](double &P, double &M, double &, double G, double Rate, int) {
                M += G * G;
                P -= Rate * G / std::sqrt(M + 1e-8);
              });
}

TEST(Optimiser, RMSprop) {
  compareBoth({Method::RMSprop},
              [](double &P, double &M, double &, double G, double Rate, int) {
                M = 0.99 * M + 0.01 * G * G;
                P -= Rate * G / (std::sqrt(M) + 1e-8);
              });
}

TEST(Optimiser, Adam) {
  compareBoth({Method::Adam}, [](double &P, double &M, double &V, double G,
                                 double Rate, int Step) {
    M = 0.9 * M + 0.1 * G;
    V = 0.999 * V + 0.001 * G * G;
    const double Mean = M / (1 - std::pow(0.9, Step));
    const double Square = V / (1 - std::pow(0.999, Step));
    P -= Rate * Mean / (std::sqrt(Square) + 1e-8);
  });
}

TEST(Optimiser, Momentum) {
  compareBoth({Method::Momentum, 0.9},
              [](double &P, double &V, double &, double G, double Rate, int) {
                V = 0.9 * V - Rate * G;
                P += V;
              });
}

TEST(Optimiser, NesterovLooksAhead) {
  // Sutskever et al. 2013: v = u v - r g(p + u v); p += v. The optimiser keeps
  // q = p + u v, where the gradient is taken; here g(q) = q^3 + sin(q).
  const auto G = [](double Q) { return Q * Q * Q + std::sin(Q); };
  Optimiser Update({Method::Nesterov, 0.8}, RNN_F64, 1);
  double P = 1.5, V = 0, Q = 1.5;
  for (int Step = 0; Step < 20; ++Step) {
    const double At = G(P + 0.8 * V), Gradient = G(Q);
    V = 0.8 * V - 0.05 * At;
    P += V;
    Update.step(&Q, &Gradient, 0.05);
    ASSERT_NEAR(Q, P + 0.8 * V, 1e-13);
  }
}

TEST(Optimiser, RMSpropWithMomentum) {
  compareBoth({Method::RMSprop, 0.7},
              [](double &P, double &M, double &V, double G, double Rate, int) {
                M = 0.99 * M + 0.01 * G * G;
                V = 0.7 * V - Rate * G / (std::sqrt(M) + 1e-8);
                P += V;
              });
}

TEST(Optimiser, WeightDecayIsApartFromTheMoments) {
  compareBoth({Method::Adagrad, 0, 0.3},
              [](double &P, double &M, double &, double G, double Rate, int) {
                P -= Rate * 0.3 * P;
                M += G * G;
                P -= Rate * G / std::sqrt(M + 1e-8);
              });
}

TEST(Optimiser, FrozenParametersNeverChange) {
  // Not by decay, and not by a gradient that is not 0 either.
  for (const Method Of : {Method::SGD, Method::Momentum, Method::Nesterov,
                          Method::Adagrad, Method::RMSprop, Method::Adam}) {
    Optimiser Update({Of, defaultMomentum(Of), 0.1}, RNN_F32, 10,
                     {{0, 3}, {7, 3}});
    std::vector<float> P(10, 2), G(10, 1);
    for (int Step = 0; Step < 3; ++Step)
      Update.step(P.data(), G.data(), 0.01);
    for (int I = 0; I < 10; ++I)
      EXPECT_EQ(P[I] == 2, I >= 3 && I < 7) << methodName(Of) << " at " << I;
  }
}

TEST(Optimiser, RangesOfAModel) {
  HookModel Hook;
  rnn_tensor Parameters[4];
  for (uint64_t I = 0; I < 4; ++I) {
    Parameters[I] = Hook.Parameter;
    Parameters[I].offset = 8 * I;
  }
  Parameters[2].frozen = 1;
  Hook.Model.parameters = Parameters;
  Hook.Model.parameter_count = 4;
  const auto Ranges = trainedRanges(Hook.Model);
  ASSERT_EQ(Ranges.size(), 2u);
  EXPECT_EQ(Ranges[0].Size, 16u);
  EXPECT_EQ(Ranges[1].Offset, 24u);
  EXPECT_EQ(Ranges[1].Size, 8u);
}

TEST(Optimiser, RulesOutOfRange) {
  EXPECT_THROW(checkRule({Method::SGD, 0.5}), Error);
  EXPECT_THROW(checkRule({Method::Adam, 0.5}), Error);
  EXPECT_THROW(checkRule({Method::Momentum, 1}), Error);
  EXPECT_THROW(checkRule({Method::Momentum, -0.1}), Error);
  EXPECT_THROW(checkRule({Method::Momentum, NAN}), Error);
  EXPECT_THROW(checkRule({Method::SGD, 0, -1}), Error);
  checkRule({Method::RMSprop, 0.5, 0.1});
}

TEST(Optimiser, Names) {
  for (const Method Of : {Method::SGD, Method::Momentum, Method::Nesterov,
                          Method::Adagrad, Method::RMSprop, Method::Adam})
    EXPECT_EQ(methodOf(methodName(Of)), Of);
  EXPECT_THROW(methodOf("adma"), Error);
}

template <typename Element> struct ClipTest : testing::Test {
  static constexpr uint32_t Type = sizeof(Element) == 8 ? RNN_F64 : RNN_F32;
};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(ClipTest, Types);

TYPED_TEST(ClipTest, NormOfBoundedElements) {
  for (const uint64_t Size : {1, 31, 32, 33, 1003}) {
    std::vector<TypeParam> G(Size);
    double Free = 0, Bounded = 0;
    for (uint64_t I = 0; I < Size; ++I) {
      G[I] = static_cast<TypeParam>(3 * std::sin(I + 1));
      const double Value = std::min(std::max<double>(G[I], -2), 2.0);
      Free += double(G[I]) * double(G[I]);
      Bounded += Value * Value;
    }
    const double Got = boundedNorm(this->Type, G.data(), Size, INFINITY);
    EXPECT_NEAR(Got, std::sqrt(Free), 1e-13 * Got) << Size;
    EXPECT_NEAR(boundedNorm(this->Type, G.data(), Size, 2), std::sqrt(Bounded),
                1e-13 * Got)
        << Size;
  }
}

TYPED_TEST(ClipTest, ByValue) {
  const std::vector<TypeParam> G{-7, -5, 0, 4.5, 5, 1e30};
  std::vector<TypeParam> P(6);
  Optimiser Update({Method::SGD}, this->Type, P.size());
  Update.step(P.data(), G.data(), 1, {5, 0});
  EXPECT_EQ(P, (std::vector<TypeParam>{5, 5, 0, -4.5, -5, -5}));
}

TYPED_TEST(ClipTest, ByNorm) {
  const std::vector<TypeParam> G(100, 0.5); // of norm 5
  std::vector<TypeParam> P(100);
  Optimiser Update({Method::SGD}, this->Type, P.size());
  Update.step(P.data(), G.data(), 1, {0, 10});
  EXPECT_EQ(P, std::vector<TypeParam>(100, -0.5));
  Update.step(P.data(), G.data(), 1, {0, 2});
  for (const TypeParam Value : P)
    ASSERT_NEAR(Value, -0.7, 1e-7);
}

TYPED_TEST(ClipTest, NaNStays) {
  const std::vector<TypeParam> G{TypeParam(NAN), 1};
  std::vector<TypeParam> P(2);
  Optimiser Update({Method::Adagrad}, this->Type, P.size());
  Update.step(P.data(), G.data(), 1, {5, 0});
  EXPECT_TRUE(std::isnan(P[0]));
  EXPECT_FALSE(std::isnan(P[1]));
}

/// Clips a gradient as a pass of its own does.
std::vector<double> clipped(std::vector<double> G, const Clip &Bounds) {
  double Squares = 0;
  for (double &Value : G) {
    if (Bounds.Value > 0)
      Value = std::min(std::max(Value, -Bounds.Value), Bounds.Value);
    Squares += Value * Value;
  }
  const double Norm = std::sqrt(Squares);
  if (Bounds.Norm > 0 && Norm > Bounds.Norm)
    for (double &Value : G)
      Value *= Bounds.Norm / Norm;
  return G;
}

TYPED_TEST(ClipTest, InTheSamePassAsApart) {
  // All rules, with a decay, ranges and both bounds.
  constexpr uint64_t Size = 517;
  const std::vector<Range> Trained{{0, 101}, {120, 397}};
  for (const Method Of : {Method::SGD, Method::Momentum, Method::Nesterov,
                          Method::Adagrad, Method::RMSprop, Method::Adam})
    for (const Clip &Bounds :
         {Clip{}, Clip{0.5, 0}, Clip{0, 3}, Clip{0.5, 3}}) {
      const UpdateRule Rule{Of, defaultMomentum(Of), 0.2};
      Optimiser Fused(Rule, this->Type, Size, Trained);
      Optimiser Apart(Rule, RNN_F64, Size, Trained);
      std::vector<TypeParam> P(Size, 1), G(Size);
      std::vector<double> Q(Size, 1), Exact(Size);
      for (int Step = 1; Step <= 5; ++Step) {
        for (uint64_t I = 0; I < Size; ++I)
          Exact[I] = G[I] = static_cast<TypeParam>(std::cos(Step * 0.7 * I));
        Fused.step(P.data(), G.data(), 0.01, Bounds);
        Apart.step(Q.data(), clipped(Exact, Bounds).data(), 0.01);
      }
      for (uint64_t I = 0; I < Size; ++I)
        ASSERT_NEAR(P[I], Q[I], sizeof(TypeParam) == 8 ? 1e-14 : 2e-6)
            << methodName(Of) << " at " << I;
    }
}

} // namespace
