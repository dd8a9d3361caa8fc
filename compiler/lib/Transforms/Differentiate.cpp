//===- Differentiate.cpp - Reverse mode ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes @gradient from @loss: the same operations, then their cotangents from
// the loss back to parameters, inputs and initial states.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Differentiate.h"
#include "compiler/lib/Transforms/Passes.h"

namespace rnnc {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

LogicalResult rnnc::pullBack(OpBuilder &builder, Operation *op,
                             Cotangents &cotangents) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return pullBackScan(builder, scan, cotangents);
  SmallVector<Value> incoming;
  for (Value result : op->getResults())
    incoming.push_back(cotangents.lookup(result));
  if (llvm::none_of(incoming, [](Value value) { return value; }))
    return success();
  if (isa<GetOp>(op))
    return success();
  auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
  if (!differentiable)
    return op->emitError("expected an operation with a derivative, got '")
           << op->getName() << "'";
  SmallVector<Value> outgoing = differentiable.vjp(builder, incoming);
  for (auto [operand, contribution] : llvm::zip(op->getOperands(), outgoing))
    cotangents.add(builder, operand, contribution);
  return success();
}

static bool isFrozen(Operation *declaration) {
  auto param = dyn_cast<ParamOp>(declaration);
  return param && param.getFrozen();
}

static bool isOfStream(Operation *declaration) {
  auto state = dyn_cast<StateOp>(declaration);
  return state && state.getOfStream();
}

/// Whether a gradient is wanted in a declaration, if it can have one.
static bool isVariable(Operation *declaration) {
  return isa<InputOp, StateOp>(declaration) ||
         (isa<ParamOp>(declaration) && !isFrozen(declaration));
}

LogicalResult rnnc::pullBackAll(FuncOp function, Cotangents &cotangents) {
  cotangents.restrictTo(findDependent(function, isVariable));
  OpBuilder builder(function.getReturn());
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBodyBlock()->without_terminator())
    if (op.getNumOperands() != 0 || op.getNumRegions() != 0)
      ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    if (op->getNumResults() != 0 && failed(pullBack(builder, op, cotangents)))
      return failure();
  return success();
}

/// The cotangents of what a function reads, by symbol.
static llvm::StringMap<Value>
collectBySymbol(FuncOp function, Cotangents &cotangents, OpBuilder &builder) {
  llvm::StringMap<Value> bySymbol;
  auto collect = [&](StringRef symbol, Value value) {
    Value &sum = bySymbol[symbol];
    sum = addOrNull(builder, value.getLoc(), sum, cotangents.lookup(value));
  };
  for (Operation &op : *function.getBodyBlock()) {
    if (auto get = dyn_cast<GetOp>(op))
      collect(get.getSymbol(), get);
    else if (auto initial = dyn_cast<InitialStateOp>(op))
      collect(initial.getSymbol(), initial);
  }
  return bySymbol;
}

void rnnc::returnGradients(FuncOp function, Cotangents &cotangents,
                           llvm::function_ref<bool(Operation *)> isWanted) {
  ReturnOp terminator = function.getReturn();
  OpBuilder builder(terminator);
  llvm::StringMap<Value> bySymbol =
      collectBySymbol(function, cotangents, builder);
  SmallVector<Attribute> roles(terminator.getRoles().getValue());
  SmallVector<Value> values(terminator.getValues());
  auto model = function->getParentOfType<ModelOp>();
  for (Operation &op : *model.getBodyBlock()) {
    if (!isa<ParamOp, InputOp, StateOp>(op) || isOfStream(&op) ||
        !isWanted(&op))
      continue;
    Type type = op.getAttrOfType<TypeAttr>("type").getValue();
    if (!isDifferentiable(type))
      continue;
    auto name = SymbolTable::getSymbolName(&op);
    Value value = isFrozen(&op) ? Value() : bySymbol.lookup(name);
    values.push_back(value ? value : createZero(builder, op.getLoc(), type));
    roles.push_back(RoleAttr::get(builder.getContext(), RoleKind::Gradient,
                                  FlatSymbolRefAttr::get(name)));
  }
  terminator.setRolesAttr(builder.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
}

namespace {

class Differentiate : public rnnc::impl::DifferentiateBase<Differentiate> {
public:
  void runOnOperation() override {
    FuncOp loss = getOperation().lookupFunction("loss");
    if (!loss)
      return;
    if (failed(differentiate(loss)))
      signalPassFailure();
  }

private:
  LogicalResult differentiate(FuncOp loss);
};

} // namespace

LogicalResult Differentiate::differentiate(FuncOp loss) {
  OpBuilder builder(loss);
  builder.setInsertionPointAfter(loss);
  auto gradient = cast<FuncOp>(builder.clone(*loss));
  gradient.setSymName("gradient");

  ReturnOp terminator = gradient.getReturn();
  builder.setInsertionPoint(terminator);
  Cotangents cotangents;
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (role.getKind() == RoleKind::Loss)
      cotangents.add(builder, value,
                     ConstantOp::create(builder, value.getLoc(),
                                        value.getType(),
                                        builder.getF64FloatAttr(1.0)));
  if (failed(pullBackAll(gradient, cotangents)))
    return failure();
  returnGradients(gradient, cotangents, [](Operation *) { return true; });
  return success();
}
