//===- CompileOptions.h - Whether options fit -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the stages of a compilation make of its options. Checks report what does
// not fit.
//===----------------------------------------------------------------------===//
#ifndef RNNC_COMPILER_LIB_DRIVER_COMPILEOPTIONS_H
#define RNNC_COMPILER_LIB_DRIVER_COMPILEOPTIONS_H

#include "compiler/lib/Driver/Compile.h"
#include "compiler/lib/Transforms/Passes.h"

#include "dialects/RNN/RNN.h"

namespace rnnc {

/// The name of a function's symbol in a model.
llvm::StringRef getSymbol(Function function);
/// Of a type of weights, as passes call it; empty for the parameters' own.
llvm::StringRef getName(Weights weights);
/// What the pass is told; nothing for no checkpoints.
std::optional<CheckpointOptions> getCheckpointOptions(CheckpointChoice choice);

/// Functions that are wanted are there.
mlir::LogicalResult checkFunctions(rnn::ModelOp model,
                                   llvm::ArrayRef<Function> functions);
/// Narrower weights are of f32.
mlir::LogicalResult checkWeights(const CompileOptions &options);
/// A tile fits the registers.
mlir::LogicalResult checkTile(const Tile &tile, const TargetShape &target);
/// Checkpoints are of functions that return gradients.
mlir::LogicalResult checkCheckpoint(rnn::ModelOp model,
                                    CheckpointChoice choice);

} // namespace rnnc

#endif // RNNC_COMPILER_LIB_DRIVER_COMPILEOPTIONS_H
