//===- ArenaLayout.cpp - Offsets in the arena -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gives each arena buffer its place in its class: first fit over the span of
// operations during which it is in use. Offsets are in elements a row, so that
// one layout serves any T and B.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Checkpoints.h"
#include "compiler/lib/Conversion/Storage.h"

#include "rnn/rnn.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// Buffers start at multiples of this many elements, so that at any number of
/// rows they are aligned to RNN_ALIGNMENT.
static constexpr int64_t CoefficientAlignment = 16;

/// Rows a multiple of this apart, which is half of what a way of a first cache
/// holds, push each other out of it, and out of the second cache.
static constexpr int64_t ConflictBytes = 2048;
static constexpr int64_t LineBytes = 64;

/// The elements from row to row of an arena buffer: where its rows would lie on
/// the same sets of the caches, one line more than it has columns. Views know
/// their own widths.
static int64_t getRowStride(const Buffer &buffer) {
  int64_t bytes = buffer.element.getIntOrFloatBitWidth() / 8;
  bool conflicts =
      buffer.width > 0 && buffer.width * bytes % ConflictBytes == 0;
  return conflicts ? buffer.width + LineBytes / bytes : buffer.width;
}

unsigned Storage::getClass(const Buffer &buffer) {
  if (buffer.use == Use::HandedOn)
    return RNN_CLASS_HANDED_ON(buffer.axis);
  if (buffer.use == Use::Stage)
    return buffer.extent == Extent::Batch ? RNN_CLASS_STAGE_BATCH
                                          : RNN_CLASS_STAGE(buffer.axis);
  switch (buffer.extent) {
  case Extent::Static:
    return RNN_CLASS_STATIC;
  case Extent::Batch:
    return RNN_CLASS_BATCH;
  case Extent::Chunk:
    return RNN_CLASS_CHUNK(buffer.axis);
  case Extent::Slots:
    return RNN_CLASS_CHECKPOINT(buffer.axis);
  case Extent::Sequence:
    return buffer.onlyChunk ? RNN_CLASS_CHUNK(buffer.axis)
                            : RNN_CLASS_SEQUENCE(buffer.axis);
  }
  llvm_unreachable("covered switch");
}

namespace {

/// The operations, by position in the home block, that a buffer serves.
struct Life {
  Buffer *buffer = nullptr;
  unsigned begin = ~0U, end = 0;
  unsigned order = 0; ///< of first use, so that the layout is always the same
  llvm::SmallDenseSet<int64_t, 4> stages; ///< that touch it

  bool overlaps(const Life &other) const {
    return begin <= other.end && other.begin <= end;
  }
  int64_t getSize() const {
    return llvm::alignTo(buffer->rows * buffer->width, CoefficientAlignment);
  }
};

/// The lives of all arena buffers of a function.
class Lives {
public:
  Lives(FuncOp function, const Storage &storage) : storage(storage) {
    function.getBody().walk([&](Operation *op) { visit(op, op); });
    isEvaluatedAgain = true;
    for (auto reader : function.getBodyBlock()->getOps<ChunkOp>())
      for (ChunkOp source : getSources(reader))
        if (keepsFew(source))
          for (Operation *op : getAdvance(source))
            op->walk([&](Operation *inner) { visit(inner, reader); });
  }

  llvm::MapVector<Buffer *, Life> take() {
    for (auto &[buffer, life] : lives) {
      chooseUse(life);
      widen(life);
    }
    return std::move(lives);
  }

private:
  using Span = std::pair<unsigned, unsigned>;

  /// What `op` reads and writes is in use at `at`.
  void visit(Operation *op, Operation *at) {
    for (Value value : op->getOperands())
      touchSources(value, at);
    for (Value value : op->getResults())
      touch(storage.lookup(value), at);
    if (auto broadcast = dyn_cast<BroadcastOp>(op))
      touch(storage.lookupScaled(broadcast), at);
    if (auto sum = dyn_cast<SumToOp>(op))
      touch(storage.lookupStepSum(sum), at);
    if (auto phase = dyn_cast<PhaseOp>(op))
      for (const auto &[result, view] : storage.getPhaseSums(phase))
        touch(view, at);
    if (auto outer = dyn_cast<OuterOp>(op))
      for (Value operand : outer->getOperands())
        touch(storage.lookupGathered(outer, operand), at);
    if (auto scan = dyn_cast<ScanOp>(op))
      for (unsigned i = 0, e = scan.getNumStates(); i < e; ++i)
        touch(storage.lookupState(scan, i), at);
  }

  /// A value without memory is made where it is used, from its own operands.
  void touchSources(Value value, Operation *op) {
    View view = storage.lookup(value);
    touch(view, op);
    Operation *source = view ? nullptr : value.getDefiningOp();
    if (isa_and_present<BroadcastOp, InitialStateOp>(source))
      for (Value operand : source->getOperands())
        touchSources(operand, op);
  }

  void touch(View view, Operation *op) {
    if (!view || !view.buffer->usesArena())
      return;
    // What the caller does not want is gone after its chunk.
    if (view.buffer->onlyChunk && !view.buffer->onlyChunk->isProperAncestor(op))
      return;
    // The evaluation again has what is local to the chunk for itself.
    if (isEvaluatedAgain && !isa<FuncOp>(view.buffer->home->getParentOp()))
      return;
    auto [found, isNew] = lives.try_emplace(view.buffer);
    Life &life = found->second;
    if (isNew)
      life.order = lives.size();
    life.buffer = view.buffer;
    if (int64_t stage = getStage(op); stage >= 0)
      life.stages.insert(stage);
    Operation *ancestor = view.buffer->home->findAncestorOpInBlock(*op);
    if (view.buffer->isCarried && ancestor) {
      bool isHomeFunction = isa<FuncOp>(view.buffer->home->getParentOp());
      unsigned last = getPosition(&view.buffer->home->back());
      extend(life, isHomeFunction ? getPosition(ancestor) : 0,
             isHomeFunction ? getPosition(ancestor) : last);
      return;
    }
    unsigned position = ancestor ? getPosition(ancestor) : ~0U - 1;
    extend(life, position, position);
  }

