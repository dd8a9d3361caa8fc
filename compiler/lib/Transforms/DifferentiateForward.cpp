//===- DifferentiateForward.cpp - Forward mode ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes @tangent: first the values of @forward and @loss in one function, then,
// beside each, its tangent along the caller's direction.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/DifferentiateForward.h"
#include "compiler/lib/Transforms/Passes.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/CSE.h"

namespace rnnc {
#define GEN_PASS_DEF_JOINFUNCTIONS
#define GEN_PASS_DEF_DIFFERENTIATEFORWARD
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Tangents
//===----------------------------------------------------------------------===//

/// The direction in which a parameter moves; null for what stays: inputs,
/// targets and frozen parameters.
static Value createDirection(OpBuilder &builder, GetOp get) {
  auto param = dyn_cast_if_present<ParamOp>(SymbolTable::lookupSymbolIn(
      get->getParentOfType<ModelOp>(), get.getSymbolAttr()));
  if (!param || param.getFrozen())
    return {};
  return DirectionOp::create(builder, get.getLoc(), get.getType(),
                             get.getSymbolAttr());
}

LogicalResult rnnc::pushForward(OpBuilder &builder, Operation *op,
                                Tangents &tangents) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return pushForwardScan(builder, scan, tangents);
  builder.setInsertionPointAfter(op);
  if (auto get = dyn_cast<GetOp>(op)) {
    tangents.set(get, createDirection(builder, get));
    return success();
  }
  SmallVector<Value> incoming;
  for (Value operand : op->getOperands())
    incoming.push_back(tangents.lookup(operand));
  if (llvm::none_of(incoming, [](Value tangent) { return tangent; }))
    return success();
  auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
  if (!differentiable)
    return op->emitError("expected an operation with a derivative, got '")
           << op->getName() << "'";
  SmallVector<Value> outgoing = differentiable.jvp(builder, incoming);
  for (auto [result, tangent] : llvm::zip(op->getResults(), outgoing))
    tangents.set(result, tangent);
  return success();
}

LogicalResult rnnc::pushForwardAll(FuncOp function, Tangents &tangents) {
  OpBuilder builder(function);
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBodyBlock()->without_terminator())
    ops.push_back(&op);
  for (Operation *op : ops)
    if (failed(pushForward(builder, op, tangents)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// One function of two
//===----------------------------------------------------------------------===//

/// Copies the body of a function to the end of another, whose return gets the
/// results that it does not have yet.
static void appendBody(FuncOp source, FuncOp target) {
  ReturnOp terminator = target.getReturn();
  OpBuilder builder(terminator);
  IRMapping mapping;
  for (Operation &op : source.getBodyBlock()->without_terminator())
    builder.clone(op, mapping);
  SmallVector<Attribute> roles(terminator.getRoles().getValue());
  SmallVector<Value> values(terminator.getValues());
  for (auto [role, value] :
       llvm::zip(source.getReturn().getRoles(), source.getReturn().getValues()))
    if (!llvm::is_contained(roles, role)) {
      roles.push_back(role);
      values.push_back(mapping.lookup(value));
    }
  terminator.setRolesAttr(builder.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
}

/// `@tangent`, without tangents yet: what @forward and @loss compute, once.
static FuncOp joinFunctions(ModelOp model) {
  FuncOp forward = model.lookupFunction("forward");
  FuncOp loss = model.lookupFunction("loss");
  FuncOp first = forward ? forward : loss;
  if (!first)
    return {};
  OpBuilder builder(first);
  builder.setInsertionPointAfter(loss ? loss : forward);
  auto joined = cast<FuncOp>(builder.clone(*first));
  joined.setSymName("tangent");
  if (forward && loss)
    appendBody(loss, joined);
  IRRewriter rewriter(builder);
  DominanceInfo dominance(joined);
  eliminateCommonSubExpressions(rewriter, dominance, joined);
  return joined;
}

//===----------------------------------------------------------------------===//
// The passes
//===----------------------------------------------------------------------===//

namespace {

class JoinFunctions : public rnnc::impl::JoinFunctionsBase<JoinFunctions> {
public:
  void runOnOperation() override { joinFunctions(getOperation()); }
};

class DifferentiateForward
    : public rnnc::impl::DifferentiateForwardBase<DifferentiateForward> {
public:
  void runOnOperation() override {
    FuncOp tangent = getOperation().lookupFunction("tangent");
    if (!tangent)
      tangent = joinFunctions(getOperation());
    Tangents tangents;
    if (!tangent)
      return;
    if (failed(pushForwardAll(tangent, tangents)))
      return signalPassFailure();
    returnTangents(tangent.getReturn(), tangents);
  }

private:
  static void returnTangents(ReturnOp terminator, const Tangents &tangents);
};

} // namespace

/// Adds the tangents of outputs and of the loss to what is returned, zero where
/// they do not depend on parameters.
void DifferentiateForward::returnTangents(ReturnOp terminator,
                                          const Tangents &tangents) {
  OpBuilder builder(terminator);
  SmallVector<Attribute> roles(terminator.getRoles().getValue());
  SmallVector<Value> values(terminator.getValues());
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues())) {
    bool isOutput = role.getKind() == RoleKind::Output;
    if (!isOutput && role.getKind() != RoleKind::Loss)
      continue;
    Value tangent = tangents.lookup(value);
    if (!tangent)
      tangent = createZero(builder, value.getLoc(), value.getType());
    roles.push_back(RoleAttr::get(builder.getContext(),
                                  isOutput ? RoleKind::OutputTangent
                                           : RoleKind::LossTangent,
                                  role.getSymbol()));
    values.push_back(tangent);
  }
  terminator.setRolesAttr(builder.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
}
