//===- PackPanels.cpp - Generated packing of weights ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills `panel[block][k][gate][unit]`, zero beyond the last unit. Units that
// lie side by side are copied as vectors; where k does, squares are transposed
// in registers, since training packs after every update.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

namespace {

class PackEmitter {
public:
  PackEmitter(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
              int64_t ldk, Value weight, Value panels)
      : b(b), shape(shape), ldn(ldn), ldk(ldk),
        panels(panelBuffer(b, shape, panels)) {
    Value n = b.index(shape.n), k = b.index(shape.k);
    if (ldk == 1)
      w = bufferAt(b, weight, shape.element, n, shape.k, ldn);
    else if (ldn == 1)
      w = bufferAt(b, weight, shape.element, k, shape.n, ldk);
    else // One element a row, so that any stride is a row index.
      w = bufferAt(b, weight, shape.element,
                   b.index((shape.n - 1) * ldn + (shape.k - 1) * ldk + 1), 1,
                   1);
  }

  void emit() {
    forEachBlock(b, shape, [&](Value block, ArrayRef<Slot> slots) {
      Value unit = b.mul(block, shape.units);
      for (const Slot &slot : slots)
        emitSlot(block, slot,
                 b.add(unit, slot.gate * shape.slice() + slot.offset));
    });
    if (shape.tailUnits())
      emitPadding();
  }

private:
  Strip full() { return {shape.lanes, nullptr}; }

  void store(Value units, Value block, Value k, const Slot &slot) {
    Value row = b.add(b.mul(block, shape.k), k);
    b.store(units, panels, row, b.index(slot.gate * shape.units + slot.offset),
            full());
  }

  void emitSlot(Value block, const Slot &slot, Value n) {
    bool transposes = ldk == 1 && shape.lanes > 1;
    int64_t squares = transposes ? shape.k / shape.lanes * shape.lanes : 0;
    if (squares)
      b.loop(b.index(0), b.index(squares), shape.lanes,
             [&](Value k) { emitSquare(block, slot, n, k); });
    if (squares < shape.k)
      b.loop(b.index(squares), b.index(shape.k), 1, [&](Value k) {
        bool adjacent = ldk != 1 && ldn == 1;
        Value units = adjacent
                          ? b.load(w, k, n, b.partial(slot.valid, shape.lanes))
                          : separateUnits(slot, n, k);
        store(units, block, k, slot);
      });
  }

  Value separateUnits(const Slot &slot, Value n, Value k) {
    Value zero = b.number(shape.element, 0);
    SmallVector<Value> units(shape.lanes, zero);
    for (int64_t i = 0; i < slot.valid; ++i)
      units[i] = loadElement(b.add(n, i), k);
    if (shape.lanes == 1)
      return units[0];
    return vector::FromElementsOp::create(
        b, VectorType::get(shape.lanes, shape.element), units);
  }

  Value loadElement(Value n, Value k) {
    if (ldk == 1)
      return b.load(w, n, k, Strip());
    Value at = b.add(b.mul(n, ldn), b.mul(k, ldk));
    return b.load(w, at, b.index(0), Strip());
  }

  /// Transposes `lanes` units by `lanes` of k.
  void emitSquare(Value block, const Slot &slot, Value n, Value k) {
    Value zero = b.number(b.stripType(shape.element, shape.lanes), 0);
    SmallVector<Value> square(shape.lanes, zero);
    for (int64_t i = 0; i < slot.valid; ++i)
      square[i] = b.load(w, b.add(n, i), k, full());
    b.transpose(square);
    for (int64_t i = 0; i < shape.lanes; ++i)
      store(square[i], block, b.add(k, i), slot);
  }

  /// Zeroes the vectors of the last block without a valid unit.
  void emitPadding() {
    int64_t lanes = shape.lanes;
    int64_t begin = (shape.tailUnits() + lanes - 1) / lanes * lanes;
    if (begin == shape.units)
      return;
    Value block = b.index(shape.fullBlocks());
    Value zero = b.number(b.stripType(shape.element, lanes), 0);
    b.loop(b.index(0), b.index(shape.k), 1, [&](Value k) {
      for (int64_t gate = 0; gate < shape.gates; ++gate)
        for (int64_t offset = begin; offset < shape.units; offset += lanes)
          store(zero, block, k, {gate, offset, 0});
    });
  }

  KernelBuilder &b;
  const PanelShape &shape;
  int64_t ldn, ldk;
  Value w, panels;
};

} // namespace

void rnnc::emitPack(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
                    int64_t ldk, Value weight, Value panels) {
  PackEmitter(b, shape, ldn, ldk, weight, panels).emit();
}
