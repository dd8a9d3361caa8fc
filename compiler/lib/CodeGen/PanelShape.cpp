//===- PanelShape.cpp - Panels and their blocks ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The sizes of a site's panels, and loops over their blocks: one at a time or
// in pairs, forwards or backwards, all or a thread's.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/Int8Row.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/FormatVariadic.h"

#include <numeric>

using namespace mlir;
using namespace rnnc;

const char *rnnc::nameOf(Type element) {
  if (element.isInteger(32))
    return "i32";
  return element.isF32() ? "f32" : "f64";
}

PanelShape::PanelShape(dnn::SiteOp site, const TargetShape &target)
    : element(site.getElementType()), n(site.getN()), k(site.getK()),
      gates(site.getGates()), units(site.getUnits()),
      storage(weightStorage(site.getStorage().value_or(nullptr))),
      lanes(std::gcd<int64_t>(site.getUnits(), target.lanes(element))),
      targetLanes(target.lanes(element)),
      tileRows(site.getTileRows().value_or(0)),
      dots(Int8Row::mayMultiply(*this, target)) {}

std::string PanelShape::name() const {
  static constexpr StringRef stored[] = {"", "_bf16", "_i8"};
  std::string name =
      llvm::formatv("{0}{1}_{2}x{3}_g{4}u{5}", nameOf(element),
                    stored[static_cast<int>(storage)], n, k, gates, units);
  if (tileRows)
    name += "t" + std::to_string(tileRows);
  return isFar ? name + "_far" : name;
}

SmallVector<Slot> rnnc::blockSlots(const PanelShape &shape, int64_t units) {
  SmallVector<Slot> slots;
  for (int64_t gate = 0; gate < shape.gates; ++gate)
    for (int64_t offset = 0; offset < units; offset += shape.lanes)
      slots.push_back({gate, offset, std::min(units - offset, shape.lanes)});
  return slots;
}

/// The place of `block` in a range when it is read backwards.
static Value mirror(KernelBuilder &b, Value block, Value first, Value last,
                    Value backwards) {
  Value mirrored = arith::SubIOp::create(b, b.add(first, last), block);
  return arith::SelectOp::create(b, backwards, mirrored, block);
}

/// Whether a range has an odd number of blocks; none where it ends before it
/// begins.
static Value isOddAndSome(KernelBuilder &b, Value begin, Value end) {
  Value count = arith::SubIOp::create(b, end, begin);
  Value bit = arith::AndIOp::create(b, count, b.index(1));
  Value isOdd =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ne, bit, b.index(0));
  Value isSome =
      arith::CmpIOp::create(b, arith::CmpIPredicate::slt, begin, end);
  return arith::AndIOp::create(b, isOdd, isSome);
}

static void partialBlock(KernelBuilder &b, const PanelShape &shape,
                         const std::optional<Part> &part,
                         llvm::function_ref<void(Value, ArrayRef<Slot>)> body) {
  if (!shape.tailUnits())
    return;
  auto partial = [&] {
    body(b.index(shape.fullBlocks()), blockSlots(shape, shape.tailUnits()));
  };
  if (part)
    b.ifTrue(part->hasRest, partial);
  else
    partial();
}

void rnnc::forEachBlock(KernelBuilder &b, const PanelShape &shape,
                        const std::optional<Part> &part,
                        llvm::function_ref<void(Value, ArrayRef<Slot>)> body,
                        Value backwards) {
  if (int64_t blocks = shape.fullBlocks()) {
    Value begin = part ? part->begin : b.index(0);
    Value end = part ? part->end : b.index(blocks);
    b.loop(begin, end, 1, [&](Value block) {
      if (backwards && blocks > 1)
        block = mirror(b, block, begin, b.add(end, -1), backwards);
      body(block, blockSlots(shape, shape.units));
    });
  }
  partialBlock(b, shape, part, body);
}

void rnnc::forEachPairOfBlocks(
    KernelBuilder &b, const PanelShape &shape, const std::optional<Part> &part,
    llvm::function_ref<void(Value, ArrayRef<Slot>)> pair,
    llvm::function_ref<void(Value, ArrayRef<Slot>)> single, Value backwards) {
  if (int64_t blocks = shape.fullBlocks()) {
    SmallVector<Slot> slots = blockSlots(shape, shape.units);
    Value begin = part ? part->begin : b.index(0);
    Value end = part ? part->end : b.index(blocks);
    if (blocks > 1)
      b.loop(begin, b.add(end, -1), 2, [&](Value block) {
        if (backwards)
          block = mirror(b, block, begin, b.add(end, -2), backwards);
        pair(block, slots);
      });
    // Where the last pair ends when blocks are read backwards, one is left.
    auto emitRest = [&] {
      Value last = b.add(end, -1);
      if (backwards && blocks > 1)
        last = arith::SelectOp::create(b, backwards, begin, last);
      single(last, slots);
    };
    if (part)
      b.ifTrue(isOddAndSome(b, begin, end), emitRest);
    else if (blocks % 2)
      emitRest();
  }
  partialBlock(b, shape, part, single);
}

Part rnnc::blocksOf(KernelBuilder &b, const PanelShape &shape,
                    const PartNumbers &numbers) {
  Part part{numbers.first, numbers.end, nullptr};
  if (!shape.tailUnits())
    return part;
  Value full = b.index(shape.fullBlocks());
  part.end = arith::MinUIOp::create(b, numbers.end, full);
  part.hasRest = arith::AndIOp::create(
      b, arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, numbers.end, full),
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, numbers.first,
                            numbers.end));
  return part;
}

Value rnnc::bufferAt(KernelBuilder &b, Value address, Type element, Value rows,
                     int64_t width, int64_t stride) {
  auto layout = StridedLayoutAttr::get(b.getContext(), 0, {stride, 1});
  auto type = MemRefType::get({ShapedType::kDynamic, width}, element, layout);
  Value zero = arith::ConstantIntOp::create(b, 0, 64);
  return dnn::BufferOp::create(b, type, address, zero, rows);
}

Value rnnc::matrixAt(KernelBuilder &b, Value address, Type element, Value rows,
                     Value columns, Value stride) {
  constexpr int64_t dynamic = ShapedType::kDynamic;
  auto layout = StridedLayoutAttr::get(b.getContext(), 0, {dynamic, 1});
  auto type = MemRefType::get({dynamic, dynamic}, element, layout);
  Value start = bufferAt(b, address, element, rows, 1, 1);
  return memref::ReinterpretCastOp::create(
      b, type, start, OpFoldResult(b.getIndexAttr(0)),
      ArrayRef<OpFoldResult>{rows, columns},
      ArrayRef<OpFoldResult>{stride, b.getIndexAttr(1)});
}
