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
  LogicalResult emitReset(ModelOp model, const ModelLayout &layout);
};

} // namespace

static constexpr StringRef FunctionNames[] = {"forward", "loss", "gradient"};
static_assert(RNN_FORWARD == 0 && RNN_LOSS == 1 && RNN_GRADIENT == 2);

LogicalResult LowerRNN::lowerModel(ModelOp model) {
  OpBuilder builder(model);
  ModelLayout layout(model);
  TargetShape target;
  target.vectorBytes = vectorBytes;
  target.registers = registers;
  if (failed(emitReset(model, layout)))
    return failure();

  SmallVector<Attribute> functions;
  for (auto [index, name] : llvm::enumerate(FunctionNames)) {
    FuncOp function = model.lookupFunction(name);
    if (!function)
      continue;
    FunctionLowering lowering(model, function, index, layout, target);
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
    FunctionLowering lowering(model, step, -1, layout, target);
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

/// The view of one piece of a record or of the parameters.
static Value makeVector(ImplicitLocOpBuilder &b, Value base, int64_t offset,
                        Type element, int64_t width) {
  auto type =
      MemRefType::get({1, width}, element,
                      StridedLayoutAttr::get(b.getContext(), 0, {width, 1}));
  Value start = arith::ConstantIntOp::create(b, offset, 64);
  Value one = arith::ConstantIndexOp::create(b, 1);
  return dnn::BufferOp::create(b, type, base, start, one);
}

/// Writes what a state starts from into a record: a number or a parameter.
static LogicalResult emitInitial(ImplicitLocOpBuilder &b, InitialStateOp op,
                                 const ModelLayout &layout, Value parameters,
                                 Value record) {
  int64_t width = getWidth(op.getType());
  Type element = cast<RankedTensorType>(op.getType()).getElementType();
  int64_t offset = layout.stateOffsets[layout.states.lookup(op.getSymbol())];
  if (auto constant = op.getValue().getDefiningOp<ConstantOp>()) {
    dnn::FillOp::create(b, constant.getValueAttr(),
                        makeVector(b, record, offset, element, width));
    return success();
  }
  auto broadcast = op.getValue().getDefiningOp<BroadcastOp>();
  bool isParameter = broadcast && isWeightExpression(broadcast.getOperand()) &&
                     getWidth(broadcast.getOperand().getType()) == width;
  if (!isParameter)
    return op.emitError("expected an initial state that is a number or made of "
                        "parameters, got one that is computed");
  for (const WeightPiece &piece :
       getWeightPieces(broadcast.getOperand(), layout))
    dnn::CopyOp::create(
        b, makeVector(b, parameters, piece.offset, element, piece.columns),
        makeVector(b, record, offset + piece.column, element, piece.columns),
        false, false);
  return success();
}

/// `@<model>_reset(params, record)`: the model's own initial state.
LogicalResult LowerRNN::emitReset(ModelOp model, const ModelLayout &layout) {
  FuncOp forward = model.lookupFunction("forward");
  if (layout.states.empty() || !forward)
    return success();
  ImplicitLocOpBuilder b(model.getLoc(), &getContext());
  b.setInsertionPointToEnd(getOperation().getBody());
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  auto reset = func::FuncOp::create(
      b, (model.getSymName() + "_reset").str(),
      b.getFunctionType({pointer, pointer}, b.getI32Type()));
  b.setInsertionPointToStart(reset.addEntryBlock());
  for (auto initial : forward.getBodyBlock()->getOps<InitialStateOp>())
    if (failed(emitInitial(b, initial, layout, reset.getArgument(0),
                           reset.getArgument(1))))
      return failure();
  func::ReturnOp::create(b, Value(arith::ConstantIntOp::create(b, RNN_OK, 32)));
  return success();
}
