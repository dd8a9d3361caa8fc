//===- PanelPhase.cpp - A GEMM with its phase -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With one row a product is bound by reading its weights; what its gates go
// through costs next to nothing while they are still in registers. With several
// rows the product of a tile goes to a buffer that stays in the first cache,
// and the phase on it runs while the next tile's multiply-adds begin.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelPhase.h"

#include "compiler/lib/CodeGen/Int8Row.h"
#include "compiler/lib/CodeGen/PanelWeights.h"
#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

Value rnnc::loadInput(KernelBuilder &b, Value input, Value row, Value unit,
                      const Strip &strip) {
  Value zero = b.index(0);
  Value from =
      cast<MemRefType>(input.getType()).getDimSize(0) == 1 ? zero : row;
  if (features(input) != 1)
    return b.load(input, from, unit, strip);
  return b.splat(b.load(input, from, zero, Strip()), strip.width);
}

void rnnc::emitEpilogue(KernelBuilder &b, dnn::GemmPhaseOp op, Value row,
                        Value unit, const Strip &strip, ArrayRef<Value> gates) {
  SmallVector<Value> arguments(gates);
  for (Value input : op.getInputs())
    arguments.push_back(loadInput(b, input, row, unit, strip));
  int64_t width = features(op.getOutputs().front());
  SmallVector<Value> results = b.inlineBody(
      op.getBody(), arguments, strip.width, b.add(b.mul(row, width), unit));
  for (auto [result, output] : llvm::zip_equal(results, op.getOutputs()))
    b.store(result, output, row, unit, strip);
}

/// The blocks that a thread of a team does.
static std::optional<Part> getBlocks(KernelBuilder &b, Operation *op,
                                     const PanelShape &shape) {
  dnn::ShareOp share = getShare(op);
  if (!share)
    return std::nullopt;
  return blocksOf(b, shape, getPartNumbers(b, share, shape.blocks()));
}

Value rnnc::isOddStep(KernelBuilder &b, Operation *op) {
  Value sum;
  for (auto loop = op->getParentOfType<scf::ForOp>(); loop;
       loop = loop->getParentOfType<scf::ForOp>()) {
    Value counter = loop.getInductionVar();
    sum = sum ? b.add(sum, counter) : counter;
  }
  if (!sum)
    return nullptr;
  Value bit = arith::AndIOp::create(b, sum, b.index(1));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit, b.index(0));
}

/// Room for the product of a tile, which lives as long as the function.
static Value tileBuffer(KernelBuilder &b, dnn::GemmPhaseOp op, Type element,
                        int64_t rows, int64_t width) {
  OpBuilder::InsertionGuard guard(b);
  auto function = op->getParentOfType<func::FuncOp>();
  b.setInsertionPointToStart(&function.getBody().front());
  return memref::AllocaOp::create(b, MemRefType::get({rows, width}, element),
                                  b.getI64IntegerAttr(64));
}

static Value addressOf(KernelBuilder &b, Value buffer) {
  return dnn::AddressOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                buffer);
}

static Value rowsFrom(KernelBuilder &b, Value buffer, Value first, Value rows) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  OpFoldResult width = b.getIndexAttr(features(buffer));
  return memref::SubViewOp::create(b, buffer, {OpFoldResult(first), zero},
                                   {OpFoldResult(rows), width}, {one, one});
}

/// Asks for what the phase reads and writes of a block's units in one row.
static void prefetchRow(KernelBuilder &b, ArrayRef<Value> read,
                        ArrayRef<Value> written, Value row, Value unit,
                        int64_t units) {
  auto ask = [&](Value buffer, bool isWritten) {
    int64_t bits = elementType(buffer).getIntOrFloatBitWidth();
    for (int64_t at = 0; at < units; at += 8 * LineBytes / bits)
      memref::PrefetchOp::create(b, buffer, ValueRange{row, b.add(unit, at)},
                                 isWritten, /*localityHint=*/3,
                                 /*isDataCache=*/true);
  };
  for (Value buffer : read)
    ask(buffer, /*isWritten=*/false);
  for (Value buffer : written)
    ask(buffer, /*isWritten=*/true);
}

/// What a phase writes without having read it.
static SmallVector<Value> writtenAlone(dnn::GemmPhaseOp op) {
  SmallVector<Value> written;
  for (Value output : op.getOutputs())
    if (!llvm::is_contained(op.getInputs(), output))
      written.push_back(output);
  return written;
}

/// Units of a block that are there.
static int64_t unitsOf(ArrayRef<Slot> slots) {
  int64_t units = 0;
  for (const Slot &slot : slots)
    units += slot.gate == 0 ? slot.valid : 0;
  return units;
}

