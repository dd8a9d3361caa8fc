//===- Ridge.cpp - Linear read-outs by ridge regression -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The normal equations in double, summed over blocks of rows. A bias is the
// weight of a feature that is always 1 and costs nothing.
//===----------------------------------------------------------------------===//
#include "runtime/train/Ridge.h"

#include "runtime/lib/Error.h"

#include <Eigen/Cholesky>
#include <Eigen/Dense>
#include <cmath>

using namespace rnn;
using namespace rnn::train;
using Eigen::MatrixXd;

/// Rows that are gathered before they are multiplied.
static constexpr Eigen::Index BlockRows = 256;

struct Ridge::Sums {
  Eigen::Index Features, Targets; // of rows as given
  bool HasBias;
  MatrixXd X, Y; // the rows gathered, a column each
  Eigen::Index Gathered = 0;
  int64_t Rows = 0;
  MatrixXd XX, XY; // sums of x x^T and x y^T
  double YY = 0;

  Sums(int64_t Features, int64_t Targets, bool HasBias)
      : Features(Features), Targets(Targets), HasBias(HasBias),
        X(MatrixXd::Ones(Features + HasBias, BlockRows)), Y(Targets, BlockRows),
        XX(MatrixXd::Zero(X.rows(), X.rows())),
        XY(MatrixXd::Zero(X.rows(), Targets)) {}

  void flush() {
    if (Gathered == 0)
      return;
    const auto Block = X.leftCols(Gathered);
    const auto Wanted = Y.leftCols(Gathered);
    XX.selfadjointView<Eigen::Lower>().rankUpdate(Block);
    XY.noalias() += Block * Wanted.transpose();
    YY += Wanted.squaredNorm();
    Gathered = 0;
  }
};

Ridge::Ridge(int64_t Features, int64_t Targets, bool HasBias)
    : Of(std::make_unique<Sums>(Features, Targets, HasBias)) {}
Ridge::~Ridge() = default;

int64_t Ridge::rows() const { return Of->Rows; }

void Ridge::add(const double *Features, const double *Targets) {
  Of->X.col(Of->Gathered).head(Of->Features) =
      Eigen::Map<const Eigen::VectorXd>(Features, Of->Features);
  Of->Y.col(Of->Gathered) =
      Eigen::Map<const Eigen::VectorXd>(Targets, Of->Targets);
  ++Of->Rows;
  if (++Of->Gathered == BlockRows)
    Of->flush();
}

Ridge::Solution Ridge::solve(double Lambda) {
  Sums &S = *Of;
  S.flush();
  if (S.Rows == 0)
    throw Error(RNN_ERROR_ARGUMENT, "expected rows to fit, got none");
  MatrixXd System = S.XX.selfadjointView<Eigen::Lower>();
  System.diagonal().head(S.Features).array() += Lambda;
  const Eigen::LDLT<MatrixXd> Factors(System);
  const MatrixXd W = Factors.solve(S.XY);
  const auto Pivots = Factors.vectorD();
  if (Factors.info() != Eigen::Success ||
      !(Pivots.minCoeff() > 1e-15 * Pivots.maxCoeff()) || !W.allFinite())
    throw Error(RNN_ERROR_ARGUMENT,
                "the features do not determine the weights: expected a larger "
                "lambda or more rows, got lambda " +
                    std::to_string(Lambda) + " and " + std::to_string(S.Rows) +
                    " rows");
  Solution Made;
  Made.Weights.resize(S.Features * S.Targets);
  Eigen::Map<MatrixXd>(Made.Weights.data(), S.Features, S.Targets) =
      W.topRows(S.Features);
  Made.Bias.assign(S.Targets, 0.0);
  for (Eigen::Index Target = 0; S.HasBias && Target < S.Targets; ++Target)
    Made.Bias[Target] = W(S.Features, Target);
  // |W x - y|^2 summed, from the sums.
  const double Square =
      S.YY - 2 * W.cwiseProduct(S.XY).sum() +
      W.cwiseProduct(S.XX.selfadjointView<Eigen::Lower>() * W).sum();
  Made.Error = std::sqrt(std::max(Square, 0.0) /
                         static_cast<double>(S.Rows * S.Targets));
  return Made;
}
