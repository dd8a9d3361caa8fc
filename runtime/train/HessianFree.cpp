//===- HessianFree.cpp - Second-order training ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Conjugate gradients, backtracking over their iterates, a line search, and
// Levenberg and Marquardt's rule for the damping.
//===----------------------------------------------------------------------===//
#include "runtime/train/HessianFree.h"

#include "runtime/lib/Error.h"

#include <algorithm>
#include <cmath>
#include <string>

using namespace rnn;
using namespace rnn::train;

void train::checkHessianFree(const HessianFreeOptions &Given) {
  const auto Bad = [](const char *What, double Got) {
    throw Error(RNN_ERROR_ARGUMENT, std::string("expected ") + What + ", got " +
                                        std::to_string(Got));
  };
  if (!(Given.Damping > 0) || !std::isfinite(Given.Damping))
    Bad("a positive damping", Given.Damping);
  if (!(Given.Structural >= 0) || !std::isfinite(Given.Structural))
    Bad("a structural damping of 0 or more", Given.Structural);
  if (!(Given.Decay >= 0 && Given.Decay <= 1))
    Bad("a decay of the direction in [0, 1]", Given.Decay);
  if (Given.MaxIterations < 1)
    Bad("an iteration or more of conjugate gradients",
        static_cast<double>(Given.MaxIterations));
  if (!(Given.Tolerance >= 0))
    Bad("a tolerance of 0 or more", Given.Tolerance);
}

static double dot(const Vector &A, const Vector &B) {
  double Sum = 0;
  for (size_t I = 0; I < A.size(); ++I)
    Sum += A[I] * B[I];
  return Sum;
}

/// A += Factor B.
static void add(Vector &A, double Factor, const Vector &B) {
  for (size_t I = 0; I < A.size(); ++I)
    A[I] += Factor * B[I];
}

//===----------------------------------------------------------------------===//
// The quadratic model
//===----------------------------------------------------------------------===//

struct HessianFree::Model {
  Objective &Of;
  const Vector &At;
  const Vector &Gradient;
  double Damping, Structural; // lambda and mu
  Vector Weights;             // of the preconditioner; empty: none
  int64_t Products = 0;

  /// Into := (G + lambda (1 + mu S)) D.
  void product(const Vector &D, Vector &Into) {
    ++Products;
    Of.product(At, D, Damping * Structural, Into);
    add(Into, Damping, D);
  }
  void precondition(const Vector &R, Vector &Into) const {
    Into = R;
    for (size_t I = 0; I < Weights.size(); ++I)
      Into[I] /= Weights[I];
  }
  /// What the undamped model foresees for a direction.
  double foreseen(const Vector &D) {
    Vector Product(D.size());
    ++Products;
    Of.product(At, D, 0, Product);
    return dot(Gradient, D) + 0.5 * dot(D, Product);
  }
};

/// Minimises the model from the decayed last direction on. Keeps the iterates
/// whose numbers grow as powers of 1.3, and the last one.
std::vector<HessianFree::Iterate> HessianFree::minimise(Model &Of) {
  const size_t Size = Direction.size();
  Vector D = Direction, R(Size), Z(Size), P, Product(Size);
  for (double &Element : D)
    Element *= Given.Decay;
  Of.product(D, R);
  for (size_t I = 0; I < Size; ++I)
    R[I] = -Of.Gradient[I] - R[I];
  Of.precondition(R, Z);
  P = Z;
  double Norm = dot(R, Z);
  // The model's value is -d^T (b + r) / 2, with b the negative gradient.
  const auto Value = [&] { return 0.5 * (dot(Of.Gradient, D) - dot(R, D)); };
  std::vector<double> Values{Value()};
  std::vector<Iterate> Kept;
  double Next = 1;
  int64_t Iteration = 0;
  const double Rounding = 1e-28 * Norm;
  while (Iteration < Given.MaxIterations && Norm > Rounding) {
    Of.product(P, Product);
    const double Curvature = dot(P, Product);
    if (!(Curvature > 0) || !std::isfinite(Curvature))
      break; // Rounding; G + lambda is positive.
    const double Step = Norm / Curvature;
    add(D, Step, P);
    add(R, -Step, Product);
    Of.precondition(R, Z);
    const double Before = Norm;
    Norm = dot(R, Z);
    for (size_t I = 0; I < Size; ++I)
      P[I] = Z[I] + Norm / Before * P[I];
    Values.push_back(Value());
    if (++Iteration >= std::ceil(Next)) {
      Kept.push_back({D, Iteration});
      Next *= 1.3;
    }
    // Martens's test: little progress over the last tenth of the iterations.
    const int64_t Window = std::max<int64_t>(10, Iteration / 10);
    if (Iteration > Window && Values[Iteration] < 0 &&
        (Values[Iteration] - Values[Iteration - Window]) / Values[Iteration] <
            static_cast<double>(Window) * Given.Tolerance)
      break;
  }
  if (Kept.empty() || Kept.back().Iteration != Iteration)
    Kept.push_back({D, Iteration});
  Direction = std::move(D);
  return Kept;
}

