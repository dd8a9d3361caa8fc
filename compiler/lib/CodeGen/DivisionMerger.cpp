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

#include "mlir/Dialect/Math/IR/Math.h"
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

bool DivisionMerger::isSigmoid(arith::DivFOp division) {
  auto sum = division.getRhs().getDefiningOp<arith::AddFOp>();
  if (!sum || !isOne(division.getLhs()))
    return false;
  auto isExp = [](Value value) { return value.getDefiningOp<math::ExpOp>(); };
  return (isOne(sum.getLhs()) && isExp(sum.getRhs())) ||
         (isOne(sum.getRhs()) && isExp(sum.getLhs()));
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
  Value denominator = b.mulf(left.getRhs(), right.getRhs());
  product.replaceAllUsesWith(b.divf(numerator, denominator));
  product.erase();
  left.erase();
  right.erase();
}
