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

#include "rnn/rnn.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace rnnc {

/// Where in time and in the batch emission stands. A sequence is seen as the
/// steps of the current chunk, or of a part of it, a value of a step as one row
/// of time, and both as the sequences of the current run.
struct TimeScope {
  mlir::Value firstStep, steps; ///< of the chunk or the part
  mlir::Value localFirst;       ///< of the part, in the chunk; null: 0
  mlir::Value step, localStep;  ///< in a scan: from the start, in the chunk
  mlir::Value firstSequence, sequences; ///< of the run; null: the whole batch
};

/// Which rows of an axis are valid in this call: `rnn_ragged`.
struct RaggedAxis {
  mlir::Value fullSteps; ///< steps before this one have every row
  mlir::Value validRows;
  mlir::Value lengths, firstRun, runs; ///< pointers; null without lengths
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

/// What was asked of the sites of a function.
struct SiteChoices {
  mlir::Type storage;       ///< of weights; null for the elements'
  std::optional<Tile> tile; ///< none: chosen site by site
};

class FunctionLowering {
public:
  /// `index` is the function's in rnn_function order, -1 without a plan.
  FunctionLowering(rnn::ModelOp model, rnn::FuncOp function, EntryKind kind,
                   int index, const rnn::ModelLayout &layout,
                   const TargetShape &target, const SiteChoices &choices);

  /// Emits `@<model>_<name>` and, but for a reset, `@<model>_<name>_pack` at
  /// the end of the module. Fails with a diagnostic.
  mlir::LogicalResult run(mlir::ModuleOp module);

  /// Bytes of panels and dense copies.
  int64_t getPackedBytes();
  llvm::ArrayRef<int64_t> getCoefficients() const {
    return storage.getCoefficients();
  }
  /// The function's stages; none where threads may not run them one behind
  /// another.
  llvm::ArrayRef<rnn_stage> getStages() const {
    return mayWave ? llvm::ArrayRef<rnn_stage>(stages)
                   : llvm::ArrayRef<rnn_stage>();
  }

private:
  bool hasPlan() const { return kind == EntryKind::Planned; }
  /// Whether the records are the stream's, which hold more than the model's.
  bool isOfStream() const;

  // FunctionLowering.cpp: entry, views of buffers, copies.
  void beginEntry(mlir::ModuleOp module);
  void startBody(mlir::func::FuncOp entry);
  void loadSizes();
  void loadSeed();
  mlir::Value getRows(mlir::Type type);
  mlir::Value getSequences() {
    return scope.sequences ? scope.sequences : batch;
  }
  mlir::Value getFirstSequence();
  /// Whether emission stands in a loop over runs: sums over rows then grow.
  bool isInRuns() const { return bool(scope.sequences); }
  mlir::Value getRowOf(mlir::Value step);
  mlir::Value getBuffer(const View &view, mlir::Type type);
  mlir::Value getBufferAtStep(const View &view, mlir::Value step);
  mlir::ArrayAttr getPlaces(const Buffer &buffer);
  mlir::ArrayAttr makePlaces(const llvm::Twine &space, int64_t begin,
                             int64_t end);
  mlir::Value getBufferAt(const View &view, mlir::Value firstRow,
                          mlir::Value rows, int64_t staticRows);
  mlir::Value getBuffer(mlir::Value value) {
    return getBuffer(storage.lookup(value), value.getType());
  }
  void copyInto(mlir::Value value, mlir::Value target);
  mlir::Value constantIndex(int64_t value);

  // BaseAddresses.cpp: where buffers start.
  void makeBases();
  void placeUnwanted(rnn::ChunkOp chunk);
  mlir::Value makeArenaBase(const Buffer &buffer);
  mlir::Value makeExternalBase(const Buffer &buffer);
  mlir::Value getParametersSlot();
  mlir::Value loadParameters();
  mlir::Value loadPointer(mlir::Value array, int64_t position);
  mlir::Value getInputPointer(unsigned position);
  mlir::Value getOutputPointer(unsigned position);
  mlir::Value getOutputTangentPointer(unsigned position);
  mlir::Value isNull(mlir::Value pointer);
  void ifNotNull(mlir::Value pointer, llvm::function_ref<void()> emit);