  /// Stages run at the same time, on chunks of their own: what one has for
  /// itself until it is done with a chunk may lie where another one's is in
  /// memory of another thread, and nothing else may.
  void chooseUse(Life &life) {
    Buffer &buffer = *life.buffer;
    bool isOfChunk = buffer.extent == Extent::Chunk || buffer.onlyChunk;
    if (isOfChunk && life.stages.size() > 1) {
      buffer.use = Use::HandedOn;
      if (!isa<FuncOp>(buffer.home->getParentOp()))
        extend(life, 0, getPosition(&buffer.home->back()));
      return;
    }
    bool isLocal = !isa<FuncOp>(buffer.home->getParentOp());
    if (isLocal && !buffer.isCarried && life.stages.size() == 1)
      buffer.use = Use::Stage;
  }

  static void extend(Life &life, unsigned begin, unsigned end) {
    life.begin = std::min(life.begin, begin);
    life.end = std::max(life.end, end);
  }

  /// Operations that are evaluated together, run by run of rows: what another
  /// operation reads is not whole before the last of them, and what one made is
  /// read until then. What only they use is done with in each run.
  void widen(Life &life) {
    Block *home = life.buffer->home;
    if (isa<FuncOp>(home->getParentOp()))
      return;
    ArrayRef<Span> together = getSpans(home);
    if (life.begin >= together.size())
      return;
    Span first = together[life.begin];
    if (life.end <= first.second)
      return;
    life.begin = first.first;
    if (life.end < together.size())
      life.end = together[life.end].second;
  }

  /// For each position in a block the first and the last of those that are
  /// evaluated together with it.
  ArrayRef<Span> getSpans(Block *block) {
    SmallVector<Span> &result = spans[block];
    if (!result.empty())
      return result;
    unsigned first = 0;
    int64_t stage = -1;
    bool wasOnRows = false;
    for (auto [index, op] : llvm::enumerate(*block)) {
      bool joins = wasOnRows && isOnRows(op) && getStage(&op) == stage;
      stage = getStage(&op);
      first = joins ? first : index;
      wasOnRows = isOnRows(op);
      result.push_back({first, index});
    }
    for (unsigned i = result.size() - 1; i > 0; --i)
      if (result[i].first == result[i - 1].first)
        result[i - 1].second = result[i].second;
    return result;
  }

  unsigned getPosition(Operation *op) {
    auto [found, isNew] = positions.try_emplace(op, 0);
    if (isNew)
      for (auto [index, sibling] : llvm::enumerate(*op->getBlock()))
        positions[&sibling] = index;
    return positions[op];
  }

  const Storage &storage;
  /// Visits what a reader has evaluated again of the chunks it resumes from.
  bool isEvaluatedAgain = false;
  DenseMap<Block *, SmallVector<Span>> spans;
  llvm::MapVector<Buffer *, Life> lives;
  DenseMap<Operation *, unsigned> positions;
};

} // namespace

/// Places buffers one after another at the lowest offset from `base` that no
/// buffer in use at the same time covers; returns the end of the highest.
static int64_t placeFirstFit(MutableArrayRef<Life> lives, int64_t base) {
  llvm::sort(lives, [](const Life &a, const Life &b) {
    return std::tie(a.begin, a.order) < std::tie(b.begin, b.order);
  });
  int64_t highest = base;
  SmallVector<const Life *> placed;
  for (Life &life : lives) {
    int64_t offset = base;
    llvm::sort(placed, [](const Life *a, const Life *b) {
      return a->buffer->coefficient < b->buffer->coefficient;
    });
    for (const Life *other : placed) {
      int64_t begin = other->buffer->coefficient;
      if (life.overlaps(*other) && offset < begin + other->getSize() &&
          begin < offset + life.getSize())
        offset = begin + other->getSize();
    }
    life.buffer->coefficient = offset;
    placed.push_back(&life);
    highest = std::max(highest, offset + life.getSize());
  }
  return highest;
}

void Storage::layOutArena() {
  for (const auto &buffer : buffers)
    if (buffer->memory == Memory::Arena && buffer->extent != Extent::Static)
      buffer->width = getRowStride(*buffer);
  using Key = std::pair<unsigned, Block *>;
  llvm::MapVector<Key, SmallVector<Life>> groups;
  for (auto &[buffer, life] : Lives(function, *this).take())
    groups[{getClass(*buffer), buffer->home}].push_back(life);

  // What lives across a scan is placed first; the temporaries of a step come
  // after it.
  Block *top = function.getBodyBlock();
  SmallVector<int64_t> bases(RNN_MAX_CLASSES, 0);
  for (bool isTop : {true, false})
    for (auto &[key, lives] : groups) {
      auto [classIndex, home] = key;
      if ((home == top) != isTop)
        continue;
      int64_t end = placeFirstFit(lives, isTop ? 0 : bases[classIndex]);
      if (isTop)
        bases[classIndex] = end;
      coefficients[classIndex] = std::max(coefficients[classIndex], end);
    }
}
