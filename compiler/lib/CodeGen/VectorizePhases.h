//===- VectorizePhases.h - Loops of vectors of phases -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What others have to know of the form that a phase will get.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_VECTORIZEPHASES_H
#define RNNC_CODEGEN_VECTORIZEPHASES_H

#include "dialects/DNN/DNN.h"

namespace rnnc {

/// Whether a phase becomes one loop over all its elements rather than loops
/// over rows and features.
bool isFlatPhase(dnn::PhaseOp phase, int64_t vectorBytes);

} // namespace rnnc

#endif
