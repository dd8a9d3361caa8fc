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

int64_t rnnc::maxTileRows(int64_t vectors, const TargetShape &target) {
  int64_t rows = 1;
  auto fits = [&](int64_t candidate) {
    int64_t operands = std::min(vectors, candidate) + 1;
    return candidate * vectors + operands <= target.registers;
  };
  while (rows < MaxTileRows && fits(rows + 1))
    ++rows;
  return rows;
}

/// Cost of a product in vector operations: padded multiply-adds, and the loads
/// of weights and of A that a tile does for each of them.
static double cost(int64_t blocks, int64_t vectors, const TargetShape &target) {
  double rows = maxTileRows(vectors, target);
  double perStep = std::max(rows * vectors / 2, (rows + vectors) / 2);
  // Fewer than eight chains leave the multiply-adds waiting for each other.
  perStep = std::max(perStep, 4.0) + (rows + vectors) / 8;
  return blocks * perStep / rows;
}

int64_t rnnc::chooseUnits(int64_t n, int64_t gates, mlir::Type elementType,
                          const TargetShape &target) {
  int64_t lanes = target.lanes(elementType);
  if (n / gates < lanes)
    return llvm::PowerOf2Ceil(n / gates);
  int64_t needed = llvm::divideCeil(n / gates, lanes);
  int64_t most = std::max<int64_t>(1, (target.registers >= 32 ? 6 : 4) / gates);
  int64_t best = 1;
  double bestCost = 0;
  for (int64_t perGate = 1; perGate <= std::min(most, needed); ++perGate) {
    int64_t blocks = llvm::divideCeil(needed, perGate);
    double candidate = cost(blocks, perGate * gates, target);
    // A wider block must be worth its registers.
    if (perGate == 1 || candidate < 0.97 * bestCost) {
      best = perGate;
      bestCost = candidate;
    }
  }
  return best * lanes;
}
