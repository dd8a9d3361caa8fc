//===- LatePacking.cpp - Packing all at once or block by block ------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// See LatePacking.h.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/LatePacking.h"

#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

WeightStrides::WeightStrides(PackOp op) {
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)cast<MemRefType>(op.getWeight().getType())
      .getStridesAndOffset(strides, offset);
  if (op.getTransposed())
    std::swap(strides[0], strides[1]);
  n = strides[0];
  k = strides[1];
}

void rnnc::emitPacking(KernelBuilder &b, GemmKernels &kernels,
                       const PanelShape &shape, PackOp op, Value panels,
                       const std::optional<PartNumbers> &numbers) {
  WeightStrides strides(op);
  ArrayRef<int64_t> size =
      cast<MemRefType>(op.getWeight().getType()).getShape();
  auto [rows, columns] = op.getTransposed() ? std::pair(size[1], size[0])
                                            : std::pair(size[0], size[1]);
  int64_t row = 0, column = 0;
  if (op.getPosition())
    std::tie(row, column) =
        std::pair((*op.getPosition())[0], (*op.getPosition())[1]);
  Value weight = address(b, op.getWeight());
  ShareOp share = getShare(op);
  if (shape.storage != WeightStorage::Element)
    return callKernel(b, share, shape.blocks(),
                      kernels.pack(shape, strides.n, strides.k, bool(share)),
                      {weight, panels});
  int64_t width = shape.gates * shape.units;
  for (int64_t gate = 0; gate < shape.gates; ++gate) {
    int64_t start = gate * shape.slice();
    int64_t from = std::max(row - start, int64_t(0));
    int64_t to = std::min(row + rows - start, shape.slice());
    if (from >= to)
      continue;
    PackedUnits units{from % shape.units, to - from, columns,
                      strides.n,          strides.k, to == shape.slice()};
    int64_t firstBlock = from / shape.units;
    int64_t panelRow = firstBlock * shape.k + column;
    func::FuncOp kernel =
        kernels.packUnits(shape, units, share || numbers.has_value());
    SmallVector<Value> arguments = {
        offsetBy(b, weight, shape.element, (start + from - row) * strides.n),
        offsetBy(b, panels, shape.element,
                 panelRow * width + gate * shape.units)};
    if (numbers)
      callKernel(b, *numbers, kernel, arguments, firstBlock);
    else
      callKernel(b, share, shape.blocks(), kernel, arguments, firstBlock);
  }
}

SmallVector<PackOp> rnnc::getPacksBefore(GemmOp op, SiteOp site) {
  SmallVector<PackOp> packs;
  int64_t left = site.getN() * site.getK();
  Operation *at = op;
  if (ShareOp share = getShare(op))
    at = share;
  while ((at = at->getPrevNode())) {
    auto share = dyn_cast<ShareOp>(at);
    auto pack = dyn_cast<PackOp>(share ? &share.getBody().front().front() : at);
    if (pack && pack.getSiteAttr() == op.getSiteAttr() && pack.getPosition()) {
      packs.push_back(pack);
      left -= cast<MemRefType>(pack.getWeight().getType()).getNumElements();
    } else if (pack || !isMemoryEffectFree(at)) {
      break;
    }
  }
  return left == 0 ? packs : SmallVector<PackOp>();
}

void rnnc::emitLateGemm(KernelBuilder &b, GemmKernels &kernels,
                        const PanelShape &shape, GemmOp op, Value panels,
                        ArrayRef<PackOp> packs) {
  Value rows = b.rows(op.getA());
  Value a = address(b, op.getA()), c = address(b, op.getC());
  Value forwards = arith::ConstantIntOp::create(b, 0, 1);
  func::FuncOp kernel =
      kernels.gemm(shape, rowStride(op.getA()), op.getAccumulate(),
                   /*inParts=*/true);
  Value ldc = b.index(rowStride(op.getC()));
  ShareOp share = getShare(op);
  PartNumbers own = share ? getPartNumbers(b, share, shape.blocks())
                          : PartNumbers{b.index(0), b.index(shape.blocks())};
  b.loop(own.first, own.end, 1, [&](Value block) {
    // From here a block is as far as the first one is from the panels.
    Value back = arith::SubIOp::create(b, own.first, block);
    Value from = offsetBy(b, panels, shape.element,
                          b.mul(back, shape.k * shape.width()));
    PartNumbers one{block, b.add(block, 1)};
    for (PackOp pack : packs)
      emitPacking(b, kernels, shape, pack, from, one);
    callKernel(b, one, kernel, {a, c, from, rows, forwards, ldc});
  });
  for (PackOp pack : packs)
    pack.erase();
}
