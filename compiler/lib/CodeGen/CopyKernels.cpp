//===- CopyKernels.cpp - Copies and fills of rows -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// States are begun, carried from chunk to chunk and handed back in dozens of
// places, few of them in an inner loop: a function for each width serves all.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/Team.h"

using namespace mlir;
using namespace rnnc;

/// Calls `body(row, column, strip)` for the strips of the columns of a part.
static void
forEachStrip(KernelBuilder &b, const RowShape &shape, Value rows,
             const std::optional<PartNumbers> &parts,
             llvm::function_ref<void(Value, Value, const Strip &)> body) {
  std::optional<Part> part;
  if (parts)
    part = makePart(b, *parts, shape.width, shape.unit, shape.lanes);
  b.loop(b.index(0), rows, 1, [&](Value row) {
    b.strips(
        shape.width, shape.lanes, part,
        [&](Value column, const Strip &strip) { body(row, column, strip); });
  });
}

void rnnc::emitCopyRows(KernelBuilder &b, const RowShape &shape,
                        ValueRange arguments,
                        const std::optional<PartNumbers> &parts) {
  Value rows = arguments[2], width = b.index(shape.width);
  Value from =
      matrixAt(b, arguments[0], shape.element, rows, width, arguments[3]);
  Value to =
      matrixAt(b, arguments[1], shape.element, rows, width, arguments[4]);
  forEachStrip(
      b, shape, rows, parts, [&](Value row, Value column, const Strip &strip) {
        b.store(b.load(from, row, column, strip), to, row, column, strip);
      });
}

void rnnc::emitFillRows(KernelBuilder &b, const RowShape &shape,
                        ValueRange arguments,
                        const std::optional<PartNumbers> &parts) {
  Value rows = arguments[1];
  Value to = matrixAt(b, arguments[0], shape.element, rows,
                      b.index(shape.width), arguments[2]);
  forEachStrip(
      b, shape, rows, parts, [&](Value row, Value column, const Strip &strip) {
        b.store(b.splat(arguments[3], strip.width), to, row, column, strip);
      });
}
