//===- PanelWeights.cpp - How panels keep their weights -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Rounding of weights when they are packed, and widening when they are read.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelWeights.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/MathExtras.h"

#include <cfloat>

using namespace mlir;
using namespace rnnc;

/// Far weights are asked for so many bytes ahead: reading them went from 90 to
/// 119 GB/s. Nearer ones come as fast as the hardware foresees them.
static constexpr int64_t PrefetchDistance = 2048;

/// The largest magnitude of a quantised weight: the range is symmetric.
static constexpr double Int8Largest = 127;

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// Steps of k that a word of panels stands for.
static int64_t groupOf(const PanelShape &shape) {
  return shape.storage == WeightStorage::BFloat16 ? 2 : shape.dots ? 4 : 1;
}

static Type wordType(KernelBuilder &b, const PanelShape &shape) {
  switch (shape.storage) {
  case WeightStorage::Element:
    return shape.element;
  case WeightStorage::BFloat16:
    return b.getI32Type();
  case WeightStorage::Int8:
    return shape.dots ? b.getI32Type() : b.getI8Type();
  }
  llvm_unreachable("covered switch");
}

/// Rows of words of a block.
static int64_t blockRows(const PanelShape &shape) {
  return llvm::divideCeil(shape.k, groupOf(shape));
}

static Value wordBuffer(KernelBuilder &b, const PanelShape &shape,
                        Value address) {
  return bufferAt(b, address, wordType(b, shape),
                  b.index(shape.blocks() * blockRows(shape)), shape.width(),
                  shape.width());
}

/// What is kept of columns, one row a block, behind the panels and `before`
/// such buffers; null where weights have no scales.
static Value columnBuffer(KernelBuilder &b, const PanelShape &shape,
                          Value address, Type element, int64_t before) {
  if (shape.storage != WeightStorage::Int8)
    return nullptr;
  int64_t rows = shape.blocks() * (llvm::divideCeil(shape.k, 4) + before);
  Value offset = arith::ConstantIntOp::create(b, rows * shape.width(), 64);
  Value start = LLVM::GEPOp::create(b, address.getType(), shape.element,
                                    address, ArrayRef<LLVM::GEPArg>{offset});
  return bufferAt(b, start, element, b.index(shape.blocks()), shape.width(),
                  shape.width());
}

/// The row of words of a block for step k.
static Value wordRow(KernelBuilder &b, const PanelShape &shape, Value block,
                     Value k) {
  Value row = k;
  if (int64_t group = groupOf(shape); group > 1)
    row = b.createOrFold<arith::DivUIOp>(k, b.index(group));
  return b.add(b.mul(block, blockRows(shape)), row);
}

static Value columnOf(KernelBuilder &b, const PanelShape &shape,
                      const Slot &slot) {
  return b.index(slot.gate * shape.units + slot.offset);
}

//===----------------------------------------------------------------------===//
// Bits
//===----------------------------------------------------------------------===//

static Type withElement(Type type, Type element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(element);
  return element;
}

static Value asBits(KernelBuilder &b, Value value) {
  return arith::BitcastOp::create(
      b, withElement(value.getType(), b.getI32Type()), value);
}

static Value asFloat(KernelBuilder &b, Value bits) {
  return arith::BitcastOp::create(
      b, withElement(bits.getType(), b.getF32Type()), bits);
}

static Value shiftRight(KernelBuilder &b, Value bits, int64_t by) {
  return arith::ShRUIOp::create(b, bits, b.number(bits.getType(), by));
}

static Value upperHalf(KernelBuilder &b, Value bits) {
  return arith::AndIOp::create(b, bits, b.number(bits.getType(), -65536));
}

Value rnnc::roundToBFloat16(KernelBuilder &b, Value value) {
  Value bits = asBits(b, value);
  Type type = bits.getType();
  // Half of the last place, less one where what is kept is even: a carry goes
  // on into the exponent, and from the largest exponent to infinity.
  Value odd =
      arith::AndIOp::create(b, shiftRight(b, bits, 16), b.number(type, 1));
  Value half = arith::AddIOp::create(b, odd, b.number(type, 0x7fff));
  Value rounded = arith::AddIOp::create(b, bits, half);
  Value quiet = arith::OrIOp::create(b, bits, b.number(type, 0x400000));
  Value isNaN =
      arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, value, value);
  return upperHalf(b, arith::SelectOp::create(b, isNaN, quiet, rounded));
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

PanelReader::PanelReader(KernelBuilder &b, const PanelShape &shape,
                         Value address)
    : b(b), shape(shape), words(wordBuffer(b, shape, address)),
      scales(columnBuffer(b, shape, address, shape.element, 0)),
      sums(columnBuffer(b, shape, address, b.getI32Type(), 1)) {}

int64_t PanelReader::group() const { return groupOf(shape); }

SmallVector<Value> PanelReader::load(Value block, Value k,
                                     ArrayRef<Slot> slots) const {
  Value row = wordRow(b, shape, block, k);
  SmallVector<Value> loaded;
  for (const Slot &slot : slots)
    loaded.push_back(
        b.load(words, row, columnOf(b, shape, slot), {shape.lanes, nullptr}));
  return loaded;
}

