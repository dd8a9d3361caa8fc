//===- GemmTN.cpp - Generated weight gradients ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// C[n, k] (+)= sum over rows of A[r, n] B[r, k]. Rows are taken in slices. Of a
// slice a strip of B, a few vectors wide, is copied together first: rows of B
// are often a multiple of a page apart, so that they would push each other out
// of the cache, and need not be aligned. A tile of C is summed in registers
// over a slice; what C holds is added last, fetched meanwhile. A part for a
// team is a tile of rows of C, which is in memory of its own; strips are then
// copied by every thread.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

/// Most rows of a slice, those of a chunk (GradientChunkRows): with four
/// vectors of 64 bytes a strip has 112 kB. It then comes from the second cache,
/// as fast as multiply-adds need it, while C, which comes from farther away, is
/// read and written once: 230 GFLOP/s instead of 202 with slices of 100 rows.
static constexpr int64_t SliceRows = 448;
/// Most vectors of a strip.
static constexpr int64_t StripVectors = 4;
/// Copying a strip pays where so many tiles read it.
static constexpr int64_t CopyFromTiles = 4;
static constexpr int64_t StripAlignment = 64;

static int64_t stripVectors(const GradientShape &shape,
                            const TargetShape &target) {
  int64_t all = llvm::divideCeil(shape.k, shape.lanes);
  return std::min(all, target.registers >= 32 ? StripVectors : 2);
}

namespace {

/// A range of rows of A and B.
struct Slice {
  Value begin, size;
};

class GradientEmitter {
public:
  GradientEmitter(KernelBuilder &b, const GradientShape &shape,
                  const TargetShape &target, ValueRange arguments,
                  const std::optional<PartNumbers> &parts)
      : b(b), shape(shape), target(target), rows(arguments[3]),
        overwrite(arguments[4]) {
    a = bufferAt(b, arguments[0], shape.element, rows, shape.n, shape.lda);
    bBuffer = matrixAt(b, arguments[1], shape.element, rows, b.index(shape.k),
                       arguments[5]);
    c = bufferAt(b, arguments[2], shape.element, b.index(shape.n), shape.k,
                 shape.ldc);
    vectors = stripVectors(shape, target);
    firstRow = b.index(0);
    endRow = b.index(shape.n);
    if (parts) {
      int64_t height = tileRows(vectors);
      part = makePart(b, *parts, shape.n, height, height);
      auto startOf = [&](Value number) -> Value {
        return arith::MinUIOp::create(b, b.mul(number, height), endRow);
      };
      firstRow = startOf(parts->first);
      endRow = startOf(parts->end);
    }
  }

  void emit() {
    if (copies(vectors)) {
      Value most = arith::MinUIOp::create(b, rows, b.index(SliceRows));
      strip = memref::AllocaOp::create(
          b,
          MemRefType::get({ShapedType::kDynamic, vectors * shape.lanes},
                          shape.element),
          most, b.getI64IntegerAttr(StripAlignment));
    }
    emitZeroWithoutRows();
    Value most = b.index(SliceRows);
    Value slices = arith::CeilDivUIOp::create(b, rows, most);
    Value divisor = arith::MaxUIOp::create(b, slices, b.index(1));
    Value size = arith::CeilDivUIOp::create(b, rows, divisor);
    b.loop(b.index(0), slices, 1, [&](Value slice) {
      Value begin = arith::MulIOp::create(b, slice, size);
      Value end = arith::MinUIOp::create(b, b.add(begin, size), rows);
      Value first =
          arith::CmpIOp::create(b, arith::CmpIPredicate::eq, begin, b.index(0));
      isFresh = arith::AndIOp::create(b, overwrite, first);
      emitSlice({begin, arith::SubIOp::create(b, end, begin)});
    });
  }

private:
  /// In parts all tiles have the same rows.
  int64_t tileRows(int64_t width) {
    return maxTileRows(part ? vectors : width, target);
  }
  bool copies(int64_t width) {
    return shape.n >= CopyFromTiles * tileRows(width);
  }

  /// No rows are no slices: the sum is zero all the same.
  void emitZeroWithoutRows() {
    Value none =
        arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows, b.index(0));
    Value clears = arith::AndIOp::create(b, overwrite, none);
    auto branch = scf::IfOp::create(b, clears, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    b.loop(firstRow, endRow, 1, [&](Value row) {
      b.strips(shape.k, shape.lanes, [&](Value column, const Strip &strip) {
        Type type = b.stripType(shape.element, strip.width);
        b.store(b.number(type, 0), c, row, column, strip);
      });
    });
  }

