//===- ApproximateMath.h - Functions of a few ulp ---------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Branchless code in place of one operation: the polynomials and what they are
// made of. What they are and how exact says ApproximateMath.cpp.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_APPROXIMATEMATH_H
#define RNNC_CODEGEN_APPROXIMATEMATH_H

#include "compiler/lib/CodeGen/KernelBuilder.h"

namespace rnnc {

/// What differs between the two formats.
struct FloatFormat {
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

inline constexpr FloatFormat SingleFormat = {
    32,         23,          127,
    12582912.0, 0.693359375, -2.12194440054690583e-4,
    -104.,      89.,         1.1754943508222875e-38};
inline constexpr FloatFormat DoubleFormat = {64,
                                             52,
                                             1023,
                                             6755399441055744.0,
                                             6.93145751953125e-1,
                                             1.42860682030941723212e-6,
                                             -746.,
                                             710.,
                                             2.2250738585072014e-308};

/// Emits, before an operation on f32 or f64, what may take its place.
class Approximation {
public:
  explicit Approximation(mlir::Operation *op)
      : b(op->getLoc(), op), x(op->getOperand(0)), type(x.getType()),
        isSingle(mlir::getElementTypeOrSelf(type).isF32()),
        format(isSingle ? SingleFormat : DoubleFormat) {}

  mlir::Value exp() { return exp(x); }
  mlir::Value tanh() { return isSingle ? tanhSingle() : tanhDouble(); }
  mlir::Value log() { return log(x); }
  mlir::Value log1p();
  /// 1 / (1 + exp(x)) in f32: a division.
  mlir::Value sigmoidOfNegative();

private:
  //===--- Shorthand -----------------------------------------------------===//

  mlir::Value number(double value) { return b.number(type, value); }
  mlir::Type integerType() {
    return type.isIntOrFloat()
               ? mlir::Type(b.getIntegerType(format.bits))
               : mlir::Type(llvm::cast<mlir::VectorType>(type).clone(
                     b.getIntegerType(format.bits)));
  }
  mlir::Value integer(int64_t value) {
    mlir::Type element = b.getIntegerType(format.bits);
    mlir::TypedAttr scalar = b.getIntegerAttr(element, value);
    if (auto vector = dyn_cast<mlir::VectorType>(type))
      return mlir::arith::ConstantOp::create(
          b, mlir::DenseElementsAttr::get(
                 llvm::cast<mlir::ShapedType>(integerType()), scalar));
    return mlir::arith::ConstantOp::create(b, scalar);
  }
  mlir::Value toBits(mlir::Value value) {
    return mlir::arith::BitcastOp::create(b, integerType(), value);
  }
  mlir::Value fromBits(mlir::Value value) {
    return mlir::arith::BitcastOp::create(b, type, value);
  }
  mlir::Value select(mlir::Value condition, mlir::Value a, mlir::Value c) {
    return mlir::arith::SelectOp::create(b, condition, a, c);
  }
  mlir::Value compare(mlir::arith::CmpFPredicate predicate, mlir::Value a,
                      mlir::Value c) {
    return mlir::arith::CmpFOp::create(b, predicate, a, c);
  }
  /// A value between two; NaN stays.
  mlir::Value clamp(mlir::Value value, mlir::Value low, mlir::Value high) {
    value = select(compare(mlir::arith::CmpFPredicate::OLT, value, low), low,
                   value);
    return select(compare(mlir::arith::CmpFPredicate::OGT, value, high), high,
                  value);
  }
  /// Coefficients from the highest power down.
  mlir::Value polynomial(mlir::Value at, llvm::ArrayRef<double> coefficients) {
    mlir::Value sum = number(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      sum = b.muladd(sum, at, number(coefficient));
    return sum;
  }
  /// The same by pairs of coefficients, given `square`: half the latency.
  mlir::Value polynomial(mlir::Value at, mlir::Value square,
                         llvm::ArrayRef<double> coefficients) {
    mlir::Value sum;
    if (coefficients.size() % 2 != 0) {
      sum = number(coefficients.front());
      coefficients = coefficients.drop_front();
    }
    for (; !coefficients.empty(); coefficients = coefficients.drop_front(2)) {
      mlir::Value pair =
          b.muladd(number(coefficients[0]), at, number(coefficients[1]));
      sum = sum ? b.muladd(sum, square, pair) : pair;
    }
    return sum;
  }
  /// 2^n for a normal result.
  mlir::Value power(mlir::Value n) {
    mlir::Value biased =
        mlir::arith::AddIOp::create(b, n, integer(format.bias));
    return fromBits(
        mlir::arith::ShLIOp::create(b, biased, integer(format.mantissa)));
  }

  mlir::Value exp(mlir::Value at);
  mlir::Value log(mlir::Value at);
  mlir::Value expReduced(mlir::Value r);
  mlir::Value tanhSingle();
  mlir::Value tanhDouble();
  mlir::Value logSingle(mlir::Value f);
  mlir::Value logDouble(mlir::Value f);

  KernelBuilder b;
  mlir::Value x;
  mlir::Type type;
  bool isSingle;
  FloatFormat format;
};

} // namespace rnnc

#endif
