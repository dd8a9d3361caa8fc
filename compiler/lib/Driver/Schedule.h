//===- Schedule.h - What was chosen, as a table -----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// For people who want to know why a model is as fast as it is: each product of
// each function, how it is done, and where its weights come from.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_SCHEDULE_H
#define RNNC_COMPILER_LIB_DRIVER_SCHEDULE_H

#include "compiler/lib/CodeGen/PanelLayout.h"
#include "compiler/lib/Driver/ModelInfo.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace rnnc {

/// Writes the choices for a lowered module: those that the compiler made, and
/// the rules of those that a plan makes, as far as sizes are known
/// (runtime/lib/ CostModel.h). `onlyGenerated`: no plan may choose the library.
void writeSchedule(mlir::ModuleOp module, const ModelInfo &info,
                   const TargetShape &target, bool onlyGenerated,
                   llvm::raw_ostream &os);

} // namespace rnnc

#endif
