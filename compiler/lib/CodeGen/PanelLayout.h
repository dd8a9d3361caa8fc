//===- PanelLayout.h - How weights are laid out for a target ----*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Chooses the width of a panel's blocks, `panel[block][k][gate][unit]`, and the
// rows of a register tile from the target's vector registers.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PANELLAYOUT_H
#define RNNC_CODEGEN_PANELLAYOUT_H

#include "mlir/IR/Types.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace rnnc {

/// The vector registers of a target: AVX-512 has 32 of 64 bytes, AVX 16 of 32,
/// SSE 16 and NEON 32 of 16.
struct TargetShape {
  int64_t vectorBytes = 64;
  int64_t registers = 32;
  /// Whether there are dot products of four bytes with a sum of 32 bits, of
  /// registers as wide (VNNI).
  bool dots = false;
  /// Whether a product and a sum are one instruction. Without, a product needs
  /// a register, and vectors of 16 bytes are those of SSE: an instruction
  /// overwrites one of its operands, and repeats no element that it loads.
  bool fused = true;

  /// Elements of a type that a register holds.
  int64_t lanes(mlir::Type elementType) const {
    return vectorBytes * 8 / elementType.getIntOrFloatBitWidth();
  }
};

/// A tile of C whose sums stay in registers: rows of A by vectors of a block of
/// columns.
struct Tile {
  int64_t rows, vectors;

  /// Whether there are registers for the sums, for one row of weights or one
  /// column of A, for an element of the other and for a product.
  bool fits(const TargetShape &target) const {
    int64_t operands = std::min(rows, vectors) + (target.fused ? 1 : 2);
    return rows * vectors + operands <= target.registers;
  }
};

/// What panels keep the weights of a site as; sums are of the element type.
enum class WeightStorage {
  Element,  ///< as they are
  BFloat16, ///< f32 rounded to bf16
  Int8      ///< whole numbers of 8 bits, and a scale of f32 a column
};

/// The storage that a type stands for: bf16, i8, or null for the elements'.
WeightStorage weightStorage(mlir::Type storage);

/// Elements of the packed area that the panels of a site take: `blocks` of
/// `width` columns by `k`.
int64_t panelSize(int64_t blocks, int64_t width, int64_t k,
                  WeightStorage storage);

/// The units a block of a site's panels takes from each of its `gates` slices
/// of `n / gates` columns: a multiple of the target's lanes, such that a block
/// is about four registers and little of the last one is padding; of a slice
/// shorter than a register the next power of two.
int64_t chooseUnits(int64_t n, int64_t gates, mlir::Type elementType,
                    const TargetShape &target);

/// The units of a block that is as wide as `tile`, or as its gates are if that
/// is less; none where its vectors cannot be divided among the gates, or a
/// slice is shorter than a vector.
std::optional<int64_t> unitsOfTile(const Tile &tile, int64_t n, int64_t gates,
                                   mlir::Type elementType,
                                   const TargetShape &target);

/// The rows of C that a register tile of `vectors` registers a row should have
/// at most: of those that fit the one that costs least, of up to eight rows.
/// More would push each other out of the first cache where they lie a multiple
/// of a page apart.
int64_t maxTileRows(int64_t vectors, const TargetShape &target);

} // namespace rnnc

#endif
