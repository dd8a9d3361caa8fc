//===- ApproximateMath.cpp - tanh, exp and logarithms of a few ulp --------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Replaces math.tanh, math.exp, math.log and math.log1p on scalars and vectors
// by branchless code. Greatest errors, in units in the last place of the exact
// value:
//
//           f32                       f64
//   exp     2 (subnormals included)   2
//   tanh    5                         2
//   log     1                         1
//   log1p   3                         3
//   1 / (1 + exp)   3                 3
//
// The exponentials are Cody and Waite's reduction followed by the polynomial
// (f32) or rational function (f64) of S. Moshier's Cephes library, as are the
// logarithms and the f64 tanh; the f32 tanh is a rational function of degree 9
// over 8; 1 / (1 + exp(x)) takes the exponential's Pade approximant of degree 3
// over 3 in f32, whose denominator joins the sum; log(1 + x) is the logarithm
// of the rounded sum, corrected for the rounding (W. Kahan). Reductions
// subtract multiples of a constant with trailing zero bits, so that they are
// exact with and without fused multiply-add.
//
// The next step of a small network waits for these functions, so they are short
// chains rather than few operations: polynomials by pairs of coefficients, even
// and odd powers apart, signs applied to what is ready first.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/ApproximateMath.h"
#include "compiler/lib/CodeGen/DivisionMerger.h"
#include "compiler/lib/CodeGen/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"

