//===- LowerSoftmax.cpp - Softmax, cross-entropy, argmax ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Row kernels that reduce over the features of a row. The largest feature is
// subtracted before exp, so that no sum overflows.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/LowerRows.h"

#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <limits>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

/// Sums of a row side by side: one alone waits for itself.
static constexpr int64_t Chains = 4;

Value rnnc::reduceFeatures(
    KernelBuilder &b, Value buffer, Value row, int64_t lanes, double initial,
    llvm::function_ref<Value(Value, Value, const Strip &)> transform,
    llvm::function_ref<Value(Value, Value)> combine) {
  int64_t width = features(buffer), full = width / lanes * lanes;
  auto element = [&](Value column, const Strip &strip) {
    return transform(b.load(buffer, row, column, strip), column, strip);
  };
  if (width == 1)
    return element(b.index(0), Strip());
  Type type = b.stripType(elementType(buffer), lanes);
  Value start = b.number(type, initial), sum = start;
  int64_t together = Chains * lanes, wide = width / together * together;
  if (wide) {
    SmallVector<Value> sums(Chains, start);
    sums = b.loop(b.index(0), b.index(wide), together, sums,
                  [&](Value column, ValueRange carried) {
                    SmallVector<Value> next;
                    for (int64_t i = 0; i < Chains; ++i) {
                      Value at = b.add(column, i * lanes);
                      next.push_back(
                          combine(carried[i], element(at, {lanes, nullptr})));
                    }
                    return next;
                  });
    sum = combine(combine(sums[0], sums[1]), combine(sums[2], sums[3]));
  }
  if (wide < full)
    sum = b.loop(b.index(wide), b.index(full), lanes, sum,
                 [&](Value column, ValueRange carried) {
                   Value value = element(column, {lanes, nullptr});
                   return SmallVector<Value>{combine(carried[0], value)};
                 })[0];
  if (full < width) {
    Strip strip = b.partial(width - full, lanes);
    Value value = element(b.index(full), strip);
    Value kept = arith::SelectOp::create(b, strip.mask, value, start);
    sum = combine(sum, kept);
  }
  return b.fold(sum, combine);
}

/// The largest feature of a row; NaN is passed over here and comes back with
/// the sum of exponentials.
static Value largest(KernelBuilder &b, Value buffer, Value row, int64_t lanes) {
  return reduceFeatures(
      b, buffer, row, lanes, -std::numeric_limits<double>::infinity(),
      [](Value x, Value, const Strip &) { return x; },
      [&](Value x, Value y) { return b.larger(y, x); });
}

/// exp(x - most) of a strip.
static Value exponential(KernelBuilder &b, Value x, Value most,
                         const Strip &strip) {
  return math::ExpOp::create(b, b.subf(x, b.splat(most, strip.width)));
}

void rnnc::lower(KernelBuilder &b, SoftmaxOp op, int64_t lanes) {
  Value in = op.getInput(), out = op.getOut();
  auto addf = [&](Value x, Value y) { return b.addf(x, y); };
  PartNumbers rows = getRows(b, op, b.rows(in));
  b.loop(rows.first, rows.end, 1, [&](Value row) {
    Value most = largest(b, in, row, lanes);
    Value total = reduceFeatures(
        b, in, row, lanes, 0,
        [&](Value x, Value column, const Strip &strip) {
          Value value = exponential(b, x, most, strip);
          b.store(value, out, row, column, strip);
          return value;
        },
        addf);
    Value scale = b.divf(b.number(total.getType(), 1), total);
    b.strips(features(out), lanes, [&](Value column, const Strip &strip) {
      Value value = b.load(out, row, column, strip);
      b.store(b.mulf(value, b.splat(scale, strip.width)), out, row, column,
              strip);
    });
  });
}

void rnnc::lower(KernelBuilder &b, CrossEntropyOp op, int64_t lanes) {
  Value logits = op.getLogits();
  PartNumbers rows = getRows(b, op, b.rows(logits));
  b.loop(rows.first, rows.end, 1, [&](Value row) {
    Value most = largest(b, logits, row, lanes);
    Value total = reduceFeatures(
        b, logits, row, lanes, 0,
        [&](Value x, Value, const Strip &strip) {
          return exponential(b, x, most, strip);
        },
        [&](Value x, Value y) { return b.addf(x, y); });
    Value token = loadToken(b, op.getTokens(), row);
    Value own = b.load(logits, row, token, Strip());
    Value margin = b.subf(most, own);
    Value loss = b.addf(math::LogOp::create(b, total), margin);
    b.store(loss, op.getOut(), row, b.index(0), Strip());
  });
}

// exp(x - own - nats), the difference of logits first: their own size then
// costs no accuracy.
void rnnc::lower(KernelBuilder &b, CrossEntropyGradientOp op, int64_t lanes) {
  Value logits = op.getLogits(), out = op.getOut(), zero = b.index(0);
  PartNumbers rows = getRows(b, op, b.rows(logits));
  b.loop(rows.first, rows.end, 1, [&](Value row) {
    Value token = loadToken(b, op.getTokens(), row);
    Value own = b.load(logits, row, token, Strip());
    Value nats = b.load(op.getNats(), row, zero, Strip());
    Value scale = b.load(op.getCotangent(), row, zero, Strip());
    b.strips(features(out), lanes, [&](Value column, const Strip &strip) {
      Value apart =
          b.subf(b.load(logits, row, column, strip), b.splat(own, strip.width));
      Value p = exponential(b, apart, nats, strip);
      b.store(b.mulf(p, b.splat(scale, strip.width)), out, row, column, strip);
    });
    Value slope = b.load(out, row, token, Strip());
    b.store(b.subf(slope, scale), out, row, token, Strip());
  });
}

void rnnc::lower(KernelBuilder &b, ArgmaxOp op, int64_t lanes) {
  Value in = op.getInput(), zero = b.index(0);
  PartNumbers rows = getRows(b, op, b.rows(in));
  b.loop(rows.first, rows.end, 1, [&](Value row) {
    Value first = b.load(in, row, zero, Strip());
    SmallVector<Value> best =
        b.loop(b.index(1), b.index(features(in)), 1, {first, zero},
               [&](Value column, ValueRange carried) {
                 Value value = b.load(in, row, column, Strip());
                 Value better = arith::CmpFOp::create(
                     b, arith::CmpFPredicate::OGT, value, carried[0]);
                 return SmallVector<Value>{
                     arith::SelectOp::create(b, better, value, carried[0]),
                     arith::SelectOp::create(b, better, column, carried[1])};
               });
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), best[1]);
    b.store(arith::SIToFPOp::create(b, elementType(op.getOut()), number),
            op.getOut(), row, zero, Strip());
  });
}
