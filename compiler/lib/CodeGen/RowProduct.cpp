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

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

/// Independent chains of multiply-adds that hide their latency.
static constexpr int64_t WantedChains = 8;
/// The multiply-adds of a block that are written out: more would share what
/// they load, and registers would not suffice.
static constexpr int64_t MostInBlock = 64;
/// Those of an iteration where they are not. Each load of an iteration is a
/// stream of its own to the prefetcher, which follows small strides only.
static constexpr int64_t InIteration = 8;
/// The full blocks that are written out.
static constexpr int64_t MostBlocks = 4;

Strip rnnc::slotStrip(KernelBuilder &b, const Slot &slot) {
  return b.shortest(slot.valid);
}

bool rnnc::isWrittenOut(const PanelShape &shape, Value a) {
  return isOneRow(a) && shape.storage == WeightStorage::Element &&
         shape.fullBlocks() <= MostBlocks;
}

void rnnc::forEachRowBlock(
    KernelBuilder &b, const PanelShape &shape,
    llvm::function_ref<void(Value, ArrayRef<Slot>)> body) {
  SmallVector<Slot> slots = blockSlots(shape, shape.units);
  for (int64_t block = 0; block < shape.fullBlocks(); ++block)
    body(b.index(block), slots);
  if (shape.tailUnits())
    body(b.index(shape.fullBlocks()), blockSlots(shape, shape.tailUnits()));
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

/// A row of A against the slots of a block.
struct Row {
  KernelBuilder &b;
  const PanelShape &shape;
  Value panels, panelRow, a;
  ArrayRef<Slot> slots;

  /// Adds the products of k + next. The rows of a panel follow each other: a
  /// column beyond the row of k is an address that differs by a constant.
  void step(Value k, int64_t next, MutableArrayRef<Value> sums) {
    Value scalar = b.load(a, b.index(0), b.add(k, next), Strip());
    Value row = b.add(panelRow, k);
    int64_t first = next * shape.gates * shape.units;
    for (auto [slot, sum] : llvm::zip_equal(slots, sums)) {
      int64_t width = slotStrip(b, slot).width;
      Value column = b.index(first + slot.gate * shape.units + slot.offset);
      Value weight = b.load(panels, row, column, {width, nullptr});
      addProduct(b, b.splat(scalar, width), weight, sum);
    }
  }
};

} // namespace

SmallVector<Value> rnnc::multiplyRow(KernelBuilder &b, const PanelShape &shape,
                                     const PanelReader &panels, Value block,
                                     ArrayRef<Slot> slots, Value a,
                                     ArrayRef<Value> sums) {
  if (shape.isDots())
    return multiplyDots(b, shape, panels, block, a, b.index(0), sums);
  Row row{b, shape, panels.elements(), b.mul(block, shape.k), a, slots};
  int64_t size = slots.size();
  int64_t sets =
      std::clamp<int64_t>(llvm::divideCeil(WantedChains, size), 1, shape.k);
  SmallVector<Value> all(sums);
  all.resize(sets * size);

  auto addStep = [&](Value k, int64_t next, MutableArrayRef<Value> into) {
    row.step(k, next, into.slice(next % sets * size, size));
  };
  int64_t looped = 0;
  if (shape.k * size > MostInBlock) {
    int64_t atOnce = sets * std::max<int64_t>(1, InIteration / (sets * size));
    looped = shape.k / atOnce * atOnce;
    for (auto [index, sum] : llvm::enumerate(all)) {
      int64_t width = slotStrip(b, slots[index % size]).width;
      if (!sum)
        sum = b.number(b.stripType(shape.element, width), 0);
    }
    all = b.loop(b.index(0), b.index(looped), atOnce, all,
                 [&](Value k, ValueRange carried) {
                   SmallVector<Value> next(carried);
                   for (int64_t i = 0; i < atOnce; ++i)
                     addStep(k, i, next);
                   return next;
                 });
  }
  for (int64_t k = looped; k < shape.k; ++k)
    addStep(b.index(0), k, all);
  addSets(b, all, size);
  return all;
}

void rnnc::emitRowGemm(KernelBuilder &b, const PanelShape &shape, Value a,
                       Value c, Value panelAddress, bool accumulate) {
  PanelReader panels(b, shape, panelAddress);
  Value row = b.index(0);
  forEachRowBlock(b, shape, [&](Value block, ArrayRef<Slot> slots) {
    Value unit = b.mul(block, shape.units);
    SmallVector<Value> sums, columns;
    for (const Slot &slot : slots) {
      Strip strip = slotStrip(b, slot);
      columns.push_back(b.add(unit, slot.gate * shape.slice() + slot.offset));
      sums.push_back(accumulate ? b.load(c, row, columns.back(), strip)
                                : Value());
    }
    sums = multiplyRow(b, shape, panels, block, slots, a, sums);
    for (auto [slot, sum, column] : llvm::zip_equal(slots, sums, columns))
      b.store(sum, c, row, column, slotStrip(b, slot));
  });
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
  if (vectors * size > InIteration) {
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
