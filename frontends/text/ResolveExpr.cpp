//===- ResolveExpr.cpp - What each name stands for: expressions -----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Names, calls and sizes in expressions.
//===----------------------------------------------------------------------===//

#include "frontends/text/Resolver.h"

using namespace llvm;

namespace rnnc::text {

Resolver::Symbol *Resolver::lookup(StringRef name) {
  auto found = scope.find(name);
  return found == scope.end() ? nullptr : &found->second;
}

SmallVector<StringRef> Resolver::namesInScope() {
  SmallVector<StringRef> names;
  for (auto &[name, symbol] : scope)
    names.push_back(name);
  return names;
}

/// Where a name that is not known yet is declared further down.
static std::optional<Identifier> findLater(ArrayRef<Stmt *> body,
                                           StringRef name) {
  for (Stmt *stmt : body) {
    if (auto *state = dyn_cast<StateStmt>(stmt))
      for (Identifier declared : state->names)
        if (declared.text == name)
          return declared;
    if (auto *param = dyn_cast<ParamStmt>(stmt))
      for (Identifier declared : param->names)
        if (declared.text == name)
          return declared;
    if (auto *layer = dyn_cast<LayerStmt>(stmt);
        layer && layer->name.text == name)
      return layer->name;
    if (auto *input = dyn_cast<InputStmt>(stmt);
        input && input->name.text == name)
      return input->name;
    if (auto *assign = dyn_cast<AssignStmt>(stmt))
      for (const auto &place : assign->places)
        if (place.name.text == name && !place.next)
          return place.name;
  }
  return std::nullopt;
}

void Resolver::reportUnknown(Identifier name) {
  if (auto later = findLater(currentBody, name.text)) {
    diags.error(name.range(), Rule::Declared,
                "expected a name declared above, got '" + name.text +
                    "', which is declared further down");
    diags.note(later->loc(), "declared here", later->range());
    return;
  }
  std::string hint = suggest(name.text, namesInScope());
  if (findBuiltin(name.text))
    hint = ", which is a function: call it";
  else if (file.findCell(name.text))
    hint = ", which is a cell: declare a layer of it";
  diags.error(name.range(), Rule::Declared,
              "unknown name '" + name.text + "'" + hint);
}

void Resolver::reportUnknownFunction(Identifier name) {
  if (file.findCell(name.text)) {
    diags.error(name.range(), Rule::Call,
                "expected a layer, got the cell '" + name.text +
                    "': declare 'layer name = " + name.text +
                    "[...]' and call it");
    return;
  }
  SmallVector<StringRef> names = builtinNames();
  for (auto &[layer, symbol] : scope)
    if (symbol.kind == Symbol::Layer)
      names.push_back(layer);
  std::string hint = suggest(name.text, names);
  if (hint.empty())
    hint = " (functions are " + joinNames(builtinNames()) + ")";
  diags.error(name.range(), Rule::Function,
              "unknown function '" + name.text + "'" + hint);
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

void Resolver::resolve(Expr *expr, Place place) {
  switch (expr->kind) {
  case Expr::Number:
    return;
  case Expr::Name:
    return resolveName(cast<NameExpr>(expr), place);
  case Expr::Negate:
    return resolve(cast<NegateExpr>(expr)->operand, place);
  case Expr::Binary: {
    auto *binary = cast<BinaryExpr>(expr);
    resolve(binary->lhs, place);
    return resolve(binary->rhs, place);
  }
  case Expr::Call:
    return resolveCall(cast<CallExpr>(expr), place);
  case Expr::Slice: {
    auto *slice = cast<SliceExpr>(expr);
    resolve(slice->operand, place);
    for (const Range &range : slice->ranges) {
      if (range.first)
        resolveSize(range.first);
      if (range.last)
        resolveSize(range.last);
    }
    return;
  }
  case Expr::Concat:
    for (Expr *part : cast<ConcatExpr>(expr)->parts)
      resolve(part, place);
    return;
  case Expr::Transpose:
    return resolve(cast<TransposeExpr>(expr)->operand, place);
  }
}

void Resolver::resolveName(NameExpr *expr, Place place) {
  Identifier name{expr->name};
  Symbol *symbol = lookup(expr->name);
  if (!symbol)
    return reportUnknown(name);
  symbol->used = true;
  bool isNumber = symbol->kind == Symbol::Size || symbol->kind == Symbol::Loop;
  if (place == Place::Number && !isNumber) {
    diags.error(expr->range, Rule::Param,
                "expected numbers and sizes, got " + describe(symbol->kind));
    return;
  }
  if (place == Place::StateInit && !isNumber && symbol->kind != Symbol::Param) {
    diags.error(expr->range, Rule::State,
                "expected parameters and numbers in the initial value of a "
                "state, got " +
                    describe(symbol->kind));
    return;
  }
  if (symbol->kind == Symbol::Layer) {
    diags.error(expr->range, Rule::Call,
                "expected a call of the layer '" + expr->name + "'");
    return;
  }
  if (!expr->next)
    return;
  if (symbol->kind != Symbol::State) {
    diags.error(expr->range, Rule::NextRead,
                "expected a state before ''', got " + describe(symbol->kind));
    return;
  }
  if (!symbol->advanced) {
    diags.error(expr->range, Rule::NextRead,
                "expected the next state '" + expr->name +
                    "'' to be assigned before it is read");
    diags.note(symbol->name.loc(), "the state is declared here",
               symbol->name.range());
  }
}

void Resolver::resolveCall(CallExpr *expr, Place place) {
  for (Expr *arg : expr->args)
    resolve(arg, place);
  for (const NamedArg &arg : expr->named)
    resolve(arg.value, place);
  if (expr->index)
    resolveSize(expr->index);

  Symbol *symbol = lookup(expr->callee.text);
  if (symbol && symbol->kind == Symbol::Layer) {
    if (place != Place::Body)
      diags.error(expr->range, Rule::State,
                  "expected parameters and numbers, got a call of a layer");
    return resolveLayerCall(expr, *symbol);
  }
  const Builtin *builtin = findBuiltin(expr->callee.text);
  if (!builtin) {
    if (!symbol)
      return reportUnknownFunction(expr->callee);
    diags.error(expr->callee.range(), Rule::Call,
                "expected a layer or function before '(', got " +
                    describe(symbol->kind));
    diags.note(symbol->name.loc(), "declared here", symbol->name.range());
    return;
  }
  size_t count = expr->args.size() + expr->named.size();
  bool isVaried = builtin->minArgs != builtin->maxArgs;
  if (count < builtin->minArgs || count > builtin->maxArgs ||
      !expr->named.empty())
    diags.error(
        expr->range, Rule::Function,
        "expected " +
            Twine(isVaried ? Twine(builtin->minArgs).str() + " or " : "") +
            counted(builtin->maxArgs, "argument") + " for '" + builtin->name +
            "', got " + Twine(count) +
            (expr->named.empty() ? "" : ", with a name"));
  if (expr->index)
    diags.error(expr->index->range, Rule::Function,
                "expected a layer before '[', got the function '" +
                    builtin->name + "'");
  if (builtin->isOfSequence() && (inCell || place != Place::Body))
    diags.error(expr->range, Rule::Sequence,
                "expected '" + builtin->name +
                    "' in a model, got it in a cell, which sees one step");
  if (builtin->takesSize() && expr->args.size() == 2)
    resolveSize(expr->args[1]);
}

void Resolver::resolveLayerCall(CallExpr *expr, Symbol &layer) {
  layer.used = true;
  const CellDecl *cell = layer.cell;
  if (!cell)
    return;
  if (expr->args.size() != cell->inputs.size()) {
    diags.error(expr->range, Rule::Call,
                "expected " + counted(cell->inputs.size(), "argument") +
                    " for a layer of cell '" + cell->name.text + "', got " +
                    Twine(expr->args.size()));
    diags.note(cell->name.loc(), "the cell is declared here",
               cell->name.range());
  }
  SmallVector<StringRef> states;
  for (Identifier state : ownStates(*cell))
    states.push_back(state.text);
  if (inCell && !expr->named.empty())
    diags.error(expr->named[0].name.range(), Rule::Initial,
                "expected initial states in a model, got one in a cell");
  for (auto [index, arg] : enumerate(expr->named)) {
    if (!is_contained(states, arg.name.text)) {
      diags.error(arg.name.range(), Rule::Initial,
                  "unknown state '" + arg.name.text + "' of cell '" +
                      cell->name.text + "'" + suggest(arg.name.text, states));
      diags.note(cell->name.loc(), "the cell is declared here",
                 cell->name.range());
    }
    for (const NamedArg &earlier : expr->named.take_front(index))
      if (earlier.name.text == arg.name.text)
        diags.error(arg.name.range(), Rule::Initial,
                    "expected one initial value for the state '" +
                        arg.name.text + "', got a second one");
  }
}

/// Sizes are integers and names of sizes, with + - * /.
void Resolver::resolveSize(Expr *expr) {
  if (auto *number = dyn_cast<NumberExpr>(expr)) {
    if (!number->isInteger)
      diags.error(expr->range, Rule::SizeExpr,
                  "expected an integer for a size, got a real number");
    return;
  }
  if (auto *negate = dyn_cast<NegateExpr>(expr))
    return resolveSize(negate->operand);
  auto *binary = dyn_cast<BinaryExpr>(expr);
  if (binary && StringRef("+-*/").contains(binary->op)) {
    resolveSize(binary->lhs);
    return resolveSize(binary->rhs);
  }
  auto *name = dyn_cast<NameExpr>(expr);
  if (!name || name->next) {
    diags.error(expr->range, Rule::SizeExpr,
                "expected a size (integers, sizes, + - * /), got another "
                "expression");
    return;
  }
  Symbol *symbol = lookup(name->name);
  if (!symbol)
    return reportUnknown({name->name});
  symbol->used = true;
  if (symbol->kind != Symbol::Size && symbol->kind != Symbol::Loop) {
    diags.error(expr->range, Rule::SizeExpr,
                "expected a size, got " + describe(symbol->kind) + " '" +
                    name->name + "'");
    diags.note(symbol->name.loc(), "declared here", symbol->name.range());
  }
}

//===----------------------------------------------------------------------===//
// Several results
//===----------------------------------------------------------------------===//

void Resolver::checkDestructure(AssignStmt *stmt) {
  size_t names = stmt->places.size();
  auto *call = dyn_cast<CallExpr>(stmt->value);
  Symbol *symbol = call ? lookup(call->callee.text) : nullptr;
  bool isLayer = symbol && symbol->kind == Symbol::Layer;
  if (stmt->takesStates && !isLayer) {
    diags.error(stmt->value->range, Rule::Destructure,
                "expected a call of a layer, for its final states");
    return;
  }
  if (isLayer && symbol->cell) {
    const CellDecl &cell = *symbol->cell;
    if (names != cell.results.size()) {
      diags.error(stmt->loc, Rule::Destructure,
                  "expected " + counted(cell.results.size(), "name") +
                      " for the results of cell '" + cell.name.text +
                      "', got " + Twine(names));
      diags.note(cell.name.loc(), "the cell is declared here",
                 cell.name.range());
    }
    size_t states = ownStates(cell).size();
    if (stmt->takesStates && stmt->states.size() != states)
      diags.error(stmt->states[0].name.range(), Rule::Destructure,
                  "expected " + counted(states, "name") +
                      " for the final states of cell '" + cell.name.text +
                      "', got " + Twine(stmt->states.size()));
    return;
  }
  const Builtin *builtin = call ? findBuiltin(call->callee.text) : nullptr;
  bool isSplit = builtin && builtin->function == Function::Split;
  if (names > 1 && !isLayer && !isSplit)
    diags.error(stmt->loc, Rule::Destructure,
                "expected one name for one value, got " + Twine(names));
}

} // namespace rnnc::text