void PanelReader::prefetch(Value block, Value k) const {
  if (!shape.isFar)
    return;
  int64_t wordBytes = wordType(b, shape).getIntOrFloatBitWidth() / 8;
  int64_t rowBytes = shape.width() * wordBytes;
  Value later = b.add(wordRow(b, shape, block, k),
                      llvm::divideCeil(PrefetchDistance, rowBytes));
  for (int64_t at = 0; at < shape.width(); at += LineBytes / wordBytes)
    memref::PrefetchOp::create(b, words, ValueRange{later, b.index(at)},
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

/// The byte of a step in words of four, or the only one, as 32 bits.
static Value wholeNumber(KernelBuilder &b, const PanelShape &shape, Value word,
                         int64_t step) {
  Type type = word.getType();
  if (!shape.dots)
    return arith::ExtSIOp::create(b, withElement(type, b.getI32Type()), word);
  if (step < 3)
    word = arith::ShLIOp::create(b, word, b.number(type, 24 - 8 * step));
  return arith::ShRSIOp::create(b, word, b.number(type, 24));
}

SmallVector<Value> PanelReader::widen(ArrayRef<Value> loaded,
                                      int64_t step) const {
  SmallVector<Value> weights(loaded);
  if (shape.storage == WeightStorage::Element)
    return weights;
  for (Value &word : weights) {
    if (shape.storage == WeightStorage::Int8) {
      Value whole = wholeNumber(b, shape, word, step);
      word = arith::SIToFPOp::create(
          b, withElement(word.getType(), shape.element), whole);
    } else if (step == 0) {
      word = asFloat(
          b, arith::ShLIOp::create(b, word, b.number(word.getType(), 16)));
    } else {
      word = asFloat(b, upperHalf(b, word));
    }
  }
  return weights;
}

Value PanelReader::loadScale(Value block, const Slot &slot) const {
  return b.load(scales, block, columnOf(b, shape, slot),
                {shape.lanes, nullptr});
}

Value PanelReader::loadSum(Value block, const Slot &slot) const {
  return b.load(sums, block, columnOf(b, shape, slot), {shape.lanes, nullptr});
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

PanelWriter::PanelWriter(KernelBuilder &b, const PanelShape &shape,
                         Value address)
    : b(b), shape(shape), words(wordBuffer(b, shape, address)),
      scales(columnBuffer(b, shape, address, shape.element, 0)),
      sums(columnBuffer(b, shape, address, b.getI32Type(), 1)) {}

int64_t PanelWriter::group() const { return groupOf(shape); }

/// The nearest whole number from -127 to 127, ties to even; -127 for NaN, whose
/// column has a scale that is NaN.
static Value quantise(KernelBuilder &b, Value weight, Value divisor,
                      Type whole) {
  Type type = weight.getType();
  Value nearest = math::RoundEvenOp::create(b, b.divf(weight, divisor));
  Value least = b.larger(nearest, b.number(type, -Int8Largest));
  Value most = b.number(type, Int8Largest);
  Value isLess =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, least, most);
  Value clamped = arith::SelectOp::create(b, isLess, least, most);
  return arith::FPToSIOp::create(b, withElement(type, whole), clamped);
}

/// Four whole numbers as the bytes of a word, the first the lowest.
static Value joinBytes(KernelBuilder &b, ArrayRef<Value> bytes) {
  Type type = bytes[0].getType();
  Value word;
  for (auto [i, byte] : llvm::enumerate(bytes)) {
    Value part = arith::AndIOp::create(b, byte, b.number(type, 255));
    part = arith::ShLIOp::create(b, part, b.number(type, 8.0 * i));
    word = word ? arith::OrIOp::create(b, word, part) : part;
  }
  return word;
}

Value PanelWriter::store(ArrayRef<Value> steps, Value block, Value k,
                         const Slot &slot, Value divisor, Value sum) const {
  Value word = steps[0];
  if (shape.dots) {
    SmallVector<Value> bytes;
    for (Value step : steps) {
      bytes.push_back(quantise(b, step, divisor, b.getI32Type()));
      if (sum)
        sum = arith::AddIOp::create(b, sum, bytes.back());
    }
    word = joinBytes(b, bytes);
  } else if (shape.storage == WeightStorage::Int8) {
    word = quantise(b, word, divisor, b.getI8Type());
  } else if (shape.storage == WeightStorage::BFloat16) {
    Value low = shiftRight(b, roundToBFloat16(b, steps[0]), 16);
    word = arith::OrIOp::create(b, low, roundToBFloat16(b, steps[1]));
  }
  b.store(word, words, wordRow(b, shape, block, k), columnOf(b, shape, slot),
          {shape.lanes, nullptr});
  return sum;
}

SmallVector<Value> PanelWriter::initialSums() const {
  if (!shape.dots)
    return {};
  return {b.number(b.stripType(b.getI32Type(), shape.lanes), 0)};
}

void PanelWriter::storeSum(Value sum, Value block, const Slot &slot) const {
  b.store(sum, sums, block, columnOf(b, shape, slot), {shape.lanes, nullptr});
}

Value PanelWriter::storeScale(Value largest, Value block,
                              const Slot &slot) const {
  Type type = largest.getType();
  Value scale = b.divf(largest, b.number(type, Int8Largest));
  // So small that the scale would lose its digits, weights count as zeros.
  Value isTiny = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, scale,
                                       b.number(type, FLT_MIN));
  scale = arith::SelectOp::create(b, isTiny, b.number(type, 0), scale);
  b.store(scale, scales, block, columnOf(b, shape, slot),
          {shape.lanes, nullptr});
  return arith::SelectOp::create(b, isTiny, b.number(type, FLT_MAX), scale);
}
