//===- HessianFreeTest.cpp - Tests of second-order training ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// On functions whose minima are known on paper.
//===----------------------------------------------------------------------===//
#include "runtime/train/HessianFree.h"

#include "runtime/lib/Error.h"

#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace rnn;
using namespace rnn::train;

namespace {

/// The mean of r(p)^2 / 2 over residuals; S is the identity.
struct LeastSquares : Objective {
  using Residuals = std::function<Vector(const Vector &)>;
  using Jacobian = std::function<std::vector<Vector>(const Vector &)>;

  LeastSquares(Residuals R, Jacobian J) : R(std::move(R)), J(std::move(J)) {}

  double loss(const Vector &At) override {
    ++Losses;
    double Sum = 0;
    const Vector Rows = R(At);
    for (const double Row : Rows)
      Sum += Row * Row / 2;
    return Sum / Rows.size();
  }
  double gradient(const Vector &At, Vector &Into) override {
    const Vector Rows = R(At);
    const auto Slopes = J(At);
    std::fill(Into.begin(), Into.end(), 0.0);
    for (size_t Row = 0; Row < Rows.size(); ++Row)
      for (size_t I = 0; I < At.size(); ++I)
        Into[I] += Rows[Row] * Slopes[Row][I] / Rows.size();
    return loss(At);
  }
  void product(const Vector &At, const Vector &D, double Damping,
               Vector &Into) override {
    ++Products;
    const auto Slopes = J(At);
    for (size_t I = 0; I < At.size(); ++I)
      Into[I] = Damping * D[I];
    for (const Vector &Slope : Slopes) {
      double Along = 0;
      for (size_t I = 0; I < At.size(); ++I)
        Along += Slope[I] * D[I];
      for (size_t I = 0; I < At.size(); ++I)
        Into[I] += Slope[I] * Along / Slopes.size();
    }
  }
  void squares(const Vector &At, Vector &Into) override {
    const Vector Rows = R(At);
    const auto Slopes = J(At);
    std::fill(Into.begin(), Into.end(), 0.0);
    for (size_t Row = 0; Row < Rows.size(); ++Row)
      for (size_t I = 0; I < At.size(); ++I)
        Into[I] += std::pow(Rows[Row] * Slopes[Row][I], 2) / Rows.size();
  }

