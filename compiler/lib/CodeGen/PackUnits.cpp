//===- PackUnits.cpp - Generated packing of parts of weights --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills units of one gate in `panel[block][k][gate][unit]`, so that weights
// stacked from several parameters are packed from where each lies. Units that
// lie side by side are copied as vectors; where k does, squares are transposed
// in registers, since training packs after every update. Narrower weights,
// whose scale is a property of whole units, are in PackPanels.cpp.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

/// Rows of adjacent units that are read together: few enough for the
/// prefetchers to follow.
static constexpr int64_t RowsAtOnce = 8;

namespace {

/// A vector of a block of which the lanes from `begin` to `end` are filled, and
/// those after them zeroed or left alone.
struct Lanes {
  int64_t offset, begin, end;
  bool zeroRest;
};

class UnitsEmitter {
public:
  UnitsEmitter(KernelBuilder &b, const PanelShape &shape,
               const PackedUnits &units, Value weight, Value panels,
               const std::optional<PartNumbers> &parts)
      : b(b), shape(shape), units(units), parts(parts) {
    int64_t width = shape.gates * shape.units;
    this->panels = bufferAt(b, panels, shape.element,
                            b.index(shape.blocks() * shape.k), width, width);
    Value n = b.index(units.count), k = b.index(units.k);
    if (units.ldk == 1)
      w = bufferAt(b, weight, shape.element, n, units.k, units.ldn);
    else if (units.ldn == 1)
      w = bufferAt(b, weight, shape.element, k, units.count, units.ldk);
    else // One element a row, so that any stride is a row index.
      w = bufferAt(b, weight, shape.element,
                   b.index((units.count - 1) * units.ldn +
                           (units.k - 1) * units.ldk + 1),
                   1, 1);
  }

  void emit() {
    if (units.ldn != 1 || units.ldk == 1)
      return forEachBlock([&](Value block, ArrayRef<Lanes> slots) {
        for (const Lanes &slot : slots)
          emitSlot(block, slot);
      });
    b.loop(b.index(0), b.index(units.k), RowsAtOnce, [&](Value begin) {
      Value end =
          arith::MinUIOp::create(b, b.add(begin, RowsAtOnce), b.index(units.k));
      forEachBlock([&](Value block, ArrayRef<Lanes> slots) {
        b.loop(begin, end, 1, [&](Value k) {
          for (const Lanes &slot : slots)
            store(adjacentUnits(block, k, slot), block, k, slot);
        });
      });
    });
  }

private:
  /// The vectors of a block: the units from `begin` to `end` in it are ours.
  SmallVector<Lanes> slotsOf(int64_t begin, int64_t end, bool zeroRest) {
    SmallVector<Lanes> slots;
    for (int64_t offset = 0; offset < shape.units; offset += shape.lanes) {
      int64_t from = std::clamp<int64_t>(begin - offset, 0, shape.lanes);
      int64_t to = std::clamp<int64_t>(end - offset, 0, shape.lanes);
      if (from < to || (zeroRest && to == 0))
        slots.push_back({offset, std::min(from, to), to, zeroRest});
    }
    return slots;
  }

  /// Calls `body(block, slots)` for the first block if we have part of it, in a
  /// loop for those that are all ours, and for the last.
  void forEachBlock(llvm::function_ref<void(Value, ArrayRef<Lanes>)> body) {
    int64_t end = units.first + units.count;
    int64_t blocks = llvm::divideCeil(end, shape.units);
    int64_t fullFrom = units.first == 0 ? 0 : 1, fullTo = end / shape.units;
    auto emitOne = [&](int64_t block) {
      int64_t start = block * shape.units;
      body(b.index(block), slotsOf(std::max<int64_t>(units.first - start, 0),
                                   std::min(end - start, shape.units),
                                   units.isLast && block == blocks - 1));
    };
    if (fullFrom == 1)
      ifOurs(0, [&] { emitOne(0); });
    if (fullFrom < fullTo)
      b.loop(firstOf(fullFrom), endOf(fullTo), 1,
             [&](Value block) { body(block, slotsOf(0, shape.units, false)); });
    if (std::max(fullFrom, fullTo) < blocks)
      ifOurs(blocks - 1, [&] { emitOne(blocks - 1); });
  }

  //===--- What of it the thread does ------------------------------------===//

