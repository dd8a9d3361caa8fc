//===- PackUnits.cpp - Generated packing of parts of weights --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills units of one gate in `panel[block][k][gate][unit]`, so that weights
// stacked from several parameters are packed from where each lies. Narrower
// weights, whose scale is a property of whole units, are in PackPanels.cpp.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/WeightReader.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

/// Rows of adjacent units that are read together: few enough for the
/// prefetchers to follow.
static constexpr int64_t RowsAtOnce = 8;
/// So many rows ahead they are asked for: rows are often a page apart, where
/// prefetchers end.
static constexpr int64_t RowsAhead = 32;

namespace {

/// A vector of a block of which the lanes from `begin` to `end` are filled, and
/// those after them zeroed or left alone.
struct Lanes {
  int64_t offset;
  UnitLanes ours;
  bool zeroRest;
};

class UnitsEmitter {
public:
  UnitsEmitter(KernelBuilder &b, const PanelShape &shape,
               const PackedUnits &units, func::FuncOp square, Value weight,
               Value panels, const std::optional<PartNumbers> &parts)
      : b(b), shape(shape), units(units), square(square), weight(weight),
        start(panels), parts(parts),
        reader(b, shape.element, shape.lanes, units.count, units.k, units.ldn,
               units.ldk, weight) {
    int64_t width = shape.width();
    this->panels = bufferAt(b, panels, shape.element,
                            b.index(shape.blocks() * shape.k), width, width);
  }

  void emit() {
    if (!reader.hasAdjacentUnits())
      return forEachBlock([&](Value block, ArrayRef<Lanes> slots) {
        for (const Lanes &slot : slots)
          emitSlot(block, slot);
      });
    b.loop(b.index(0), b.index(units.k), RowsAtOnce, [&](Value begin) {
      Value end =
          arith::MinUIOp::create(b, b.add(begin, RowsAtOnce), b.index(units.k));
      forEachBlock([&](Value block, ArrayRef<Lanes> slots) {
        b.loop(begin, end, 1, [&](Value k) {
          for (const Lanes &slot : slots) {
            Value n = firstUnit(block, slot);
            reader.prefetch(n, b.add(k, RowsAhead));
            store(reader.read(n, k, slot.ours), block, k, slot);
          }
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
        slots.push_back({offset, {std::min(from, to), to}, zeroRest});
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

  Value panelRow(Value block, Value k) {
    return b.add(b.mul(block, shape.k), k);
  }

  void store(Value vector, Value block, Value k, const Lanes &slot) {
    Value row = panelRow(block, k);
    int64_t end = slot.zeroRest ? shape.lanes : slot.ours.end;
    b.store(vector, panels, row, b.index(slot.offset),
            reader.strip({slot.ours.begin, end}));
  }

  /// The first unit of a slot among ours; of the first block it may lie before.
  Value firstUnit(Value block, const Lanes &slot) {
    Value unit = b.mul(block, shape.units);
    return b.add(unit, slot.offset - units.first);
  }

  void emitSlot(Value block, const Lanes &slot) {
    int64_t squares = reader.stepsInSquares();
    Value n = firstUnit(block, slot);
    if (squares)
      b.loop(b.index(0), b.index(squares), shape.lanes,
             [&](Value k) { emitSquare(block, slot, n, k); });
    if (squares < units.k)
      b.loop(b.index(squares), b.index(units.k), 1, [&](Value k) {
        store(reader.read(n, k, slot.ours), block, k, slot);
      });
  }

  /// `lanes` units by `lanes` of k.
  void emitSquare(Value block, const Lanes &slot, Value n, Value k) {
    if (slot.ours.end - slot.ours.begin == shape.lanes)
      return callSquare(block, slot, n, k);
    SmallVector<Value> square = reader.readSquare(n, k, slot.ours);
    reader.prefetchSquare(b.add(n, shape.lanes), k);
    for (int64_t i = 0; i < shape.lanes; ++i)
      store(square[i], block, b.add(k, i), slot);
  }

  void callSquare(Value block, const Lanes &slot, Value n, Value k) {
    Value from = b.add(b.mul(n, units.ldn), k);
    Value to = b.add(b.mul(panelRow(block, k), shape.width()), slot.offset);
    func::CallOp::create(b, square,
                         ValueRange{offsetBy(b, weight, shape.element, from),
                                    offsetBy(b, start, shape.element, to),
                                    b.index(units.ldn),
                                    b.index(shape.width())});
  }

  KernelBuilder &b;
  const PanelShape &shape;
  const PackedUnits &units;
  func::FuncOp square;
  Value weight, start;
  std::optional<PartNumbers> parts;
  Value panels;
  WeightReader reader;
};

} // namespace

void rnnc::emitPackUnits(KernelBuilder &b, const PanelShape &shape,
                         const PackedUnits &units, func::FuncOp square,
                         Value weight, Value panels,
                         const std::optional<PartNumbers> &parts) {
  UnitsEmitter(b, shape, units, square, weight, panels, parts).emit();
}