namespace rnnc {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// exp
//===----------------------------------------------------------------------===//

/// e^r for |r| <= ln(2) / 2.
Value Approximation::expReduced(Value r) {
  Value square = b.mulf(r, r);
  if (isSingle) {
    Value p = polynomial(r, square,
                         {1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3,
                          4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1});
    return b.muladd(p, square, b.addf(r, number(1)));
  }
  Value p = b.mulf(r, polynomial(square, {1.26177193074810590878e-4,
                                          3.02994407707441961300e-2,
                                          9.99999999999999999910e-1}));
  Value q =
      polynomial(square, {3.00198505138664455042e-6, 2.52448340349684104192e-3,
                          2.27265548208155028766e-1, 2.00000000000000000005});
  Value ratio = b.divf(p, b.subf(q, p));
  return b.muladd(ratio, number(2), number(1));
}

Value Approximation::exp(Value at) {
  constexpr double log2e = 1.44269504088896340736;
  Value clamped =
      clamp(at, number(format.expLowest), number(format.expHighest));
  // `n` is the very number that the low bits hold: the sum with `magic`, once
  // rounded, is not contracted with its difference.
  Value shifted = b.muladd(clamped, number(log2e), number(format.magic));
  Value n = arith::SubFOp::create(b, shifted, number(format.magic));
  Value exponent =
      arith::SubIOp::create(b, toBits(shifted), toBits(number(format.magic)));
  Value r = b.muladd(n, number(-format.ln2High), clamped);
  r = b.muladd(n, number(-format.ln2Low), r);
  // Two factors, so that results underflow gradually.
  Value half = arith::ShRSIOp::create(b, exponent, integer(1));
  Value rest = arith::SubIOp::create(b, exponent, half);
  return b.mulf(b.mulf(expReduced(r), power(half)), power(rest));
}

/// With e^x = 2^n P(r) / P(-r): P(-r) / (P(-r) + 2^n P(r)). Bounds keep 2^n
/// P(r) a normal number; beyond the lower one the result is one, beyond the
/// upper it stays below 1e-38. NaN comes through P(-r). A negated x is read
/// before its negation, with r negated.
Value Approximation::sigmoidOfNegative() {
  constexpr double log2e = 1.44269504088896340736;
  auto negation = x.getDefiningOp<arith::NegFOp>();
  double sign = negation ? -1 : 1;
  Value at = negation ? clamp(negation.getOperand(), number(-88), number(32))
                      : clamp(x, number(-32), number(88));
  Value shifted = b.muladd(at, number(sign * log2e), number(format.magic));
  Value n = arith::SubFOp::create(b, shifted, number(format.magic));
  Value low = b.mulf(n, number(sign * format.ln2Low));
  Value r = arith::SubFOp::create(
      b, b.muladd(n, number(-sign * format.ln2High), at), low);
  Value square = b.mulf(r, r);
  // P(r) = c (1 + r^2 / 10 + (r / 2 + r^3 / 120)): its even and its odd part
  // give P(-r) as well. It stays below one, where rounding errors are smaller.
  constexpr double c = 0.84;
  Value even = b.muladd(square, number(c / 10), number(c));
  Value odd =
      b.mulf(r, b.muladd(square, number(sign * c / 120), number(sign * c / 2)));
  Value above = b.addf(even, odd), below = b.subf(even, odd);
  Value scale = power(
      arith::SubIOp::create(b, toBits(shifted), toBits(number(format.magic))));
  return b.divf(below, b.muladd(above, scale, below));
}

//===----------------------------------------------------------------------===//
// tanh
//===----------------------------------------------------------------------===//

/// tanh(x) = x P(x^2) / Q(x^2) to half an ulp for |x| <= TanhSaturation: a
/// minimax fit with P(0) = Q(0) = 1, so that small x are exact, whose f32
/// coefficients were then searched for the least error of evaluation. Beyond,
/// |x| P / Q of that point is above one.
static constexpr double TanhSaturation = 9.04929733;
static constexpr double TanhNumerator[] = {0x1.dfbc70p-27, 0x1.610e60p-16,
                                           0x1.cda0b6p-9, 0x1.127f74p-3, 1};
static constexpr double TanhDenominator[] = {0x1.aec7bcp-21, 0x1.5d0bb6p-12,
                                             0x1.a99c68p-6, 0x1.de950ap-2, 1};

Value Approximation::tanhSingle() {
  constexpr double most = TanhSaturation * TanhSaturation;
  Value size = math::AbsFOp::create(b, x);
  Value square = b.mulf(x, x);
  square = select(compare(arith::CmpFPredicate::OGT, square, number(most)),
                  number(most), square);
  Value fourth = b.mulf(square, square);
  // P = low + x^4 high, and so is |x| P a chain no longer than Q.
  ArrayRef<double> numerator(TanhNumerator);
  Value high = polynomial(square, fourth, numerator.drop_back(2));
  Value low = polynomial(square, fourth, numerator.take_back(2));
  Value p = b.muladd(b.mulf(size, fourth), high, b.mulf(size, low));
  Value q = polynomial(square, fourth, TanhDenominator);
  // Rounding must not take it beyond one.
  p = select(compare(arith::CmpFPredicate::OGT, p, q), q, p);
  return b.divf(p, math::CopySignOp::create(b, q, x));
}

Value Approximation::tanhDouble() {
  Value size = math::AbsFOp::create(b, x);
  Value square = b.mulf(x, x);
  Value p =
      polynomial(square, {-9.64399179425052238628e-1, -9.92877231001918586564e1,
                          -1.61468768441708447952e3});
  Value q =
      polynomial(square, {1., 1.12811678491632931402e2,
                          2.23548839060100448583e3, 4.84406305325125486048e3});
  Value cube = b.mulf(x, square);
  Value small = b.muladd(cube, b.divf(p, q), x);
  Value e = exp(b.addf(size, size));
  Value complement = b.divf(number(2), b.addf(e, number(1)));
  Value large = math::CopySignOp::create(b, b.subf(number(1), complement), x);
  Value isSmall = compare(arith::CmpFPredicate::OLT, size, number(0.625));
  return select(isSmall, small, large);
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

class ApproximateMath
    : public rnnc::impl::ApproximateMathBase<ApproximateMath> {
public:
  using ApproximateMathBase::ApproximateMathBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    SmallVector<arith::DivFOp> sigmoids;
    getOperation()->walk([&](Operation *op) {
      if (auto division = dyn_cast<arith::DivFOp>(op);
          division && DivisionMerger::findExpOfSigmoid(division))
        sigmoids.push_back(division);
    });
    for (arith::DivFOp &division : sigmoids)
      if (getElementTypeOrSelf(division.getType()).isF32())
        division = replaceSigmoid(division);
    getOperation()->walk([&](Operation *op) {
      if (isa<math::ExpOp, math::TanhOp, math::LogOp, math::Log1pOp>(op) &&
          isCovered(op))
        ops.push_back(op);
    });
    DivisionMerger merger;
    for (arith::DivFOp division : sigmoids)
      merger.add(division);
    for (Operation *op : ops) {
      Approximation approximation(op);
      Value value = isa<math::ExpOp>(op)    ? approximation.exp()
                    : isa<math::TanhOp>(op) ? approximation.tanh()
                    : isa<math::LogOp>(op)  ? approximation.log()
                                            : approximation.log1p();
      if (isa<math::TanhOp>(op))
        merger.add(value.getDefiningOp<arith::DivFOp>());
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    }
    merger.run(getOperation());
  }

private:
  /// The approximation in place of 1 / (1 + exp(x)).
  static arith::DivFOp replaceSigmoid(arith::DivFOp division) {
    auto sum = division.getRhs().getDefiningOp<arith::AddFOp>();
    math::ExpOp exp = DivisionMerger::findExpOfSigmoid(division);
    Value value = Approximation(exp).sigmoidOfNegative();
    division.replaceAllUsesWith(value);
    division.erase();
    if (sum->use_empty())
      sum.erase();
    if (exp->use_empty())
      exp.erase();
    return value.getDefiningOp<arith::DivFOp>();
  }

  static bool isCovered(Operation *op) {
    Type element = getElementTypeOrSelf(op->getResult(0).getType());
    return element.isF32() || element.isF64();
  }
};

} // namespace
