//===- DivisionMerger.cpp - One division for two --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// (a / b) (c / d) is (a c) / (b d); where a or c is one, a product less.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/DivisionMerger.h"

#include "compiler/lib/CodeGen/KernelBuilder.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace rnnc;

static bool isOne(Value value) {
  FloatAttr scalar;
  DenseFPElementsAttr elements;
  if (matchPattern(value, m_Constant(&scalar)))
    return scalar.getValueAsDouble() == 1;
  return matchPattern(value, m_Constant(&elements)) && elements.isSplat() &&
         elements.getSplatValue<APFloat>().convertToDouble() == 1;
}

math::ExpOp DivisionMerger::findExpOfSigmoid(arith::DivFOp division) {
  auto sum = division.getRhs().getDefiningOp<arith::AddFOp>();
  if (!sum || !isOne(division.getLhs()))
    return nullptr;
  if (isOne(sum.getLhs()))
    return sum.getRhs().getDefiningOp<math::ExpOp>();
  return isOne(sum.getRhs()) ? sum.getLhs().getDefiningOp<math::ExpOp>()
                             : nullptr;
}

void DivisionMerger::run(Operation *root) {
  SmallVector<arith::MulFOp> products;
  root->walk([&](arith::MulFOp op) { products.push_back(op); });
  for (arith::MulFOp product : products)
    merge(product);
}

arith::DivFOp DivisionMerger::knownDivision(Value value) {
  auto division = value.getDefiningOp<arith::DivFOp>();
  bool merges = division && known.contains(division) && division->hasOneUse();
  return merges ? division : nullptr;
}

/// The denominator of a tanh has the sign of the result, and is ready later
/// than that of a sigmoid, which is positive: that one takes the sign.
static Value multiplyDenominators(KernelBuilder &b, Value left, Value right) {
  auto leftSign = left.getDefiningOp<math::CopySignOp>();
  auto rightSign = right.getDefiningOp<math::CopySignOp>();
  if (leftSign && !rightSign)
    return multiplyDenominators(b, right, left);
  if (leftSign || !rightSign)
    return b.mulf(left, right);
  Value sign = rightSign.getRhs();
  return b.mulf(math::CopySignOp::create(b, left, sign), rightSign.getLhs());
}

void DivisionMerger::merge(arith::MulFOp product) {
  arith::DivFOp left = knownDivision(product.getLhs());
  arith::DivFOp right = knownDivision(product.getRhs());
  if (!left || !right)
    return;
  KernelBuilder b(product.getLoc(), product.getOperation());
  Value numerator = isOne(left.getLhs()) ? right.getLhs()
                    : isOne(right.getLhs())
                        ? left.getLhs()
                        : b.mulf(left.getLhs(), right.getLhs());
  Value denominator = multiplyDenominators(b, left.getRhs(), right.getRhs());
  product.replaceAllUsesWith(b.divf(numerator, denominator));
  product.erase();
  left.erase();
  right.erase();
}
