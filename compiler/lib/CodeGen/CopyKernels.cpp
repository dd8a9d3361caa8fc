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
#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/Team.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

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

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

/// Calls a kernel for a matrix that is copied transposed. A vector goes element
/// by element (see LowerRows).
static void lowerTransposed(CopyOp op, GemmKernels &kernels) {
  auto from = cast<MemRefType>(op.getFrom().getType());
  Type element = from.getElementType();
  if (!isa<FloatType>(element) ||
      std::min(from.getDimSize(0), from.getDimSize(1)) <
          kernels.getTarget().lanes(element))
    return;
  KernelBuilder b(op.getLoc(), op);
  func::CallOp::create(
      b, kernels.transpose(element),
      ValueRange{address(b, op.getFrom()), address(b, op.getTo()),
                 b.index(from.getDimSize(0)), b.index(from.getDimSize(1)),
                 b.index(rowStride(op.getFrom())),
                 b.index(rowStride(op.getTo()))});
  op.erase();
}

static RowShape rowShape(Operation *op, Value buffer,
                         const TargetShape &target) {
  Type element = elementType(buffer);
  ShareOp share = getShare(op);
  return {element, features(buffer), share ? int64_t(share.getUnit()) : 0,
          target.lanes(element)};
}

static int64_t parts(const RowShape &shape) {
  return shape.unit ? llvm::divideCeil(shape.width, shape.unit) : 1;
}

/// Calls a kernel for several rows. One row is a few loads and stores (see
/// LowerRows), and so is what is added to the destination.
void rnnc::lowerCopy(CopyOp op, GemmKernels &kernels) {
  if (op.getAccumulate())
    return;
  if (op.getTransposed())
    return lowerTransposed(op, kernels);
  Value from = op.getFrom(), to = op.getTo();
  if (isOneRow(from))
    return;
  KernelBuilder b(op.getLoc(), op);
  RowShape shape = rowShape(op, to, kernels.getTarget());
  ShareOp share = getShare(op);
  callKernel(b, share, parts(shape), kernels.copyRows(shape, bool(share)),
             {address(b, from), address(b, to), b.rows(from),
              b.index(rowStride(from)), b.index(rowStride(to))});
  op.erase();
}

void rnnc::lowerFill(FillOp op, GemmKernels &kernels) {
  Value out = op.getOut();
  if (isOneRow(out))
    return;
  KernelBuilder b(op.getLoc(), op);
  RowShape shape = rowShape(op, out, kernels.getTarget());
  ShareOp share = getShare(op);
  Value value = b.number(shape.element, op.getValue().convertToDouble());
  callKernel(b, share, parts(shape), kernels.fillRows(shape, bool(share)),
             {address(b, out), b.rows(out), b.index(rowStride(out)), value});
  op.erase();
}
