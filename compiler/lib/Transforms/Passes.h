//===- Passes.h - Passes on the rnn dialect ---------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Constructors and registration of the passes, and the order they run in.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_PASSES_H
#define RNNC_COMPILER_TRANSFORMS_PASSES_H

#include "dialects/RNN/RNN.h"

#include "mlir/Pass/Pass.h"

#include <optional>

namespace rnnc {

#define GEN_PASS_DECL
#include "compiler/lib/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/lib/Transforms/Passes.h.inc"

struct TransformOptions {
  /// Make @gradient where the model has a loss.
  bool withGradient = true;
  /// Make @tangent.
  bool withTangent = false;
  /// Make @gauss_newton where the model has a loss.
  bool withGaussNewton = false;
  /// Compute forward values again in the reverse pass.
  std::optional<CheckpointOptions> checkpoint;
};

/// From what the front end emits to scheduled functions: canonical form,
/// merged and hoisted products, derivatives, chunks of time, phases.
void buildTransformPipeline(mlir::OpPassManager &pm,
                            const TransformOptions &options);

} // namespace rnnc

#endif
