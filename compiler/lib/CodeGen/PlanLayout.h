//===- PlanLayout.h - The plan as generated code sees it --------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// LLVM struct types that mirror those of runtime/include/rnn/rnn.h, and the
// loads and calls through them.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PLANLAYOUT_H
#define RNNC_CODEGEN_PLANLAYOUT_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace rnnc {

/// Fields of `rnn_table`, `rnn_frame`, `rnn_ragged`, `rnn_plan` and `rnn_call`
/// in order.
enum class TableField { StructSize, Pack, Gemm, GemmTN, Barrier };
enum class FrameField {
  Arena,
  Rows,
  Chunk,
  Checkpoints,
  Packed,
  Library,
  UseLibraryTN,
  IsPacked,
  Owners
};
enum class RaggedField { FullSteps, ValidRows, Lengths, FirstRun, Runs };
enum class PlanField {
  Table,
  Batch,
  Axes,
  Thread,
  Threads,
  WholeBatch,
  FirstSequence,
  Ragged,
  Frames
};
enum class CallField {
  StructSize,
  Batch,
  Axes,
  Inputs,
  Targets,
  Outputs,
  State,
  Loss,
  Metrics,
  Gradient,
  InputGradients,
  StateGradient,
  Lengths,
  Seed,
  Flags,
  Reserved,
  Direction,
  OutputTangents,
  LossTangent,
  Damping,
  StreamState
};

mlir::LLVM::LLVMStructType getTableType(mlir::MLIRContext *context);
mlir::LLVM::LLVMStructType getFrameType(mlir::MLIRContext *context);
mlir::LLVM::LLVMStructType getRaggedType(mlir::MLIRContext *context);
mlir::LLVM::LLVMStructType getPlanType(mlir::MLIRContext *context);
mlir::LLVM::LLVMStructType getCallType(mlir::MLIRContext *context);

/// The value of a field of the plan; `element` indexes an array field.
mlir::Value loadPlanField(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                          PlanField field, int64_t element = 0);
/// The value of a field of `plan->ragged[axis]`.
mlir::Value loadRaggedField(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                            int64_t axis, RaggedField field);
/// The value of a field of `plan->frames[function]`.
mlir::Value loadFrameField(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                           int64_t function, FrameField field,
                           int64_t element = 0);
/// The value of a field of a call.
mlir::Value loadCallField(mlir::ImplicitLocOpBuilder &b, mlir::Value call,
                          CallField field);

/// Whether `plan->frames[function].owners` is there, as an i1: threads run the
/// function's stages one behind another.
mlir::Value isWave(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                   int64_t function);

/// A unit attribute of comparisons of a site's flag with what it may be. A
/// module whose products are all generated, at once, has no sites to ask.
inline constexpr llvm::StringLiteral SiteFlagAttrName = "rnnc.site_flag";

/// Whether `plan->frames[function].library[site]` says RNN_SITE_LIBRARY, as an
/// i1.
mlir::Value loadLibraryFlag(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                            int64_t function, int64_t site);

/// Whether it says RNN_SITE_LATE.
mlir::Value loadLateFlag(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
                         int64_t function, int64_t site);

/// Calls a function of `plan->table` with the plan and `arguments`. Its status
/// is not looked at: the runtime keeps the first failure for its caller.
void callTable(mlir::ImplicitLocOpBuilder &b, mlir::Value plan,
               TableField field, mlir::ValueRange arguments);

} // namespace rnnc

#endif