  void emitSlice(const Slice &slice) {
    int64_t width = vectors * shape.lanes;
    int64_t full = shape.k / width * width;
    if (full)
      b.loop(b.index(0), b.index(full), width,
             [&](Value column) { emitColumns(slice, column, width); });
    if (full < shape.k)
      emitColumns(slice, b.index(full), shape.k - full);
  }

  void emitColumns(const Slice &slice, Value column, int64_t width) {
    SmallVector<Strip> masks;
    SmallVector<Value> columns;
    for (int64_t offset = 0; offset < width; offset += shape.lanes) {
      masks.push_back(
          b.partial(std::min(shape.lanes, width - offset), shape.lanes));
      columns.push_back(b.add(column, offset));
    }
    int64_t height = tileRows(masks.size());
    int64_t rest = shape.n % height;
    if (copies(masks.size()))
      copyStrip(slice, columns, masks);
    b.steps(
        shape.n, height, part,
        [&](Value row) { emitTile(slice, row, height, columns, masks); },
        [&](Value row) { emitTile(slice, row, rest, columns, masks); });
  }

  void copyStrip(const Slice &slice, ArrayRef<Value> columns,
                 ArrayRef<Strip> masks) {
    b.loop(b.index(0), slice.size, 1, [&](Value r) {
      Value row = b.add(slice.begin, r);
      for (auto [i, mask] : llvm::enumerate(masks))
        b.store(b.load(bBuffer, row, columns[i], mask), strip, r,
                b.index(i * shape.lanes), {shape.lanes, nullptr});
    });
  }

  void emitTile(const Slice &slice, Value row, int64_t size,
                ArrayRef<Value> columns, ArrayRef<Strip> masks) {
    SmallVector<Value> tileRows;
    for (int64_t i = 0; i < size; ++i)
      tileRows.push_back(b.add(row, i));
    for (Value tileRow : tileRows)
      for (Value column : columns)
        memref::PrefetchOp::create(b, c, ValueRange{tileRow, column},
                                   /*isWrite=*/true, /*localityHint=*/3,
                                   /*isDataCache=*/true);
    Type type = b.stripType(shape.element, shape.lanes);
    SmallVector<Value> sums(size * columns.size(), b.number(type, 0));
    sums = b.loop(b.index(0), slice.size, 1, sums,
                  [&](Value r, ValueRange carried) {
                    return step(slice, r, carried, tileRows, columns, masks);
                  });
    auto branch = scf::IfOp::create(b, isFresh, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    storeTile(sums, tileRows, columns, masks, /*adds=*/false);
    b.setInsertionPointToStart(branch.elseBlock());
    storeTile(sums, tileRows, columns, masks, /*adds=*/true);
  }

  void storeTile(ArrayRef<Value> sums, ArrayRef<Value> tileRows,
                 ArrayRef<Value> columns, ArrayRef<Strip> masks, bool adds) {
    const Value *next = sums.begin();
    for (Value row : tileRows)
      for (auto [column, mask] : llvm::zip_equal(columns, masks)) {
        Value sum = *next++;
        if (adds)
          sum = b.addf(sum, b.load(c, row, column, mask));
        b.store(sum, c, row, column, mask);
      }
  }

  SmallVector<Value> step(const Slice &slice, Value r, ValueRange carried,
                          ArrayRef<Value> tileRows, ArrayRef<Value> columns,
                          ArrayRef<Strip> masks) {
    SmallVector<Value> right, next(carried);
    Value from = b.add(slice.begin, r);
    for (auto [i, mask] : llvm::enumerate(masks))
      right.push_back(copies(masks.size())
                          ? b.load(strip, r, b.index(i * shape.lanes),
                                   {shape.lanes, nullptr})
                          : b.load(bBuffer, from, columns[i], mask));
    Value *sum = next.data();
    for (Value tileRow : tileRows) {
      Value left = b.splat(b.load(a, from, tileRow, Strip()), shape.lanes);
      for (Value value : right) {
        *sum = b.muladd(left, value, *sum);
        ++sum;
      }
    }
    return next;
  }

  KernelBuilder &b;
  const GradientShape &shape;
  const TargetShape &target;
  Value rows, overwrite, a, bBuffer, c, strip;
  /// Whether a slice's sums replace C.
  Value isFresh;
  int64_t vectors;
  /// Rows of C: tiles of them, and where they begin and end.
  std::optional<Part> part;
  Value firstRow, endRow;
};

} // namespace

int64_t rnnc::gradientParts(const GradientShape &shape,
                            const TargetShape &target) {
  int64_t height = maxTileRows(stripVectors(shape, target), target);
  return llvm::divideCeil(shape.n, height);
}

void rnnc::emitGemmTN(KernelBuilder &b, const GradientShape &shape,
                      const TargetShape &target, ValueRange arguments,
                      const std::optional<PartNumbers> &parts) {
  GradientEmitter(b, shape, target, arguments, parts).emit();
}
