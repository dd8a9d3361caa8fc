//===- ElaborateModule.cpp - The functions of the model -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Everything is evaluated into one block; @forward and @loss are copies of it
// from which is dropped what their results do not need.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include "mlir/IR/IRMapping.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

mlir::OwningOpRef<mlir::ModuleOp> Elaborator::run(const ModelDecl &decl) {
  model = &decl;
  Frame top;
  top.layers = &modelLayers;
  frame = &top;
  mlir::Block block;
  emitter.setFunction(&block);
  if (bindModelSizes()) {
    runBody(decl.body);
    emitter.setLoc(locationOf(decl.name.loc()));
  }
  mlir::OwningOpRef<mlir::ModuleOp> module;
  if (!diags.hasErrors())
    module = buildModule();
  frame = nullptr;
  return module;
}

//===----------------------------------------------------------------------===//
// What depends on targets
//===----------------------------------------------------------------------===//

void Elaborator::findTargetUsers() {
  auto isTarget = [&](StringRef name) {
    return any_of(inputs, [&](const InputDecl &input) {
      return input.isTarget && input.name == name;
    });
  };
  for (mlir::Operation &op : *emitter.getFunction()) {
    bool depends = false;
    op.walk([&](mlir::Operation *inner) {
      if (auto get = dyn_cast<GetOp>(inner))
        depends |= isTarget(get.getSymbol());
      for (mlir::Value operand : inner->getOperands())
        depends |= dependsOnTarget(operand);
    });
    if (depends)
      targetUsers.insert(&op);
  }
}

bool Elaborator::dependsOnTarget(mlir::Value value) const {
  return value.getDefiningOp() && targetUsers.contains(value.getDefiningOp());
}

/// A state is the model's, and can be carried from call to call, when its layer
/// is called once and @forward can compute it.
void Elaborator::keepModelStates() {
  SmallVector<StateDecl> kept;
  for (StateDecl &state : states) {
    bool isSingle = !state.owner || state.owner->calls == 1;
    if (isSingle && !dependsOnTarget(state.final)) {
      kept.push_back(state);
      continue;
    }
    state.initial.getResult().replaceAllUsesWith(state.initial.getValue());
    state.initial.erase();
  }
  states = std::move(kept);
}

bool Elaborator::checkOutputs() {
  if (outputs.empty() && !loss) {
    diags.error(model->name.range(), Rule::Output,
                "expected an output or a loss in model '" + model->name.text +
                    "', got neither");
    return false;
  }
  for (const OutputDecl &output : outputs)
    if (dependsOnTarget(output.value))
      diags.error(output.range, Rule::Output,
                  "expected an output that inputs give, got one that depends "
                  "on a target");
  if (!metrics.empty() && !loss)
    diags.error(metrics[0].range, Rule::Metric,
                "expected a loss in a model with metrics, got none");
  return !diags.hasErrors();
}

/// The inputs that a value is computed from, other than through `stops`.
static void collectInputs(mlir::Value value, ArrayRef<mlir::Value> stops,
                          SetVector<mlir::Operation *> &gets) {
  SetVector<mlir::Operation *> worklist;
  auto add = [&](mlir::Value operand) {
    if (operand.getDefiningOp() && !is_contained(stops, operand))
      worklist.insert(operand.getDefiningOp());
  };
  add(value);
  for (unsigned i = 0; i < worklist.size(); ++i)
    worklist[i]->walk([&](mlir::Operation *op) {
      if (isa<GetOp>(op))
        gets.insert(op);
      for (mlir::Value operand : op->getOperands())
        add(operand);
    });
}

/// What the output needs of its own time axis must come with each step; other
/// inputs are the stream's context.
bool Elaborator::checkStreamOutput(Identifier name, const OutputDecl &output) {
  SmallVector<mlir::Value> shifts;
  SmallVector<StringRef> listed;
  for (const StreamInput &input : streamInputs) {
    if (input.shift)
      shifts.push_back(input.shift);
    else
      listed.push_back(input.symbol);
  }
  SetVector<mlir::Operation *> gets;
  collectInputs(output.value, shifts, gets);
  StringRef axis = getAxis(output.type);
  bool isSound = true;
  for (mlir::Operation *op : gets) {
    auto get = cast<GetOp>(op);
    mlir::Type type = get.getResult().getType();
    if (!isSequence(type) || getAxis(type) != axis ||
        is_contained(listed, get.getSymbol()))
      continue;
    diags.error(name.range(), Rule::Stream,
                "expected the input '" + get.getSymbol() +
                    "' among those of the stream, for '" + name.text +
                    "' depends on it at every step");
    isSound = false;
  }
  return isSound;
}

bool Elaborator::checkStream() {
  if (!stream)
    return true;
  bool isSound = true;
  for (Identifier name : stream->outputs) {
    const auto *output = find_if(
        outputs, [&](const OutputDecl &o) { return o.name == name.text; });
    if (output == outputs.end())
      continue;
    if (isSequence(output->type)) {
      isSound &= checkStreamOutput(name, *output);
      continue;
    }
    diags.error(name.range(), Rule::Stream,
                "expected an output at every step, got one once a sequence");
    isSound = false;
  }
  return isSound;
}

//===----------------------------------------------------------------------===//
// The module
//===----------------------------------------------------------------------===//

