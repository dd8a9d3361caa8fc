//===- OneDNN.h - GEMM through oneDNN ---------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Everything the runtime asks of oneDNN, behind an interface without its types.
// One object belongs to one plan and is used by one thread at a time.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_ONEDNN_H
#define RNNC_RUNTIME_LIB_ONEDNN_H

#include "rnn/rnn.h"

#include <cstdint>
#include <memory>

namespace rnn {

/// The f32 GEMM sites of a plan. Construction and addSite throw Error or
/// std::bad_alloc; the rest returns statuses. All need a SingleThread around.
class OneDNN {
public:
  /// With a lender, whose sites are added in the same order for the same rows,
  /// sites use that one's packed weights, and whoever packs them packs for
  /// both.
  explicit OneDNN(const OneDNN *Lender = nullptr);
  ~OneDNN();

  /// Prepares site `Site` of `Function` for up to `MaxRows` rows; calls with
  /// `MaxRows` and with `TailRows` rows (0: none) take one execution.
  void addSite(int32_t Function, int32_t Site, int64_t N, int64_t K,
               int64_t MaxRows, int64_t TailRows);
  /// Allocates the memory that the sites share; after the last addSite.
  void finish();

  /// Packs W, element (n, k) at W[n * LdN + k * LdK], for a site.
  rnn_status pack(int32_t Function, int32_t Site, const float *W, int64_t LdN,
                  int64_t LdK) noexcept;
  /// C[Rows, n] (+)= A[Rows, k] * W^T with the packed W of a site. Rows of A
  /// and C may be any distance apart.
  rnn_status gemm(int32_t Function, int32_t Site, int64_t Rows, const float *A,
                  int64_t LdA, float *C, int64_t LdC,
                  bool Accumulate) const noexcept;
  /// C[N, K] (+)= A[Rows, N]^T * B[Rows, K].
  static rnn_status gemmTN(int64_t N, int64_t K, int64_t Rows, const float *A,
                           int64_t LdA, const float *B, int64_t LdB, float *C,
                           int64_t LdC, bool Accumulate) noexcept;

private:
  struct Implementation;
  std::unique_ptr<Implementation> I;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_ONEDNN_H