//===----------------------------------------------------------------------===//
// A step
//===----------------------------------------------------------------------===//

namespace {
/// Losses along directions from a point.
struct Trial {
  Objective &Of;
  const Vector &From;
  Vector At = From;
  int64_t Count = 0;

  double operator()(const Vector &Direction, double Rate) {
    ++Count;
    At = From;
    add(At, Rate, Direction);
    const double Loss = Of.loss(At);
    return std::isfinite(Loss) ? Loss : INFINITY;
  }
};
} // namespace

HessianFree::HessianFree(const HessianFreeOptions &Given, uint64_t Size)
    : Given(Given), Direction(Size), Damping(Given.Damping) {
  checkHessianFree(Given);
}

void HessianFree::adapt(double Ratio) {
  if (Ratio > 0.75)
    Damping *= 2.0 / 3;
  else if (!(Ratio >= 0.25))
    Damping *= 3.0 / 2;
}

HessianFree::Result HessianFree::step(Objective &Of, Vector &Params) {
  Result Made;
  Vector Gradient(Params.size());
  Made.Before = Of.gradient(Params, Gradient);
  Model Quadratic{Of, Params, Gradient, Damping, Given.Structural, {}, 0};
  if (Given.Precondition) {
    Quadratic.Weights.resize(Params.size());
    Of.squares(Params, Quadratic.Weights);
    for (double &Weight : Quadratic.Weights)
      Weight = std::pow(Weight + Damping, 0.75);
  }
  const std::vector<Iterate> Kept = minimise(Quadratic);
  Made.Iterations = Kept.back().Iteration;

  // Later iterates fit the model better, and the loss perhaps worse.
  Trial LossAt{Of, Params};
  size_t Best = Kept.size() - 1;
  double Loss = LossAt(Kept[Best].Direction, 1);
  while (Best > 0) {
    const double Earlier = LossAt(Kept[Best - 1].Direction, 1);
    if (Earlier >= Loss && std::isfinite(Loss))
      break;
    Loss = Earlier;
    --Best;
  }
  const Vector &Chosen = Kept[Best].Direction;
  Made.Ratio = (Loss - Made.Before) / Quadratic.foreseen(Chosen);
  const double Slope = dot(Gradient, Chosen);
  Made.Rate = 1;
  for (int Tries = 0; !(Loss <= Made.Before + 0.01 * Made.Rate * Slope);
       ++Tries) {
    if (Tries == 60) {
      Made.Rate = 0;
      break;
    }
    Made.Rate *= 0.8;
    Loss = LossAt(Chosen, Made.Rate);
  }
  Made.Losses = LossAt.Count;
  Made.Products = Quadratic.Products;
  adapt(Made.Ratio);
  Made.After = Made.Rate > 0 ? Loss : Made.Before;
  if (Made.Rate > 0)
    add(Params, Made.Rate, Chosen);
  else
    std::fill(Direction.begin(), Direction.end(), 0.0);
  return Made;
}
