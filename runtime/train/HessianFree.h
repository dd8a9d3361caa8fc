//===- HessianFree.h - Second-order training --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Hessian-free optimisation (Martens 2010; Martens and Sutskever 2011): each
// step minimises the quadratic model
//   q(d) = g^T d + d^T (G + lambda (1 + mu S)) d / 2
// of the loss by conjugate gradients, where G is the Gauss-Newton matrix and S
// the structural term, both known by their products with vectors alone.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_HESSIANFREE_H
#define RNNC_RUNTIME_TRAIN_HESSIANFREE_H

#include <cstdint>
#include <vector>

namespace rnn::train {

using Vector = std::vector<double>;

struct HessianFreeOptions {
  double Damping = 1; ///< lambda at first
  double Structural =
      0;               ///< mu, the weight of the structural term beside lambda
  double Decay = 0.95; ///< of the direction that the next step starts from
  int64_t MaxIterations = 100; ///< of conjugate gradients
  double Tolerance = 5e-4;     ///< relative progress an iteration at the end
  bool Precondition = false;   ///< by (mean of squared gradients + lambda)^0.75
};
/// Throws Error if a number is out of its range.
void checkHessianFree(const HessianFreeOptions &Given);

/// What is minimised, on the data of one step. Members may throw Error.
class Objective {
public:
  virtual ~Objective() = default;

  /// The loss; what is not finite counts as infinite.
  virtual double loss(const Vector &At) = 0;
  /// The loss, and its gradient.
  virtual double gradient(const Vector &At, Vector &Into) = 0;
  /// Into := (G + Damping S) Direction. With fewer data, perhaps.
  virtual void product(const Vector &At, const Vector &Direction,
                       double Damping, Vector &Into) = 0;
  /// The mean over cases of the squared elements of their gradients.
  virtual void squares(const Vector &At, Vector &Into) = 0;
};

class HessianFree {
public:
  HessianFree(const HessianFreeOptions &Given, uint64_t Size);

  struct Result {
    double Before = 0, After = 0; ///< losses
    double Ratio = 0; ///< of the loss's reduction to what the model foresaw
    double Rate = 0;  ///< of the line search; 0: the parameters stayed
    int64_t Iterations = 0;
    /// Calls of the objective: what the step cost.
    int64_t Losses = 0, Products = 0;
  };
  /// Moves the parameters. Throws what the objective does.
  Result step(Objective &Of, Vector &Params);

  /// All that is carried from step to step, for checkpoints.
  Vector &direction() { return Direction; }
  const Vector &direction() const { return Direction; }
  double &damping() { return Damping; }
  const double &damping() const { return Damping; }

private:
  struct Iterate {
    Vector Direction;
    int64_t Iteration;
  };
  /// The matrix of the model and its preconditioner, at some parameters.
  struct Model;

  std::vector<Iterate> minimise(Model &Of);
  void adapt(double Ratio);

  HessianFreeOptions Given;
  Vector Direction;
  double Damping;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_HESSIANFREE_H
