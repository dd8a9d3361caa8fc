//===- RowProduct.cpp - Products of one row -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Of little work all is written out, of more a loop's body is.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/RowProduct.h"

#include "compiler/lib/CodeGen/PanelWeights.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

/// Independent chains of multiply-adds that hide their latency: eight would do
/// if none were ever late.
static constexpr int64_t WantedChains = 12;
/// The multiply-adds of a product that are written out: more would share what
/// they load, and registers would not suffice. Where several blocks continue
/// with the same elements, they would be shared from one block to the next.
static constexpr int64_t MostInBlock = 64;
static constexpr int64_t MostInRest = 16;
/// The multiply-adds of dots that are written out.
static constexpr int64_t MostInDot = 8;
/// The bytes that every vector unit repeats without crossing its lanes.
static constexpr int64_t GroupBytes = 16;
/// The full blocks that are written out.
static constexpr int64_t MostBlocks = 4;

Strip rnnc::slotStrip(KernelBuilder &b, const Slot &slot) {
  return b.shortest(slot.valid);
}

bool rnnc::isWrittenOut(const PanelShape &shape, Value a) {
  return isOneRow(a) && shape.storage == WeightStorage::Element &&
         shape.fullBlocks() <= MostBlocks;
}

SmallVector<RowBlock> rnnc::rowBlocks(KernelBuilder &b,
                                      const PanelShape &shape) {
  SmallVector<RowBlock> blocks;
  for (int64_t block = 0; block < shape.blocks(); ++block) {
    bool isPartial = block == shape.fullBlocks();
    int64_t units = isPartial ? shape.tailUnits() : shape.units;
    blocks.push_back({b.index(block), blockSlots(shape, units), {}});
    blocks.back().sums.resize(blocks.back().slots.size());
  }
  return blocks;
}

int64_t rnnc::jointSteps(const PanelShape &shape, ArrayRef<RowBlock> blocks,
                         const TargetShape &target) {
  int64_t sums = 0;
  for (const RowBlock &block : blocks)
    sums += block.slots.size();
  // As many registers again are left to what is multiplied.
  if (blocks.size() < 2 || 2 * sums > target.registers || shape.isDots())
    return 0;
  int64_t last = llvm::divideCeil(shape.k, shape.blocks());
  return llvm::alignDown(shape.k - last, 4);
}

/// Adds the later half of equally long sets to the earlier one until one is
/// left.
static void addSets(KernelBuilder &b, SmallVector<Value> &all, int64_t size) {
  for (int64_t sets = all.size() / size; sets > 1;) {
    int64_t kept = llvm::divideCeil(sets, 2);
    for (int64_t i = 0; i < (sets - kept) * size; ++i)
      all[i] = b.addf(all[i], all[i + kept * size]);
    sets = kept;
  }
  all.truncate(size);
}

/// Adds a product to a sum; null stands for zero.
static void addProduct(KernelBuilder &b, Value x, Value y, Value &sum) {
  sum = sum ? b.muladd(x, y, sum) : b.mulf(x, y);
}

//===----------------------------------------------------------------------===//
// Panels
//===----------------------------------------------------------------------===//

namespace {

/// A row of A against the slots of blocks.
class RowMultiplier {
public:
  RowMultiplier(KernelBuilder &b, const PanelShape &shape,
                const PanelReader &panels, Value a, ArrayRef<RowBlock> blocks)
      : b(b), shape(shape), panels(panels.elements()), a(a) {
    for (const RowBlock &block : blocks)
      for (const Slot &slot : block.slots) {
        int64_t width = slotStrip(b, slot).width;
        int64_t column = slot.gate * shape.units + slot.offset;
        vectors.push_back({b.mul(block.block, shape.k), column, width});
        widest = std::max(widest, width);
      }
  }

  int64_t size() const { return vectors.size(); }
  Type type(int64_t index) {
    return b.stripType(shape.element, vectors[index % size()].width);
  }

  /// Adds the products of k + next.
  void step(Value k, int64_t next, MutableArrayRef<Value> sums) {
    Value scalar = b.load(a, b.index(0), b.add(k, next), Strip());
    addProducts(k, next, sums,
                [&](int64_t width) { return b.splat(scalar, width); });
  }

