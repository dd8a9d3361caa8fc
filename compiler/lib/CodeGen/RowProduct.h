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

/// The vectors of a block, of widths that slotStrip says, and a sum for each;
/// null stands for zero.
struct RowBlock {
  mlir::Value block;
  llvm::SmallVector<Slot> slots;
  llvm::SmallVector<mlir::Value> sums;
};

/// The blocks of a shape, the partial one last.
llvm::SmallVector<RowBlock> rowBlocks(KernelBuilder &b,
                                      const PanelShape &shape);

/// How many of the first elements of a row are multiplied by all blocks before
/// the others are by any: all but as many as a block has of the units, if there
/// are registers for all sums.
int64_t jointSteps(const PanelShape &shape, llvm::ArrayRef<RowBlock> blocks,
                   const TargetShape &target);

/// Adds the elements `from` to `to` of the first row of `a` times blocks to
/// their sums. The weights of these products are kept as elements.
void multiplyRow(KernelBuilder &b, const PanelShape &shape,
                 const TargetShape &target, const PanelReader &panels,
                 mlir::Value a, llvm::MutableArrayRef<RowBlock> blocks,
                 int64_t from, int64_t to);

/// Emits, block by block, the gates of the row of `op`, whose buffers are known
/// to have one, and its phase on them. Uses up the operation's body.
void emitRowPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                  const PanelShape &shape, const TargetShape &target,
                  mlir::Value panelAddress);

/// The first row of C (+)= that of A times the panels at an address.
void emitRowGemm(KernelBuilder &b, const PanelShape &shape,
                 const TargetShape &target, mlir::Value a, mlir::Value c,
                 mlir::Value panelAddress, bool accumulate);

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
