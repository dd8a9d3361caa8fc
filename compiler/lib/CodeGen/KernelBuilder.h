//===- KernelBuilder.h - Loops of vectors over buffers ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the lowerings of the dnn dialect share: index arithmetic, strips of
// adjacent elements with or without a mask, loops, and phase bodies on vectors.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_KERNELBUILDER_H
#define RNNC_CODEGEN_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace rnnc {

/// A run of adjacent elements: a vector of `width` of which `mask`, if any,
/// says which count; a scalar where the width is one.
struct Strip {
  int64_t width = 1;
  mlir::Value mask;
};

/// What one thread of a team does of a range that is `full` elements and a rest
/// that would not fill a step: the elements of the full part from `begin` to
/// `end`, and the rest if `hasRest`, an i1 (null where there is none).
struct Part {
  mlir::Value begin, end, hasRest;
};

/// Of a kernel's parts, the numbers of a thread's first and of the first
/// beyond.
struct PartNumbers {
  mlir::Value first, end;
};

class KernelBuilder : public mlir::ImplicitLocOpBuilder {
public:
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  using Body = llvm::function_ref<void(mlir::Value)>;
  using Reduction = llvm::function_ref<mlir::SmallVector<mlir::Value>(
      mlir::Value, mlir::ValueRange)>;

  //===--- Numbers -------------------------------------------------------===//

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b) { return add(a, index(b)); }
  mlir::Value mul(mlir::Value a, int64_t b);

  /// The type of a strip of `element`.
  static mlir::Type stripType(mlir::Type element, int64_t width);
  /// A number in every element of a scalar or vector type.
  mlir::Value number(mlir::Type type, double value);
  /// A scalar in every element of a strip.
  mlir::Value splat(mlir::Value scalar, int64_t width);

  /// Arithmetic that may contract a product and a sum to one rounding.
  mlir::Value addf(mlir::Value a, mlir::Value b);
  mlir::Value subf(mlir::Value a, mlir::Value b);
  mlir::Value mulf(mlir::Value a, mlir::Value b);
  mlir::Value divf(mlir::Value a, mlir::Value b);
  /// a * b + c
  mlir::Value muladd(mlir::Value a, mlir::Value b, mlir::Value c);
  /// The larger; `b` where either is NaN.
  mlir::Value larger(mlir::Value a, mlir::Value b);

  //===--- Memory --------------------------------------------------------===//

  /// The elements from [row, column] on; masked-off ones are zero.
  mlir::Value load(mlir::Value buffer, mlir::Value row, mlir::Value column,
                   const Strip &strip);
  void store(mlir::Value value, mlir::Value buffer, mlir::Value row,
             mlir::Value column, const Strip &strip);
  /// The rows of a buffer.
  mlir::Value rows(mlir::Value buffer);

  //===--- Control flow --------------------------------------------------===//

  /// Without a loop where one iteration is known to be all.
  void loop(mlir::Value begin, mlir::Value end, int64_t step, Body body);
  /// Carries values; `body` gives the next ones.
  mlir::SmallVector<mlir::Value> loop(mlir::Value begin, mlir::Value end,
                                      int64_t step, mlir::ValueRange initial,
                                      Reduction body);

  /// Strips that cover `width` elements: full ones of `lanes`, in a loop where
  /// they are more than `mostWithoutLoop`, then the shortest for the rest.
  void strips(int64_t width, int64_t lanes,
              llvm::function_ref<void(mlir::Value, const Strip &)> body,
              int64_t mostWithoutLoop = 1);
  /// The same for a part of `width` elements, all of them if there is none.
  void strips(int64_t width, int64_t lanes, const std::optional<Part> &part,
              llvm::function_ref<void(mlir::Value, const Strip &)> body,
              int64_t mostWithoutLoop = 1);

  /// Calls `full(i)` for every `step`-th element of the full part of `width`,
  /// and `rest(i)` where a rest begins; in a part, those that are in it.
  void steps(int64_t width, int64_t step, const std::optional<Part> &part,
             Body full, Body rest);
  /// Emits `body` where an i1 holds.
  void ifTrue(mlir::Value condition, llvm::function_ref<void()> body);

  /// The strip of the first `valid` of `lanes` elements.
  Strip partial(int64_t valid, int64_t lanes);
  /// The strip of `valid` elements whose width is the least power of two: one
  /// that is itself a power of two has no mask.
  Strip shortest(int64_t valid);

  /// Combines the elements of a vector pairwise, in a fixed order, until
  /// `width` are left.
  mlir::Value
  fold(mlir::Value vector,
       llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine,
       int64_t width = 1);

  /// Transposes as many vectors as each has elements, a power of two.
  void transpose(llvm::MutableArrayRef<mlir::Value> square);

  /// Clones a region of scalar operations on strips of `width` elements, with
  /// `arguments` for its arguments; gives what its terminator yields. Values
  /// from outside are repeated. `element` is the place in the phase of the
  /// strip's first element; only a region with dropout needs it.
  mlir::SmallVector<mlir::Value> inlineBody(mlir::Region &region,
                                            mlir::ValueRange arguments,
                                            int64_t width,
                                            mlir::Value element = {});
};

/// The static stride of a row, in elements.
int64_t rowStride(mlir::Value buffer);
/// The features of a row.
int64_t features(mlir::Value buffer);
mlir::Type elementType(mlir::Value buffer);
/// Whether a buffer is known to have one row.
bool isOneRow(mlir::Value buffer);
/// The strips of a buffer that are written out rather than looped over: a
/// single row's are, so that what goes from one to the next stays in registers.
int64_t stripsWithoutLoop(mlir::Value buffer);

} // namespace rnnc

#endif
