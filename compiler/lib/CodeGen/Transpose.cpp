//===- Transpose.cpp - Transposed copies ----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Squares of a vector's width are transposed in registers; what is left at the
// edges goes element by element. Sizes and strides are arguments: the shuffles
// are many, so a module has them once.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

namespace {

class TransposeEmitter {
public:
  TransposeEmitter(KernelBuilder &b, Type element, int64_t lanes,
                   ValueRange arguments)
      : b(b), lanes(lanes), rows(arguments[2]), columns(arguments[3]),
        from(matrixAt(arguments[0], element, rows, columns, arguments[4])),
        to(matrixAt(arguments[1], element, columns, rows, arguments[5])) {}

  void emit() {
    Value zero = b.index(0);
    Value fullRows = wholeVectors(rows), fullColumns = wholeVectors(columns);
    b.loop(zero, fullColumns, lanes, [&](Value column) {
      b.loop(zero, fullRows, lanes,
             [&](Value row) { emitSquare(row, column); });
    });
    emitElements(zero, fullRows, fullColumns, columns);
    emitElements(fullRows, rows, zero, columns);
  }

private:
  Value matrixAt(Value address, Type element, Value rows, Value columns,
                 Value stride) {
    constexpr int64_t dynamic = ShapedType::kDynamic;
    auto layout = StridedLayoutAttr::get(b.getContext(), 0, {dynamic, 1});
    auto type = MemRefType::get({dynamic, dynamic}, element, layout);
    Value start = bufferAt(b, address, element, rows, 1, 1);
    return memref::ReinterpretCastOp::create(
        b, type, start, OpFoldResult(b.getIndexAttr(0)),
        ArrayRef<OpFoldResult>{rows, columns},
        ArrayRef<OpFoldResult>{stride, b.getIndexAttr(1)});
  }

  Value wholeVectors(Value size) {
    Value rest = arith::RemUIOp::create(b, size, b.index(lanes));
    return arith::SubIOp::create(b, size, rest);
  }

  void emitElements(Value beginRow, Value endRow, Value beginColumn,
                    Value endColumn) {
    b.loop(beginRow, endRow, 1, [&](Value row) {
      b.loop(beginColumn, endColumn, 1, [&](Value column) {
        Value element = b.load(from, row, column, Strip());
        b.store(element, to, column, row, Strip());
      });
    });
  }

  void emitSquare(Value row, Value column) {
    SmallVector<Value> square;
    for (int64_t i = 0; i < lanes; ++i)
      square.push_back(b.load(from, b.add(row, i), column, {lanes, nullptr}));
    b.transpose(square);
    for (int64_t i = 0; i < lanes; ++i)
      b.store(square[i], to, b.add(column, i), row, {lanes, nullptr});
  }

  KernelBuilder &b;
  int64_t lanes;
  Value rows, columns, from, to;
};

} // namespace

void rnnc::emitTranspose(KernelBuilder &b, Type element, int64_t lanes,
                         ValueRange arguments) {
  TransposeEmitter(b, element, lanes, arguments).emit();
}
