//===- KernelCalls.h - Calls of kernels and their arguments -----*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a call of a kernel or of the library is made of: addresses of buffers
// and panels, numbers, and a thread's parts of the work.
//===----------------------------------------------------------------------===//
#ifndef RNNC_CODEGEN_KERNELCALLS_H
#define RNNC_CODEGEN_KERNELCALLS_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rnnc {

/// Where a buffer begins.
mlir::Value address(KernelBuilder &b, mlir::Value buffer);

mlir::Value i32(KernelBuilder &b, int32_t value);
mlir::Value i64(KernelBuilder &b, int64_t value);
/// An index as a number of 64 bits.
mlir::Value asI64(KernelBuilder &b, mlir::Value index);

/// The address of an element. The offset is a value: a constant index of an
/// address has 29 bits only.
mlir::Value offsetBy(KernelBuilder &b, mlir::Value pointer, mlir::Type element,
                     int64_t elements);

/// Whether the plan may give a product or its packing to the library, which
/// does not know panels of narrower weights.
bool mayUseLibrary(dnn::SiteOp site, mlir::Value plan);

/// The address of a site's panels in the packed area of its function.
mlir::Value panelAddress(KernelBuilder &b, dnn::SiteOp site,
                         mlir::Value packed);

/// The same where the offset, an index, is known when it runs.
mlir::Value offsetBy(KernelBuilder &b, mlir::Value pointer, mlir::Type element,
                     mlir::Value elements);

/// The address `rows` rows of `stride` elements further.
mlir::Value advance(KernelBuilder &b, mlir::Value address, mlir::Type element,
                    mlir::Value rows, int64_t stride);

/// A function for the calls of this module alone, without a body and not yet in
/// a module. LLVM is not to put it back where it is called.
mlir::func::FuncOp makePrivateFunction(mlir::Location loc, llvm::StringRef name,
                                       mlir::TypeRange inputs);

/// Calls a generated kernel; in a share, for the thread's of `parts` parts, of
/// which the kernel counts from `origin` on; else for all.
void callKernel(KernelBuilder &b, dnn::ShareOp share, int64_t parts,
                mlir::func::FuncOp kernel,
                mlir::SmallVector<mlir::Value> arguments, int64_t origin = 0);

/// The same for the given parts, of a kernel that takes parts.
void callKernel(KernelBuilder &b, const PartNumbers &numbers,
                mlir::func::FuncOp kernel,
                mlir::SmallVector<mlir::Value> arguments, int64_t origin = 0);

/// Emits `library` where the flag is set and `generated` where not.
void branch(KernelBuilder &b, mlir::Value flag,
            llvm::function_ref<void()> library,
            llvm::function_ref<void()> generated);

} // namespace rnnc

#endif // RNNC_CODEGEN_KERNELCALLS_H
