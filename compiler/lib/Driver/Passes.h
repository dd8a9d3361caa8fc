//===- Passes.h - Passes of the driver --------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Declarations of the passes in Passes.td.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_PASSES_H
#define RNNC_COMPILER_LIB_DRIVER_PASSES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace rnnc {

#define GEN_PASS_DECL
#include "compiler/lib/Driver/Passes.h.inc"

struct ModelInfo;

/// `rnnc-emit-descriptor` for a module whose model was described, and taken
/// out, before its sites became kernels.
std::unique_ptr<mlir::Pass>
createEmitDescriptor(const EmitDescriptorOptions &options,
                     const ModelInfo &info);

#define GEN_PASS_REGISTRATION
#include "compiler/lib/Driver/Passes.h.inc"

} // namespace rnnc

#endif
