//===- Int8Row.cpp - One row times weights of int8 ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With u = q + 2^23 for the number q of an element, and its bytes u0, u1, u2:
// the sum of w q is that of w u0 + 2^8 w u1 + 2^16 w (u2 - 128). Instructions
// multiply unsigned bytes of A by signed weights, so the last sum begins with
// -128 times the sum of the column's weights.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Int8Row.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

static constexpr int64_t Planes = 3;
/// Steps of k that one dot product adds.
static constexpr int64_t Group = 4;
/// The number that the largest element of a row becomes: below 2^23 by more
/// than the two roundings on the way there.
static constexpr double Largest = (1 << 23) - 3;
/// Rows without a larger element count as zeros: the quotient stays finite.
static constexpr double Least = 1e-30;
/// So many steps of k, 255 * 127 each and 128 * 127 for the start, stay in 31
/// bits.
static constexpr int64_t MostSteps = 1 << 15;
/// Independent sums that hide the latency of dot products.
static constexpr int64_t WantedChains = 8;

bool Int8Row::mayMultiply(const PanelShape &shape, const TargetShape &target) {
  return target.dots && shape.storage == WeightStorage::Int8 &&
         shape.lanes == target.lanes(shape.element) && shape.k <= MostSteps;
}

//===----------------------------------------------------------------------===//
// Conversion
//===----------------------------------------------------------------------===//

/// Bytes of a plane: whole vectors.
static int64_t planeSize(const PanelShape &shape) {
  return llvm::alignTo(shape.k, std::max<int64_t>(shape.lanes, Group));
}

static Value planeBuffer(KernelBuilder &b, const PanelShape &shape,
                         Value address, Type type) {
  int64_t width = planeSize(shape) * 8 / type.getIntOrFloatBitWidth();
  return bufferAt(b, address, type, b.index(Planes), width, width);
}

Int8Row::Int8Row(KernelBuilder &b, const PanelShape &shape, Value a)
    : b(b), shape(shape) {
  Value address = allocate();
  planes = planeBuffer(b, shape, address, b.getI8Type());
  words = planeBuffer(b, shape, address, b.getI32Type());
  Value largest = findLargest(a);
  Type type = largest.getType();
  Value isSmall = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, largest,
                                        b.number(type, Least));
  Value quotient = b.divf(b.number(type, Largest), largest);
  Value inverse =
      arith::SelectOp::create(b, isSmall, b.number(type, 0), quotient);
  scale = b.splat(b.divf(largest, b.number(type, Largest)), shape.lanes);
  convert(a, b.splat(inverse, shape.lanes));
}

/// On the stack of the function, where no loop grows it.
Value Int8Row::allocate() {
  OpBuilder::InsertionGuard guard(b);
  auto function =
      b.getInsertionBlock()->getParentOp()->getParentOfType<func::FuncOp>();
  if (!function)
    function = cast<func::FuncOp>(b.getInsertionBlock()->getParentOp());
  b.setInsertionPointToStart(&function.getBody().front());
  Value size = arith::ConstantIntOp::create(b, Planes * planeSize(shape), 64);
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                b.getI8Type(), size, /*alignment=*/64);
}

/// The largest magnitude of the row. As whole numbers, the bits of magnitudes
/// have the order of what they stand for, NaN last.
Value Int8Row::findLargest(Value a) {
  int64_t lanes = shape.lanes, full = shape.k / lanes * lanes;
  Type floats = b.stripType(shape.element, lanes);
  Type type = b.stripType(b.getI32Type(), lanes);
  auto grow = [&](Value most, Value k, const Strip &strip) -> Value {
    Value magnitude = math::AbsFOp::create(b, b.load(a, b.index(0), k, strip));
    return arith::MaxSIOp::create(b, most,
                                  arith::BitcastOp::create(b, type, magnitude));
  };
  Value most = b.number(type, 0);
  if (full)
    most = b.loop(b.index(0), b.index(full), lanes, most,
                  [&](Value k, ValueRange carried) {
                    return SmallVector<Value>{
                        grow(carried[0], k, {lanes, nullptr})};
                  })[0];
  if (full < shape.k)
    most = grow(most, b.index(full), b.partial(shape.k - full, lanes));
  return b.fold(arith::BitcastOp::create(b, floats, most),
                [&](Value x, Value y) -> Value {
                  return arith::MaximumFOp::create(b, x, y);
                });
}

