//===- GuardedStep.h - A streaming step that checks its tokens --*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Under a plan the runtime checks tokens; a stream has no runtime.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_GUARDEDSTEP_H
#define RNNC_COMPILER_LIB_DRIVER_GUARDEDSTEP_H

#include "compiler/lib/Driver/ModelInfo.h"

namespace rnnc {

/// Adds a function that returns RNN_ERROR_TOKEN where a token of the stream's
/// inputs is outside its vocabulary, and else calls the model's step. Returns
/// the name of what a descriptor should point to: the step itself where it
/// reads no tokens.
std::string addGuardedStep(mlir::ModuleOp module, const ModelInfo &info);

} // namespace rnnc

#endif