  // LowerTime.cpp: chunks and scans.
  void emitChunk(rnn::ChunkOp chunk);
  void clearSums(rnn::ChunkOp chunk, mlir::Value count);
  void enterChunk(unsigned axis, mlir::Value position);
  void emitChunkBody(rnn::ChunkOp chunk,
                     const llvm::DenseSet<mlir::Operation *> *only = nullptr);
  void forEachTurn(mlir::Value count,
                   llvm::function_ref<void(mlir::Value)> emit);
  void emitTurn(rnn::ChunkOp chunk, mlir::Value turn, mlir::Value lastIndex);
  void copyOutputs(rnn::ChunkOp chunk);
  void emitScan(rnn::ScanOp scan);
  void initialiseStates(rnn::ScanOp scan, mlir::Value lastChunkSteps);
  void carryStates(rnn::ScanOp scan, mlir::Value chunkSteps);
  void emitStep(rnn::ScanOp scan);
  void endStep(rnn::ScanOp scan, bool isStaticLevel);

  // LowerStages.cpp: layers that threads may run one behind another.
  void emitStages(rnn::ChunkOp chunk, mlir::Value count, mlir::Value lastIndex,
                  mlir::Value lastSteps);
  void emitStage(rnn::ChunkOp chunk, mlir::Value turn, mlir::Value lastIndex);
  mlir::Value getCopyOffset(const Buffer &buffer, mlir::Value number);
  mlir::Value getCopy(const Buffer &buffer, mlir::Value number);
  void enterCopies(mlir::Value number);
  void takeStates(rnn::ChunkOp chunk);
  int64_t findFirstStage(rnn::ChunkOp chunk, rnn::SumToOp sum) const;
  void leaveStates(rnn::ChunkOp chunk, mlir::Value lastIndex,
                   mlir::Value lastSteps);
  bool isOfStage(mlir::Operation *op) const {
    return stage.number < 0 || getStage(op) == stage.number;
  }
  void noteUse(const Buffer &buffer);
  bool areStagesApart(mlir::Operation *entry);

  // LowerCheckpoint.cpp: states that chunks begin with.
  void beginCheckpoints(rnn::ChunkOp chunk);
  void keepCheckpoint(rnn::ChunkOp chunk, mlir::Value position,
                      mlir::Value last);
  void resumeStates(rnn::ChunkOp reader, mlir::Value position,
                    mlir::Value last);
  mlir::Value loadWord(mlir::Value stack, mlir::Value position);
  void storeWord(mlir::Value stack, mlir::Value position, mlir::Value index);
  mlir::Value getTopWord(mlir::Value stack);
  mlir::func::FuncOp getPlacement();
  mlir::Value placeNext(rnn::ChunkOp chunk, mlir::Value top,
                        mlir::Value wanted);
  mlir::Value getEntryRow(const View &view, bool reverse);
  void copyCheckpoints(rnn::ChunkOp chunk, mlir::Value slot, bool toSlot);
  void pushCheckpoint(rnn::ChunkOp chunk, mlir::Value ordinal);
  void enterOrdinal(rnn::ChunkOp source, mlir::Value ordinal, mlir::Value last);
  void advance(rnn::ChunkOp source, mlir::Value wanted, mlir::Value last);
  mlir::Value reachCheckpoint(rnn::ChunkOp source, mlir::Value wanted,
                              mlir::Value last);

  // LowerRowBlocks.cpp: wide rows.
  void emitRowBlocks(llvm::ArrayRef<mlir::Operation *> ops);
  void forEachRowBlock(int64_t rows, llvm::function_ref<void()> emit);

