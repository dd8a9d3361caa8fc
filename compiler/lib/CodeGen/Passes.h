//===- Passes.h - Passes from dnn to LLVM -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The passes that make code of the kernels of the dnn dialect, and the
// pipeline of them all.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PASSES_H
#define RNNC_CODEGEN_PASSES_H

#include "compiler/lib/CodeGen/PanelLayout.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace rnnc {

#define GEN_PASS_DECL
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"

/// Appends the passes from `dnn`, `scf`, `memref`, `arith` and `math` in a
/// module to the LLVM dialect alone, for a target of the given shape.
void buildLowerToLLVMPipeline(mlir::OpPassManager &manager,
                              const TargetShape &target);

/// Registers the passes, and the pipeline as `dnn-to-llvm` with the options
/// `vector-bytes`, `registers` and `dots`.
void registerCodeGenPasses();

} // namespace rnnc

#endif
