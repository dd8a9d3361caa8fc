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

#include "compiler/lib/CodeGen/PanelWeights.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

namespace {

/// What is done with the weights of a vector of units for one group of steps
/// from k on; carries values over the groups.
using GroupBody = llvm::function_ref<SmallVector<Value>(
    Value k, ArrayRef<Value> steps, ValueRange carried)>;

class PackEmitter {
public:
  PackEmitter(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
              int64_t ldk, Value weight, Value panels,
              const std::optional<PartNumbers> &parts)
      : b(b), shape(shape), ldn(ldn), ldk(ldk), panels(b, shape, panels),
        group(this->panels.group()) {
    if (parts)
      part = blocksOf(b, shape, *parts);
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
    forEachBlock(b, shape, part, [&](Value block, ArrayRef<Slot> slots) {
      Value unit = b.mul(block, shape.units);
      for (const Slot &slot : slots)
        emitSlot(block, slot,
                 b.add(unit, slot.gate * shape.slice() + slot.offset));
    });
    if (!shape.tailUnits())
      return;
    if (part)
      b.ifTrue(part->hasRest, [&] { emitPadding(); });
    else
      emitPadding();
  }

private:
  Strip full() { return {shape.lanes, nullptr}; }
  Value zero() { return b.number(b.stripType(shape.element, shape.lanes), 0); }

  void emitSlot(Value block, const Slot &slot, Value n) {
    Value divisor;
    if (panels.isScaled())
      divisor = panels.storeScale(largest(slot, n), block, slot);
    auto store = [&](Value k, ArrayRef<Value> steps, ValueRange sums) {
      if (!sums.empty())
        return SmallVector<Value>{
            panels.store(steps, block, k, slot, divisor, sums[0])};
      panels.store(steps, block, k, slot, divisor);
      return SmallVector<Value>();
    };
    for (Value sum : forEachGroup(slot, n, panels.initialSums(), store))
      panels.storeSum(sum, block, slot);
  }

  /// The largest magnitude of each unit's weights; NaN if one is.
  Value largest(const Slot &slot, Value n) {
    auto grow = [&](Value, ArrayRef<Value> steps, ValueRange carried) {
      Value most = carried[0];
      for (Value step : steps)
        most =
            arith::MaximumFOp::create(b, most, math::AbsFOp::create(b, step));
      return SmallVector<Value>{most};
    };
    return forEachGroup(slot, n, zero(), grow)[0];
  }

  SmallVector<Value> forEachGroup(const Slot &slot, Value n, ValueRange initial,
                                  GroupBody body) {
    bool transposes = ldk == 1 && shape.lanes > 1 && shape.lanes % group == 0;
    int64_t squares = transposes ? shape.k / shape.lanes * shape.lanes : 0;
    int64_t main = shape.k / group * group;
    SmallVector<Value> carried(initial);
    if (squares)
      carried = b.loop(b.index(0), b.index(squares), shape.lanes, carried,
                       [&](Value k, ValueRange values) {
                         return visitSquare(slot, n, k, values, body);
                       });
    if (squares < main)
      carried = b.loop(b.index(squares), b.index(main), group, carried,
                       [&](Value k, ValueRange values) {
                         return visitSteps(slot, n, k, group, values, body);
                       });
    if (main < shape.k)
      carried =
          visitSteps(slot, n, b.index(main), shape.k - main, carried, body);
    return carried;
  }

  /// A group of which `count` steps are there; the others are zero.
  SmallVector<Value> visitSteps(const Slot &slot, Value n, Value k,
                                int64_t count, ValueRange carried,
                                GroupBody body) {
    bool adjacent = ldk != 1 && ldn == 1;
    SmallVector<Value> steps(group, zero());
    for (int64_t i = 0; i < count; ++i) {
      Value at = b.add(k, i);
      steps[i] = adjacent ? b.load(w, at, n, b.partial(slot.valid, shape.lanes))
                          : separateUnits(slot, n, at);
    }
    return body(k, steps, carried);
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
  SmallVector<Value> visitSquare(const Slot &slot, Value n, Value k,
                                 ValueRange initial, GroupBody body) {
    SmallVector<Value> square(shape.lanes, zero());
    for (int64_t i = 0; i < slot.valid; ++i)
      square[i] = b.load(w, b.add(n, i), k, full());
    b.transpose(square);
    SmallVector<Value> carried(initial);
    for (int64_t i = 0; i < shape.lanes; i += group)
      carried = body(b.add(k, i), ArrayRef(square).slice(i, group), carried);
    return carried;
  }

  /// Zeroes the vectors of the last block without a valid unit.
  void emitPadding() {
    int64_t lanes = shape.lanes;
    int64_t begin = (shape.tailUnits() + lanes - 1) / lanes * lanes;
    if (begin == shape.units)
      return;
    Value block = b.index(shape.fullBlocks());
    SmallVector<Value> steps(group, zero());
    Value one = b.number(steps[0].getType(), 1);
    b.loop(b.index(0), b.index(shape.k), group, [&](Value k) {
      for (int64_t gate = 0; gate < shape.gates; ++gate)
        for (int64_t offset = begin; offset < shape.units; offset += lanes)
          panels.store(steps, block, k, {gate, offset, 0}, one);
    });
  }

  KernelBuilder &b;
  const PanelShape &shape;
  int64_t ldn, ldk;
  PanelWriter panels;
  int64_t group;
  Value w;
  std::optional<Part> part;
};

} // namespace

void rnnc::emitPack(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
                    int64_t ldk, Value weight, Value panels,
                    const std::optional<PartNumbers> &parts) {
  PackEmitter(b, shape, ldn, ldk, weight, panels, parts).emit();
}