  // LowerRuns.cpp: sequences of several lengths.
  void emitOverRows(unsigned axis, llvm::ArrayRef<mlir::Operation *> ops);
  void forEachRun(unsigned axis, mlir::Value step, mlir::Value isFull,
                  llvm::function_ref<void()> emit);
  void forEachStep(llvm::function_ref<void()> emit);
  void forEachLength(unsigned axis, bool oneByOne,
                     llvm::function_ref<void(mlir::Value)> emit);
  void emitAtEnd(unsigned axis, rnn::End end, llvm::function_ref<void()> emit);
  mlir::Value makeCounter();
  mlir::Value loadGatheredRows();
  void countGathered();
  void emitOuterOfPart(rnn::OuterOp op);
  void emitOuterOfGathered(llvm::ArrayRef<mlir::Operation *> ops,
                           mlir::Value isFirst);
  void keepStates(rnn::ScanOp scan, mlir::Value isFull);
  void divideByLengths(rnn::SumToOp sum);
  void emitPick(rnn::PickOp op);
  void emitPlace(rnn::PlaceOp op);
  void emitReverse(rnn::ReverseOp op);
  void emitShift(rnn::ShiftOp op);
  void emitRemaining(rnn::RemainingOp op);

  // LowerOps.cpp: everything else.
  void emitBlock(mlir::Block &block);
  void emitOp(mlir::Operation *op);
  void emitMatmul(rnn::MatmulOp op);
  void emitOuter(rnn::OuterOp op);
  void emitScatterAdd(rnn::ScatterAddOp op);
  void emitSum(rnn::SumToOp op);
  mlir::Value emitScaled(rnn::BroadcastOp op);
  void emitBroadcast(rnn::BroadcastOp op);
  void emitConcat(rnn::ConcatOp op);
  void emitPad(rnn::PadOp op);
  void copyInitialState(rnn::InitialStateOp op, mlir::Value target);
  void emitRepeat(mlir::Value source, mlir::Value target, mlir::Value rows);
  void emitUnlessGiven(rnn::UnlessGivenOp op);
  void clear(mlir::Value result);
  void emitCallNumber(rnn::CallNumberOp op);
  mlir::Value getMeanScale(mlir::Value count);
  mlir::Value getSumScale(rnn::SumToOp op);
  mlir::Value countCopies(mlir::Type many, mlir::Type few);

  // LowerReturn.cpp: results.
  void emitReturn(rnn::ReturnOp op);
  void returnOutput(mlir::Value value, llvm::StringRef symbol);
  void returnGradient(mlir::Value value, llvm::StringRef symbol);
  void returnOutputTangent(mlir::Value value, llvm::StringRef symbol);
  mlir::Value loadNumber(mlir::Value value);
  void returnNumber(mlir::Value value, mlir::Value pointer, int64_t position);
  void returnRecord(mlir::Value value, mlir::Value records,
                    llvm::StringRef name);
  void returnBuffer(mlir::Value value, Memory memory, unsigned position,
                    mlir::Value pointer);
  mlir::Value getRecord(mlir::Value records, llvm::StringRef name,
                        mlir::Type type);

  // LowerPhase.cpp: elementwise phases.
  void emitPhase(rnn::PhaseOp phase);
  void emitKernel(rnn::PhaseOp phase, bool drops);
  void emitDropping(rnn::PhaseOp phase);
  mlir::Value getMaskRow(mlir::Type type);
  mlir::Value getDropoutKey(rnn::DropoutOp op);

