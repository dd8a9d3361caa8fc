//===- StepSums.cpp - Sums that phases make on their way ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A sum over the rows of a chunk of what phases make, in the chunk or in the
// steps of its scans, as losses and the gradients of biases and gains are,
// grows in these phases, a row of the size of the sum for the chunk. A sequence
// that nothing but such sums reads has no memory.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Storage.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

/// Collects the results of phases that columns of a sequence are made of.
class PartFinder {
public:
  PartFinder(Block &chunk, View sum) : chunk(chunk), sum(sum) {}

  /// Finds what makes columns `offset` to `offset + width` of a value, whose
  /// sum begins at `column`; false where something else than phases does.
  bool find(Value value, int64_t offset, int64_t width, int64_t column) {
    Operation *op = value.getDefiningOp();
    if (auto slice = dyn_cast_or_null<SliceOp>(op))
      return find(slice.getOperand(), offset + slice.getOffset(), width,
                  column);
    if (auto concat = dyn_cast_or_null<ConcatOp>(op))
      return findInConcat(concat, offset, width, column);
    if (auto scan = dyn_cast_or_null<ScanOp>(op))
      return scan->getBlock() == &chunk &&
             findInScan(value, scan, offset, width, column);
    auto phase = dyn_cast_or_null<PhaseOp>(op);
    if (!phase || !isInChunk(phase) ||
        !phase.getBodyBlock()->getOps<MatmulOp>().empty() ||
        phase.getResultTypes().front() != value.getType() ||
        width != getWidth(value.getType()))
      return false;
    View place = sum;
    place.column += column;
    place.width = width;
    parts.push_back({phase, cast<OpResult>(value).getResultNumber(), place});
    return true;
  }

  struct Part {
    PhaseOp phase;
    unsigned result;
    View place;
  };
  SmallVector<Part> parts;

private:
  bool isInChunk(PhaseOp phase) const {
    return phase->getBlock() == &chunk || isa<ScanOp>(phase->getParentOp());
  }

  bool findInScan(Value value, ScanOp scan, int64_t offset, int64_t width,
                  int64_t column) {
    for (auto [stacked, yielded] :
         llvm::zip(scan.getStacked(), scan.getStackedYields()))
      if (stacked == value)
        return find(yielded, offset, width, column);
    return false;
  }

  bool findInConcat(ConcatOp concat, int64_t offset, int64_t width,
                    int64_t column) {
    int64_t begin = 0;
    for (Value part : concat.getOperands()) {
      int64_t end = begin + getWidth(part.getType());
      int64_t first = std::max(begin, offset);
      int64_t last = std::min(end, offset + width);
      if (first < last &&
          !find(part, first - begin, last - first, column + first - offset))
        return false;
      begin = end;
    }
    return true;
  }

  Block &chunk;
  View sum;
};

} // namespace

void Storage::planStepSum(SumToOp sum) {
  Type from = sum.getOperand().getType(), to = sum.getType();
  bool isOfSteps = isa<ChunkOp>(sum->getParentOp()) && isSequence(from) &&
                   isStatic(to) && getFeatureRank(to) == 1 &&
                   getWidth(from) == getWidth(to);
  if (!isOfSteps)
    return;
  View row = getWhole(createBuffer(Extent::Static, to, sum->getBlock()));
  PartFinder finder(*sum->getBlock(), row);
  if (!finder.find(sum.getOperand(), 0, getWidth(from), 0)) {
    buffers.pop_back();
    return;
  }
  stepSums[sum] = row;
  for (PartFinder::Part &part : finder.parts)
    phaseSums[part.phase].push_back({part.result, part.place});
}

bool Storage::isOnlySummed(Value value) const {
  auto isSum = [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (auto sum = dyn_cast<SumToOp>(user))
      return bool(lookupStepSum(sum));
    if (isa<SliceOp, ConcatOp>(user))
      return isOnlySummed(user->getResult(0));
    auto scan = dyn_cast<ScanOp>(user->getParentOp());
    if (!scan || !isa<YieldOp>(user))
      return false;
    unsigned states = scan.getNumStates(), number = use.getOperandNumber();
    return number >= states && isOnlySummed(scan.getStacked()[number - states]);
  };
  return !value.use_empty() && llvm::all_of(value.getUses(), isSum);
}
