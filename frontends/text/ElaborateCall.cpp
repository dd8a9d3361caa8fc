//===- ElaborateCall.cpp - Calls of layers --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A cell without states is evaluated where it is called; one with states,
// called on a sequence, becomes a scan. A layer inside a cell brings its states
// to the scan around it.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include "frontends/text/Resolver.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

/// The layer that is called; null for functions and, after an error, for
/// instances that were never declared.
Instance *Elaborator::findLayer(const CallExpr *expr) {
  std::string key = expr->callee.text.str();
  if (expr->index) {
    std::optional<Size> index = evalSize(expr->index);
    if (!index)
      return nullptr;
    key += "." + std::to_string(index->value());
  }
  auto found = frame->layers->find(key);
  if (found != frame->layers->end())
    return found->second.get();
  SmallVector<StringRef> others;
  for (auto &entry : *frame->layers)
    if (entry.getKey().split('.').first == expr->callee.text)
      others.push_back(entry.getKey());
  if (others.empty())
    return nullptr;
  sort(others);
  error(expr->callee.range(), Rule::Layer,
        "expected a layer declared above, got '" + key + "' (there is " +
            joinNames(ArrayRef<StringRef>(others).take_front(8)) + ")");
  return nullptr;
}

//===----------------------------------------------------------------------===//
// Sizes and inputs
//===----------------------------------------------------------------------===//

/// Infers the sizes that the layer leaves open: an input declared `[I]` gives
/// I. Later calls find them bound.
bool Elaborator::bindSizes(Instance &instance, const CallExpr *expr,
                           ArrayRef<Value> args) {
  if (instance.sizesBound)
    return true;
  for (auto [input, arg] : zip(instance.cell->inputs, args)) {
    auto *name = input.shape.dims.size() == 1
                     ? dyn_cast<NameExpr>(input.shape.dims[0])
                     : nullptr;
    if (name)
      instance.sizes.try_emplace(name->name, sizeOf(arg));
  }
  for (const SizeParam &size : instance.cell->sizes) {
    if (instance.sizes.contains(size.name.text))
      continue;
    const LayerStmt *decl = instance.decl;
    error(decl->cell.range(), Rule::LayerSize,
          "expected a value for the size '" + size.name.text + "' of cell '" +
              instance.cell->name.text + "', which no input gives: write " +
              instance.cell->name.text + "[" + size.name.text + " = ...]");
    diags.note(expr->loc, "the layer is first called here", expr->range);
    return false;
  }
  instance.sizesBound = true;
  return true;
}

std::optional<Size> Elaborator::evalInputSize(Instance &instance,
                                              const Expr *dim) {
  Frame inner;
  inner.instance = &instance;
  inner.layers = &instance.layers;
  for (auto &entry : instance.sizes)
    inner.sizes[entry.getKey()] = entry.second;
  Frame *outer = std::exchange(frame, &inner);
  std::optional<Size> size = evalDim(dim);
  frame = outer;
  return size;
}

bool Elaborator::checkInputs(Instance &instance, const CallExpr *expr,
                             ArrayRef<Value> args) {
  for (auto [index, arg] : enumerate(args)) {
    const CellInput &input = instance.cell->inputs[index];
    const Expr *written = expr->args[index];
    if (input.shape.dims.size() != 1) {
      error(input.shape.range, Rule::CellInput,
            "expected a vector [N] or token[V] as the input of a cell");
      return false;
    }
    std::optional<Size> size = evalInputSize(instance, input.shape.dims[0]);
    if (!size)
      return false;
    if (input.shape.token && !arg.isToken()) {
      error(written->range, Rule::Token,
            "expected a token for the input '" + input.name.text +
                "' of layer '" + instance.path + "', got " + describe(arg));
      diags.note(input.name.loc(), "the input is declared here",
                 input.shape.range);
      return false;
    }
    if (*size == sizeOf(arg))
      continue;
    error(written->range, Rule::CellInput,
          "expected shape " + describeShape(*size) + " for the input '" +
              input.name.text + "' of layer '" + instance.path + "', got " +
              describe(arg));
    noteOrigin(arg, written->range);
    diags.note(input.name.loc(), "the input is declared here",
               input.shape.range);
    if (instance.firstCall.isValid())
      diags.note(instance.firstCall.Start,
                 "the first call of the layer set its sizes",
                 instance.firstCall);
    return false;
  }
  return true;
}

