//===- PanelWeights.h - How panels keep their weights -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Panels `[block][k][gate][unit]` keep weights as they are or narrower. What
// multiplies sees vectors of elements; a reader widens them in registers, for
// what limits a product of few rows is how many bytes of weights it reads.
//
// bf16: words of 32 bits `[block][k / 2][gate][unit]`, the even k in the lower
// half, so that one load serves two steps of k and a shift or a mask makes an
// f32 of a half.
//
// int8: bytes `[block][k][gate][unit]`; where the target has dot products of
// bytes, words of four steps of k `[block][k / 4][gate][unit]`. Behind the
// panels, at a multiple of four steps, a scale of f32 a column
// `[block][gate][unit]`, which multiplies the sum of products, and for dot
// products the sum of the column's weights.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PANELWEIGHTS_H
#define RNNC_CODEGEN_PANELWEIGHTS_H

#include "compiler/lib/CodeGen/GemmKernels.h"

namespace rnnc {

/// Reads the vectors of a site's panels.
class PanelReader {
public:
  PanelReader(KernelBuilder &b, const PanelShape &shape, mlir::Value address);

  /// The weights as a buffer `[blocks * k, gates * units]`, where they are kept
  /// as elements.
  mlir::Value elements() const { return words; }

  /// Steps of k that a word stands for.
  int64_t group() const;
  /// The words of some vectors of a block at step k, a multiple of the group.
  mlir::SmallVector<mlir::Value> load(mlir::Value block, mlir::Value k,
                                      llvm::ArrayRef<Slot> slots) const;
  /// Asks for what a single row will read some time after step k, where panels
  /// are far. Beyond the block follows the next.
  void prefetch(mlir::Value block, mlir::Value k) const;
  /// The elements of step k + `step` in words of step k.
  mlir::SmallVector<mlir::Value> widen(llvm::ArrayRef<mlir::Value> words,
                                       int64_t step) const;

  /// Whether sums of products have to be multiplied by scales.
  bool isScaled() const { return shape.storage == WeightStorage::Int8; }
  mlir::Value loadScale(mlir::Value block, const Slot &slot) const;
  /// The sums of columns, of 32 bits, that are there for dot products.
  mlir::Value loadSum(mlir::Value block, const Slot &slot) const;

private:
  KernelBuilder &b;
  const PanelShape &shape;
  mlir::Value words, scales, sums;
};

/// Writes a site's panels, vector by vector.
class PanelWriter {
public:
  PanelWriter(KernelBuilder &b, const PanelShape &shape, mlir::Value address);

  /// Steps of k that are written at a time.
  int64_t group() const;
  /// Writes the weights of a vector of units for `group()` steps from k on.
  /// With scales, `divisor` is what weights are divided by.
  /// Gives `sum` with these weights added, where sums of columns are wanted.
  mlir::Value store(llvm::ArrayRef<mlir::Value> steps, mlir::Value block,
                    mlir::Value k, const Slot &slot, mlir::Value divisor,
                    mlir::Value sum = {}) const;

  bool isScaled() const { return shape.storage == WeightStorage::Int8; }
  /// Writes the scales of columns whose largest magnitudes are `largest`; gives
  /// what their weights are divided by.
  mlir::Value storeScale(mlir::Value largest, mlir::Value block,
                         const Slot &slot) const;

  /// What sums of columns begin with; none where they are not wanted.
  mlir::SmallVector<mlir::Value> initialSums() const;
  void storeSum(mlir::Value sum, mlir::Value block, const Slot &slot) const;

private:
  KernelBuilder &b;
  const PanelShape &shape;
  mlir::Value words, scales, sums;
};

/// f32 to bf16, to nearest, ties to even, as the upper half of 32 bits whose
/// lower half is zero. NaN stays NaN; what is beyond the largest becomes
/// infinite; gradual underflow is kept, which conversion instructions do not.
mlir::Value roundToBFloat16(KernelBuilder &b, mlir::Value value);

} // namespace rnnc

#endif
