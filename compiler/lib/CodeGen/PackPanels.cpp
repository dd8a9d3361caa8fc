//===- PackPanels.cpp - Generated packing of weights ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills `panel[block][k][gate][unit]`, zero beyond the last unit.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelWeights.h"
#include "compiler/lib/CodeGen/WeightReader.h"

#include "mlir/Dialect/Math/IR/Math.h"

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
      : b(b), shape(shape), panels(b, shape, panels),
        group(this->panels.group()),
        reader(b, shape.element, shape.lanes, shape.n, shape.k, ldn, ldk,
               weight) {
    if (parts)
      part = blocksOf(b, shape, *parts);
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
    int64_t squares = shape.lanes % group == 0 ? reader.stepsInSquares() : 0;
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
    SmallVector<Value> steps(group, zero());
    for (int64_t i = 0; i < count; ++i)
      steps[i] = reader.read(n, b.add(k, i), {0, slot.valid});
    return body(k, steps, carried);
  }

  /// `lanes` units by `lanes` of k.
  SmallVector<Value> visitSquare(const Slot &slot, Value n, Value k,
                                 ValueRange initial, GroupBody body) {
    SmallVector<Value> square = reader.readSquare(n, k, {0, slot.valid});
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
  PanelWriter panels;
  int64_t group;
  WeightReader reader;
  std::optional<Part> part;
};

} // namespace

void rnnc::emitPack(KernelBuilder &b, const PanelShape &shape, int64_t ldn,
                    int64_t ldk, Value weight, Value panels,
                    const std::optional<PartNumbers> &parts) {
  PackEmitter(b, shape, ldn, ldk, weight, panels, parts).emit();
}