/// Writes the planes. What is no number becomes one, for the scale tells.
void Int8Row::convert(Value a, Value inverse) {
  int64_t lanes = shape.lanes;
  Type whole = b.stripType(b.getI32Type(), lanes);
  Type bytes = b.stripType(b.getI8Type(), lanes);
  auto convertStrip = [&](Value k, const Strip &strip) {
    Value element = b.load(a, b.index(0), k, strip);
    Value nearest = math::RoundEvenOp::create(b, b.mulf(element, inverse));
    nearest = b.larger(nearest, b.number(nearest.getType(), -Largest));
    Value number = arith::FPToSIOp::create(b, whole, nearest);
    Value shifted = arith::AddIOp::create(b, number, b.number(whole, 1 << 23));
    for (int64_t plane = 0; plane < Planes; ++plane) {
      Value part =
          arith::ShRUIOp::create(b, shifted, b.number(whole, 8.0 * plane));
      b.store(arith::TruncIOp::create(b, bytes, part), planes, b.index(plane),
              k, {lanes, nullptr});
    }
  };
  int64_t full = shape.k / lanes * lanes;
  if (full)
    b.loop(b.index(0), b.index(full), lanes,
           [&](Value k) { convertStrip(k, {lanes, nullptr}); });
  if (full < shape.k)
    convertStrip(b.index(full), b.partial(shape.k - full, lanes));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Value Int8Row::dot(Value sum, Value bytes, Value weights) const {
  int64_t lanes = shape.lanes;
  auto type = VectorType::get(lanes * Group, b.getI8Type());
  std::string name =
      "llvm.x86.avx512.vpdpbusd." + std::to_string(lanes * Group * 8);
  Value operands[] = {sum, vector::BitCastOp::create(b, type, bytes),
                      vector::BitCastOp::create(b, type, weights)};
  return LLVM::CallIntrinsicOp::create(b, sum.getType(), b.getStringAttr(name),
                                       operands)
      ->getResult(0);
}

/// Adds four steps of k to the sums of each plane and slot.
void Int8Row::multiplyGroup(const PanelReader &panels, Value block, Value group,
                            ArrayRef<Slot> slots,
                            MutableArrayRef<Value> sums) const {
  Value k = b.mul(group, Group);
  panels.prefetch(block, k);
  SmallVector<Value> weights = panels.load(block, k, slots);
  for (int64_t plane = 0; plane < Planes; ++plane) {
    Value word = b.load(words, b.index(plane), group, Strip());
    Value bytes = b.splat(word, shape.lanes);
    for (auto [i, weight] : llvm::enumerate(weights)) {
      Value &sum = sums[plane * slots.size() + i];
      sum = dot(sum, bytes, weight);
    }
  }
}

/// The sum of the planes' parts.
Value Int8Row::join(ArrayRef<Value> parts) const {
  Type type = b.stripType(shape.element, shape.lanes);
  Value sum;
  for (Value part : llvm::reverse(parts)) {
    Value value = arith::SIToFPOp::create(b, type, part);
    sum = sum ? b.muladd(sum, b.number(type, 256), value) : value;
  }
  return sum;
}

SmallVector<Value> Int8Row::multiply(const PanelReader &panels, Value block,
                                     ArrayRef<Slot> slots) const {
  Type type = b.stripType(b.getI32Type(), shape.lanes);
  int64_t groups = llvm::divideCeil(shape.k, Group);
  int64_t size = Planes * slots.size();
  int64_t sets = llvm::divideCeil(WantedChains, size);
  sets = std::min(sets, groups);
  SmallVector<Value> sums(sets * size, b.number(type, 0));
  for (auto [i, slot] : llvm::enumerate(slots))
    sums[(Planes - 1) * slots.size() + i] = arith::MulIOp::create(
        b, panels.loadSum(block, slot), b.number(type, -128));

  int64_t main = groups / sets * sets;
  sums =
      b.loop(b.index(0), b.index(main), sets, sums,
             [&](Value group, ValueRange carried) {
               SmallVector<Value> next(carried);
               for (int64_t set = 0; set < sets; ++set)
                 multiplyGroup(panels, block, b.add(group, set), slots,
                               MutableArrayRef(next).slice(set * size, size));
               return next;
             });
  for (int64_t group = main; group < groups; ++group)
    multiplyGroup(panels, block, b.index(group), slots,
                  MutableArrayRef(sums).take_front(size));
  for (int64_t set = 1; set < sets; ++set)
    for (int64_t i = 0; i < size; ++i)
      sums[i] = arith::AddIOp::create(b, sums[i], sums[set * size + i]);

  SmallVector<Value> results;
  for (auto [i, slot] : llvm::enumerate(slots)) {
    SmallVector<Value> parts;
    for (int64_t plane = 0; plane < Planes; ++plane)
      parts.push_back(sums[plane * slots.size() + i]);
    Value factor = b.mulf(scale, panels.loadScale(block, slot));
    results.push_back(b.mulf(join(parts), factor));
  }
  return results;
}
