//===- WeightReader.h - A weight as packing reads it ------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Vectors of units from a weight [n, k] of any strides. Units that lie side by
// side are loaded as vectors; where k does, squares are transposed in
// registers, since training packs after every update.
//===----------------------------------------------------------------------===//
#ifndef RNNC_COMPILER_LIB_CODEGEN_WEIGHTREADER_H
#define RNNC_COMPILER_LIB_CODEGEN_WEIGHTREADER_H

#include "compiler/lib/CodeGen/KernelBuilder.h"

namespace rnnc {

/// The lanes of a vector that hold units; others are zero.
struct UnitLanes {
  int64_t begin, end;
};

class WeightReader {
public:
  /// Element (n, k) of a weight of `units` by `steps` is at
  /// `weight[n * ldn + k * ldk]`, a bare pointer.
  WeightReader(KernelBuilder &b, mlir::Type element, int64_t lanes,
               int64_t units, int64_t steps, int64_t ldn, int64_t ldk,
               mlir::Value weight);

  /// Whether vectors of units lie side by side, but not those of steps.
  bool hasAdjacentUnits() const { return ldn == 1 && ldk != 1; }
  /// The steps from 0 on that whole squares cover; 0 where units have to be, or
  /// are better, read otherwise.
  int64_t stepsInSquares() const;

  /// The units from n on, one a lane, at one k.
  mlir::Value read(mlir::Value n, mlir::Value k, UnitLanes valid);
  /// The same at as many k as there are lanes, of a weight with squares.
  llvm::SmallVector<mlir::Value> readSquare(mlir::Value n, mlir::Value k,
                                            UnitLanes valid);
  /// Asks for the vectors of a square that is read soon, or for a vector of
  /// adjacent units. They need not be there.
  void prefetchSquare(mlir::Value n, mlir::Value k) const;
  void prefetch(mlir::Value n, mlir::Value k) const;
  /// The lanes from `begin` to `end`, as a strip.
  Strip strip(UnitLanes valid);

private:
  mlir::Value zero();
  mlir::Value readElement(mlir::Value n, mlir::Value k);

  KernelBuilder &b;
  mlir::Type element;
  int64_t lanes, steps, ldn, ldk;
  mlir::Value weight;
};

} // namespace rnnc

#endif // RNNC_COMPILER_LIB_CODEGEN_WEIGHTREADER_H
