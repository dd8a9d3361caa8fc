//===- LowerRNN.cpp - The lowering from rnn to dnn ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Lowers the functions of each model, makes its reset function, and leaves on
// the model what the descriptor says of its entry points.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/Checkpoints.h"
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
  /// A function of the model that is to become an entry point, or null.
  FuncOp lookupWanted(ModelOp model, StringRef name) {
    bool isWanted = functions.empty() || llvm::is_contained(functions, name);
    return isWanted ? model.lookupFunction(name) : FuncOp();
  }
  LogicalResult lowerModel(ModelOp model);
  LogicalResult emitReset(ModelOp model, const ModelLayout &layout,
                          const TargetShape &target);
  LogicalResult readChoices(ModelOp model);

  /// For functions without derivatives, and those with them.
  SiteChoices choices, ofDerivatives;
};

} // namespace

static constexpr StringRef FunctionNames[] = {
    "forward", "loss", "gradient", "tangent", "gauss_newton", "encode"};
static_assert(RNN_FORWARD == 0 && RNN_LOSS == 1 && RNN_GRADIENT == 2 &&
              RNN_TANGENT == 3 && RNN_GAUSS_NEWTON == 4 && RNN_ENCODE == 5);

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

static void eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// A step finds its states in the stream's record: what they start from, and
/// the weights of that, are no part of it.
static void dropStarts(FuncOp step) {
  for (auto initial : step.getBodyBlock()->getOps<InitialStateOp>()) {
    OpBuilder builder(initial);
    initial.getValueMutable().assign(
        createZero(builder, initial.getLoc(), initial.getType()));
  }
  eraseDead(*step.getBodyBlock());
}

/// What fills the stream's records: the model's reset where they are alike, a
/// function of their own, or @encode.
static void describeStream(ModelOp model, const ModelLayout &layout,
                           int64_t panelsBytes) {
  Builder builder(model.getContext());
  StringRef reset = layout.stateBytes != 0 ? "reset" : "";
  if (model.lookupFunction("begin"))
    reset = "begin";
  else if (model.lookupFunction("encode"))
    reset = "";
  SmallVector<NamedAttribute> description = {builder.getNamedAttr(
      "panels_bytes", builder.getI64IntegerAttr(panelsBytes))};
  if (!reset.empty())
    description.push_back(
        builder.getNamedAttr("reset", builder.getStringAttr(reset)));
  model->setAttr("rnnc.stream", builder.getDictionaryAttr(description));
}

namespace {
/// What a function wants of its plan: `checkpoint_mode`, `checkpoint_interval`.
struct CheckpointInfo {
  rnn_checkpoint mode = RNN_CHECKPOINT_NONE;
  int64_t interval = 0;
};
} // namespace

/// What threads may do with a function: all of them are a team's, slices follow
/// from what `rnn-find-slices` said of
/// those that it was made from: @gradient and @gauss_newton from @loss, @encode
/// from @forward, @tangent from both.
static uint32_t getThreadFlags(ModelOp model, StringRef name) {
  auto isMarked = [&](StringRef source, bool orMissing) {
    FuncOp function = model.lookupFunction(source);
    return function ? function->hasAttr(SlicesAttrName) : orMissing;
  };
  bool isSliced;
  if (name == "tangent")
    isSliced = isMarked("forward", true) && isMarked("loss", true);
  else if (name == "forward" || name == "encode")
    isSliced = isMarked("forward", false);
  else
    isSliced = isMarked("loss", false);
  return RNN_TEAM | (isSliced ? RNN_SLICES : 0);
}

static CheckpointInfo describeCheckpoints(FuncOp function) {
  CheckpointInfo info;
  function.walk([&](CheckpointOp op) {
    bool isLog = op.getKind() == CheckpointKind::Log;
    info.mode = isLog ? RNN_CHECKPOINT_LOG : RNN_CHECKPOINT_EVERY;
    info.interval = op.getInterval().value_or(0);
  });
  return info;
}

/// Whether a function, by its index, has derivatives, whose weights stay as
/// they are.
static bool hasDerivatives(size_t index) {
  return index == RNN_GRADIENT || index == RNN_TANGENT ||
         index == RNN_GAUSS_NEWTON;
}

