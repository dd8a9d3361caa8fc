//===- PanelPhase.h - A GEMM with its phase ---------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Products whose gates are consumed where they are made: in registers for one
// row, in the first cache for tiles of several.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PANELPHASE_H
#define RNNC_CODEGEN_PANELPHASE_H

#include "compiler/lib/CodeGen/GemmKernels.h"

namespace rnnc {

/// A strip of an input of a phase, with the repetition that it asks for.
mlir::Value loadInput(KernelBuilder &b, mlir::Value input, mlir::Value row,
                      mlir::Value unit, const Strip &strip);

/// Applies the phase to the gates of a strip of units of a row.
void emitEpilogue(KernelBuilder &b, dnn::GemmPhaseOp op, mlir::Value row,
                  mlir::Value unit, const Strip &strip,
                  mlir::ArrayRef<mlir::Value> gates);

/// Whether the step is odd, an i1, as the loops around an operation count; null
/// where there are none. Steps that read the blocks to and fro find the last of
/// them still in the cache.
mlir::Value isOddStep(KernelBuilder &b, mlir::Operation *op);

/// Emits, block by block, the gates of the one row of `op` and its phase on
/// them. `panels` is the address of the site's panels. The gates of two blocks
/// at a time are made by `pair` (GemmKernels::pairOfBlocks), if given: it has
/// registers that here are taken by what the phase needs.
void emitPanelPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                    const PanelShape &shape, mlir::Value panels,
                    mlir::func::FuncOp pair);

/// The same for any number of rows, in tiles whose product `kernel` makes
/// (GemmKernels::tile), of `most` rows or fewer. `isOdd` is what isOddStep
/// says.
void emitTiledPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                    const PanelShape &shape, mlir::Value panels,
                    mlir::func::FuncOp kernel, int64_t most, mlir::Value isOdd);

} // namespace rnnc

#endif
