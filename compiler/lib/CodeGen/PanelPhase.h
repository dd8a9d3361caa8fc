//===- PanelPhase.h - One row of a GEMM with its phase ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The panel kernel: a product of one row whose gates are consumed in registers.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PANELPHASE_H
#define RNNC_CODEGEN_PANELPHASE_H

#include "compiler/lib/CodeGen/GemmKernels.h"

namespace rnnc {

/// Emits, block by block, the gates of the one row of `op` and its phase on
/// them. `panels` is the address of the site's panels.
void emitPanelPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                    const PanelShape &shape, mlir::Value panels);

} // namespace rnnc

#endif
