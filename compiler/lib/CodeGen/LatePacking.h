//===- LatePacking.h - Packing all at once or block by block -*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Calls of the kernels that pack a weight. A product that a call makes once may
// pack each block where it is multiplied by.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_LATEPACKING_H
#define RNNC_CODEGEN_LATEPACKING_H

#include "compiler/lib/CodeGen/GemmKernels.h"

namespace rnnc {

/// Elements from one n, or one k, of the weight that `op` packs to the next.
struct WeightStrides {
  explicit WeightStrides(dnn::PackOp op);
  int64_t n, k;
};

/// Calls kernels for what `op` packs, into the panels at an address: the given
/// blocks of it, or the thread's.
void emitPacking(KernelBuilder &b, GemmKernels &kernels,
                 const PanelShape &shape, dnn::PackOp op, mlir::Value panels,
                 const std::optional<PartNumbers> &numbers);

/// The operations right before a product that pack its weight rectangle by
/// rectangle; none unless they are all of it.
mlir::SmallVector<dnn::PackOp> getPacksBefore(dnn::GemmOp op, dnn::SiteOp site);

/// A product and the packing before it, block by block, all in the place of the
/// first block that is the thread's: neither panels nor what is read of the
/// weight leave the second cache. Erases `packs`.
void emitLateGemm(KernelBuilder &b, GemmKernels &kernels,
                  const PanelShape &shape, dnn::GemmOp op, mlir::Value panels,
                  mlir::ArrayRef<dnn::PackOp> packs);

} // namespace rnnc

#endif