/// Asks for what the phase of a row has to do with while its gates are made, a
/// product that leaves the first cache with nothing but the last weights.
static void prefetchAlone(KernelBuilder &b, dnn::GemmPhaseOp op, Value block,
                          const PanelShape &shape, ArrayRef<Slot> slots) {
  SmallVector<Value> read;
  for (Value input : op.getInputs())
    if (features(input) != 1)
      read.push_back(input);
  prefetchRow(b, read, writtenAlone(op), b.index(0), b.mul(block, shape.units),
              unitsOf(slots));
}

void rnnc::emitPanelPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                          const PanelShape &shape, Value panelAddress,
                          func::FuncOp pair) {
  PanelReader panels(b, shape, panelAddress);
  Value zero = b.index(0);
  std::optional<Int8Row> bytes;
  if (shape.dots)
    bytes.emplace(b, shape, op.getA());
  auto emitUnits = [&](Value block, ArrayRef<Slot> slots,
                       ArrayRef<Value> sums) {
    size_t perGate = slots.size() / shape.gates;
    for (size_t i = 0; i < perGate; ++i) {
      SmallVector<Value> gates;
      for (int64_t gate = 0; gate < shape.gates; ++gate)
        gates.push_back(sums[gate * perGate + i]);
      Value unit = b.add(b.mul(block, shape.units), slots[i].offset);
      emitEpilogue(b, op, zero, unit, b.partial(slots[i].valid, shape.lanes),
                   gates);
    }
  };
  auto emitBlock = [&](Value block, ArrayRef<Slot> slots) {
    Type type = b.stripType(shape.element, shape.lanes);
    SmallVector<Value> sums(slots.size(), b.number(type, 0));
    prefetchAlone(b, op, block, shape, slots);
    sums = bytes ? bytes->multiply(panels, block, slots)
                 : multiplyBlock(b, shape, panels, block, slots, op.getA(),
                                 zero, sums);
    emitUnits(block, slots, sums);
  };
  std::optional<Part> part = getBlocks(b, op, shape);
  Value isOdd = isOddStep(b, op);
  if (!pair)
    return forEachBlock(b, shape, part, emitBlock, isOdd);

  Value tile = tileBuffer(b, op, shape.element, 2, shape.width());
  Value a = addressOf(b, op.getA()), tileAddress = addressOf(b, tile);
  auto emitPair = [&](Value first, ArrayRef<Slot> slots) {
    for (int64_t i : {0, 1})
      prefetchAlone(b, op, b.add(first, i), shape, slots);
    func::CallOp::create(b, pair,
                         ValueRange{a, tileAddress, panelAddress, first});
    for (int64_t i : {0, 1}) {
      SmallVector<Value> sums;
      for (const Slot &slot : slots)
        sums.push_back(b.load(tile, b.index(i),
                              b.index(slot.gate * shape.units + slot.offset),
                              {shape.lanes, nullptr}));
      emitUnits(b.add(first, i), slots, sums);
    }
  };
  forEachPairOfBlocks(b, shape, part, emitPair, emitBlock, isOdd);
}

/// The same in some rows, which lie far apart.
static void prefetchRows(KernelBuilder &b, dnn::GemmPhaseOp op, Value first,
                         Value count, Value unit, int64_t units) {
  SmallVector<Value> read;
  for (Value input : op.getInputs())
    if (features(input) != 1 &&
        cast<MemRefType>(input.getType()).getDimSize(0) != 1)
      read.push_back(input);
  SmallVector<Value> written = writtenAlone(op);
  b.loop(first, b.add(first, count), 1,
         [&](Value row) { prefetchRow(b, read, written, row, unit, units); });
}

void rnnc::emitTiledPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                          const PanelShape &shape, Value panelAddress,
                          func::FuncOp kernel, int64_t most, Value isOdd) {
  Value tile = tileBuffer(b, op, shape.element, most, shape.width());
  Value rows = b.rows(op.getA());
  Value tileAddress = addressOf(b, tile);
  auto emitBlock = [&](Value block, ArrayRef<Slot> slots) {
    int64_t units = unitsOf(slots);
    forEachTile(b, rows, most, [&](Value first, Value count) {
      prefetchRows(b, op, first, count, b.mul(block, shape.units), units);
      Value a = addressOf(b, rowsFrom(b, op.getA(), first, count));
      func::CallOp::create(
          b, kernel, ValueRange{a, tileAddress, panelAddress, count, block});
      b.loop(b.index(0), count, 1, [&](Value row) {
        b.strips(units, shape.lanes, [&](Value offset, const Strip &strip) {
          SmallVector<Value> gates;
          for (int64_t gate = 0; gate < shape.gates; ++gate)
            gates.push_back(
                b.load(tile, row, b.add(offset, gate * shape.units), strip));
          emitEpilogue(b, op, b.add(first, row),
                       b.add(b.mul(block, shape.units), offset), strip, gates);
        });
      });
    });
  };
  forEachBlock(b, shape, getBlocks(b, op, shape), emitBlock, isOdd);
}
