//===- Spectral.h - Sizes of eigenvalues ------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The spectral radius of a square matrix, to which the recurrent weights of an
// echo-state network are scaled. The eigenvalues themselves are Eigen's work.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_SPECTRAL_H
#define RNNC_RUNTIME_LIB_SPECTRAL_H

#include <cstdint>

namespace rnn {

/// The largest modulus of an eigenvalue of a square matrix in C order, to about
/// nine digits. Zeros of the matrix cost nothing. May throw std::bad_alloc.
double spectralRadius(const double *Matrix, int64_t Size);

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_SPECTRAL_H
