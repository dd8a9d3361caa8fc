//===- StorageBuffers.cpp - Buffers and views of them ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes buffers for values by their types, and finds the part of a buffer that
// a value is. Which values get buffers is in Storage.cpp.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Buffers start at multiples of this many elements, so that at any number of
/// rows they are aligned to RNN_ALIGNMENT.
static constexpr int64_t CoefficientAlignment = 16;

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

int64_t rnnc::getStaticRows(Type type) {
  return getFeatureRank(type) == 2 ? getFeatureSize(type, 0) : 1;
}

int64_t rnnc::getWidth(Type type) {
  return getFeatureSize(type, getFeatureRank(type) - 1);
}

bool rnnc::isOnRows(Operation &op) {
  if (isa<ScanOp, ResumeOp, CheckpointOp>(op))
    return false;
  auto isRows = [](Type type) { return !isStatic(type); };
  return isa<ConstantOp, SliceOp, YieldOp>(op) ||
         llvm::any_of(op.getOperandTypes(), isRows) ||
         llvm::any_of(op.getResultTypes(), isRows);
}

int64_t rnnc::getStage(Operation *op) {
  for (; op; op = op->getParentOp())
    if (auto stage = op->getAttrOfType<IntegerAttr>(StageAttrName))
      return stage.getInt();
  return -1;
}

static Type getElement(Type type) {
  return cast<RankedTensorType>(type).getElementType();
}

//===----------------------------------------------------------------------===//
// Buffers and views
//===----------------------------------------------------------------------===//

unsigned Storage::getAxisIndex(StringRef axis) const {
  return std::distance(axes.begin(), llvm::find(axes, axis));
}

View rnnc::getWhole(Buffer *buffer) {
  View view;
  view.buffer = buffer;
  view.rows = buffer->rows;
  view.width = buffer->columns;
  return view;
}

View rnnc::getPart(View whole, Type type, unsigned dim, int64_t offset,
                   int64_t size) {
  bool isRowDim = isStatic(type) && getFeatureRank(type) == 2 && dim == 0;
  if (isRowDim) {
    whole.row += offset;
    whole.rows = size;
  } else {
    whole.column += offset;
    whole.width = size;
  }
  return whole;
}

/// What lives for a step is measured in the step, what lives for a chunk in
/// the chunk; all else over the operations of the function.
Block *Storage::findHome(Extent extent, Block *block) const {
  bool isLocal =
      (extent == Extent::Chunk && isa<ChunkOp>(block->getParentOp())) ||
      (extent == Extent::Batch && isa<ScanOp>(block->getParentOp()));
  return isLocal ? block : &function->getRegion(0).front();
}

Buffer *Storage::createBuffer(Extent extent, Type type, Block *block) {
  auto buffer = std::make_unique<Buffer>();
  buffer->extent = extent;
  buffer->element = getElement(type);
  buffer->rows = isStatic(type) ? getStaticRows(type) : 1;
  buffer->columns = buffer->width = getWidth(type);
  buffer->home = findHome(extent, block);
  buffers.push_back(std::move(buffer));
  return buffers.back().get();
}

static Extent getExtent(Type type) {
  return isSequence(type) ? Extent::Sequence
         : isBatch(type)  ? Extent::Batch
                          : Extent::Static;
}

bool rnnc::isYielded(Value value) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    return user->getBlock() == value.getParentBlock() &&
           (isa<YieldOp>(user) ||
            (isa<SliceOp>(user) && isYielded(user->getResult(0))));
  });
}

/// A buffer that one operation of a block fills and reads.
View Storage::createTemporary(Type type, Block *block) {
  bool isPart = isSequence(type) && isa<ChunkOp>(block->getParentOp());
  Buffer *buffer =
      createBuffer(isPart ? Extent::Chunk : getExtent(type), type, block);
  if (isSequence(type))
    buffer->axis = getAxisIndex(getAxis(type));
  return getWhole(buffer);
}

/// A buffer of its own for a value: for one chunk where no yield takes it out.
View Storage::createFor(Value value) {
  Type type = value.getType();
  if (isPrecomputed(value.getDefiningOp()))
    return createPacked(type);
  Extent extent = getExtent(type);
  Block *block = value.getParentBlock();
  bool staysInChunk = isa<ChunkOp>(block->getParentOp()) && !isYielded(value);
  if (extent == Extent::Sequence && staysInChunk)
    extent = Extent::Chunk;
  Buffer *buffer = createBuffer(extent, type, block);
  if (isSequence(type))
    buffer->axis = getAxisIndex(getAxis(type));
  return getWhole(buffer);
}

View Storage::createExternal(Type type, Memory memory, unsigned index) {
  Buffer *buffer = createBuffer(getExtent(type), type, function.getBodyBlock());
  buffer->memory = memory;
  buffer->index = index;
  if (isSequence(type))
    buffer->axis = getAxisIndex(getAxis(type));
  return getWhole(buffer);
}

int64_t Storage::reservePacked(int64_t size) {
  int64_t offset = packedSize;
  packedSize += llvm::alignTo(size, CoefficientAlignment);
  return offset;
}

View Storage::lookup(Value value) const {
  if (auto found = views.find(value); found != views.end())
    return found->second;
  if (auto slice = value.getDefiningOp<SliceOp>()) {
    View whole = lookup(slice.getOperand());
    return whole ? getPart(whole, slice.getOperand().getType(), slice.getDim(),
                           slice.getOffset(), slice.getSize())
                 : View();
  }
  // A chunk may yield a part of what comes from outside it.
  if (auto result = dyn_cast<OpResult>(value);
      result && isa<ChunkOp>(result.getOwner()))
    return lookup(cast<ChunkOp>(result.getOwner())
                      .getYield()
                      .getValues()[result.getResultNumber()]);
  auto argument = dyn_cast<BlockArgument>(value);
  auto scan = argument ? dyn_cast<ScanOp>(argument.getOwner()->getParentOp())
                       : ScanOp();
  if (scan && argument.getArgNumber() < scan.getInputs().size())
    return lookup(scan.getInputs()[argument.getArgNumber()]);
  return {};
}
