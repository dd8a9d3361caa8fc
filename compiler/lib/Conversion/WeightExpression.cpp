//===- WeightExpression.cpp - Weights as pieces of parameters -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluates views of parameters to rectangles of the parameter vector.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/WeightExpression.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

using Pieces = SmallVector<WeightPiece>;

bool rnnc::isWeightExpression(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isStatic(value.getType()))
    return false;
  if (isa<GetOp>(op))
    return true;
  return isa<SliceOp, ConcatOp, TransposeOp, PadOp>(op) &&
         llvm::all_of(op->getOperands(), isWeightExpression);
}

/// Whether a feature dimension is that of rows; a vector has columns only.
static bool isRowDim(Type type, uint64_t dim) {
  return getFeatureRank(type) == 2 && dim == 0;
}

static Pieces slice(ArrayRef<WeightPiece> pieces, bool alongRows,
                    int64_t offset, int64_t size) {
  Pieces result;
  for (WeightPiece piece : pieces) {
    int64_t &start = alongRows ? piece.row : piece.column;
    int64_t &extent = alongRows ? piece.rows : piece.columns;
    int64_t stride = alongRows ? piece.rowStride : piece.columnStride;
    int64_t from = std::max(start, offset);
    int64_t to = std::min(start + extent, offset + size);
    if (from >= to)
      continue;
    piece.offset += (from - start) * stride;
    start = from - offset;
    extent = to - from;
    result.push_back(piece);
  }
  return result;
}

static void shift(Pieces &pieces, bool alongRows, int64_t offset) {
  for (WeightPiece &piece : pieces)
    (alongRows ? piece.row : piece.column) += offset;
}

static Pieces collectPieces(Value value, const ModelLayout &layout);

static Pieces concatenate(ConcatOp concat, const ModelLayout &layout) {
  Pieces result;
  int64_t offset = 0;
  for (Value part : concat.getOperands()) {
    Pieces pieces = collectPieces(part, layout);
    shift(pieces, isRowDim(part.getType(), concat.getDim()), offset);
    result.append(pieces);
    offset += getFeatureSize(part.getType(), concat.getDim());
  }
  return result;
}

static Pieces transpose(Pieces pieces) {
  for (WeightPiece &piece : pieces) {
    std::swap(piece.rowStride, piece.columnStride);
    std::swap(piece.rows, piece.columns);
    std::swap(piece.row, piece.column);
  }
  return pieces;
}

static Pieces wholeParameter(GetOp get, const ModelLayout &layout) {
  Type type = get.getType();
  bool isMatrix = getFeatureRank(type) == 2;
  int64_t columns = getFeatureSize(type, isMatrix ? 1 : 0);
  WeightPiece piece;
  piece.offset =
      layout.parameterOffsets[layout.parameters.lookup(get.getSymbol())];
  piece.rowStride = columns;
  piece.columnStride = 1;
  piece.rows = isMatrix ? getFeatureSize(type, 0) : 1;
  piece.columns = columns;
  return {piece};
}

static Pieces collectPieces(Value value, const ModelLayout &layout) {
  Operation *op = value.getDefiningOp();
  if (auto get = dyn_cast<GetOp>(op))
    return wholeParameter(get, layout);
  if (auto concat = dyn_cast<ConcatOp>(op))
    return concatenate(concat, layout);
  Pieces pieces = collectPieces(op->getOperand(0), layout);
  if (auto part = dyn_cast<SliceOp>(op))
    return slice(pieces, isRowDim(part.getOperand().getType(), part.getDim()),
                 part.getOffset(), part.getSize());
  if (auto pad = dyn_cast<PadOp>(op)) {
    shift(pieces, isRowDim(pad.getType(), pad.getDim()), pad.getOffset());
    return pieces;
  }
  return transpose(pieces);
}

/// Whether `next` goes on where `piece` ends, in the weight as in memory.
static bool isBelow(const WeightPiece &piece, const WeightPiece &next) {
  return next.row == piece.row + piece.rows && next.column == piece.column &&
         next.columns == piece.columns &&
         next.offset == piece.offset + piece.rows * piece.rowStride;
}

static bool isBeside(const WeightPiece &piece, const WeightPiece &next) {
  return next.column == piece.column + piece.columns && next.row == piece.row &&
         next.rows == piece.rows &&
         next.offset == piece.offset + piece.columns * piece.columnStride;
}

/// Makes one piece of two, if possible.
static bool join(WeightPiece &piece, const WeightPiece &next) {
  if (next.rowStride != piece.rowStride ||
      next.columnStride != piece.columnStride)
    return false;
  if (isBelow(piece, next))
    piece.rows += next.rows;
  else if (isBeside(piece, next))
    piece.columns += next.columns;
  else
    return false;
  return true;
}

Pieces rnnc::getWeightPieces(Value value, const ModelLayout &layout) {
  Pieces pieces;
  for (const WeightPiece &next : collectPieces(value, layout))
    if (pieces.empty() || !join(pieces.back(), next))
      pieces.push_back(next);
  return pieces;
}
