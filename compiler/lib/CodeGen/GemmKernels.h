//===- GemmKernels.h - Generated products of matrices -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The bodies of packing, GEMM and weight-gradient kernels. A kernel is a
// private function named after all that it depends on, so that sites of equal
// shape share one.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_GEMMKERNELS_H
#define RNNC_CODEGEN_GEMMKERNELS_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "compiler/lib/CodeGen/PanelLayout.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>

namespace rnnc {

/// Of a line of the caches, on x86 and most others.
inline constexpr int64_t LineBytes = 64;

/// Of an element type, for the names of kernels: f32, f64 or i32.
const char *nameOf(mlir::Type element);

/// Panels `[block][k][gate][unit]` of W, `n` columns by `k`.
struct PanelShape {
  mlir::Type element;
  int64_t n, k, gates, units;
  WeightStorage storage;
  /// Elements of a vector: the target's lanes, or what divides `units`.
  int64_t lanes, targetLanes;
  /// Rows of a tile; 0: as many as suit the target.
  int64_t tileRows;
  /// Whether one row is multiplied by dot products of bytes (Int8Row.h).
  bool dots;
  /// Whether steps read them from beyond the second cache, which they do not
  /// fit or share with others: then a single row asks for weights ahead.
  bool isFar = false;

  PanelShape(dnn::SiteOp site, const TargetShape &target);

  int64_t slice() const { return n / gates; }
  int64_t fullBlocks() const { return slice() / units; }
  int64_t blocks() const { return (slice() + units - 1) / units; }
  /// Units of the last block if it is partial, else 0.
  int64_t tailUnits() const { return slice() % units; }
  /// Columns of a block.
  int64_t width() const { return gates * units; }
  /// Bytes of all panels.
  int64_t bytes() const {
    return panelSize(blocks(), width(), k, storage) *
           element.getIntOrFloatBitWidth() / 8;
  }
  /// Whether a block is a row of W, as it lies there.
  bool isDots() const {
    return width() == 1 && storage == WeightStorage::Element;
  }
  std::string name() const;
};

/// A vector of a block: `valid` units of a gate from `offset` on.
struct Slot {
  int64_t gate, offset, valid;
};

/// The vectors of a block of which `units` units are valid.
mlir::SmallVector<Slot> blockSlots(const PanelShape &shape, int64_t units);

/// Calls `body(block, slots)` for the full blocks, in a loop, which goes from
/// the last to the first where `backwards`, if given, holds; and for the
/// partial one. Of a part of the blocks, for those that are in it.
void forEachBlock(
    KernelBuilder &b, const PanelShape &shape, const std::optional<Part> &part,
    llvm::function_ref<void(mlir::Value, llvm::ArrayRef<Slot>)> body,
    mlir::Value backwards = {});

/// The same with `pair(first, slots)` for two neighbouring full blocks, as far
/// as there are, and `single(block, slots)` for those that are left.
void forEachPairOfBlocks(
    KernelBuilder &b, const PanelShape &shape, const std::optional<Part> &part,
    llvm::function_ref<void(mlir::Value, llvm::ArrayRef<Slot>)> pair,
    llvm::function_ref<void(mlir::Value, llvm::ArrayRef<Slot>)> single,
    mlir::Value backwards = {});

/// The blocks with the given numbers.
Part blocksOf(KernelBuilder &b, const PanelShape &shape,
              const PartNumbers &numbers);

class PanelReader;

/// Adds A[rows, k] times a block to accumulators, row by row one a slot. A tile
/// too small to keep the multiply-adds busy splits k over several sets of
/// accumulators. Of a single row several blocks may be multiplied at once, as
/// if one after the other: their accumulators follow each other.
mlir::SmallVector<mlir::Value>
multiplyBlock(KernelBuilder &b, const PanelShape &shape,
              const PanelReader &panels, llvm::ArrayRef<mlir::Value> blocks,
              llvm::ArrayRef<Slot> slots, mlir::Value a,
              llvm::ArrayRef<mlir::Value> aRows,
              mlir::ArrayRef<mlir::Value> accumulators);

/// Whether one row is better multiplied by two blocks at a time. What widens
/// weights needs more sums under way than their latency alone.
bool paysPairsOfBlocks(const PanelShape &shape, const TargetShape &target);

/// `count` units of a gate by `k`, the first of them unit `first` of its block.
/// Element (n, k) of W is at n * ldn + k * ldk. Where the gate ends with them
/// what is left of their last block becomes zero.
struct PackedUnits {
  int64_t first, count, k, ldn, ldk;
  bool isLast;
};

/// Calls `body(first, count)` for tiles of nearly equal size that cover the
/// rows, of `most` rows or fewer, in a loop.
void forEachTile(KernelBuilder &b, mlir::Value rows, int64_t most,
                 llvm::function_ref<void(mlir::Value, mlir::Value)> body);

/// Emits `body(size)` for each size up to `most`, and the choice of `count`.
void switchSize(KernelBuilder &b, mlir::Value count, int64_t most,
                llvm::function_ref<void(int64_t)> body);

/// The most rows of a tile of `vectors` vectors, or of all columns of a block.
int64_t tileRows(const PanelShape &shape, int64_t vectors,
                 const TargetShape &target);
int64_t tileRows(const PanelShape &shape, const TargetShape &target);

void emitPairKernel(KernelBuilder &b, const PanelShape &shape,
                    mlir::ValueRange arguments);

/// Sizes of a weight gradient, and the strides that its kernel is made for.
struct GradientShape {
  mlir::Type element;
  int64_t n, k, lda, ldc, lanes;
};

/// Rows of `width` elements that are copied or filled. A part is `unit`
/// columns.
struct RowShape {
  mlir::Type element;
  int64_t width, unit, lanes;
};

/// Finds or makes kernels in a module. One that is made to be done in parts
/// takes the numbers of the first part and of the first beyond as well; packing
/// that is done in parts somewhere is so everywhere, as its code is long.
class GemmKernels {
public:
  GemmKernels(mlir::ModuleOp module, const TargetShape &target)
      : module(module), symbols(module), target(target) {}

