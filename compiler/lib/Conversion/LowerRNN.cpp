//===- LowerRNN.cpp - The lowering from rnn to dnn ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Lowers the functions of each model, makes its reset function, and leaves on
// the model what the descriptor says of its entry points.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

#include "rnn/rnn.h"

namespace rnnc {
#define GEN_PASS_DEF_LOWERRNN
#include "compiler/lib/Conversion/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class LowerRNN : public rnnc::impl::LowerRNNBase<LowerRNN> {
public:
  using LowerRNNBase::LowerRNNBase;

  void runOnOperation() override {
    for (auto model : getOperation().getOps<ModelOp>())
      if (failed(lowerModel(model)))
        return signalPassFailure();
  }

private:
  LogicalResult lowerModel(ModelOp model);
  LogicalResult emitReset(ModelOp model, const ModelLayout &layout,
                          const TargetShape &target);
};

} // namespace

static constexpr StringRef FunctionNames[] = {"forward", "loss", "gradient"};
static_assert(RNN_FORWARD == 0 && RNN_LOSS == 1 && RNN_GRADIENT == 2);

/// The initial state that a value is, whole or in part.
static InitialStateOp findInitialState(Value value) {
  while (auto slice = value.getDefiningOp<SliceOp>())
    value = slice.getOperand();
  return value.getDefiningOp<InitialStateOp>();
}

/// States are read from the records that they are returned to. One that is
/// returned as another (two that change places) is copied before any is
/// written.
static void detachStates(ReturnOp terminator) {
  OpBuilder builder(terminator);
  for (auto [role, operand] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValuesMutable())) {
    InitialStateOp initial = findInitialState(operand.get());
    if (role.getKind() == RoleKind::State && initial &&
        initial.getSymbolAttr() != role.getSymbol())
      operand.set(ConcatOp::create(builder, terminator.getLoc(), 0,
                                   ValueRange(operand.get())));
  }
}

LogicalResult LowerRNN::lowerModel(ModelOp model) {
  OpBuilder builder(model);
  ModelLayout layout(model);
  TargetShape target;
  target.vectorBytes = vectorBytes;
  target.registers = registers;
  if (failed(emitReset(model, layout, target)))
    return failure();
  for (auto function : model.getOps<FuncOp>())
    detachStates(function.getReturn());

  SmallVector<Attribute> functions;
  for (auto [index, name] : llvm::enumerate(FunctionNames)) {
    FuncOp function = model.lookupFunction(name);
    if (!function)
      continue;
    FunctionLowering lowering(model, function, EntryKind::Planned, index,
                              layout, target);
    if (failed(lowering.run(getOperation())))
      return failure();
    functions.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(name)),
         builder.getNamedAttr("index", builder.getI32IntegerAttr(index)),
         builder.getNamedAttr("packed_bytes", builder.getI64IntegerAttr(
                                                  lowering.getPackedBytes())),
         builder.getNamedAttr("arena", builder.getDenseI64ArrayAttr(
                                           lowering.getCoefficients()))}));
  }
  model->setAttr("rnnc.functions", builder.getArrayAttr(functions));
  if (FuncOp step = model.lookupFunction("step")) {
    FunctionLowering lowering(model, step, EntryKind::Step, -1, layout, target);
    if (failed(lowering.run(getOperation())))
      return failure();
    auto bytes = builder.getI64IntegerAttr(lowering.getPackedBytes());
    model->setAttr(
        "rnnc.stream",
        builder.getDictionaryAttr(builder.getNamedAttr("panels_bytes", bytes)));
  }
  for (FuncOp function : llvm::make_early_inc_range(model.getOps<FuncOp>()))
    function.erase();
  return success();
}

/// `@<model>_reset(params, record)`: what the states of @forward (of @loss, in
/// a model that is only trained) start from, as a function of its own.
LogicalResult LowerRNN::emitReset(ModelOp model, const ModelLayout &layout,
                                  const TargetShape &target) {
  FuncOp source = model.lookupFunction("forward");
  if (!source)
    source = model.lookupFunction("loss");
  if (layout.states.empty() || !source)
    return success();
  OpBuilder builder(source);
  auto reset = cast<FuncOp>(builder.clone(*source));
  reset.setSymName("reset");
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  for (auto initial : reset.getBodyBlock()->getOps<InitialStateOp>()) {
    roles.push_back(
        RoleAttr::get(&getContext(), RoleKind::State, initial.getSymbolAttr()));
    values.push_back(initial.getValue());
  }
  ReturnOp terminator = reset.getReturn();
  terminator.setRolesAttr(builder.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*reset.getBodyBlock())))
    if (isOpTriviallyDead(&op))
      op.erase();
  return FunctionLowering(model, reset, EntryKind::Reset, -1, layout, target)
      .run(getOperation());
}