  /// Adds those of groupSize() elements from k + next on, the sums of each in
  /// the next of as many sets. What reads a weight with each multiply-add is
  /// bound by the number of loads: elements are loaded in groups, each repeated
  /// over the register, and spread from there.
  void group(Value k, int64_t next, MutableArrayRef<Value> all) {
    int64_t count = groupSize();
    Value row = b.load(a, b.index(0), b.add(k, next), {count, nullptr});
    if (widest > count)
      row = shuffle(row, widest, [&](int64_t lane) { return lane % count; });
    // Keeps LLVM from making a load of each element again.
    row = LLVM::CallIntrinsicOp::create(
              b, row.getType(), b.getStringAttr("llvm.arithmetic.fence"),
              ValueRange{row})
              .getResult(0);
    for (int64_t i = 0; i < count; ++i)
      addProducts(k, next + i,
                  all.slice((next + i) * size() % all.size(), size()),
                  [&](int64_t width) -> Value {
                    if (width == 1)
                      return vector::ExtractOp::create(b, row, i);
                    return shuffle(row, width, [&](int64_t lane) {
                      return (widest > count ? lane / count * count : 0) + i;
                    });
                  });
  }

  int64_t groupSize() const {
    return GroupBytes * 8 / shape.element.getIntOrFloatBitWidth();
  }

private:
  /// Of the first block's panel row, the column and the width.
  struct Vector {
    Value panelRow;
    int64_t column, width;
  };

  Value shuffle(Value from, int64_t width,
                llvm::function_ref<int64_t(int64_t)> lane) {
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < width; ++i)
      mask.push_back(lane(i));
    return vector::ShuffleOp::create(b, from, from, mask);
  }

  /// The rows of a panel follow each other: a column beyond the row of k is an
  /// address that differs by a constant.
  void addProducts(Value k, int64_t next, MutableArrayRef<Value> sums,
                   llvm::function_ref<Value(int64_t)> spread) {
    llvm::SmallDenseMap<int64_t, Value> elements;
    int64_t first = next * shape.gates * shape.units;
    for (auto [vector, sum] : llvm::zip_equal(vectors, sums)) {
      Value &element = elements[vector.width];
      if (!element)
        element = spread(vector.width);
      Value weight =
          b.load(panels, b.add(vector.panelRow, k),
                 b.index(first + vector.column), {vector.width, nullptr});
      addProduct(b, element, weight, sum);
    }
  }

  KernelBuilder &b;
  const PanelShape &shape;
  Value panels, a;
  SmallVector<Vector> vectors;
  int64_t widest = 1;
};

} // namespace

/// Into how many parts, a power of two, `count` products for each of `size`
/// sums are split: as many as make the wanted chains. The parts are added up in
/// the end, which takes longer than what more than a few gain.
static int64_t chooseSets(int64_t size, int64_t count,
                          const TargetShape &target) {
  int64_t sets = llvm::PowerOf2Ceil(llvm::divideCeil(WantedChains, size));
  sets = std::min<int64_t>(sets, size == 1 ? 8 : 4);
  while (sets > 1 && (sets > count || sets * size > target.registers * 3 / 4))
    sets /= 2;
  return sets;
}

void rnnc::multiplyRow(KernelBuilder &b, const PanelShape &shape,
                       const TargetShape &target, const PanelReader &panels,
                       Value a, MutableArrayRef<RowBlock> blocks, int64_t from,
                       int64_t to) {
  RowMultiplier row(b, shape, panels, a, blocks);
  int64_t size = row.size(), count = to - from;
  int64_t sets = chooseSets(size, count, target);
  SmallVector<Value> all;
  for (RowBlock &block : blocks)
    llvm::append_range(all, block.sums);
  all.resize(sets * size);

  int64_t looped = 0, atOnce = std::max(sets, row.groupSize());
  if (count * size > (from ? MostInRest : MostInBlock))
    looped = llvm::alignDown(count, atOnce);
  if (looped) {
    for (auto [index, sum] : llvm::enumerate(all))
      if (!sum)
        sum = b.number(row.type(index), 0);
    all = b.loop(b.index(from), b.index(from + looped), atOnce, all,
                 [&](Value k, ValueRange carried) {
                   SmallVector<Value> next(carried);
                   for (int64_t i = 0; i < atOnce; i += row.groupSize())
                     row.group(k, i, next);
                   return next;
                 });
  }
  for (int64_t i = looped; i < count; ++i)
    row.step(b.index(from), i,
             MutableArrayRef(all).slice(i % sets * size, size));
  addSets(b, all, size);
  ArrayRef<Value> results = all;
  for (RowBlock &block : blocks) {
    block.sums.assign(results.take_front(block.sums.size()));
    results = results.drop_front(block.sums.size());
  }
}