  // LowerWeights.cpp: sites and packing.
  llvm::StringRef makeSite(rnn::MatmulOp product, int64_t gates);
  void packComputed(mlir::Operation *op);
  void emitPacking(mlir::ModuleOp module);
  void packForReset(mlir::Operation *entry);
  void packAll(mlir::Value parameters);
  void precompute(mlir::Value parameters);
  mlir::Value getPiece(mlir::Value parameters, const WeightPiece &piece);
  bool mayPackLate(rnn::MatmulOp product);
  mlir::Value isLate(rnn::MatmulOp product);
  void packLate(rnn::MatmulOp product);
  void packSite(rnn::MatmulOp product, mlir::Value parameters);
  void packAtOnce(rnn::MatmulOp product, mlir::Value parameters);
  void packPieces(rnn::MatmulOp product, llvm::ArrayRef<WeightPiece> pieces,
                  mlir::Value parameters);
  mlir::Value getPanels(dnn::SiteOp site);
  mlir::Value getDense(int64_t offset, int64_t rows, int64_t columns,
                       int64_t stride);
  void copyPieces(mlir::Value weight, mlir::Value parameters, int64_t offset);

  rnn::ModelOp model;
  rnn::FuncOp function;
  EntryKind kind;
  int index;
  const rnn::ModelLayout &layout;
  TargetShape target;
  SiteChoices choices;
  llvm::SmallVector<llvm::StringRef> axes;
  Storage storage;
  std::string name;
  mlir::ImplicitLocOpBuilder b;
  mlir::OpBuilder moduleBuilder;

  /// Arguments of the entry; null where its kind has none.
  mlir::Value plan, call, stepInputs, stepOutputs;
  mlir::Value packed, state, batch;
  /// Of the call: its sequences, of which `batch` may be a slice, and the
  /// first of the slice in it.
  mlir::Value wholeBatch, sliceStart;
  mlir::Value isTraining, seed; ///< of a function with dropout: i1, i32
  llvm::SmallVector<mlir::Value> steps, chunkCapacity;
  llvm::SmallVector<RaggedAxis> ragged;
  /// While operations on rows of a chunk are emitted: whether the part is full,
  /// and the operands of outer products that are gathered where it is not, with
  /// the address of the number of their rows.
  mlir::Value isFullPart, gatheredRows;
  /// While a chunk is emitted: whether it is the first that runs, so that
  /// weight gradients begin.
  mlir::Value isFirstChunk;
  llvm::SmallPtrSet<mlir::Value, 8> gatheredOperands;
  llvm::DenseMap<const Buffer *, mlir::Value> bases;
  llvm::DenseMap<const Buffer *, mlir::ArrayAttr> places;
  /// Of sequences that the caller may not want: whether so, and the base that
  /// they have outside of their chunk.
  struct Optional {
    mlir::Value isMissing, pointer;
  };
  llvm::MapVector<const Buffer *, Optional> unwanted;
  TimeScope scope;
  /// The stages of all chunks, as rnn_function has them.
  llvm::SmallVector<rnn_stage> stages;
  /// While a stage of a chunk is emitted: its number in the chunk and in the
  /// function, how many copies there are of what stages hand on, and which are
  /// this chunk's and the one before's.
  struct Stage {
    int64_t number = -1, index = -1;
    mlir::Value copies, copy, copyBefore;
  } stage;
  /// Where the copies of what stages hand on begin.
  llvm::DenseMap<const Buffer *, mlir::Value> firstCopies;
  /// The stage that has a buffer for itself.
  llvm::DenseMap<const Buffer *, int64_t> users;
  /// The places of memory of a stage's own, and of rows that belong to a chunk:
  /// stages are at different chunks, and those of one chunk wait for each
  /// other.
  llvm::DenseSet<mlir::Attribute> timedPlaces;
  bool mayWave = true;
  /// Of each chunk that keeps the states of few, which ones these are.
  llvm::DenseMap<mlir::Operation *, mlir::Value> checkpointStacks;
  mlir::func::FuncOp placement;
  mlir::Block *entryBlock = nullptr;
  llvm::DenseMap<int64_t, mlir::Value> constants;
  llvm::MapVector<mlir::Operation *, dnn::SiteOp> sites;
  bool hadError = false;
};

} // namespace rnnc

#endif
