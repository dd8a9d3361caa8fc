//===- Storage.h - Where values of a function live --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Assigns each value of a scheduled function a buffer: part of the arena, the
// caller's memory, or a view of another value's buffer. Producers write to
// where the value is wanted (a trajectory, part of a concatenation, an output),
// so that states, tape and gradients need no copies.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CONVERSION_STORAGE_H
#define RNNC_COMPILER_CONVERSION_STORAGE_H

#include "dialects/RNN/ModelLayout.h"
#include "dialects/RNN/RNN.h"

#include <memory>

namespace rnnc {

/// How many rows a buffer has.
enum class Extent {
  Static,   ///< fixed
  Batch,    ///< B
  Chunk,    ///< (chunk + 1) * B of its axis: one chunk of time
  Slots,    ///< slots * B of its axis: states that chunks began with
  Sequence, ///< (T + 1) * B of its axis
};

/// What memory a buffer is.
enum class Memory {
  Arena,
  Packed,        ///< copies and values of parameters, beside the panels
  Parameters,    ///< the caller's, at `offset`, where packing left the address
  Input,         ///< the caller's, by index
  Target,        ///< the caller's, by index
  Output,        ///< the caller's where wanted, else the arena
  OutputTangent, ///< the caller's where wanted, else the arena
  InputGradient, ///< the caller's where wanted, else the arena
  Gradient,      ///< the gradient vector, at `offset`
  Direction,     ///< the direction of a tangent, at `offset`
  Record,        ///< a state in the caller's records, at `offset`
};

/// Who uses a buffer of a chunk in stages.
enum class Use {
  Common,   ///< any, where it lives throughout or outside of the chunk too
  Stage,    ///< one stage, on one chunk of time
  HandedOn, ///< one stage makes it, or goes on with it, and others read it
};

struct Buffer {
  Memory memory = Memory::Arena;
  Extent extent = Extent::Static;
  Use use = Use::Common;
  mlir::Type element;
  unsigned axis = 0;
  int64_t rows = 1;    ///< of a static buffer
  int64_t columns = 0; ///< elements of a row
  int64_t width = 0;   ///< elements from row to row
  unsigned index = 0;  ///< of the input, target or output
  int64_t offset = 0;  ///< elements: in the packed area, gradient or record
  int64_t coefficient = -1; ///< place in its class of the arena
  /// The block over whose operations the buffer's life is measured.
  mlir::Block *home = nullptr;
  bool isCarried = false; ///< from one chunk to the next: lives throughout
  /// A sequence that only its chunk and the caller read: where the caller does
  /// not want it, the chunk makes it in memory for one chunk.
  mlir::Operation *onlyChunk = nullptr;

  bool usesArena() const {
    return memory == Memory::Arena || memory == Memory::Output ||
           memory == Memory::OutputTangent || memory == Memory::InputGradient;
  }
};

/// A range of rows and columns of a buffer.
struct View {
  enum Anchor { Natural, First, Last };

  Buffer *buffer = nullptr;
  int64_t row = 0, rows = 0; ///< of a static buffer
  int64_t column = 0, width = 0;
  int64_t shift = 0;       ///< steps of time, for trajectories
  Anchor anchor = Natural; ///< a fixed step, for final states

  explicit operator bool() const { return buffer; }
  bool operator==(const View &other) const = default;
};

/// The storage of one function, and the layout of its arena.
class Storage {
public:
  Storage(rnn::FuncOp function, const rnn::ModelLayout &layout,
          mlir::ArrayRef<llvm::StringRef> axes, bool isStep,
          bool keepsParameters);

  /// The view of a value that has memory; null for constants, free broadcasts
  /// and parameters that only GEMM sites read.
  View lookup(mlir::Value value) const;
  /// The carried rows of a scan's state: at the step's entry, and after it.
  View lookupState(rnn::ScanOp scan, unsigned state) const;
  View lookupNextState(rnn::ScanOp scan, unsigned state) const;
  /// The operand of a mean broadcast, divided by the number of copies.
  View lookupScaled(rnn::BroadcastOp op) const { return scaled.lookup(op); }
  /// Where the rows of an operand of a sum over outer products are put together
  /// while they come run by run.
  View lookupGathered(rnn::OuterOp op, mlir::Value operand) const {
    return gathered.lookup({op->getBlock(), operand});
  }

  /// The row that a sum over a chunk grows in where steps make it; null for
  /// sums that read a sequence.
  View lookupStepSum(rnn::SumToOp sum) const { return stepSums.lookup(sum); }
  /// The results of a phase that it adds up over its rows, and where.
  llvm::ArrayRef<std::pair<unsigned, View>>
  getPhaseSums(rnn::PhaseOp phase) const {
    auto found = phaseSums.find(phase);
    if (found == phaseSums.end())
      return {};
    return found->second;
  }

