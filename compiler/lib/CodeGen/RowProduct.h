//===- RowProduct.h - Products of one row -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A row of a small layer is a chain of latencies rather than work. Its product
// is written out: several sums that do not wait for each other, constant
// addresses, and vectors no wider than what is left of a slice.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_ROWPRODUCT_H
#define RNNC_CODEGEN_ROWPRODUCT_H

#include "compiler/lib/CodeGen/GemmKernels.h"

namespace rnnc {

/// The vector of a slot: no wider than its valid units need.
Strip slotStrip(KernelBuilder &b, const Slot &slot);

/// Whether the product of `a` is written out: a row of few blocks, for what is
/// larger is bound by reading weights, whose elements are kept as they are.
bool isWrittenOut(const PanelShape &shape, mlir::Value a);

/// As forEachBlock, but without a loop.
void forEachRowBlock(
    KernelBuilder &b, const PanelShape &shape,
    llvm::function_ref<void(mlir::Value, llvm::ArrayRef<Slot>)> body);

/// Adds the first row of `a` times a block to `sums`, one a slot and as wide as
/// slotStrip says; null stands for zero. The weights of these products are kept
/// as elements.
mlir::SmallVector<mlir::Value>
multiplyRow(KernelBuilder &b, const PanelShape &shape,
            const PanelReader &panels, mlir::Value block,
            llvm::ArrayRef<Slot> slots, mlir::Value a,
            llvm::ArrayRef<mlir::Value> sums);

/// Emits, block by block, the gates of the row of `op`, whose buffers are known
/// to have one, and its phase on them. Uses up the operation's body.
void emitRowPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                  const PanelShape &shape, mlir::Value panelAddress);

/// The first row of C (+)= that of A times the panels at an address.
void emitRowGemm(KernelBuilder &b, const PanelShape &shape, mlir::Value a,
                 mlir::Value c, mlir::Value panelAddress, bool accumulate);

/// Adds rows of A times a block of one unit to `sums`, one a row. The panels of
/// one unit are rows of W, so these are products of vectors.
mlir::SmallVector<mlir::Value> multiplyDots(KernelBuilder &b,
                                            const PanelShape &shape,
                                            const PanelReader &panels,
                                            mlir::Value block, mlir::Value a,
                                            llvm::ArrayRef<mlir::Value> aRows,
                                            llvm::ArrayRef<mlir::Value> sums);

} // namespace rnnc

#endif
