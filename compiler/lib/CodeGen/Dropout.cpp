//===- Dropout.cpp - Random masks by counter ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Philox2x32-10 from Salmon et al., "Parallel random numbers: as easy as 1, 2,
// 3", SC 2011, on vectors. Both words of a counter are kept in 64-bit lanes:
// a round is then one product of the low halves, a shift and two exclusive
// ors, without packing or unpacking.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Dropout.h"

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace rnnc;

static constexpr int64_t Multiplier = 0xD256D193;
static constexpr int64_t Weyl = 0x9E3779B9;
static constexpr int64_t LowWord = 0xFFFFFFFF;
static constexpr int Rounds = 10;

bool rnnc::hasDropout(Region &body) {
  return !body.getOps<dnn::DropoutOp>().empty();
}

namespace {

/// Arithmetic on strips of 64-bit integers.
struct Integers {
  KernelBuilder &b;
  int64_t width;

  Value constant(int64_t value) {
    return b.splat(arith::ConstantIntOp::create(b, value, 64), width);
  }
  Value low(Value x) { return arith::AndIOp::create(b, x, constant(LowWord)); }
  Value high(Value x) { return arith::ShRUIOp::create(b, x, constant(32)); }

  /// first, first + 1, ...
  Value count(Value first) {
    if (width == 1)
      return first;
    SmallVector<int64_t> steps(width);
    std::iota(steps.begin(), steps.end(), 0);
    Value offsets = arith::ConstantOp::create(
        b, DenseElementsAttr::get(VectorType::get(width, b.getI64Type()),
                                  ArrayRef<int64_t>(steps)));
    return arith::AddIOp::create(b, b.splat(first, width), offsets);
  }
};

} // namespace

/// The first word of each counter's block, under a key of 32 bits.
static Value emitPhilox(Integers n, Value counter, Value key) {
  KernelBuilder &b = n.b;
  Value first = n.low(counter), second = n.high(counter);
  for (int round = 0; round < Rounds; ++round) {
    Value product = arith::MulIOp::create(b, first, n.constant(Multiplier));
    Value bump = arith::ConstantIntOp::create(
        b, static_cast<int32_t>(static_cast<uint32_t>(round * Weyl)), 32);
    Value roundKey = b.splat(
        arith::ExtUIOp::create(b, b.getI64Type(),
                               arith::AddIOp::create(b, key, bump).getResult()),
        n.width);
    Value mixed = arith::XOrIOp::create(b, n.high(product), roundKey);
    first = n.low(arith::XOrIOp::create(b, mixed, second));
    second = product;
  }
  return first;
}

Value rnnc::emitDropout(KernelBuilder &b, dnn::DropoutOp op, Value value,
                        Value element, int64_t width) {
  double rate = op.getRate().convertToDouble();
  auto threshold =
      std::min(static_cast<int64_t>(std::ceil(rate * 0x1p32)), LowWord);
  Integers n{b, width};
  Value place = arith::IndexCastOp::create(b, b.getI64Type(), element);
  Value counter =
      n.count(arith::AddIOp::create(b, op.getFirst(), place).getResult());
  Value word = emitPhilox(n, counter, op.getKey());
  Value isKept = arith::CmpIOp::create(b, arith::CmpIPredicate::uge, word,
                                       n.constant(threshold));
  Value scaled = b.mulf(value, b.number(value.getType(), 1.0 / (1.0 - rate)));
  return arith::SelectOp::create(b, isKept, scaled,
                                 b.number(value.getType(), 0.0));
}
