//===- ApproximateLog.cpp - Logarithms of a few ulp -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// log and log1p in f32 and f64.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/ApproximateMath.h"

#include <limits>

using namespace mlir;
using namespace rnnc;

static constexpr double Infinity = std::numeric_limits<double>::infinity();

/// log(1 + f) - f + f^2 / 2 for 1 + f between sqrt(1/2) and sqrt(2).
Value Approximation::logSingle(Value f) {
  Value p = polynomial(f, {7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1,
                           -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
                           2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1});
  return b.mulf(b.mulf(p, f), b.mulf(f, f));
}

Value Approximation::logDouble(Value f) {
  Value p = polynomial(f, {1.01875663804580931796e-4, 4.97494994976747001425e-1,
                           4.70579119878881725854, 1.44989225341610930846e1,
                           1.79368678507819816313e1, 7.70838733755885391666});
  Value q = polynomial(f, {1., 1.12873587189167450590e1,
                           4.52279145837532221105e1, 8.29875266912776603211e1,
                           7.11544750618563894466e1, 2.31251620126765340583e1});
  return b.mulf(b.mulf(f, b.mulf(f, f)), b.divf(p, q));
}

Value Approximation::log(Value at) {
  // Subnormals are scaled to have a leading bit.
  Value isTiny =
      compare(arith::CmpFPredicate::OLT, at, number(format.smallestNormal));
  double scale = isSingle ? 0x1p23 : 0x1p52;
  Value normal = select(isTiny, b.mulf(at, number(scale)), at);
  Value bits = toBits(normal);
  // The exponent relative to sqrt(1/2), and what is left of the number.
  int64_t root = isSingle ? 0x3f3504f3 : 0x3fe6a09e667f3bcd;
  Value exponent =
      arith::ShRSIOp::create(b, arith::SubIOp::create(b, bits, integer(root)),
                             integer(format.mantissa));
  Value mantissa = fromBits(arith::SubIOp::create(
      b, bits, arith::ShLIOp::create(b, exponent, integer(format.mantissa))));
  Value n = arith::SIToFPOp::create(b, type, exponent);
  n = select(isTiny, b.subf(n, number(format.mantissa)), n);

  Value f = b.subf(mantissa, number(1));
  Value tail = isSingle ? logSingle(f) : logDouble(f);
  tail = b.muladd(n, number(format.ln2Low), tail);
  tail = b.muladd(b.mulf(f, f), number(-0.5), tail);
  Value result = b.muladd(n, number(format.ln2High), b.addf(f, tail));

  Value nan = number(std::numeric_limits<double>::quiet_NaN());
  result =
      select(compare(arith::CmpFPredicate::UGE, at, number(0)), result, nan);
  result = select(compare(arith::CmpFPredicate::OEQ, at, number(0)),
                  number(-Infinity), result);
  // Infinity and NaN are themselves.
  return select(compare(arith::CmpFPredicate::ULT, at, number(Infinity)),
                select(compare(arith::CmpFPredicate::UNO, at, at), at, result),
                at);
}

/// The sum loses low bits of x: log(1 + x) is to x as log(w) to w - 1, for
/// w = 1 + x rounded.
Value Approximation::log1p() {
  Value w = b.addf(x, number(1));
  Value ratio = b.divf(log(w), b.subf(w, number(1)));
  Value isTiny = compare(arith::CmpFPredicate::OEQ, w, number(1));
  Value isLarge = compare(arith::CmpFPredicate::OEQ, x, number(Infinity));
  return select(arith::OrIOp::create(b, isTiny, isLarge), x, b.mulf(x, ratio));
}