  Value firstOf(int64_t block) {
    Value first = b.index(block);
    return parts ? arith::MaxUIOp::create(b, first, parts->first) : first;
  }
  Value endOf(int64_t block) {
    Value end = b.index(block);
    return parts ? arith::MinUIOp::create(b, end, parts->end) : end;
  }
  void ifOurs(int64_t block, llvm::function_ref<void()> body) {
    if (!parts)
      return body();
    using Predicate = arith::CmpIPredicate;
    Value number = b.index(block);
    Value follows =
        arith::CmpIOp::create(b, Predicate::ule, parts->first, number);
    Value precedes =
        arith::CmpIOp::create(b, Predicate::ult, number, parts->end);
    b.ifTrue(arith::AndIOp::create(b, follows, precedes), body);
  }

  //===--- Units ---------------------------------------------------------===//

  /// Lanes [begin, end) as a strip.
  Strip strip(int64_t begin, int64_t end) {
    if (begin == 0 && end == shape.lanes)
      return {shape.lanes, nullptr};
    SmallVector<bool> mask(shape.lanes, false);
    std::fill(mask.begin() + begin, mask.begin() + end, true);
    auto type = VectorType::get(shape.lanes, b.getI1Type());
    return {shape.lanes,
            arith::ConstantOp::create(b, DenseElementsAttr::get(type, mask))};
  }

  Type vectorType() { return b.stripType(shape.element, shape.lanes); }

  void store(Value vector, Value block, Value k, const Lanes &slot) {
    Value row = b.add(b.mul(block, shape.k), k);
    b.store(vector, panels, row, b.index(slot.offset),
            strip(slot.begin, slot.zeroRest ? shape.lanes : slot.end));
  }

  /// The first unit of a slot among ours; of the first block it may lie before.
  Value firstUnit(Value block, const Lanes &slot) {
    Value unit = b.mul(block, shape.units);
    return b.add(unit, slot.offset - units.first);
  }

  Value adjacentUnits(Value block, Value k, const Lanes &slot) {
    if (slot.begin == slot.end)
      return b.number(vectorType(), 0);
    return b.load(w, k, firstUnit(block, slot), strip(slot.begin, slot.end));
  }

  void emitSlot(Value block, const Lanes &slot) {
    bool transposes = units.ldk == 1 && shape.lanes > 1;
    int64_t squares = transposes ? units.k / shape.lanes * shape.lanes : 0;
    Value n = firstUnit(block, slot);
    if (squares)
      b.loop(b.index(0), b.index(squares), shape.lanes,
             [&](Value k) { emitSquare(block, slot, n, k); });
    if (squares < units.k)
      b.loop(b.index(squares), b.index(units.k), 1, [&](Value k) {
        store(separateUnits(slot, n, k), block, k, slot);
      });
  }

  Value separateUnits(const Lanes &slot, Value n, Value k) {
    Value zero = b.number(shape.element, 0);
    SmallVector<Value> elements(shape.lanes, zero);
    for (int64_t i = slot.begin; i < slot.end; ++i)
      elements[i] = loadElement(b.add(n, i), k);
    if (shape.lanes == 1)
      return elements[0];
    return vector::FromElementsOp::create(
        b, VectorType::get(shape.lanes, shape.element), elements);
  }

  Value loadElement(Value n, Value k) {
    if (units.ldk == 1)
      return b.load(w, n, k, Strip());
    Value at = b.add(b.mul(n, units.ldn), b.mul(k, units.ldk));
    return b.load(w, at, b.index(0), Strip());
  }

  /// Transposes `lanes` units by `lanes` of k.
  void emitSquare(Value block, const Lanes &slot, Value n, Value k) {
    SmallVector<Value> square(shape.lanes, b.number(vectorType(), 0));
    for (int64_t i = slot.begin; i < slot.end; ++i)
      square[i] = b.load(w, b.add(n, i), k, strip(0, shape.lanes));
    if (slot.begin < slot.end)
      b.transpose(square);
    for (int64_t i = 0; i < shape.lanes; ++i)
      store(square[i], block, b.add(k, i), slot);
  }

  KernelBuilder &b;
  const PanelShape &shape;
  const PackedUnits &units;
  std::optional<PartNumbers> parts;
  Value w, panels;
};

} // namespace

void rnnc::emitPackUnits(KernelBuilder &b, const PanelShape &shape,
                         const PackedUnits &units, Value weight, Value panels,
                         const std::optional<PartNumbers> &parts) {
  UnitsEmitter(b, shape, units, weight, panels, parts).emit();
}
