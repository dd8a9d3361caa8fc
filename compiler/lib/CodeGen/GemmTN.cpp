//===- GemmTN.cpp - Generated weight gradients ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// C[n, k] (+)= sum over rows of A[r, n] B[r, k]. Both operands are read along
// their rows, so nothing is packed; rows are taken in slices that stay in the
// cache, and a tile of C stays in registers over a slice.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

/// Rows of a slice: 256 rows of four vectors are 64 kB.
static constexpr int64_t SliceRows = 256;
/// Vectors of a tile's row.
static constexpr int64_t TileVectors = 4;

namespace {

class GradientEmitter {
public:
  GradientEmitter(KernelBuilder &b, const GradientShape &shape,
                  const TargetShape &target, ValueRange arguments)
      : b(b), shape(shape), rows(arguments[3]) {
    a = bufferAt(b, arguments[0], shape.element, rows, shape.n, shape.lda);
    bBuffer =
        bufferAt(b, arguments[1], shape.element, rows, shape.k, shape.ldb);
    c = bufferAt(b, arguments[2], shape.element, b.index(shape.n), shape.k,
                 shape.ldc);
    int64_t all = (shape.k + shape.lanes - 1) / shape.lanes;
    vectors = std::min(all, target.registers >= 32 ? TileVectors : 2);
    height = maxTileRows(vectors, target);
  }

  void emit() {
    if (!shape.accumulate)
      emitZeroWithoutRows();
    b.loop(b.index(0), rows, SliceRows, [&](Value begin) {
      Value end = arith::MinUIOp::create(b, b.add(begin, SliceRows), rows);
      emitSlice(begin, end);
    });
  }

private:
  /// No rows are no slices: the sum is zero all the same.
  void emitZeroWithoutRows() {
    Value none =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows, b.index(0));
    auto branch = scf::IfOp::create(b, none, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    b.loop(b.index(0), b.index(shape.n), 1, [&](Value row) {
      b.strips(shape.k, shape.lanes, [&](Value column, const Strip &strip) {
        Type type = b.stripType(shape.element, strip.width);
        b.store(b.number(type, 0), c, row, column, strip);
      });
    });
  }

  void emitSlice(Value begin, Value end) {
    int64_t width = vectors * shape.lanes;
    int64_t full = shape.k / width * width;
    if (full)
      b.loop(b.index(0), b.index(full), width,
             [&](Value column) { emitColumns(begin, end, column, width); });
    if (full < shape.k)
      emitColumns(begin, end, b.index(full), shape.k - full);
  }

  void emitColumns(Value begin, Value end, Value column, int64_t width) {
    int64_t full = shape.n / height * height;
    if (full)
      b.loop(b.index(0), b.index(full), height, [&](Value row) {
        emitTile(begin, end, row, height, column, width);
      });
    if (full < shape.n)
      emitTile(begin, end, b.index(full), shape.n - full, column, width);
  }

  void emitTile(Value begin, Value end, Value row, int64_t size, Value column,
                int64_t width) {
    SmallVector<Strip> masks;
    SmallVector<Value> columns, tileRows;
    for (int64_t offset = 0; offset < width; offset += shape.lanes) {
      masks.push_back(
          b.partial(std::min(shape.lanes, width - offset), shape.lanes));
      columns.push_back(b.add(column, offset));
    }
    for (int64_t i = 0; i < size; ++i)
      tileRows.push_back(b.add(row, i));

    SmallVector<Value> sums =
        b.loop(begin, end, 1, initial(begin, tileRows, columns, masks),
               [&](Value r, ValueRange carried) {
                 return step(r, carried, tileRows, columns, masks);
               });
    const Value *next = sums.begin();
    for (Value tileRow : tileRows)
      for (auto [at, mask] : llvm::zip_equal(columns, masks))
        b.store(*next++, c, tileRow, at, mask);
  }

  SmallVector<Value> step(Value r, ValueRange carried, ArrayRef<Value> tileRows,
                          ArrayRef<Value> columns, ArrayRef<Strip> masks) {
    SmallVector<Value> right, next(carried);
    for (auto [at, mask] : llvm::zip_equal(columns, masks))
      right.push_back(b.load(bBuffer, r, at, mask));
    Value *sum = next.data();
    for (Value tileRow : tileRows) {
      Value left = b.splat(b.load(a, r, tileRow, Strip()), shape.lanes);
      for (Value value : right) {
        *sum = b.muladd(left, value, *sum);
        ++sum;
      }
    }
    return next;
  }

  /// What a tile's sums start from: C, or zero in the first slice.
  SmallVector<Value> initial(Value begin, ArrayRef<Value> tileRows,
                             ArrayRef<Value> columns, ArrayRef<Strip> masks) {
    auto loadTile = [&] {
      SmallVector<Value> sums;
      for (Value tileRow : tileRows)
        for (auto [at, mask] : llvm::zip_equal(columns, masks))
          sums.push_back(b.load(c, tileRow, at, mask));
      return sums;
    };
    if (shape.accumulate)
      return loadTile();
    Type type = b.stripType(shape.element, shape.lanes);
    SmallVector<Type> types(tileRows.size() * columns.size(), type);
    Value isFirst =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, begin, b.index(0));
    auto branch = scf::IfOp::create(b, types, isFirst, true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    Value zero = b.number(type, 0);
    scf::YieldOp::create(b, SmallVector<Value>(types.size(), zero));
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, loadTile());
    return SmallVector<Value>(branch.getResults());
  }

  KernelBuilder &b;
  const GradientShape &shape;
  Value rows, a, bBuffer, c;
  int64_t vectors, height;
};

} // namespace

void rnnc::emitGemmTN(KernelBuilder &b, const GradientShape &shape,
                      const TargetShape &target, ValueRange arguments) {
  GradientEmitter(b, shape, target, arguments).emit();
}