  /// (a, c, panels, rows, backwards, ldc): C[rows, n] (+)= A[rows, k] * W^T,
  /// block by block, the last first if `backwards`, an i1. Rows of C are `ldc`
  /// elements apart, an argument: the same products go to the caller's buffers
  /// and to the arena, where rows of some sizes are padded. Parts are blocks.
  mlir::func::FuncOp gemm(const PanelShape &shape, int64_t lda, bool accumulate,
                          bool inParts);
  /// (a, c, panels, rows, block): C[rows, gates * units] = A[rows, k] times a
  /// block of the panels; `tileRows` rows or fewer.
  mlir::func::FuncOp tile(const PanelShape &shape, int64_t lda);
  /// (a, c, panels, block): C[2, gates * units] = A[1, k] times a block of the
  /// panels and the next.
  mlir::func::FuncOp pairOfBlocks(const PanelShape &shape);
  /// (w, panels): fills panels from W with element (n, k) at n*ldn + k*ldk.
  /// Parts are blocks.
  mlir::func::FuncOp pack(const PanelShape &shape, int64_t ldn, int64_t ldk,
                          bool inParts);
  /// (w, panels): packs units of one gate; the pointers are to the first of
  /// them in W, and to where their gate begins in their block at their first k.
  /// Parts are blocks, of which that one is number 0.
  mlir::func::FuncOp packUnits(const PanelShape &shape,
                               const PackedUnits &units, bool inParts);
  /// (a, b, c, rows, overwrite, ldb): C[n, k] (+)= A[rows, n]^T * B[rows, k],
  /// where `overwrite`, an i1, says that C does not count. Rows of B, which are
  /// the caller's or the arena's, are `ldb` elements apart. Parts are tiles of
  /// rows of C, as many as gradientParts.
  mlir::func::FuncOp gemmTN(const GradientShape &shape, bool inParts);

