//===- DNN.h - Kernels on buffers -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect of GEMM sites, packed weights, phases and row kernels.
//===----------------------------------------------------------------------===//

#ifndef RNNC_DIALECTS_DNN_DNN_H
#define RNNC_DIALECTS_DNN_DNN_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialects/DNN/DNNDialect.h.inc"
#include "dialects/DNN/DNNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/DNN/DNNAttributes.h.inc"

#define GET_OP_CLASSES
#include "dialects/DNN/DNNOps.h.inc"

namespace rnnc::dnn {

/// On a branch, the number of the function's stage that it runs for one chunk
/// of time: taken by the threads that `dnn.stage` says, by all of a team.
inline constexpr llvm::StringLiteral StageAttrName = "dnn.stage";

} // namespace rnnc::dnn

#endif
