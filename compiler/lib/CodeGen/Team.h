//===- Team.h - What one thread of a team does ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Kernels in a `dnn.share` are divided into parts that do not depend on the
// number of threads; thread i of n does the parts from ceil(parts * i / n) on.
// So the first has the most, and what is one part is thread 0's.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_TEAM_H
#define RNNC_CODEGEN_TEAM_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "dialects/DNN/DNN.h"

namespace rnnc {

/// The share that an operation is done in; null where one thread does all.
dnn::ShareOp getShare(mlir::Operation *op);

/// Which of `count` parts the thread does. Numbers of a constant count are made
/// at the top of the function.
PartNumbers getPartNumbers(KernelBuilder &b, dnn::ShareOp share, int64_t count);
PartNumbers getPartNumbers(KernelBuilder &b, dnn::ShareOp share,
                           mlir::Value count);

/// The part of `width` elements that part numbers stand for, when a part is
/// `unit` elements and code takes `step` of them at a time, which divides
/// `unit`.
Part makePart(KernelBuilder &b, const PartNumbers &numbers, int64_t width,
              int64_t unit, int64_t step);

/// The thread's part of `width` elements in a share, made at the top of the
/// function; nothing outside of a share.
std::optional<Part> getPart(KernelBuilder &b, mlir::Operation *op,
                            int64_t width, int64_t unit, int64_t step);
/// The thread's part of the columns of a kernel, by the share's unit.
std::optional<Part> getColumns(KernelBuilder &b, mlir::Operation *op,
                               int64_t width, int64_t lanes);
/// The thread's rows of `rows`; all of them outside of a share.
PartNumbers getRows(KernelBuilder &b, mlir::Operation *op, mlir::Value rows);

/// Whether the thread is thread 0, an i1.
mlir::Value isFirstThread(KernelBuilder &b, dnn::ShareOp share);

/// Waits for the team that an operation's share is of; nothing outside of one.
void emitBarrier(KernelBuilder &b, mlir::Operation *op);

} // namespace rnnc

#endif
