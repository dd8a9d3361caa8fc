//===- Passes.h - From values to buffers ------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Constructor and registration of the lowering from rnn to dnn.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CONVERSION_PASSES_H
#define RNNC_COMPILER_CONVERSION_PASSES_H

#include "dialects/DNN/DNN.h"
#include "dialects/RNN/RNN.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/Pass.h"

namespace rnnc {

#define GEN_PASS_DECL
#include "compiler/lib/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "compiler/lib/Conversion/Passes.h.inc"

} // namespace rnnc

#endif
