//===- Checkpoints.cpp - Scans that resume from checkpoints ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Follows rnn.resume to the chunk that keeps the states.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Checkpoints.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

bool rnnc::isResumed(ScanOp scan) {
  return scan.getNumStates() != 0 &&
         scan.getInits().front().getDefiningOp<ResumeOp>();
}

ChunkOp rnnc::getSource(ScanOp resumed) {
  auto resume = resumed.getInits().front().getDefiningOp<ResumeOp>();
  return cast<ChunkOp>(resume.getSource()->getParentOp());
}

llvm::SetVector<ChunkOp> rnnc::getSources(ChunkOp reader) {
  llvm::SetVector<ChunkOp> sources;
  for (auto scan : reader.getBodyBlock()->getOps<ScanOp>())
    if (isResumed(scan))
      sources.insert(getSource(scan));
  return sources;
}

bool rnnc::keepsFew(ChunkOp source) {
  return llvm::any_of(
      source.getBodyBlock()->getOps<CheckpointOp>(),
      [](CheckpointOp op) { return op.getKind() == CheckpointKind::Log; });
}

bool rnnc::resumesFromFew(ChunkOp reader) {
  return llvm::any_of(getSources(reader), keepsFew);
}

llvm::DenseSet<Operation *> rnnc::getAdvance(ChunkOp source) {
  llvm::DenseSet<Operation *> ops;
  SmallVector<Value> worklist;
  for (auto checkpoint : source.getBodyBlock()->getOps<CheckpointOp>())
    worklist.push_back(checkpoint.getOperand());
  auto isKept = [&](Value value) {
    return isSequence(value.getType()) &&
           llvm::is_contained(source.getYield().getValues(), value);
  };
  while (!worklist.empty()) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || op->getBlock() != source.getBodyBlock() ||
        !ops.insert(op).second)
      continue;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!isKept(operand))
          worklist.push_back(operand);
    });
  }
  return ops;
}

void rnnc::detachFinalStates(FuncOp function) {
  for (auto chunk : function.getBodyBlock()->getOps<ChunkOp>()) {
    if (!keepsFew(chunk))
      continue;
    OpBuilder builder(chunk.getContext());
    builder.setInsertionPointAfter(chunk);
    for (OpResult result : chunk.getResults()) {
      Value value = chunk.getYield().getValues()[result.getResultNumber()];
      if (!isBatch(result.getType()) || !value.getDefiningOp<ScanOp>())
        continue;
      auto copy = ConcatOp::create(builder, chunk.getLoc(), 0,
                                   ValueRange(Value(result)));
      result.replaceAllUsesExcept(copy, copy);
    }
  }
}
