//===- ElaborateStmt.cpp - Statements of cells and models -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// States, parameters, layers, assignments and loops.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

void Elaborator::runBody(ArrayRef<Stmt *> body) {
  for (Stmt *stmt : body)
    if (!exhausted && !diags.full())
      runStmt(stmt);
}

void Elaborator::runStmt(const Stmt *stmt) {
  emitter.setLoc(locationOf(stmt->loc));
  bool isModel = !frame->instance;
  switch (stmt->kind) {
  case Stmt::State:
    return recurrence ? runState(cast<StateStmt>(stmt)) : void();
  case Stmt::Param:
    return runParam(cast<ParamStmt>(stmt));
  case Stmt::Layer:
    return runLayer(cast<LayerStmt>(stmt));
  case Stmt::Assign:
    return runAssign(cast<AssignStmt>(stmt));
  case Stmt::For:
    return runFor(cast<ForStmt>(stmt));
  case Stmt::Input:
    return isModel ? declareInput(cast<InputStmt>(stmt)) : void();
  case Stmt::Output:
    return isModel ? declareOutput(cast<OutputStmt>(stmt)) : void();
  case Stmt::Loss:
    return isModel ? declareLoss(cast<LossStmt>(stmt)) : void();
  case Stmt::Metric:
    return isModel ? declareMetric(cast<MetricStmt>(stmt)) : void();
  case Stmt::Stream:
    return isModel ? declareStream(cast<StreamStmt>(stmt)) : void();
  }
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

void Elaborator::runState(const StateStmt *stmt) {
  if (stmt->shape.dims.size() != 1) {
    recurrence->failed = true;
    return;
  }
  std::optional<Size> size = evalDim(stmt->shape.dims[0]);
  if (!size) {
    recurrence->failed = true;
    return;
  }
  for (Identifier name : stmt->names)
    addState(name, stmt, *size);
}

void Elaborator::reportInitial(Identifier name, const StateStmt *stmt,
                               const Value &start, const Size &size,
                               SMRange at) {
  bool isGiven = recurrence->given.contains(name.text) &&
                 frame->instance == recurrence->top;
  error(at, isGiven ? Rule::Initial : Rule::State,
        "expected an initial value of shape " + describeShape(size) +
            " for the state '" + name.text + "', got " + describe(start));
  noteOrigin(start, at);
  diags.note(name.loc(), "the state is declared here", stmt->shape.range);
}

void Elaborator::addState(Identifier name, const StateStmt *stmt,
                          const Size &size) {
  Instance *owner = frame->instance;
  mlir::Block *function = emitter.getFunction();
  auto given = recurrence->given.find(name.text);
  bool isGiven = owner == recurrence->top && given != recurrence->given.end();
  auto *zeros = dyn_cast_or_null<NameExpr>(stmt->init);
  bool isZeros = !stmt->init || (zeros && zeros->name == "zeros" &&
                                 !frame->values.contains("zeros"));
  Value start = isGiven   ? given->second.value
                : isZeros ? Value::makeNumber(0)
                          : eval(stmt->init);
  emitter.setLoc(locationOf(name.loc()));
  Level batch{1, {}};
  Recurrence::State state;
  state.name = name.text;
  state.owner = owner;
  state.size = size;
  bool fits =
      start.isVector() && (sizeOf(start) == size || sizeOf(start).isOne());
  if (start.isNumber())
    state.init = emitter.constant(function, emitter.typeAt(batch, size.value()),
                                  start.number);
  else if (fits)
    state.init = emitter.raise(function, emitter.materialise(start), batch,
                               size.value());
  else if (!start.isInvalid())
    reportInitial(name, stmt, start, size,
                  isGiven ? given->second.range : stmt->init->range);
  if (!state.init) {
    recurrence->failed = true;
    return;
  }
  if (!isGiven) {
    std::string symbol = owner->path + "." + name.text.str();
    mlir::OpBuilder &builder = emitter.getBuilder();
    builder.setInsertionPointToEnd(function);
    state.initial = InitialStateOp::create(
        builder, emitter.getLoc(), state.init.getType(), symbol, state.init);
    state.init = state.initial.getResult();
  }
  mlir::Value current =
      emitter.getStep()->addArgument(state.init.getType(), emitter.getLoc());
  Value value = Value::makeVector(current, size);
  value.origin = stmt->shape.range;
  frame->values[name.text] = value;
  recurrence->states.push_back(state);
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

std::optional<double> Elaborator::evalNumber(const Expr *expr, Rule rule) {
  Value value = eval(expr);
  if (value.isNumber())
    return value.number;
  if (!value.isInvalid())
    error(expr->range, rule, "expected a number, got " + describe(value));
  return std::nullopt;
}

void Elaborator::runParam(const ParamStmt *stmt) {
  SmallVector<Size> dims;
  for (const Expr *expr : stmt->shape.dims) {
    std::optional<Size> dim = evalDim(expr);
    if (!dim)
      return;
    dims.push_back(*dim);
  }
  if (dims.empty() || dims.size() > 2)
    return;
  for (Identifier name : stmt->names) {
    // A later call of a layer finds the parameters of the first.
    Instance *owner = frame->instance;
    bool isKnown = owner && owner->params.contains(name.text);
    frame->values[name.text] =
        isKnown ? owner->params[name.text] : createParam(name, stmt, dims);
    if (owner)
      owner->params[name.text] = frame->values[name.text];
  }
}

bool Elaborator::countParams(const ParamStmt *stmt, ArrayRef<Size> dims) {
  constexpr uint64_t maxElements = uint64_t(1) << 40;
  uint64_t count = 1;
  for (const Size &dim : dims)
    count *= dim.value();
  elements += count;
  if (count <= maxElements && elements <= maxElements)
    return true;
  error(stmt->shape.range, Rule::SizeRange,
        "expected at most 2^40 parameters in a model, got more with " +
            describeShape(dims));
  elements = 0;
  return false;
}

bool Elaborator::evalInitialiser(const ParamStmt *stmt, ArrayRef<Size> dims,
                                 ParamDecl &decl) {
  const Initialiser *init = findInitialiser(stmt->init.text);
  if (!init)
    return false;
  decl.init = init->name.str();
  for (const Expr *arg : stmt->initArgs) {
    std::optional<double> number = evalNumber(arg, Rule::Param);
    if (!number)
      return false;
    decl.args.push_back(*number);
  }
  // The gain of glorot, orthogonal and identity is 1 unless given.
  if (decl.args.size() < init->maxArgs)
    decl.args.resize(init->maxArgs, 1.0);
  return checkInitialiser(stmt, dims, decl);
}

/// The shapes and numbers that the initialiser is defined for.
bool Elaborator::checkInitialiser(const ParamStmt *stmt, ArrayRef<Size> dims,
                                  const ParamDecl &decl) {
  StringRef name = decl.init;
  bool isSparse = name == "sparse";
  bool isMatrixOnly = isSparse || name == "orthogonal" || name == "identity";
  bool isSquare = dims.size() == 2 && dims[0].value() == dims[1].value();
  if (isSparse ? !isSquare : isMatrixOnly && dims.size() != 2) {
    error(stmt->init.range(), Rule::Param,
          "expected a " + Twine(isSparse ? "square " : "") +
              "matrix for initialiser '" + name + "', got " +
              describeShape(dims));
    return false;
  }
  if (!isSparse)
    return true;
  if (!(decl.args[0] > 0 && decl.args[0] <= 1)) {
    error(stmt->initArgs[0]->range, Rule::Param,
          "expected a density above 0 and up to 1, got " +
              formatNumber(decl.args[0]));
    return false;
  }
  if (decl.args[1] > 0)
    return true;
  error(stmt->initArgs[1]->range, Rule::Param,
        "expected a spectral radius above 0, got " +
            formatNumber(decl.args[1]));
  return false;
}

/// Declares the parameter and reads it; invalid after an error.
Value Elaborator::createParam(Identifier name, const ParamStmt *stmt,
                              ArrayRef<Size> dims) {
  const Instance *owner = frame->instance;
  SmallVector<int64_t> shape;
  for (const Size &dim : dims)
    shape.push_back(dim.value());
  auto type = mlir::RankedTensorType::get(shape, emitter.getElement());
  std::string symbol =
      owner ? owner->path + "." + name.text.str() : name.text.str();
  ParamDecl decl{{symbol, type, locationOf(name.loc()), name.range()},
                 "",
                 {},
                 stmt->frozen};
  if (!countParams(stmt, dims) || !evalInitialiser(stmt, dims, decl))
    return {};
  params.push_back(decl);
  emitter.setLoc(decl.loc);
  mlir::Value ir = emitter.emit<GetOp>({}, type, symbol);
  Value value = dims.size() == 1 ? Value::makeVector(ir, dims[0])
                                 : Value::makeMatrix(ir, dims[0], dims[1]);
  value.origin = stmt->shape.range;
  return value;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

void Elaborator::runLayer(const LayerStmt *stmt) {
  std::string key = stmt->name.text.str();
  if (stmt->index) {
    std::optional<Size> index = evalSize(stmt->index);
    if (!index)
      return;
    key += "." + std::to_string(index->value());
  }
  // A layer whose declaration is wrong stays in the table as null, so that
  // its calls are passed over.
  std::unique_ptr<Instance> &slot = (*frame->layers)[key];
  Instance *owner = frame->instance;
  if (slot) {
    // The second evaluation of a cell finds the layers of the first.
    if (owner && owner->calls > 1)
      return;
    error(stmt->name.range(), Rule::Layer,
          "expected one layer '" + key + "', got a second one");
    diags.note(slot->decl->name.loc(), "the first one is here",
               slot->decl->name.range());
    return;
  }
  const CellDecl *cell = file.findCell(stmt->cell.text);
  if (!cell || stmt->sizes.size() > cell->sizes.size())
    return;
  auto instance = std::make_unique<Instance>();
  instance->path = owner ? owner->path + "." + key : key;
  instance->cell = cell;
  instance->decl = stmt;
  // Sizes without a name are the last ones of the cell.
  size_t skipped = cell->sizes.size() - stmt->sizes.size();
  for (auto [index, expr] : enumerate(stmt->sizes)) {
    std::optional<Size> size = evalDim(expr);
    if (!size)
      return;
    instance->sizes[cell->sizes[skipped + index].name.text] = *size;
  }
  for (const NamedArg &arg : stmt->named) {
    std::optional<Size> size = evalDim(arg.value);
    if (!size)
      return;
    if (!instance->sizes.try_emplace(arg.name.text, *size).second) {
      error(arg.name.range(), Rule::LayerSize,
            "expected one value for the size '" + arg.name.text +
                "', got a second one");
      return;
    }
  }
  slot = std::move(instance);
}

//===----------------------------------------------------------------------===//
// Assignments and loops
//===----------------------------------------------------------------------===//

void Elaborator::assign(const Place &place, Value value, SMRange range) {
  StringRef name = place.name.text;
  if (place.isDiscard())
    return;
  if (!place.next) {
    frame->values[name] = value;
    return;
  }
  Value state = frame->values.lookup(name);
  if (value.isInvalid() || !state.isVector())
    return;
  const Size &size = state.parts[0].size;
  if (value.isNumber()) {
    mlir::Type type = emitter.typeAt({1, {}}, size.value());
    value = Value::makeVector(
        emitter.constant(emitter.getStep(), type, value.number), size);
  }
  if (!value.isVector() || !(sizeOf(value) == size)) {
    error(range, Rule::State,
          "expected shape " + describeShape(size) + " for the next state '" +
              name + "'', got " + describe(value));
    diags.note(state.origin.Start, "the shape of the state is declared here",
               state.origin);
    return;
  }
  frame->next[name] = value;
}

void Elaborator::runAssign(const AssignStmt *stmt) {
  SMRange range = stmt->value->range;
  SmallVector<Value> values, finalStates;
  if (auto *call = dyn_cast<CallExpr>(stmt->value)) {
    if (findLayer(call)) {
      CallResult result = callLayer(call);
      values = result.values;
      finalStates = result.finalStates;
    } else {
      values = evalCall(call);
    }
  } else {
    values.push_back(eval(stmt->value));
  }
  size_t count = stmt->places.size();
  bool isSound = none_of(values, [](const Value &v) { return v.isInvalid(); });
  if (values.size() != count && isSound && !values.empty())
    error(stmt->loc, Rule::Destructure,
          "expected " + counted(values.size(), "name") + ", got " +
              Twine(count),
          range);
  values.resize(count);
  finalStates.resize(stmt->states.size());
  for (auto [place, value] : zip(stmt->places, values))
    assign(place, value, range);
  for (auto [place, value] : zip(stmt->states, finalStates))
    assign(place, value, range);
}

void Elaborator::runFor(const ForStmt *stmt) {
  std::optional<Size> first = evalSize(stmt->first);
  std::optional<Size> last = evalSize(stmt->last);
  if (!first || !last || first->value() > last->value())
    return;
  constexpr uint64_t limit = 4096;
  uint64_t steps = static_cast<uint64_t>(last->value()) -
                   static_cast<uint64_t>(first->value());
  if (steps >= limit) {
    error(stmt->loc, Rule::For,
          "expected a 'for' of at most " + Twine(limit) +
              " steps, got one from " + Twine(first->value()) + " to " +
              Twine(last->value()),
          {stmt->first->range, stmt->last->range});
    return;
  }
  StringRef name = stmt->variable.text;
  std::optional<Size> hidden;
  if (auto found = frame->sizes.find(name); found != frame->sizes.end())
    hidden = found->second;
  for (uint64_t step = 0; step <= steps && !exhausted; ++step) {
    frame->sizes[name] = Size(first->value() + static_cast<int64_t>(step));
    if (!spend(stmt->variable.range()))
      break;
    runBody(stmt->body);
  }
  frame->sizes.erase(name);
  if (hidden)
    frame->sizes[name] = *hidden;
}

} // namespace rnnc::text
