//===- LowerRows.h - Row kernels --------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the two files of the pass dnn-lower-rows share.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_LOWERROWS_H
#define RNNC_CODEGEN_LOWERROWS_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "dialects/DNN/DNN.h"

namespace rnnc {

/// token[row] as an index.
mlir::Value loadToken(KernelBuilder &b, mlir::Value tokens, mlir::Value row);

/// Combines the features of a row to a scalar, from `initial`. `transform` maps
/// a strip, with its column, before it is combined.
mlir::Value reduceFeatures(
    KernelBuilder &b, mlir::Value buffer, mlir::Value row, int64_t lanes,
    double initial,
    llvm::function_ref<mlir::Value(mlir::Value, mlir::Value, const Strip &)>
        transform,
    llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

void lower(KernelBuilder &b, dnn::SoftmaxOp op, int64_t lanes);
void lower(KernelBuilder &b, dnn::CrossEntropyOp op, int64_t lanes);
void lower(KernelBuilder &b, dnn::CrossEntropyGradientOp op, int64_t lanes);
void lower(KernelBuilder &b, dnn::ArgmaxOp op, int64_t lanes);

} // namespace rnnc

#endif