/// A recurrence needs an input over time.
bool Elaborator::checkSequence(const Instance &instance, const CallExpr *expr,
                               ArrayRef<Value> args) {
  bool isSequence = any_of(args, [](const Value &arg) {
    std::optional<Level> level = Emitter::levelOf(arg);
    return level && level->rank == 2;
  });
  if (recurrence || !instance.cell->stateful || isSequence)
    return true;
  error(expr->range, Rule::Call,
        "expected an input over a time axis for layer '" + instance.path +
            "', whose cell has states, got none");
  diags.note(instance.cell->name.loc(), "the cell is declared here",
             instance.cell->name.range());
  return false;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

CallResult Elaborator::callLayer(const CallExpr *expr) {
  CallResult failed;
  failed.values.push_back(Value());
  Instance *instance = findLayer(expr);
  if (!instance || !spend(expr->range))
    return failed;
  SmallVector<Value> args;
  bool isSound = expr->args.size() == instance->cell->inputs.size();
  for (const Expr *arg : expr->args) {
    args.push_back(eval(arg));
    std::string where = "as an input of layer '" + instance->path + "'";
    isSound &=
        requirePlain(args.back(), arg, where) && requireLevel(args.back(), arg);
  }
  if (!isSound || !checkSequence(*instance, expr, args) ||
      !bindSizes(*instance, expr, args) || !checkInputs(*instance, expr, args))
    return failed;
  ++instance->calls;
  if (!instance->firstCall.isValid())
    instance->firstCall = expr->range;
  emitter.setLoc(locationOf(expr->loc));
  bool isStateful = instance->cell->stateful;
  if (isStateful && !recurrence)
    return runRecurrence(*instance, expr, args);
  if (isStateful && !frame->called.insert(instance).second) {
    error(expr->range, Rule::NestedState,
          "expected one call of the layer '" + instance->path +
              "' in a step, for it has states, got a second one");
    return failed;
  }
  if (!isStateful && !expr->named.empty()) {
    error(expr->range, Rule::Initial,
          "expected no initial states for a layer without states");
    return failed;
  }
  CallResult result;
  unsigned firstState = recurrence ? recurrence->states.size() : 0;
  result.values = inlineCell(*instance, expr, args);
  if (!recurrence)
    return result;
  // Inside of a cell the "final" states are those after this step.
  for (Recurrence::State &state : recurrence->states)
    if (&state >= recurrence->states.begin() + firstState &&
        state.owner == instance && state.next)
      result.finalStates.push_back(Value::makeVector(state.next, state.size));
  return result;
}

/// Evaluates the body of the cell for these inputs.
SmallVector<Value> Elaborator::inlineCell(Instance &instance,
                                          const CallExpr *expr,
                                          ArrayRef<Value> args) {
  const CellDecl &cell = *instance.cell;
  Frame inner;
  inner.instance = &instance;
  inner.layers = &instance.layers;
  for (auto &entry : instance.sizes)
    inner.sizes[entry.getKey()] = entry.second;
  for (auto [input, arg] : zip(cell.inputs, args)) {
    inner.values[input.name.text] = arg;
    inner.values[input.name.text].origin = input.shape.range;
  }
  Frame *outer = std::exchange(frame, &inner);
  unsigned firstState = recurrence ? recurrence->states.size() : 0;
  runBody(cell.body);
  emitter.setLoc(locationOf(expr->loc));

  for (unsigned i = firstState; recurrence && i < recurrence->states.size();
       ++i) {
    Recurrence::State &state = recurrence->states[i];
    if (state.owner != &instance)
      continue;
    Value next = inner.next.lookup(state.name);
    if (next.isInvalid() || !Emitter::levelOf(next)) {
      recurrence->failed = true;
      continue;
    }
    state.next = emitter.raise(emitter.getStep(), emitter.materialise(next),
                               {1, {}}, state.size.value());
  }
  SmallVector<Value> results;
  for (const Place &place : cell.results) {
    Value result = place.next ? inner.next.lookup(place.name.text)
                              : inner.values.lookup(place.name.text);
    if (result.isInvalid() && recurrence)
      recurrence->failed = true;
    results.push_back(result);
  }
  frame = outer;
  for (Value &result : results)
    result.origin = expr->range;
  return results;
}

//===----------------------------------------------------------------------===//
// Recurrences
//===----------------------------------------------------------------------===//

/// The initial states that the call names, evaluated before the recurrence.
bool Elaborator::evalGiven(const CallExpr *expr, Recurrence &inner) {
  bool isSound = true;
  for (const NamedArg &arg : expr->named) {
    Value value = eval(arg.value);
    if (value.isInvalid()) {
      isSound = false;
      continue;
    }
    std::optional<Level> level =
        value.isNumber() ? Level() : requireLevel(value, arg.value);
    if (!level)
      return false;
    if (value.isVector() &&
        !requirePlain(value, arg.value, "as an initial state"))
      return false;
    if (level->rank == 2 || value.isMatrix()) {
      error(arg.value->range, Rule::Initial,
            "expected one value a sequence for the initial state '" +
                arg.name.text + "', got " +
                (value.isMatrix() ? describe(value) : "one at every step"));
      isSound = false;
    }
    inner.given[arg.name.text] = {value, arg.value->range};
  }
  return isSound;
}

CallResult Elaborator::runRecurrence(Instance &instance, const CallExpr *expr,
                                     ArrayRef<Value> args) {
  CallResult failed;
  failed.values.push_back(Value());
  Recurrence inner;
  inner.top = &instance;
  if (!evalGiven(expr, inner))
    return failed;

  StringRef axis;
  SmallVector<mlir::Value> sequences;
  auto body = std::make_unique<mlir::Block>();
  SmallVector<Value> steps(args);
  for (auto [index, arg] : enumerate(steps)) {
    for (Part &part : arg.parts) {
      Level level = Emitter::levelOf(part.ir);
      if (level.rank < 2)
        continue;
      if (!axis.empty() && axis != level.axis) {
        error(expr->args[index]->range, Rule::Axis,
              "expected all sequences of a call over one time axis, got '" +
                  axis + "' and '" + level.axis + "'");
        return failed;
      }
      axis = level.axis;
      sequences.push_back(part.ir);
      part.ir =
          body->addArgument(getStepType(part.ir.getType()), emitter.getLoc());
    }
  }
  emitter.setStep(body.get());
  recurrence = &inner;
  SmallVector<Value> results = inlineCell(instance, expr, steps);
  CallResult result = failed;
  if (!inner.failed)
    result = createScan(inner, body.get(), axis, sequences, results);
  recurrence = nullptr;
  emitter.setStep(nullptr);
  return result;
}

CallResult Elaborator::createScan(Recurrence &inner, mlir::Block *body,
                                  StringRef axis,
                                  ArrayRef<mlir::Value> sequences,
                                  ArrayRef<Value> results) {
  SmallVector<mlir::Value> inits, yields;
  for (Recurrence::State &state : inner.states) {
    inits.push_back(state.init);
    yields.push_back(state.next);
  }
  SmallVector<mlir::Type> stacked;
  // The result of each value of the step that leaves the scan.
  DenseMap<mlir::Value, unsigned> positions;
  for (const Value &value : results)
    for (const Part &part : value.parts) {
      bool isSequence = emitter.isInStep(part.ir);
      auto argument = dyn_cast<mlir::BlockArgument>(part.ir);
      bool isInput = argument && argument.getArgNumber() < sequences.size();
      if (!isSequence || isInput ||
          !positions.try_emplace(part.ir, stacked.size()).second)
        continue;
      stacked.push_back(getStackedType(part.ir.getType(), axis));
      yields.push_back(part.ir);
    }

  mlir::OpBuilder &builder = emitter.getBuilder();
  builder.setInsertionPointToEnd(emitter.getFunction());
  auto scan = ScanOp::create(builder, emitter.getLoc(), axis,
                             /*reverse=*/false, sequences, inits, stacked);
  mlir::Block *region = scan.getBodyBlock();
  CallResult result;
  for (const Value &value : results) {
    Value outside = value;
    for (Part &part : outside.parts) {
      auto argument = dyn_cast<mlir::BlockArgument>(part.ir);
      if (auto found = positions.find(part.ir); found != positions.end())
        part.ir = scan.getStacked()[found->second];
      else if (argument && argument.getOwner() == body)
        part.ir = sequences[argument.getArgNumber()];
    }
    result.values.push_back(outside);
  }
  region->getOperations().splice(region->end(), body->getOperations());
  for (auto [from, to] : zip(body->getArguments(), region->getArguments()))
    from.replaceAllUsesWith(to);
  for (mlir::Value &value : yields)
    if (auto argument = dyn_cast<mlir::BlockArgument>(value);
        argument && argument.getOwner() == body)
      value = region->getArgument(argument.getArgNumber());
  builder.setInsertionPointToEnd(region);
  YieldOp::create(builder, emitter.getLoc(), yields);

  for (auto [index, state] : enumerate(inner.states)) {
    mlir::Value final = scan.getFinalStates()[index];
    if (state.owner == inner.top) {
      result.finalStates.push_back(Value::makeVector(final, state.size));
      result.finalStates.back().origin = inner.top->firstCall;
    }
    if (!state.initial)
      continue;
    StateDecl decl{{state.initial.getSymbol().str(),
                    final.getType(),
                    state.initial.getLoc(),
                    {}},
                   inner.top,
                   state.initial,
                   final};
    states.push_back(decl);
  }
  return result;
}

} // namespace rnnc::text
