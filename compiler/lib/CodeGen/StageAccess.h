//===- StageAccess.h - What the stages of a loop touch ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Whether threads may run the stages of a loop over chunks one behind another.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_STAGEACCESS_H
#define RNNC_CODEGEN_STAGEACCESS_H

#include "dialects/DNN/DNN.h"

namespace rnnc {

/// Whether no two stages of one loop in a function touch memory that one of
/// them writes. `loops` has each stage's loop; the accesses to `timed` places,
/// rows of time or of a chunk, do not count. All reasons why stages may not be
/// at different chunks show here: a sum that two of them add to, a row that one
/// picks out for another. False, too, where it is not known what a stage
/// touches.
bool areStagesApart(mlir::Operation *function, mlir::ArrayRef<int32_t> loops,
                    llvm::function_ref<bool(mlir::ArrayAttr)> timed,
                    int64_t vectorBytes);

} // namespace rnnc

#endif
