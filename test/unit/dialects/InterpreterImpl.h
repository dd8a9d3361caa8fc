//===- InterpreterImpl.h - One evaluation of a function ---------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The state of an evaluation, shared by the files that implement it.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_INTERPRETERIMPL_H
#define RNNC_TEST_UNIT_DIALECTS_INTERPRETERIMPL_H

#include "test/unit/dialects/Interpreter.h"

#include <optional>

namespace rnnc::test {

/// Part of the axis in which evaluation stands: a chunk of it, or all.
struct Window {
  llvm::StringRef axis;
  int64_t first = 0, steps = 0;
  bool isFirstEvaluated = true;
};

class Interpreter {
public:
  explicit Interpreter(const Call &call) : call(call) {}
  Results run(rnn::FuncOp function);

private:
  Tensor read(mlir::Value value);
  void evaluate(mlir::Operation *op);
  void evaluateBlock(mlir::Block &block);
  void evaluateScan(rnn::ScanOp scan);
  void evaluateCheckpoint(rnn::CheckpointOp checkpoint);
  void evaluateResume(rnn::ResumeOp resume);
  void evaluateChunk(rnn::ChunkOp chunk);
  void evaluatePhase(rnn::PhaseOp phase);
  void evaluateCompute(mlir::Operation *op);
  void evaluateDropout(rnn::DropoutOp op);
  void evaluatePick(rnn::PickOp op);
  void evaluatePlace(rnn::PlaceOp op);
  void evaluateFromWhole(mlir::Operation *op,
                         llvm::function_ref<int64_t(int64_t, int64_t)> source,
                         double fill);
  void evaluateRemaining(rnn::RemainingOp op);
  double countCopies(mlir::Type large, mlir::Type small, int64_t b);
  bool isValid(mlir::Type type, int64_t t, int64_t b);
  void fillPadding(mlir::Type type, Tensor &tensor, double value);
  Window getWindow(llvm::StringRef axis);
  void keepPart(mlir::Value yielded, mlir::Value result);
  Tensor make(mlir::Type type, double value = 0.0);

  const Call &call;
  llvm::DenseMap<mlir::Value, Tensor> values;
  Window window;
  /// Within a scan: the step, from the start of time.
  std::optional<Window> step;
  /// Within a chunk: sequences from outside of it are seen in part.
  rnn::ChunkOp chunk;
  /// By stacked states: the state that the chunk began with, of all sequences.
  llvm::DenseMap<mlir::Value, Tensor> entries;
};

} // namespace rnnc::test

#endif
