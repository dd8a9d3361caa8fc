//===- Recompute.cpp - What a reverse pass can compute again --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Within a chunk all sequences are candidates at first; each that cannot be
// computed again is kept, which may help others, until nothing changes.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Recompute.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

Slice Recomputation::findReaders(Value result) {
  Block *block = result.getParentBlock();
  Slice readers;
  for (Operation *user : result.getUsers())
    readers.insert(block->findAncestorOpInBlock(*user));
  return readers;
}

static Value getYielded(ChunkOp chunk, unsigned index) {
  return chunk.getYield().getValues()[index];
}

Value Recomputation::findKept(ChunkOp chunk, Value value) const {
  for (OpResult result : chunk.getResults())
    if (getYielded(chunk, result.getResultNumber()) == value &&
        isSequence(value.getType()) && !result.use_empty() && !contains(result))
      return result;
  return {};
}

/// Values from outside the chunk are there for everybody. A state to resume
/// from is not: a checkpoint of it would have to be kept for the chunk's
/// readers.
bool Recomputation::collectOperand(ChunkOp chunk, Value value,
                                   Slice &slice) const {
  if (value.getParentBlock() != chunk.getBodyBlock())
    return true;
  if (findKept(chunk, value))
    return true;
  return isSequence(value.getType()) && collect(chunk, value, slice);
}

bool Recomputation::collect(ChunkOp chunk, Value value, Slice &slice) const {
  Operation *op = value.getDefiningOp();
  if (slice.contains(op))
    return true;
  if (auto scan = dyn_cast<ScanOp>(op);
      scan && !llvm::all_of(scan.getInits().getTypes(), isBatch))
    return false;
  bool isPossible = true;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands())
      if (!op->isAncestor(operand.getParentBlock()->getParentOp()))
        isPossible = isPossible && collectOperand(chunk, operand, slice);
  });
  slice.insert(op);
  return isPossible;
}

/// Whether a kept sequence and this one are the same memory: a state as steps
/// read it and as they leave it.
bool Recomputation::isKeptWithAnother(ChunkOp chunk, Value value) const {
  auto scan = value.getDefiningOp<ScanOp>();
  if (!scan)
    return false;
  auto findState = [&](Value yielded) -> std::optional<unsigned> {
    for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i)
      if (yielded == scan.getStateArgs()[i] ||
          yielded == scan.getNextStates()[i])
        return i;
    return std::nullopt;
  };
  auto own = llvm::find(scan.getStacked(), value) - scan.getStacked().begin();
  std::optional<unsigned> state = findState(scan.getStackedYields()[own]);
  return state &&
         llvm::any_of(llvm::zip(scan.getStackedYields(), scan.getStacked()),
                      [&](auto pair) {
                        auto [yielded, stacked] = pair;
                        return stacked != value &&
                               findState(yielded) == state &&
                               findKept(chunk, stacked);
                      });
}

/// All readers are chunks of the axis; where a scan runs, of the other
/// direction, so that each walks from checkpoint to checkpoint. None reads
/// steps of other chunks than its own.
bool Recomputation::isRecomputable(ChunkOp chunk, unsigned index) const {
  Slice slice;
  Value yielded = getYielded(chunk, index);
  if (yielded.getParentBlock() != chunk.getBodyBlock() ||
      isKeptWithAnother(chunk, yielded) || !collect(chunk, yielded, slice))
    return false;
  if (llvm::any_of(chunk.getResult(index).getUsers(),
                   llvm::IsaPred<ReverseOp, ShiftOp>))
    return false;
  bool hasScan = llvm::any_of(slice, llvm::IsaPred<ScanOp>);
  return llvm::all_of(
      findReaders(chunk.getResult(index)), [&](Operation *reader) {
        auto other = dyn_cast<ChunkOp>(reader);
        return other && other.getAxis() == chunk.getAxis() &&
               (!hasScan || other.getReverse() != chunk.getReverse());
      });
}

void Recomputation::choose(ChunkOp chunk) {
  SmallVector<OpResult> candidates;
  for (OpResult result : chunk.getResults())
    if (isSequence(result.getType()) && !result.use_empty()) {
      candidates.push_back(result);
      chosen.insert(result);
    }
  bool changed = true;
  while (changed) {
    changed = false;
    for (OpResult result : candidates)
      if (contains(result) &&
          !isRecomputable(chunk, result.getResultNumber())) {
        chosen.erase(result);
        changed = true;
      }
  }
}

void Recomputation::replace(ValueRange before, ValueRange after) {
  for (auto [from, to] : llvm::zip(before, after))
    if (chosen.erase(from))
      chosen.insert(to);
}
