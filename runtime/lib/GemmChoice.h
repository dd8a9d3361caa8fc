//===- GemmChoice.h - Which kernel multiplies -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Where oneDNN's products are faster than the generated kernels.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_GEMMCHOICE_H
#define RNNC_RUNTIME_LIB_GEMMCHOICE_H

#include "rnn/rnn.h"

namespace rnn {

/// What a site of a function multiplies at a time, and whether its weights are
/// packed anew in every call.
struct SiteUse {
  int64_t n, k, rows;
  bool packsEachCall;
};

/// Whether oneDNN's products win at a site.
bool libraryWins(const SiteUse &Use);
/// Whether they win at weight gradients of up to so many elements.
bool libraryWinsGradients(int64_t Elements);
/// Whether oneDNN can be asked for a product: it has nothing for few rows.
bool libraryTakes(int64_t Rows);

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_GEMMCHOICE_H
