//===- Dropout.h - Random masks by counter ----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The elements of a phase that dropout keeps, from their numbers alone.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_DROPOUT_H
#define RNNC_CODEGEN_DROPOUT_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "dialects/DNN/DNN.h"

namespace rnnc {

/// Whether a phase's region needs the numbers of its elements.
bool hasDropout(mlir::Region &body);

/// What `op` makes of a strip. `value` is its operand as a strip of `width`
/// elements, `element` the place of the first of them in the phase (an index).
mlir::Value emitDropout(KernelBuilder &b, dnn::DropoutOp op, mlir::Value value,
                        mlir::Value element, int64_t width);

} // namespace rnnc

#endif
