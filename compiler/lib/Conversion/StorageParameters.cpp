//===- StorageParameters.cpp - Where parameters live ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Places parameters where they lie, in the caller's memory, or in dense copies
// beside the panels, and finds what is made of parameters alone.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

#include "compiler/lib/Conversion/WeightExpression.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

bool Storage::needParameters() {
  if (keepsParameters && parametersSlot < 0)
    parametersSlot = reservePacked(sizeof(void *));
  return keepsParameters;
}

/// A parameter, or rows of one, in a function whose parameters are there while
/// it runs: it is read where it lies. A transposed one is copied.
View Storage::viewParameters(Value value) {
  if (!keepsParameters)
    return {};
  Type type = value.getType();
  SmallVector<WeightPiece> pieces = getWeightPieces(value, layout);
  bool isInPlace = pieces.size() == 1 && !pieces[0].isTransposed() &&
                   pieces[0].rows == getStaticRows(type) &&
                   pieces[0].columns == getWidth(type);
  if (!isInPlace)
    return {};
  (void)needParameters();
  View view = createExternal(type, Memory::Parameters, 0);
  view.buffer->offset = pieces[0].offset;
  view.buffer->width = pieces[0].rowStride;
  return view;
}

/// A place beside the panels, which outlives the call that fills it.
View Storage::createPacked(Type type) {
  View view = createExternal(type, Memory::Packed, 0);
  view.buffer->offset = reservePacked(view.buffer->rows * view.buffer->width);
  return view;
}

/// A dense copy beside the panels, for a parameter that more than products use.
void Storage::packDense(Value value) {
  if (views.contains(value))
    return;
  auto slice = value.getDefiningOp<SliceOp>();
  bool isPartOfVector = slice && getFeatureRank(value.getType()) == 1;
  if (isPartOfVector)
    return packDense(slice.getOperand());
  if (View inPlace = viewParameters(value)) {
    views[value] = inPlace;
    return;
  }
  packedValues.push_back(value);
  views[value] = createPacked(value.getType());
}

/// Parameters that an operation reads as they are; the weight of a product is
/// packed into panels instead.
void Storage::packOperands(Operation *op) {
  for (OpOperand &operand : op->getOpOperands()) {
    bool isPacked = isa<MatmulOp>(op) && operand.getOperandNumber() == 0;
    if (!isPacked && isWeightExpression(operand.get()))
      packDense(operand.get());
  }
}

/// Operations between static values, in the order of the function, whose
/// operands are parameters or made so.
void Storage::findPrecomputed() {
  auto isKnown = [&](Value value) {
    return isStatic(value.getType()) &&
           (isWeightExpression(value) || isPrecomputed(value.getDefiningOp()));
  };
  for (Operation &op : function.getBodyBlock()->without_terminator()) {
    bool isMade = op.getNumResults() != 0 &&
                  !isa<DirectionOp, CallNumberOp>(op) &&
                  llvm::all_of(op.getResultTypes(), isStatic) &&
                  !llvm::all_of(op.getResults(), isWeightExpression);
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        isMade &= operand.getParentBlock() != op.getBlock() || isKnown(operand);
    });
    if (isMade)
      precomputed.insert(&op);
  }
}