  Residuals R;
  Jacobian J;
  int Losses = 0, Products = 0;
};

/// sum of (s_i (p_i - i))^2 with widely different s_i.
LeastSquares quadratic(size_t Size, double Spread) {
  const auto Scale = [=](size_t I) {
    return std::pow(Spread, static_cast<double>(I) / (Size - 1));
  };
  return {[=](const Vector &P) {
            Vector Rows(Size);
            for (size_t I = 0; I < Size; ++I)
              Rows[I] = Scale(I) * (P[I] - static_cast<double>(I));
            return Rows;
          },
          [=](const Vector &) {
            std::vector<Vector> Slopes(Size, Vector(Size));
            for (size_t I = 0; I < Size; ++I)
              Slopes[I][I] = Scale(I);
            return Slopes;
          }};
}

/// Rosenbrock's valley as residuals 10 (y - x^2) and 1 - x.
LeastSquares rosenbrock() {
  return {[](const Vector &P) {
            return Vector{10 * (P[1] - P[0] * P[0]), 1 - P[0]};
          },
          [](const Vector &P) {
            return std::vector<Vector>{{-20 * P[0], 10}, {-1, 0}};
          }};
}

TEST(HessianFreeTest, AQuadraticInOneStepWithoutDamping) {
  LeastSquares Of = quadratic(8, 10);
  HessianFreeOptions Given;
  Given.Damping = 1e-12;
  Given.Tolerance = 0;
  HessianFree Method(Given, 8);
  Vector P(8, 5.0);
  const auto Made = Method.step(Of, P);
  EXPECT_LE(Made.Iterations, 12); // as many as eigenvalues, and rounding
  EXPECT_NEAR(Made.Ratio, 1, 1e-9);
  EXPECT_EQ(Made.Products, Of.Products);
  EXPECT_EQ(Made.Losses, Of.Losses - 1); // and the gradient's
  EXPECT_EQ(Made.Rate, 1);
  for (int I = 0; I < 8; ++I)
    EXPECT_NEAR(P[I], I, 1e-6);
  EXPECT_NEAR(Method.damping(), 2e-12 / 3, 1e-20);
}

TEST(HessianFreeTest, DampingIsInTheModel) {
  // One residual p - 1: d = -g / (1 + lambda (1 + mu)) with S = 1.
  LeastSquares Of{[](const Vector &P) { return Vector{P[0] - 1}; },
                  [](const Vector &) { return std::vector<Vector>{{1.0}}; }};
  HessianFreeOptions Given;
  Given.Damping = 2;
  Given.Structural = 0.5;
  HessianFree Method(Given, 1);
  Vector P{0};
  Method.step(Of, P);
  EXPECT_NEAR(P[0], 1.0 / (1 + 2 * 1.5), 1e-12);
}

TEST(HessianFreeTest, FollowsACurvedValley) {
  for (const bool Precondition : {false, true}) {
    LeastSquares Of = rosenbrock();
    HessianFreeOptions Given;
    Given.Precondition = Precondition;
    HessianFree Method(Given, 2);
    Vector P{-1.9, 2};
    double Loss = INFINITY;
    for (int Step = 0; Step < 200 && !(Loss < 1e-18); ++Step) {
      const auto Made = Method.step(Of, P);
      EXPECT_LE(Made.After, Made.Before);
      EXPECT_LE(Made.After, Loss);
      Loss = Made.After;
    }
    EXPECT_NEAR(P[0], 1, 1e-5);
    EXPECT_NEAR(P[1], 1, 1e-5);
    EXPECT_LT(Method.damping(), 0.1); // the model is right at the minimum
  }
}

TEST(HessianFreeTest, StopsWhereProgressIsSmall) {
  LeastSquares Of = quadratic(400, 1e3);
  HessianFreeOptions Given;
  Given.Damping = 1e-9;
  Given.MaxIterations = 100000;
  HessianFree Method(Given, 400);
  Vector P(400);
  const auto Made = Method.step(Of, P);
  EXPECT_GT(Made.Iterations, 10);
  EXPECT_LT(Made.Iterations, 1000);
  Given.MaxIterations = 7;
  HessianFree Short(Given, 400);
  P.assign(400, 0.0);
  EXPECT_EQ(Short.step(Of, P).Iterations, 7);
}

TEST(HessianFreeTest, StartsFromTheLastDirection) {
  LeastSquares Of = quadratic(50, 100);
  HessianFreeOptions Given;
  HessianFree Method(Given, 50);
  Vector P(50, 1.0);
  Method.step(Of, P);
  const Vector Before = Method.direction();
  EXPECT_NE(Before, Vector(50));
  // Carried to another object, as a checkpoint does, it gives the same step.
  HessianFree Resumed(Given, 50);
  Resumed.direction() = Before;
  Resumed.damping() = Method.damping();
  Vector Q = P;
  Method.step(Of, P);
  Resumed.step(Of, Q);
  EXPECT_EQ(P, Q);
}

TEST(HessianFreeTest, DampsMoreWhereTheModelIsWrong) {
  // Its gradient points the wrong way: nothing that it foresees comes true.
  struct Liar : LeastSquares {
    Liar() : LeastSquares(quadratic(3, 2)) {}
    double gradient(const Vector &At, Vector &Into) override {
      const double Loss = LeastSquares::gradient(At, Into);
      for (double &Element : Into)
        Element = -Element;
      return Loss;
    }
  } Of;
  HessianFree Method({}, 3);
  Vector P(3, 7.0);
  const auto Made = Method.step(Of, P);
  EXPECT_EQ(Made.Rate, 0);
  EXPECT_LT(Made.Ratio, 0);
  EXPECT_EQ(P, Vector(3, 7.0));
  EXPECT_DOUBLE_EQ(Method.damping(), 1.5);
}

TEST(HessianFreeTest, BacksOffFromLossesThatAreNotFinite) {
  // log(p) is not a number beyond 0; the minimum is at p = 1.
  LeastSquares Of{
      [](const Vector &P) { return Vector{std::log(P[0])}; },
      [](const Vector &P) { return std::vector<Vector>{{1 / P[0]}}; }};
  HessianFreeOptions Given;
  Given.Damping = 1e-6;
  HessianFree Method(Given, 1);
  Vector P{20};
  for (int Step = 0; Step < 60; ++Step)
    Method.step(Of, P);
  EXPECT_NEAR(P[0], 1, 1e-4);
}

TEST(HessianFreeTest, OptionsOutOfRange) {
  const auto Refused = [](auto Change) {
    HessianFreeOptions Given;
    Change(Given);
    EXPECT_THROW(checkHessianFree(Given), Error);
  };
  Refused([](auto &Given) { Given.Damping = 0; });
  Refused([](auto &Given) { Given.Structural = -1; });
  Refused([](auto &Given) { Given.Decay = 1.5; });
  Refused([](auto &Given) { Given.MaxIterations = 0; });
  Refused([](auto &Given) { Given.Tolerance = NAN; });
}

} // namespace
