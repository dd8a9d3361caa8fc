//===- TileProduct.cpp - Tiles of products --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rows of A times a block of columns, whose sums stay in registers over the
// whole of k, and the cutting of rows into such tiles.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "compiler/lib/CodeGen/PanelWeights.h"
#include "compiler/lib/CodeGen/RowProduct.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

namespace {

/// A tile of C: rows of A against the slots of a block.
struct TileProduct {
  KernelBuilder &b;
  const PanelShape &shape;
  const PanelReader &panels;
  /// Several for one row alone.
  ArrayRef<Value> blocks;
  Value a;
  ArrayRef<Slot> slots;
  ArrayRef<Value> aRows;

  /// Adds the products of `count` steps of k, for which one word of the panels
  /// stands, step i to set `first + i` of the accumulators: one a row and slot.
  void steps(Value k, int64_t count, int64_t first,
             MutableArrayRef<Value> accumulators) {
    if (aRows.size() == 1)
      for (Value block : blocks)
        panels.prefetch(block, k);
    size_t size = blocks.size() * slots.size() * aRows.size();
    SmallVector<MutableArrayRef<Value>> sums;
    for (int64_t i = 0; i < count; ++i)
      sums.push_back(
          accumulators.slice((first + i) * size % accumulators.size(), size));
    if (blocks.size() * slots.size() > aRows.size())
      return addVectors(k, sums);
    SmallVector<Value> words = panels.load(blocks[0], k, slots);
    for (int64_t i = 0; i < count; ++i)
      addRows(b.add(k, i), panels.widen(words, i), sums[i]);
  }

private:
  Value loadElement(Value row, Value k) {
    return b.splat(b.load(a, row, k, Strip()), shape.lanes);
  }

  void addRows(Value k, ArrayRef<Value> weights,
               MutableArrayRef<Value> accumulators) {
    Value *next = accumulators.data();
    for (Value row : aRows) {
      Value element = loadElement(row, k);
      for (Value weight : weights) {
        *next = b.muladd(element, weight, *next);
        ++next;
      }
    }
  }

  /// A tile wider than high keeps the elements of A in registers, of all steps
  /// that share a word, rather than the weights.
  void addVectors(Value k, ArrayRef<MutableArrayRef<Value>> sums) {
    SmallVector<SmallVector<Value>> elements(sums.size());
    for (auto [i, ofStep] : llvm::enumerate(elements))
      for (Value row : aRows)
        ofStep.push_back(loadElement(row, b.add(k, i)));
    size_t vectors = blocks.size() * slots.size();
    for (size_t vector = 0; vector < vectors; ++vector) {
      SmallVector<Value> word =
          panels.load(blocks[vector / slots.size()], k,
                      slots.slice(vector % slots.size(), 1));
      for (auto [i, ofStep] : llvm::enumerate(elements)) {
        Value weight = panels.widen(word, i).front();
        for (auto [row, element] : llvm::enumerate(ofStep)) {
          Value &sum = sums[i][row * vectors + vector];
          sum = b.muladd(element, weight, sum);
        }
      }
    }
  }
};

} // namespace

/// Independent chains of multiply-adds that hide their latency: two units of
/// four cycles.
static constexpr int64_t WantedChains = 8;

/// Over how many sets of accumulators a tile of `size` sums splits k. The same
/// however many blocks are multiplied at once, so that their sums are, too.
static int64_t setsOfSums(const PanelShape &shape, int64_t group,
                          int64_t size) {
  int64_t sets = llvm::divideCeil(WantedChains, size);
  sets = std::clamp<int64_t>(sets, 1, shape.k);
  return sets > 1 ? llvm::alignTo(sets, group) : sets;
}

/// Weights that a second cache keeps beside others. Farther ones come faster in
/// a single stream than in two: with 2 MB pairs took 6 % longer, with half of
/// one 11 % less.
static constexpr int64_t PairedBytes = 512 << 10;