LogicalResult LowerRNN::readChoices(ModelOp model) {
  choices = {};
  if (tileRows && tileVectors)
    choices.tile = Tile{tileRows, tileVectors};
  ofDerivatives = choices;
  if (weights.empty())
    return success();
  Builder builder(&getContext());
  if (weights != "bf16" && weights != "int8")
    return model.emitError("expected weights bf16 or int8, got '")
           << weights << "'";
  if (!model.getElementType().isF32())
    return model.emitError("expected a model of f32 for weights of ")
           << weights << ", got one of " << model.getElementType();
  choices.storage = weights == "bf16" ? Type(builder.getBF16Type())
                                      : Type(builder.getI8Type());
  model->setAttr("rnnc.weights", TypeAttr::get(choices.storage));
  return success();
}

LogicalResult LowerRNN::lowerModel(ModelOp model) {
  if (failed(readChoices(model)))
    return failure();
  OpBuilder builder(model);
  ModelLayout layout(model);
  TargetShape target;
  target.vectorBytes = vectorBytes;
  target.registers = registers;
  target.fused = fused;
  if (failed(emitReset(model, layout, target)))
    return failure();
  for (auto function : model.getOps<FuncOp>()) {
    detachFinalStates(function);
    detachStates(function.getReturn());
  }

  SmallVector<Attribute> described;
  for (auto [index, name] : llvm::enumerate(FunctionNames)) {
    FuncOp function = lookupWanted(model, name);
    if (!function)
      continue;
    CheckpointInfo checkpoint = describeCheckpoints(function);
    uint32_t flags = getThreadFlags(model, name);
    FunctionLowering lowering(model, function, EntryKind::Planned, index,
                              layout, target,
                              hasDerivatives(index) ? ofDerivatives : choices);
    if (failed(lowering.run(getOperation())))
      return failure();
    SmallVector<int64_t> stages;
    SmallVector<int32_t> loops, stageAxes;
    for (const rnn_stage &stage : lowering.getStages()) {
      stages.push_back(stage.cost);
      loops.push_back(stage.loop);
      stageAxes.push_back(stage.axis);
    }
    if (!stages.empty())
      flags |= RNN_WAVE;
    described.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(name)),
         builder.getNamedAttr("index", builder.getI32IntegerAttr(index)),
         builder.getNamedAttr("packed_bytes", builder.getI64IntegerAttr(
                                                  lowering.getPackedBytes())),
         builder.getNamedAttr("checkpoint",
                              builder.getI32IntegerAttr(checkpoint.mode)),
         builder.getNamedAttr("interval",
                              builder.getI64IntegerAttr(checkpoint.interval)),
         builder.getNamedAttr("flags", builder.getI32IntegerAttr(flags)),
         builder.getNamedAttr("stages", builder.getDenseI64ArrayAttr(stages)),
         builder.getNamedAttr("stage_loops",
                              builder.getDenseI32ArrayAttr(loops)),
         builder.getNamedAttr("stage_axes",
                              builder.getDenseI32ArrayAttr(stageAxes)),
         builder.getNamedAttr("arena", builder.getDenseI64ArrayAttr(
                                           lowering.getCoefficients()))}));
  }
  model->setAttr("rnnc.functions", builder.getArrayAttr(described));
  FuncOp begin = model.lookupFunction("begin");
  if (begin && failed(FunctionLowering(model, begin, EntryKind::Reset, -1,
                                       layout, target, choices)
                          .run(getOperation())))
    return failure();
  if (FuncOp step = lookupWanted(model, "step")) {
    dropStarts(step);
    FunctionLowering lowering(model, step, EntryKind::Step, -1, layout, target,
                              choices);
    if (failed(lowering.run(getOperation())))
      return failure();
    describeStream(model, layout, lowering.getPackedBytes());
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
  if (layout.stateBytes == 0 || !source)
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
  eraseDead(*reset.getBodyBlock());
  return FunctionLowering(model, reset, EntryKind::Reset, -1, layout, target,
                          choices)
      .run(getOperation());
}
