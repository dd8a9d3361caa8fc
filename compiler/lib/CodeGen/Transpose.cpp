//===- Transpose.cpp - Transposed copies ----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Squares of a vector's width are transposed in registers; what is left at the
// edges goes element by element. Sizes and strides are arguments: the shuffles
// are many, so a module has them once, for packing as well.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/KernelCalls.h"

using namespace mlir;
using namespace rnnc;

namespace {

class TransposeEmitter {
public:
  TransposeEmitter(KernelBuilder &b, Type element, int64_t lanes,
                   func::FuncOp square, ValueRange arguments)
      : b(b), element(element), lanes(lanes), square(square),
        arguments(arguments), rows(arguments[2]), columns(arguments[3]),
        from(matrixAt(b, arguments[0], element, rows, columns, arguments[4])),
        to(matrixAt(b, arguments[1], element, columns, rows, arguments[5])) {}

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

  Value addressOf(Value matrix, Value stride, Value row, Value column) {
    Value offset = arith::MulIOp::create(b, row, stride);
    return offsetBy(b, matrix, element, b.add(offset, column));
  }

  void emitSquare(Value row, Value column) {
    Value fromStride = arguments[4], toStride = arguments[5];
    func::CallOp::create(
        b, square,
        ValueRange{addressOf(arguments[0], fromStride, row, column),
                   addressOf(arguments[1], toStride, column, row), fromStride,
                   toStride});
  }

  KernelBuilder &b;
  Type element;
  int64_t lanes;
  func::FuncOp square;
  ValueRange arguments;
  Value rows, columns, from, to;
};

} // namespace

void rnnc::emitTranspose(KernelBuilder &b, Type element, int64_t lanes,
                         func::FuncOp square, ValueRange arguments) {
  TransposeEmitter(b, element, lanes, square, arguments).emit();
}

void rnnc::emitTransposeSquare(KernelBuilder &b, Type element, int64_t lanes,
                               ValueRange arguments) {
  Value size = b.index(lanes), zero = b.index(0);
  Value from = matrixAt(b, arguments[0], element, size, size, arguments[2]);
  Value to = matrixAt(b, arguments[1], element, size, size, arguments[3]);
  SmallVector<Value> square;
  for (int64_t i = 0; i < lanes; ++i)
    square.push_back(b.load(from, b.index(i), zero, {lanes, nullptr}));
  b.transpose(square);
  for (int64_t i = 0; i < lanes; ++i)
    b.store(square[i], to, b.index(i), zero, {lanes, nullptr});
}