/// The same of all elements by each block, or by all together if their sums
/// have registers.
static void multiplyWhole(KernelBuilder &b, const PanelShape &shape,
                          const TargetShape &target, const PanelReader &panels,
                          Value a, MutableArrayRef<RowBlock> blocks) {
  if (shape.isDots()) {
    for (RowBlock &block : blocks)
      block.sums = multiplyDots(b, shape, panels, block.block, a, b.index(0),
                                block.sums);
    return;
  }
  if (jointSteps(shape, blocks, target))
    return multiplyRow(b, shape, target, panels, a, blocks, 0, shape.k);
  for (RowBlock &block : blocks)
    multiplyRow(b, shape, target, panels, a, block, 0, shape.k);
}

void rnnc::emitRowGemm(KernelBuilder &b, const PanelShape &shape,
                       const TargetShape &target, Value a, Value c,
                       Value panelAddress, bool accumulate) {
  PanelReader panels(b, shape, panelAddress);
  Value row = b.index(0);
  SmallVector<RowBlock> blocks = rowBlocks(b, shape);
  auto column = [&](const RowBlock &block, const Slot &slot) {
    return b.add(b.mul(block.block, shape.units),
                 slot.gate * shape.slice() + slot.offset);
  };
  if (accumulate)
    for (RowBlock &block : blocks)
      for (auto [slot, sum] : llvm::zip_equal(block.slots, block.sums))
        sum = b.load(c, row, column(block, slot), slotStrip(b, slot));
  multiplyWhole(b, shape, target, panels, a, blocks);
  for (RowBlock &block : blocks)
    for (auto [slot, sum] : llvm::zip_equal(block.slots, block.sums))
      b.store(sum, c, row, column(block, slot), slotStrip(b, slot));
}

//===----------------------------------------------------------------------===//
// Dots
//===----------------------------------------------------------------------===//

/// The sum of a vector and of a shorter or equally long one, if any.
static Value foldBoth(KernelBuilder &b, Value sum, Value tail) {
  auto add = [&](Value x, Value y) { return b.addf(x, y); };
  if (!sum || !tail)
    return b.fold(sum ? sum : tail, add);
  auto shorter = dyn_cast<VectorType>(tail.getType());
  sum = b.fold(sum, add, shorter ? shorter.getDimSize(0) : 1);
  return b.fold(add(sum, tail), add);
}

SmallVector<Value> rnnc::multiplyDots(KernelBuilder &b, const PanelShape &shape,
                                      const PanelReader &panels, Value block,
                                      Value a, ArrayRef<Value> aRows,
                                      ArrayRef<Value> sums) {
  Value first = b.mul(block, shape.k), zero = b.index(0);
  int64_t lanes = shape.targetLanes, size = aRows.size();
  int64_t vectors = shape.k / lanes;
  int64_t sets = std::min<int64_t>(llvm::divideCeil(4, size), vectors);
  auto weights = [&](Value k, const Strip &strip) {
    return b.load(panels.elements(), b.add(first, k), zero, strip);
  };
  SmallVector<Value> all(sets * size);
  auto addVector = [&](Value k, int64_t set, MutableArrayRef<Value> into) {
    Strip strip{lanes, nullptr};
    Value weight = weights(k, strip);
    for (auto [row, sum] : llvm::zip_equal(aRows, into.slice(set * size, size)))
      addProduct(b, b.load(a, row, k, strip), weight, sum);
  };
  int64_t looped = 0;
  if (vectors * size > MostInDot) {
    looped = vectors / sets * sets;
    llvm::fill(all, b.number(b.stripType(shape.element, lanes), 0));
    all = b.loop(b.index(0), b.index(looped * lanes), sets * lanes, all,
                 [&](Value k, ValueRange carried) {
                   SmallVector<Value> next(carried);
                   for (int64_t set = 0; set < sets; ++set)
                     addVector(b.add(k, set * lanes), set, next);
                   return next;
                 });
  }
  for (int64_t vector = looped; vector < vectors; ++vector)
    addVector(b.index(vector * lanes), vector % sets, all);
  if (sets > 1)
    addSets(b, all, size);

  SmallVector<Value> results;
  Value rest = b.index(vectors * lanes);
  Strip strip = b.shortest(shape.k - vectors * lanes);
  for (auto [index, row] : llvm::enumerate(aRows)) {
    Value tail;
    if (shape.k % lanes != 0)
      tail = b.mulf(b.load(a, row, rest, strip), weights(rest, strip));
    Value sum = foldBoth(b, vectors ? all[index] : Value(), tail);
    results.push_back(sums[index] ? b.addf(sums[index], sum) : sum);
  }
  return results;
}