  /// (from, to, rows, columns, fromStride, toStride): to[c][r] = from[r][c].
  mlir::func::FuncOp transpose(mlir::Type element);
  /// (from, to, fromStride, toStride): the same for `lanes` rows and columns.
  mlir::func::FuncOp transposeSquare(mlir::Type element, int64_t lanes);
  /// (from, to, rows, fromStride, toStride): copies rows. Parts are columns.
  mlir::func::FuncOp copyRows(const RowShape &shape, bool inParts);
  /// (to, rows, stride, value): fills rows. Parts are columns.
  mlir::func::FuncOp fillRows(const RowShape &shape, bool inParts);

  const TargetShape &getTarget() const { return target; }

  unsigned made = 0, shared = 0;

private:
  /// The function of a name, new with `pointers` pointers, `others` and, if
  /// asked, part numbers; `body` fills a new one, given its arguments.
  using Body = llvm::function_ref<void(KernelBuilder &, mlir::ValueRange,
                                       const std::optional<PartNumbers> &)>;
  mlir::func::FuncOp findOrMake(std::string name, unsigned pointers,
                                mlir::TypeRange others, bool inParts,
                                Body body);
  bool isDoneInParts(const std::string &name) const {
    return symbols.lookup(name + "_part") != nullptr;
  }

  mlir::ModuleOp module;
  mlir::SymbolTable symbols;
  TargetShape target;
};

/// Fills panels from W[n, k] with the given strides.
void emitPack(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
              int64_t ldk, mlir::Value weight, mlir::Value panels,
              const std::optional<PartNumbers> &parts);
/// Fills a part of panels that are as wide as W; `square` is
/// GemmKernels::transposeSquare.
void emitPackUnits(KernelBuilder &b, const PanelShape &shape,
                   const PackedUnits &units, mlir::func::FuncOp square,
                   mlir::Value weight, mlir::Value panels,
                   const std::optional<PartNumbers> &parts);
void emitGemm(KernelBuilder &b, const PanelShape &shape,
              const TargetShape &target, int64_t lda, bool accumulate,
              mlir::ValueRange arguments,
              const std::optional<PartNumbers> &parts);

void emitTileKernel(KernelBuilder &b, const PanelShape &shape,
                    const TargetShape &target, int64_t lda,
                    mlir::ValueRange arguments);

void emitGemmTN(KernelBuilder &b, const GradientShape &shape,
                const TargetShape &target, mlir::ValueRange arguments,
                const std::optional<PartNumbers> &parts);
/// Into how many parts a team divides a weight gradient.
int64_t gradientParts(const GradientShape &shape, const TargetShape &target);

/// The bodies of GemmKernels::transpose, which calls the other for its squares,
/// and of GemmKernels::transposeSquare, with their arguments.
void emitTranspose(KernelBuilder &b, mlir::Type element, int64_t lanes,
                   mlir::func::FuncOp square, mlir::ValueRange arguments);
void emitTransposeSquare(KernelBuilder &b, mlir::Type element, int64_t lanes,
                         mlir::ValueRange arguments);

/// Replaces an operation by a call of a kernel if it has one.
void lowerCopy(dnn::CopyOp op, GemmKernels &kernels);
void lowerFill(dnn::FillOp op, GemmKernels &kernels);

/// The bodies of GemmKernels::copyRows and fillRows.
void emitCopyRows(KernelBuilder &b, const RowShape &shape,
                  mlir::ValueRange arguments,
                  const std::optional<PartNumbers> &parts);
void emitFillRows(KernelBuilder &b, const RowShape &shape,
                  mlir::ValueRange arguments,
                  const std::optional<PartNumbers> &parts);

/// The `rows` rows of `width` elements at an address, `stride` apart.
mlir::Value bufferAt(KernelBuilder &b, mlir::Value address, mlir::Type element,
                     mlir::Value rows, int64_t width, int64_t stride);
/// The same with a width and a stride that are known when it runs.
mlir::Value matrixAt(KernelBuilder &b, mlir::Value address, mlir::Type element,
                     mlir::Value rows, mlir::Value columns, mlir::Value stride);

} // namespace rnnc

#endif
