//===- FarSites.h - Weights beyond the second cache -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a step reads is still in the second cache at the next step if all of it
// fits.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_FARSITES_H
#define RNNC_CODEGEN_FARSITES_H

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "llvm/ADT/DenseSet.h"

namespace rnnc {

using FarSites = llvm::SmallDenseSet<mlir::Operation *>;

/// The sites of a module whose weights are more than a second cache holds,
/// together with the others that the same step reads.
FarSites findFarSites(mlir::ModuleOp module, const TargetShape &target);

} // namespace rnnc

#endif
