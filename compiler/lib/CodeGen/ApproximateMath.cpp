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

#include "compiler/lib/CodeGen/DivisionMerger.h"
#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "compiler/lib/CodeGen/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

namespace rnnc {
#define GEN_PASS_DEF_APPROXIMATEMATH
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;

static constexpr double Infinity = std::numeric_limits<double>::infinity();

namespace {

/// What differs between the two formats.
struct Format {
  unsigned bits, mantissa;
  int64_t bias;
  /// 1.5 * 2^mantissa: adding it rounds to an integer in the low bits.
  double magic;
  /// ln 2 in two parts; the first has enough trailing zeros that its product
  /// with an exponent is exact.
  double ln2High, ln2Low;
  /// Beyond these exp is zero or infinite.
  double expLowest, expHighest;
  double smallestNormal;
};

constexpr Format Single = {32,         23,          127,
                           12582912.0, 0.693359375, -2.12194440054690583e-4,
                           -104.,      89.,         1.1754943508222875e-38};
constexpr Format Double = {64,
                           52,
                           1023,
                           6755399441055744.0,
                           6.93145751953125e-1,
                           1.42860682030941723212e-6,
                           -746.,
                           710.,
                           2.2250738585072014e-308};

class Approximation {
public:
  Approximation(Operation *op)
      : b(op->getLoc(), op), x(op->getOperand(0)), type(x.getType()),
        isSingle(getElementTypeOrSelf(type).isF32()),
        format(isSingle ? Single : Double) {}

  Value exp() { return exp(x); }
  Value tanh() { return isSingle ? tanhSingle() : tanhDouble(); }
  Value log() { return log(x); }
  Value log1p();
  /// 1 / (1 + exp(x)) in f32: a division.
  Value sigmoidOfNegative();

private:
  //===--- Shorthand -----------------------------------------------------===//

  Value number(double value) { return b.number(type, value); }
  Type integerType() {
    return type.isIntOrFloat() ? Type(b.getIntegerType(format.bits))
                               : Type(cast<VectorType>(type).clone(
                                     b.getIntegerType(format.bits)));
  }
  Value integer(int64_t value) {
    Type element = b.getIntegerType(format.bits);
    TypedAttr scalar = b.getIntegerAttr(element, value);
    if (auto vector = dyn_cast<VectorType>(type))
      return arith::ConstantOp::create(
          b, DenseElementsAttr::get(cast<ShapedType>(integerType()), scalar));
    return arith::ConstantOp::create(b, scalar);
  }
  Value toBits(Value value) {
    return arith::BitcastOp::create(b, integerType(), value);
  }
  Value fromBits(Value value) {
    return arith::BitcastOp::create(b, type, value);
  }
  Value select(Value condition, Value a, Value c) {
    return arith::SelectOp::create(b, condition, a, c);
  }
  Value compare(arith::CmpFPredicate predicate, Value a, Value c) {
    return arith::CmpFOp::create(b, predicate, a, c);
  }
  /// A value between two; NaN stays.
  Value clamp(Value value, Value low, Value high) {
    value = select(compare(arith::CmpFPredicate::OLT, value, low), low, value);
    return select(compare(arith::CmpFPredicate::OGT, value, high), high, value);
  }
  /// Coefficients from the highest power down.
  Value polynomial(Value at, ArrayRef<double> coefficients) {
    Value sum = number(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      sum = b.muladd(sum, at, number(coefficient));
    return sum;
  }
  /// The same by pairs of coefficients, given `square`: half the latency.
  Value polynomial(Value at, Value square, ArrayRef<double> coefficients) {
    Value sum;
    if (coefficients.size() % 2 != 0) {
      sum = number(coefficients.front());
      coefficients = coefficients.drop_front();
    }
    for (; !coefficients.empty(); coefficients = coefficients.drop_front(2)) {
      Value pair =
          b.muladd(number(coefficients[0]), at, number(coefficients[1]));
      sum = sum ? b.muladd(sum, square, pair) : pair;
    }
    return sum;
  }
  /// 2^n for a normal result.
  Value power(Value n) {
    Value biased = arith::AddIOp::create(b, n, integer(format.bias));
    return fromBits(arith::ShLIOp::create(b, biased, integer(format.mantissa)));
  }

  Value exp(Value at);
  Value log(Value at);
  Value expReduced(Value r);
  Value tanhSingle();
  Value tanhDouble();
  Value logSingle(Value f);
  Value logDouble(Value f);

  KernelBuilder b;
  Value x;
  Type type;
  bool isSingle;
  Format format;
};

} // namespace

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
// log
//===----------------------------------------------------------------------===//

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
