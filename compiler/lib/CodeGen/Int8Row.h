//===- Int8Row.h - One row times weights of int8 ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One row of A as whole numbers of 24 bits, as precise as f32 is beside the
// row's largest element, in three planes of bytes. Each is multiplied by the
// weights with dot products of bytes, whose sums of 32 bits are exact: a
// quarter of the bytes of f32 weights, and three instructions for 64 of them.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_INT8ROW_H
#define RNNC_CODEGEN_INT8ROW_H

#include "compiler/lib/CodeGen/PanelWeights.h"

namespace rnnc {

class Int8Row {
public:
  /// Converts row 0 of `a`, onto the stack of the function.
  Int8Row(KernelBuilder &b, const PanelShape &shape, mlir::Value a);

  /// Whether a site's panels are laid out for this on a target.
  static bool mayMultiply(const PanelShape &shape, const TargetShape &target);

  /// The row times a block: a vector of the element type a slot.
  mlir::SmallVector<mlir::Value> multiply(const PanelReader &panels,
                                          mlir::Value block,
                                          llvm::ArrayRef<Slot> slots) const;

private:
  mlir::Value allocate();
  mlir::Value findLargest(mlir::Value a);
  void convert(mlir::Value a, mlir::Value inverse);
  mlir::Value dot(mlir::Value sum, mlir::Value bytes,
                  mlir::Value weights) const;
  void multiplyGroup(const PanelReader &panels, mlir::Value block,
                     mlir::Value group, llvm::ArrayRef<Slot> slots,
                     llvm::MutableArrayRef<mlir::Value> sums) const;
  mlir::Value join(llvm::ArrayRef<mlir::Value> planes) const;

  KernelBuilder &b;
  const PanelShape &shape;
  mlir::Value planes, words; ///< the same memory as bytes and words
  mlir::Value scale;         ///< of the row, repeated
};

} // namespace rnnc

#endif