  /// Whether an operation of a stream's step depends on parameters alone: it is
  /// evaluated once, when the stream is packed, to the packed area.
  bool isPrecomputed(mlir::Operation *op) const {
    return precomputed.contains(op);
  }

  mlir::ArrayRef<std::unique_ptr<Buffer>> getBuffers() const { return buffers; }
  /// Values with dense copies in the packed area, in order.
  mlir::ArrayRef<mlir::Value> getPackedValues() const { return packedValues; }
  /// Where in the packed area the address of the parameters is kept, for
  /// functions that read some where they lie; -1 for others.
  int64_t getParametersSlot() const { return parametersSlot; }
  /// Makes it, in a function whose parameters are there while it runs; false in
  /// others.
  bool needParameters();
  int64_t getPackedSize() const { return packedSize; }
  /// Reserves elements of the packed area, aligned; returns their offset.
  int64_t reservePacked(int64_t size);
  /// Elements a row of each class of the arena, as rnn_function has them.
  mlir::ArrayRef<int64_t> getCoefficients() const { return coefficients; }
  /// The position of a time axis among the model's.
  unsigned getAxisIndex(llvm::StringRef axis) const;
  static unsigned getClass(const Buffer &buffer);

private:
  Buffer *createBuffer(Extent extent, mlir::Type type, mlir::Block *block);
  View createFor(mlir::Value value);
  View createTemporary(mlir::Type type, mlir::Block *block);
  View createExternal(mlir::Type type, Memory memory, unsigned index);
  mlir::Block *findHome(Extent extent, mlir::Block *block) const;

  void visitBlock(mlir::Block &block);
  void visitChunk(rnn::ChunkOp chunk);
  void visitScan(rnn::ScanOp scan);
  void visitPhase(rnn::PhaseOp phase);
  void makeTrajectories(rnn::ScanOp scan);
  void assignResult(mlir::Value value);
  View findDestination(mlir::Value value);
  View findReturnDestination(mlir::OpOperand &use);
  View findStackedGradient(mlir::Value value);
  View findOverwriter(mlir::Value value);
  View viewGet(rnn::GetOp get);
  View viewRecord(mlir::Type type, llvm::StringRef stateName);
  bool mayReplaceState(mlir::Value next, llvm::StringRef stateName);
  View viewDirection(rnn::DirectionOp op);
  void gatherOperands(rnn::OuterOp op);
  bool needsMemory(mlir::Operation *op) const;

  // StorageParameters.cpp
  View viewParameters(mlir::Value value);
  View createPacked(mlir::Type type);
  void packDense(mlir::Value value);
  void packOperands(mlir::Operation *op);
  void findPrecomputed();

  // StepSums.cpp
  void planStepSum(rnn::SumToOp sum);
  /// Whether a value is read by sums alone that steps make, and needs no
  /// memory.
  bool isOnlySummed(mlir::Value value) const;

  void layOutArena();

  rnn::FuncOp function;
  const rnn::ModelLayout &layout;
  llvm::SmallVector<llvm::StringRef> axes;
  bool isStep, keepsParameters;
  llvm::SmallVector<std::unique_ptr<Buffer>> buffers;
  llvm::DenseMap<mlir::Value, View> views;
  llvm::DenseMap<mlir::Operation *, View> scaled, stepSums;
  llvm::DenseMap<mlir::Operation *,
                 llvm::SmallVector<std::pair<unsigned, View>>>
      phaseSums;
  llvm::DenseMap<std::pair<mlir::Block *, mlir::Value>, View> gathered;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<Buffer *>> trajectories;
  llvm::SmallPtrSet<mlir::Value, 8> overwriters;
  llvm::SmallVector<mlir::Value> packedValues;
  llvm::SmallPtrSet<mlir::Operation *, 16> precomputed;
  llvm::SmallVector<int64_t> coefficients;
  int64_t packedSize = 0, parametersSlot = -1;
};

/// All rows and columns of a buffer.
View getWhole(Buffer *buffer);
/// The part of a view that a range of a feature dimension of `type` is.
View getPart(View whole, mlir::Type type, unsigned dim, int64_t offset,
             int64_t size);

/// Whether an operation of a chunk or a scan is evaluated run by run of rows,
/// together with its neighbours that are: all but scans and what changes static
/// values alone.
bool isOnRows(mlir::Operation &op);

/// The number of an operation's stage, or of that which it is in; -1: none.
int64_t getStage(mlir::Operation *op);

/// Whether the block of a value yields it or a part of it.
bool isYielded(mlir::Value value);

/// Rows of a static type: those of a matrix; a vector is one row.
int64_t getStaticRows(mlir::Type type);
/// Elements in a row of a type.
int64_t getWidth(mlir::Type type);

} // namespace rnnc

#endif
