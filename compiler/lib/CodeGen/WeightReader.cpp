//===- WeightReader.cpp - A weight as packing reads it --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A buffer has rows of the operand that lies side by side; of a weight where
// neither does, rows of one element, so that any stride is a row index.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/WeightReader.h"

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

WeightReader::WeightReader(KernelBuilder &b, Type element, int64_t lanes,
                           int64_t units, int64_t steps, int64_t ldn,
                           int64_t ldk, Value weight)
    : b(b), element(element), lanes(lanes), steps(steps), ldn(ldn), ldk(ldk) {
  if (ldk == 1)
    this->weight = bufferAt(b, weight, element, b.index(units), steps, ldn);
  else if (ldn == 1)
    this->weight = bufferAt(b, weight, element, b.index(steps), units, ldk);
  else
    this->weight =
        bufferAt(b, weight, element,
                 b.index((units - 1) * ldn + (steps - 1) * ldk + 1), 1, 1);
}

int64_t WeightReader::stepsInSquares() const {
  return ldk == 1 && lanes > 1 ? steps / lanes * lanes : 0;
}

Value WeightReader::zero() { return b.number(b.stripType(element, lanes), 0); }

Strip WeightReader::strip(UnitLanes valid) {
  if (valid.begin == 0)
    return b.partial(valid.end, lanes);
  SmallVector<bool> mask(lanes, false);
  std::fill(mask.begin() + valid.begin, mask.begin() + valid.end, true);
  auto type = VectorType::get(lanes, b.getI1Type());
  return {lanes,
          arith::ConstantOp::create(b, DenseElementsAttr::get(type, mask))};
}

Value WeightReader::readElement(Value n, Value k) {
  if (ldk == 1)
    return b.load(weight, n, k, Strip());
  Value at = b.add(b.mul(n, ldn), b.mul(k, ldk));
  return b.load(weight, at, b.index(0), Strip());
}

Value WeightReader::read(Value n, Value k, UnitLanes valid) {
  if (valid.begin == valid.end)
    return zero();
  if (hasAdjacentUnits())
    return b.load(weight, k, n, strip(valid));
  SmallVector<Value> units(lanes, b.number(element, 0));
  for (int64_t lane = valid.begin; lane < valid.end; ++lane)
    units[lane] = readElement(b.add(n, lane), k);
  if (lanes == 1)
    return units[0];
  return vector::FromElementsOp::create(b, VectorType::get(lanes, element),
                                        units);
}

void WeightReader::prefetchSquare(Value n, Value k) const {
  for (int64_t lane = 0; lane < lanes; ++lane)
    memref::PrefetchOp::create(b, weight, ValueRange{b.add(n, lane), k},
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

void WeightReader::prefetch(Value n, Value k) const {
  memref::PrefetchOp::create(b, weight, ValueRange{k, n}, /*isWrite=*/false,
                             /*localityHint=*/2, /*isDataCache=*/true);
}

SmallVector<Value> WeightReader::readSquare(Value n, Value k, UnitLanes valid) {
  SmallVector<Value> square(lanes, zero());
  for (int64_t lane = valid.begin; lane < valid.end; ++lane)
    square[lane] = b.load(weight, b.add(n, lane), k, b.partial(lanes, lanes));
  if (valid.begin < valid.end)
    b.transpose(square);
  return square;
}
