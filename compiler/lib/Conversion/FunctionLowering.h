//===- FunctionLowering.h - One function to buffers -------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Emits the entry point of one model function and the function that packs its
// weights.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CONVERSION_FUNCTIONLOWERING_H
#define RNNC_COMPILER_CONVERSION_FUNCTIONLOWERING_H

#include "compiler/lib/CodeGen/PanelLayout.h"
#include "compiler/lib/Conversion/Passes.h"
#include "compiler/lib/Conversion/Storage.h"
#include "compiler/lib/Conversion/WeightExpression.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rnnc {

/// Where in time emission stands. A sequence is seen as the steps of the
/// current chunk, a value of a step as one row of time.
struct TimeScope {
  mlir::Value firstStep, steps; ///< of the chunk
  mlir::Value step, localStep;  ///< in a scan: from the start, in the chunk
};

/// Rows of `width` elements, `stride` elements from row to row.
mlir::MemRefType getBufferType(mlir::Type element, int64_t rows, int64_t width,
                               int64_t stride);

/// How an entry point is called.
enum class EntryKind {
  Planned, ///< (plan, call); weights packed in the plan
  Step,    ///< (panels, state, inputs, outputs); batch 1, no plan
  Reset,   ///< (parameters, state); batch 1, no plan, packs for itself
};

class FunctionLowering {
public:
  /// `index` is the function's in rnn_function order, -1 without a plan.
  FunctionLowering(rnn::ModelOp model, rnn::FuncOp function, EntryKind kind,
                   int index, const rnn::ModelLayout &layout,
                   const TargetShape &target);

  /// Emits `@<model>_<name>` and, but for a reset, `@<model>_<name>_pack` at
  /// the end of the module. Fails with a diagnostic.
  mlir::LogicalResult run(mlir::ModuleOp module);

  /// Bytes of panels and dense copies.
  int64_t getPackedBytes();
  llvm::ArrayRef<int64_t> getCoefficients() const {
    return storage.getCoefficients();
  }

private:
  bool hasPlan() const { return kind == EntryKind::Planned; }

  // FunctionLowering.cpp: entry, buffers, copies.
  void beginEntry(mlir::ModuleOp module);
  void startBody(mlir::func::FuncOp entry);
  void loadSizes();
  void makeBases();
  mlir::Value makeArenaBase(const Buffer &buffer);
  mlir::Value makeExternalBase(const Buffer &buffer);
  mlir::Value loadPointer(mlir::Value array, int64_t position);
  mlir::Value getInputPointer(unsigned position);
  mlir::Value getOutputPointer(unsigned position);
  mlir::Value getRows(mlir::Type type);
  mlir::Value getBuffer(const View &view, mlir::Type type);
  mlir::Value getBufferAtStep(const View &view, mlir::Value step);
  mlir::Value getBufferAt(const View &view, mlir::Value firstRow,
                          mlir::Value rows, int64_t staticRows);
  mlir::Value getBuffer(mlir::Value value) {
    return getBuffer(storage.lookup(value), value.getType());
  }
  void copyInto(mlir::Value value, mlir::Value target);
  mlir::Value constantIndex(int64_t value);
  mlir::Value isNull(mlir::Value pointer);
  void ifNotNull(mlir::Value pointer, llvm::function_ref<void()> emit);

  // LowerTime.cpp: chunks and scans.
  void emitChunk(rnn::ChunkOp chunk);
  void emitScan(rnn::ScanOp scan);
  void initialiseStates(rnn::ScanOp scan, mlir::Value lastChunkSteps);
  void carryStates(rnn::ScanOp scan, mlir::Value chunkSteps);
  void endStep(rnn::ScanOp scan);

  // LowerOps.cpp: everything else.
  void emitBlock(mlir::Block &block);
  void emitOp(mlir::Operation *op);
  void emitMatmul(rnn::MatmulOp op);
  void emitOuter(rnn::OuterOp op);
  void emitScatterAdd(rnn::ScatterAddOp op);
  void emitSum(rnn::SumToOp op);
  void emitBroadcast(rnn::BroadcastOp op);
  void emitConcat(rnn::ConcatOp op);
  void emitPad(rnn::PadOp op);
  void copyInitialState(rnn::InitialStateOp op, mlir::Value target);
  void emitRepeat(mlir::Value source, mlir::Value target, mlir::Value rows);
  void emitUnlessGiven(rnn::UnlessGivenOp op);
  void clear(mlir::Value result);
  mlir::Value getMeanScale(mlir::Type many, mlir::Type few);

  // LowerReturn.cpp: results.
  void emitReturn(rnn::ReturnOp op);
  void returnOutput(mlir::Value value, llvm::StringRef symbol);
  void returnGradient(mlir::Value value, llvm::StringRef symbol);
  void returnNumber(mlir::Value value, mlir::Value pointer, int64_t position);
  void returnRecord(mlir::Value value, mlir::Value records,
                    llvm::StringRef name);
  void returnBuffer(mlir::Value value, Memory memory, unsigned position,
                    mlir::Value pointer);
  mlir::Value getRecord(mlir::Value records, llvm::StringRef name,
                        mlir::Type type);

  // LowerPhase.cpp: elementwise phases.
  void emitPhase(rnn::PhaseOp phase);

  // LowerWeights.cpp: sites and packing.
  llvm::StringRef makeSite(rnn::MatmulOp product, int64_t gates);
  void packComputed(mlir::Operation *op);
  void emitPacking(mlir::ModuleOp module);
  void packForReset(mlir::Operation *entry);
  void packAll(mlir::Value parameters);
  mlir::Value getPiece(mlir::Value parameters, const WeightPiece &piece);
  void packSite(rnn::MatmulOp product, llvm::StringRef site,
                mlir::Value parameters);
  void copyPieces(mlir::Value weight, mlir::Value parameters, int64_t offset);

  rnn::ModelOp model;
  rnn::FuncOp function;
  EntryKind kind;
  int index;
  const rnn::ModelLayout &layout;
  TargetShape target;
  llvm::SmallVector<llvm::StringRef> axes;
  Storage storage;
  std::string name;
  mlir::ImplicitLocOpBuilder b;
  mlir::OpBuilder moduleBuilder;

  /// Arguments of the entry; null where its kind has none.
  mlir::Value plan, call, stepInputs, stepOutputs;
  mlir::Value packed, state, batch;
  llvm::SmallVector<mlir::Value> steps, chunkCapacity;
  llvm::DenseMap<const Buffer *, mlir::Value> bases;
  TimeScope scope;
  mlir::Block *entryBlock = nullptr;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  llvm::MapVector<mlir::Operation *, std::string> sites;
  bool hadError = false;
};

} // namespace rnnc

#endif