static mlir::FlatSymbolRefAttr symbolOf(mlir::OpBuilder &builder,
                                        StringRef name) {
  return mlir::FlatSymbolRefAttr::get(builder.getContext(), name);
}

void Elaborator::createDeclarations(mlir::OpBuilder &builder) {
  for (const ParamDecl &param : params)
    ParamOp::create(builder, param.loc, param.name, param.type, param.init,
                    builder.getF64ArrayAttr(param.args), param.frozen);
  for (bool isTarget : {false, true})
    for (const InputDecl &input : inputs) {
      if (input.isTarget != isTarget)
        continue;
      mlir::IntegerAttr vocabulary;
      if (input.vocabulary)
        vocabulary = builder.getI64IntegerAttr(*input.vocabulary);
      mlir::StringAttr name = builder.getStringAttr(input.name);
      mlir::TypeAttr type = mlir::TypeAttr::get(input.type);
      if (isTarget)
        TargetOp::create(builder, input.loc, name, type, vocabulary);
      else
        InputOp::create(builder, input.loc, name, type, vocabulary);
    }
  for (const StateDecl &state : states)
    StateOp::create(builder, state.loc, state.name, state.type);
  for (const OutputDecl &output : outputs)
    OutputOp::create(builder, output.loc, output.name, output.type);
  for (const OutputDecl &metric : metrics)
    MetricOp::create(builder, metric.loc, metric.name);
  if (!stream)
    return;
  SmallVector<mlir::Attribute> from, to;
  SmallVector<int32_t> starts;
  for (const StreamInput &input : streamInputs) {
    from.push_back(symbolOf(builder, input.symbol));
    starts.push_back(input.shift
                         ? static_cast<int32_t>(
                               input.shift.getDefiningOp<ShiftOp>().getFill())
                         : -1);
  }
  for (Identifier name : stream->outputs)
    to.push_back(symbolOf(builder, name.text));
  bool isShifted = any_of(starts, [](int32_t start) { return start >= 0; });
  StreamOp::create(builder, locationOf(stream->name.loc()),
                   builder.getArrayAttr(from), builder.getArrayAttr(to),
                   isShifted ? builder.getDenseI32ArrayAttr(starts) : nullptr);
}

static void prune(mlir::Block &block) {
  for (mlir::Operation &op : make_early_inc_range(reverse(block))) {
    if (mlir::isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    for (mlir::Region &region : op.getRegions())
      for (mlir::Block &inner : region)
        prune(inner);
  }
}

void Elaborator::createFunction(mlir::OpBuilder &builder, StringRef name,
                                bool isLoss) {
  mlir::OpBuilder::InsertionGuard guard(builder);
  mlir::Location loc = locationOf(model->name.loc());
  auto function = FuncOp::create(builder, loc, name);
  mlir::Block &body = function.getBody().emplaceBlock();
  builder.setInsertionPointToEnd(&body);
  mlir::IRMapping map;
  for (mlir::Operation &op : *emitter.getFunction())
    builder.clone(op, map);

  SmallVector<mlir::Attribute> roles;
  SmallVector<mlir::Value> values;
  auto add = [&](RoleKind kind, StringRef symbol, mlir::Value value) {
    roles.push_back(RoleAttr::get(context, kind, symbolOf(builder, symbol)));
    values.push_back(map.lookup(value));
  };
  if (isLoss) {
    add(RoleKind::Loss, "loss", loss);
    for (const OutputDecl &metric : metrics)
      add(RoleKind::Metric, metric.name, metric.value);
  } else {
    for (const OutputDecl &output : outputs)
      add(RoleKind::Output, output.name, output.value);
  }
  for (const StateDecl &state : states)
    add(RoleKind::State, state.name, state.final);
  ReturnOp::create(builder, loc, builder.getArrayAttr(roles), values);
  prune(body);
}

/// Parameters and inputs that nothing shown to the outside depends on.
void Elaborator::warnWithoutEffect(ModelOp op) {
  llvm::StringSet<> read;
  op.walk([&](GetOp get) { read.insert(get.getSymbol()); });
  auto warn = [&](const Declaration &decl, StringRef what) {
    if (!read.contains(decl.name) && !axisUses.contains(decl.name))
      diags.warning(decl.range.Start, Rule::Unused,
                    what + " '" + decl.name +
                        "' has no effect on an output or loss",
                    decl.range);
  };
  for (const ParamDecl &param : params)
    warn(param, "parameter");
  for (const InputDecl &input : inputs)
    warn(input, input.isTarget ? "target" : "input");
}

mlir::OwningOpRef<mlir::ModuleOp> Elaborator::buildModule() {
  findTargetUsers();
  keepModelStates();
  if (!checkOutputs() || !checkStream())
    return nullptr;
  mlir::Location loc = locationOf(model->name.loc());
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::ModuleOp::create(loc);
  mlir::OpBuilder builder(context);
  builder.setInsertionPointToEnd(module->getBody());
  SmallVector<StringRef> axisNames(axes.begin(), axes.end());
  auto op =
      ModelOp::create(builder, loc, model->name.text,
                      builder.getStrArrayAttr(axisNames), emitter.getElement());
  builder.setInsertionPointToEnd(&op.getBody().emplaceBlock());
  createDeclarations(builder);
  createFunction(builder, "forward", /*isLoss=*/false);
  if (loss)
    createFunction(builder, "loss", /*isLoss=*/true);
  warnWithoutEffect(op);
  return module;
}

} // namespace rnnc::text
