//===- PanelLayout.cpp - How weights are laid out for a target ------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses the width of a panel's blocks and the rows of a register tile.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelLayout.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace rnnc;

WeightStorage rnnc::weightStorage(mlir::Type storage) {
  if (!storage)
    return WeightStorage::Element;
  return storage.isBF16() ? WeightStorage::BFloat16 : WeightStorage::Int8;
}

int64_t rnnc::panelSize(int64_t blocks, int64_t width, int64_t k,
                        WeightStorage storage) {
  switch (storage) {
  case WeightStorage::Element:
    return blocks * width * k;
  case WeightStorage::BFloat16:
    return blocks * width * llvm::divideCeil(k, 2);
  case WeightStorage::Int8: // A scale and a sum a column.
    return blocks * width * (llvm::divideCeil(k, 4) + 2);
  }
  llvm_unreachable("covered switch");
}

static constexpr int64_t MaxTileRows = 8;

/// Cycles that a step of k takes at least: one a multiply-add of two units,
/// loads of two, and four for a sum to be there for the next step.
static double limitOfUnits(const Tile &tile) {
  double sums = tile.rows * tile.vectors, loads = tile.rows + tile.vectors;
  return std::max({sums / 2, loads / 2, 4.0});
}

/// What a step of k costs. Measured on a Zen 5 with layers of 100 to 512 units
/// and steps of 4 to 64 rows: a tile that this does not choose is at best 5 %
/// faster, at worst half as fast.
static double costOfStep(const Tile &tile, const TargetShape &target) {
  double sums = tile.rows * tile.vectors, loads = tile.rows + tile.vectors;
  if (target.fused)
    return limitOfUnits(tile) + loads / 8;
  // Products and sums have units of their own: what counts are instructions,
  // with SSE copies and repetitions, too. What uses a factor last needs none.
  double instructions = 2 * sums + loads;
  if (target.vectorBytes == 16)
    instructions += sums + tile.rows - std::max(tile.rows, tile.vectors);
  return std::max(instructions / 4, limitOfUnits(tile));
}

int64_t rnnc::maxTileRows(int64_t vectors, const TargetShape &target) {
  auto costOfRow = [&](int64_t rows) {
    return costOfStep({rows, vectors}, target) / rows;
  };
  int64_t best = 1;
  for (int64_t rows = 2;
       rows <= MaxTileRows && Tile{rows, vectors}.fits(target); ++rows)
    if (costOfRow(rows) <= costOfRow(best))
      best = rows;
  return best;
}

/// The most vectors of a tile: few rows are cheap with SSE, whose elements are
/// not.
static int64_t maxVectors(const TargetShape &target) {
  return target.registers >= 32 || (!target.fused && target.vectorBytes == 16)
             ? 6
             : 4;
}

/// Of `needed` vectors in blocks, those of the one of two threads that has
/// more.
static int64_t largerHalf(int64_t needed, int64_t perBlock) {
  int64_t blocks = llvm::divideCeil(needed, perBlock);
  return std::min<int64_t>(needed, llvm::divideCeil(blocks, 2) * perBlock);
}

int64_t rnnc::chooseUnits(int64_t n, int64_t gates, mlir::Type elementType,
                          const TargetShape &target) {
  int64_t lanes = target.lanes(elementType);
  if (n / gates < lanes)
    return llvm::PowerOf2Ceil(n / gates);
  int64_t needed = llvm::divideCeil(n / gates, lanes);
  int64_t most = std::max<int64_t>(1, maxVectors(target) / gates);
  int64_t best = 1, bestHalf = 0;
  double bestCost = 0;
  // A partial block counts as a whole one: widths that leave less to it made
  // GRU layers of 40 to 200 units 2 to 9 % slower.
  for (int64_t perGate = 1; perGate <= std::min(most, needed); ++perGate) {
    int64_t blocks = llvm::divideCeil(needed, perGate);
    int64_t vectors = perGate * gates, rows = maxTileRows(vectors, target);
    double candidate = blocks * costOfStep({rows, vectors}, target) / rows;
    int64_t half = largerHalf(needed, perGate);
    // A wider block must be worth its registers, and more where it leaves two
    // threads with unlike halves: these cost them 18 % of a step of 320 units.
    double worth = 10 * half > 11 * bestHalf ? 0.95 : 0.97;
    if (perGate == 1 || candidate < worth * bestCost) {
      best = perGate;
      bestCost = candidate;
      bestHalf = half;
    }
  }
  return best * lanes;
}

std::optional<int64_t> rnnc::unitsOfTile(const Tile &tile, int64_t n,
                                         int64_t gates, mlir::Type elementType,
                                         const TargetShape &target) {
  int64_t lanes = target.lanes(elementType), slice = n / gates;
  if (tile.vectors % gates != 0 || slice < lanes)
    return std::nullopt;
  int64_t needed = llvm::divideCeil(slice, lanes);
  return std::min(tile.vectors / gates, needed) * lanes;
}