bool rnnc::paysPairsOfBlocks(const PanelShape &shape,
                             const TargetShape &target) {
  if (shape.storage != WeightStorage::BFloat16 || shape.fullBlocks() < 2 ||
      2 * shape.n * shape.k > PairedBytes)
    return false;
  // The other half of the registers is for words and what becomes of them.
  int64_t vectors = shape.width() / shape.lanes;
  return 2 * vectors * setsOfSums(shape, /*group=*/2, vectors) <=
         target.registers / 2;
}

SmallVector<Value>
rnnc::multiplyBlock(KernelBuilder &b, const PanelShape &shape,
                    const PanelReader &panels, ArrayRef<Value> blocks,
                    ArrayRef<Slot> slots, Value a, ArrayRef<Value> aRows,
                    ArrayRef<Value> accumulators) {
  if (shape.isDots())
    return multiplyDots(b, shape, panels, blocks[0], a, aRows, accumulators);
  TileProduct tile{b, shape, panels, blocks, a, slots, aRows};
  int64_t size = accumulators.size(), group = panels.group();
  int64_t sets = setsOfSums(shape, group, size / blocks.size());
  Type type = accumulators.front().getType();
  SmallVector<Value> all(accumulators);
  if (panels.isScaled())
    all.assign(size, b.number(type, 0));
  if (sets > 1)
    all.append((sets - 1) * size, b.number(type, 0));

  int64_t unroll = std::max(sets, group);
  int64_t main = shape.k / unroll * unroll;
  all = b.loop(b.index(0), b.index(main), unroll, all,
               [&](Value k, ValueRange carried) {
                 SmallVector<Value> next(carried);
                 for (int64_t i = 0; i < unroll; i += group)
                   tile.steps(b.add(k, i), group, i, next);
                 return next;
               });
  for (int64_t k = main; k < shape.k; k += group)
    tile.steps(b.index(k), std::min(group, shape.k - k), k - main, all);

  for (; sets > 1; sets = llvm::divideCeil(sets, 2)) {
    int64_t kept = llvm::divideCeil(sets, 2);
    for (int64_t i = 0; i < (sets - kept) * size; ++i)
      all[i] = b.addf(all[i], all[i + kept * size]);
  }
  all.truncate(size);
  if (panels.isScaled())
    for (auto [i, sum] : llvm::enumerate(all)) {
      Value scale = panels.loadScale(blocks[i * blocks.size() / size],
                                     slots[i % slots.size()]);
      sum = b.muladd(scale, sum, accumulators[i]);
    }
  return all;
}

void rnnc::forEachTile(KernelBuilder &b, Value rows, int64_t most,
                       llvm::function_ref<void(Value, Value)> body) {
  Value mostValue = b.index(most);
  Value tiles = arith::CeilDivUIOp::create(b, rows, mostValue);
  Value one = b.index(1);
  Value divisor = arith::MaxUIOp::create(b, tiles, one);
  Value base = arith::DivUIOp::create(b, rows, divisor);
  Value larger = arith::RemUIOp::create(b, rows, divisor);
  b.loop(b.index(0), tiles, 1, [&](Value tile) {
    Value isLarger =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, tile, larger);
    Value before = arith::MinUIOp::create(b, tile, larger);
    Value extra = arith::IndexCastUIOp::create(b, b.getIndexType(), isLarger);
    Value first = b.add(Value(arith::MulIOp::create(b, tile, base)), before);
    body(first, b.add(base, extra));
  });
}

void rnnc::switchSize(KernelBuilder &b, Value count, int64_t most,
                      llvm::function_ref<void(int64_t)> body) {
  SmallVector<int64_t> cases;
  for (int64_t size = 1; size < most; ++size)
    cases.push_back(size);
  auto branch =
      scf::IndexSwitchOp::create(b, TypeRange(), count, cases, cases.size());
  OpBuilder::InsertionGuard guard(b);
  auto fill = [&](Region &region, int64_t size) {
    b.createBlock(&region);
    body(size);
    scf::YieldOp::create(b);
  };
  for (auto [size, region] : llvm::zip_equal(cases, branch.getCaseRegions()))
    fill(region, size);
  fill(branch.getDefaultRegion(), most);
}
