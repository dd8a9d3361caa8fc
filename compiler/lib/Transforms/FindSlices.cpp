//===- FindSlices.cpp - What may run on parts of a batch ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Follows sums over the batch from where they are made to where they are
// returned. What a slice of the batch gives in the place of such a sum is its
// share; shares add up to what the whole batch gives as long as all that
// happens to the sum on its way is linear.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"

namespace rnnc {
#define GEN_PASS_DEF_FINDSLICES
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class Shares {
public:
  /// Whether every result of a function is a row a sequence or a sum of shares.
  bool check(FuncOp function) {
    for (Operation &op : function.getBodyBlock()->without_terminator())
      if (!visit(&op))
        return false;
    return checkReturn(function.getReturn());
  }

private:
  bool isShare(Value value) const { return shares.contains(value); }
  bool visit(Operation *op);
  bool isLinear(Operation *op) const;
  bool checkReturn(ReturnOp op) const;

  llvm::SmallDenseSet<Value> shares;
};

} // namespace

/// Whether the result of an operation on shares, and perhaps on static values
/// besides, is the sum of what it makes of the shares.
bool Shares::isLinear(Operation *op) const {
  if (op->getNumResults() != 1 || !isStatic(op->getResult(0).getType()))
    return false;
  auto all = [&] {
    return llvm::all_of(op->getOperands(), [&](Value v) { return isShare(v); });
  };
  return TypeSwitch<Operation *, bool>(op)
      .Case<AddOp, SubOp, ConcatOp>([&](auto) { return all(); })
      .Case([&](MulOp product) {
        return isShare(product.getLhs()) != isShare(product.getRhs());
      })
      .Case([&](DivOp quotient) { return !isShare(quotient.getRhs()); })
      .Case<NegOp, SliceOp, PadOp, TransposeOp, SumToOp, BroadcastOp>(
          [](auto) { return true; })
      .Default(false);
}

/// Records whether the results of an operation are shares; false where a share
/// is put to another use.
bool Shares::visit(Operation *op) {
  bool readsShare = false, readsRows = false;
  op->walk([&](Operation *inner) {
    for (Value operand : inner->getOperands()) {
      readsShare |= isShare(operand);
      readsRows |= !isStatic(operand.getType());
    }
  });
  if (readsShare && !isLinear(op))
    return false;
  for (Value result : op->getResults()) {
    if (!isStatic(result.getType()) || !(readsShare || readsRows))
      continue;
    if (readsRows && !isa<SumToOp>(op) && !op->hasTrait<RowSumOp>())
      return false;
    shares.insert(result);
  }
  return true;
}

bool Shares::checkReturn(ReturnOp op) const {
  auto roles = op.getRoles().getAsRange<RoleAttr>();
  for (auto [role, value] : llvm::zip_equal(roles, op.getValues())) {
    bool isSum =
        role.getKind() == RoleKind::Loss || role.getKind() == RoleKind::Metric;
    if (isSum ? !isShare(value) : isStatic(value.getType()))
      return false;
  }
  return true;
}

namespace {
class FindSlices : public rnnc::impl::FindSlicesBase<FindSlices> {
public:
  using FindSlicesBase::FindSlicesBase;

  void runOnOperation() override {
    FuncOp function = getOperation();
    if (Shares().check(function))
      function->setAttr(SlicesAttrName, UnitAttr::get(&getContext()));
  }
};
} // namespace
