//===- Spectral.cpp - Sizes of eigenvalues --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Arnoldi's method: the eigenvalues of a large matrix's projection on a growing
// Krylov space. The largest ones settle long before the space is the whole one,
// where the projection has the eigenvalues of the matrix itself; so one method
// is fast for large matrices and exact for small ones. (The power method does
// not converge here: the largest eigenvalues of random matrices are pairs of
// complex numbers.)
//===----------------------------------------------------------------------===//
#include "runtime/lib/Spectral.h"

#include "runtime/lib/Philox.h"

#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <algorithm>
#include <cmath>

using namespace rnn;

namespace {
using SparseRows = Eigen::SparseMatrix<double, Eigen::RowMajor, int64_t>;

/// A Krylov space of a matrix with an orthonormal basis.
class Krylov {
public:
  explicit Krylov(const SparseRows &Of);

  /// Adds vectors to the basis up to `Count`; fewer where the space is closed.
  void growTo(Eigen::Index Count);
  /// The whole spectrum is in this space.
  bool isClosed() const { return Closed; }
  Eigen::Index size() const { return Size; }
  /// The spectral radius of the projection.
  double radius() const;

private:
  void addVector();

  const SparseRows &Of;
  double Scale;          // norm of the matrix
  Eigen::MatrixXd Basis; // columns; one more than Size
  Eigen::MatrixXd Projected;
  Eigen::Index Size = 0;
  bool Closed = false;
};
} // namespace

Krylov::Krylov(const SparseRows &Of)
    : Of(Of), Scale(Of.norm()), Basis(Of.rows(), 1) {
  // Random, so that it has a part of every eigenvector.
  const Random Numbers(0, streamOf("spectral radius"));
  for (Eigen::Index Row = 0; Row < Of.rows(); ++Row)
    Basis(Row, 0) = Numbers.normal(static_cast<uint64_t>(Row));
  Basis.col(0).normalize();
}

void Krylov::addVector() {
  Eigen::VectorXd Next = Of * Basis.col(Size);
  const auto Known = Basis.leftCols(Size + 1);
  // Twice over: once leaves rounding errors that grow.
  for (int Pass = 0; Pass < 2; ++Pass) {
    const Eigen::VectorXd Parts = Known.transpose() * Next;
    Next.noalias() -= Known * Parts;
    Projected.col(Size).head(Size + 1) += Parts;
  }
  const double Length = Next.norm();
  ++Size;
  Closed = Size == Of.rows() || Length <= 1e-14 * Scale;
  if (Closed)
    return;
  Projected(Size, Size - 1) = Length;
  Basis.col(Size) = Next / Length;
}

void Krylov::growTo(Eigen::Index Count) {
  const Eigen::Index Most = std::min(Count, Of.rows());
  Basis.conservativeResize(Eigen::NoChange, Most + 1);
  Eigen::MatrixXd Larger = Eigen::MatrixXd::Zero(Most + 1, Most);
  Larger.topLeftCorner(Projected.rows(), Projected.cols()) = Projected;
  Projected = std::move(Larger);
  while (!Closed && Size < Most)
    addVector();
}

double Krylov::radius() const {
  const Eigen::EigenSolver<Eigen::MatrixXd> Solver(
      Projected.topLeftCorner(Size, Size), /*computeEigenvectors=*/false);
  return Solver.eigenvalues().cwiseAbs().maxCoeff();
}

double rnn::spectralRadius(const double *Matrix, int64_t Size) {
  using Rows =
      Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const SparseRows Sparse =
      Eigen::Map<const Rows>(Matrix, Size, Size).sparseView();
  if (Sparse.nonZeros() == 0)
    return 0;
  Krylov Space(Sparse);
  double Radius = 0;
  for (Eigen::Index Count = 64;; Count = Count * 3 / 2) {
    Space.growTo(Count);
    const double Before = Radius;
    Radius = Space.radius();
    if (Space.isClosed() || std::abs(Radius - Before) <= 1e-11 * Radius)
      return Radius;
  }
}
