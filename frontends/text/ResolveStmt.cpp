//===- ResolveStmt.cpp - What each name stands for: statements ------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which statement may stand where, and what each declares or assigns.
//===----------------------------------------------------------------------===//

#include "frontends/text/Resolver.h"

using namespace llvm;

namespace rnnc::text {

void Resolver::resolveBody(ArrayRef<Stmt *> body) {
  ArrayRef<Stmt *> outer = std::exchange(currentBody, body);
  for (Stmt *stmt : body)
    resolveStmt(stmt);
  currentBody = outer;
}

void Resolver::resolveStmt(Stmt *stmt) {
  bool anywhere = isa<LayerStmt, AssignStmt, ForStmt>(stmt);
  bool fits =
      anywhere || isa<ParamStmt>(stmt) || isa<StateStmt>(stmt) == inCell;
  if (!fits)
    diags.error(stmt->loc, Rule::Structure,
                inCell ? "expected a statement of a cell, got one of a model"
                       : "expected a statement of a model, got a state, which "
                         "belongs to a cell");
  else if (loops > 0 && !anywhere)
    diags.error(stmt->loc, Rule::For,
                "expected layers and assignments in a 'for', got another "
                "statement");
  switch (stmt->kind) {
  case Stmt::State:
    return resolveState(cast<StateStmt>(stmt));
  case Stmt::Param:
    return resolveParam(cast<ParamStmt>(stmt));
  case Stmt::Layer:
    return resolveLayer(cast<LayerStmt>(stmt));
  case Stmt::Assign:
    return resolveAssign(cast<AssignStmt>(stmt));
  case Stmt::For:
    return resolveFor(cast<ForStmt>(stmt));
  case Stmt::Input:
    return resolveInput(cast<InputStmt>(stmt));
  case Stmt::Output:
    return resolveOutput(cast<OutputStmt>(stmt));
  case Stmt::Loss: {
    auto *loss = cast<LossStmt>(stmt);
    return resolveMetric(loss->name, loss->value);
  }
  case Stmt::Metric: {
    auto *metric = cast<MetricStmt>(stmt);
    return resolveMetric(metric->name, metric->value);
  }
  case Stmt::Stream:
    return resolveStream(cast<StreamStmt>(stmt));
  }
}

void Resolver::resolveState(StateStmt *stmt) {
  for (Expr *dim : stmt->shape.dims)
    resolveSize(dim);
  if (stmt->shape.token || !stmt->shape.axis.text.empty() ||
      stmt->shape.dims.size() != 1)
    diags.error(stmt->shape.range, Rule::State,
                "expected a vector such as [H] as the shape of a state");
  auto *name = dyn_cast_or_null<NameExpr>(stmt->init);
  bool isZeros = name && name->name == "zeros" && !lookup("zeros");
  if (stmt->init && !isZeros)
    resolve(stmt->init, Place::StateInit);
  for (Identifier state : stmt->names)
    declare(state, Symbol::State);
}

void Resolver::resolveParam(ParamStmt *stmt) {
  for (Expr *dim : stmt->shape.dims)
    resolveSize(dim);
  if (stmt->shape.token || !stmt->shape.axis.text.empty() ||
      stmt->shape.dims.size() > 2)
    diags.error(stmt->shape.range, Rule::Param,
                "expected a vector [N] or matrix [N, M] as the shape of a "
                "parameter");
  for (Expr *arg : stmt->initArgs)
    resolve(arg, Place::Number);
  for (Identifier name : stmt->names)
    if (declare(name, Symbol::Param) && !inCell)
      exportName(name);
  const Initialiser *init = findInitialiser(stmt->init.text);
  if (!init) {
    diags.error(stmt->init.range(), Rule::Param,
                "unknown initialiser '" + stmt->init.text + "'" +
                    suggest(stmt->init.text, initialiserNames()));
    return;
  }
  size_t count = stmt->initArgs.size();
  if (count < init->minArgs || count > init->maxArgs)
    diags.error(stmt->init.range(), Rule::Param,
                "expected " +
                    (init->minArgs == init->maxArgs
                         ? counted(init->minArgs, "argument")
                         : "at most " + counted(init->maxArgs, "argument")) +
                    " for initialiser '" + init->name + "', got " +
                    Twine(count));
}

void Resolver::resolveLayer(LayerStmt *stmt) {
  if (stmt->index)
    resolveSize(stmt->index);
  for (Expr *size : stmt->sizes)
    resolveSize(size);
  const CellDecl *cell = file.findCell(stmt->cell.text);
  if (!cell) {
    SmallVector<StringRef> names;
    for (auto &[name, known] : file.cells)
      names.push_back(name);
    diags.error(stmt->cell.range(), Rule::Declared,
                "unknown cell '" + stmt->cell.text + "'" +
                    suggest(stmt->cell.text, names));
  }
  if (findBuiltin(stmt->name.text))
    diags.error(stmt->name.range(), Rule::Reserved,
                "expected another name, got '" + stmt->name.text +
                    "', which is a function");
  // `layer a[1]` and `layer a[2]` are instances of one name.
  Symbol *known = lookup(stmt->name.text);
  if (known && known->kind == Symbol::Layer && stmt->index) {
    if (!known->cell)
      known->cell = cell;
  } else if (declare(stmt->name, Symbol::Layer)) {
    scope[stmt->name.text].cell = cell;
  }
  if (!cell)
    return;
  if (stmt->sizes.size() > cell->sizes.size()) {
    diags.error(stmt->cell.range(), Rule::LayerSize,
                "expected at most " + counted(cell->sizes.size(), "size") +
                    " for cell '" + cell->name.text + "', got " +
                    Twine(stmt->sizes.size()));
    diags.note(cell->name.loc(), "the cell is declared here",
               cell->name.range());
  }
  for (const NamedArg &arg : stmt->named) {
    resolveSize(arg.value);
    SmallVector<StringRef> names;
    for (const SizeParam &size : cell->sizes)
      names.push_back(size.name.text);
    if (!is_contained(names, arg.name.text))
      diags.error(arg.name.range(), Rule::LayerSize,
                  "unknown size '" + arg.name.text + "' of cell '" +
                      cell->name.text + "'" + suggest(arg.name.text, names));
  }
}

void Resolver::resolveFor(ForStmt *stmt) {
  resolveSize(stmt->first);
  resolveSize(stmt->last);
  bool declared = declare(stmt->variable, Symbol::Loop);
  ++loops;
  resolveBody(stmt->body);
  --loops;
  if (declared)
    scope.erase(stmt->variable.text);
}

void Resolver::resolveInput(InputStmt *stmt) {
  const ShapeSpec &shape = stmt->shape;
  for (Expr *dim : shape.dims)
    resolveSize(dim);
  if (shape.dims.size() != 1)
    diags.error(shape.range, Rule::Input,
                "expected a vector [N] or token[V] at each step, got " +
                    counted(shape.dims.size(), "size"));
  Symbol *axis = lookup(shape.axis.text);
  if (axis && axis->kind == Symbol::Size)
    diags.error(shape.axis.range(), Rule::Axis,
                "expected the name of a time axis, got the size '" +
                    shape.axis.text + "' (the length is known at run time)");
  if (declare(stmt->name, stmt->isTarget ? Symbol::Target : Symbol::Input))
    exportName(stmt->name);
}

void Resolver::resolveOutput(OutputStmt *stmt) {
  if (stmt->value) {
    resolve(stmt->value);
    assign({stmt->name});
  } else if (Symbol *symbol = lookup(stmt->name.text)) {
    symbol->used = true;
    if (symbol->kind != Symbol::Value) {
      diags.error(stmt->name.range(), Rule::Output,
                  "expected a value, got " + describe(symbol->kind) +
                      ": write 'output name = ...'");
      return;
    }
  } else {
    reportUnknown(stmt->name);
  }
  exportName(stmt->name);
  outputs.try_emplace(stmt->name.text, stmt->name);
}

/// Metrics and losses; a loss without a name has an empty one.
void Resolver::resolveMetric(Identifier name, Expr *value) {
  resolve(value);
  if (!name.text.empty())
    exportName(name);
}

void Resolver::resolveStream(StreamStmt *stmt) {
  if (stmt->name.text != "step")
    diags.error(stmt->name.range(), Rule::Stream,
                "expected 'step', got '" + stmt->name.text + "'",
                SMFixIt(stmt->name.range(), "step"));
  if (stream) {
    diags.error(stmt->name.range(), Rule::Stream,
                "expected one stream in a model, got a second one");
    diags.note(stream->loc(), "the first one is here", stream->range());
  }
  stream = stmt->name;
  SmallVector<Identifier> listed(stmt->inputs);
  append_range(listed, stmt->outputs);
  for (auto [index, name] : enumerate(listed))
    if (any_of(ArrayRef<Identifier>(listed).take_front(index),
               [&](Identifier other) { return other.text == name.text; }))
      diags.error(name.range(), Rule::Stream,
                  "expected each name once in a stream, got '" + name.text +
                      "' again");
  for (Identifier name : stmt->inputs) {
    Symbol *symbol = lookup(name.text);
    if (!symbol) {
      reportUnknown(name);
      continue;
    }
    symbol->used = true;
    if (symbol->kind != Symbol::Input && symbol->kind != Symbol::Value)
      diags.error(name.range(), Rule::Stream,
                  "expected an input or 'shift' of one, got " +
                      describe(symbol->kind));
  }
  SmallVector<StringRef> known;
  for (auto &[name, where] : outputs)
    known.push_back(name);
  for (Identifier name : stmt->outputs)
    if (!outputs.contains(name.text))
      diags.error(name.range(), Rule::Stream,
                  "expected an output declared above, got '" + name.text + "'" +
                      suggest(name.text, known));
}

//===----------------------------------------------------------------------===//
// Assignments
//===----------------------------------------------------------------------===//

void Resolver::resolveAssign(AssignStmt *stmt) {
  resolve(stmt->value);
  checkDestructure(stmt);
  for (const auto &place : stmt->places)
    assign(place);
  for (const auto &place : stmt->states)
    assign(place);
}

void Resolver::assignNext(const rnnc::text::Place &place) {
  Identifier name = place.name;
  Symbol *symbol = lookup(name.text);
  if (!symbol)
    return reportUnknown(name);
  if (symbol->kind != Symbol::State) {
    diags.error(name.range(), Rule::NextOnce,
                "expected a state before ''', got " + describe(symbol->kind));
    diags.note(symbol->name.loc(), "declared here", symbol->name.range());
    return;
  }
  if (symbol->advanced) {
    diags.error(name.range(), Rule::NextOnce,
                "expected one assignment to the next state '" + name.text +
                    "'', got a second one");
    diags.note(symbol->advanced->loc(), "the first one is here",
               symbol->advanced->range());
    return;
  }
  if (loops > 0)
    diags.error(name.range(), Rule::NextOnce,
                "expected one assignment to the next state '" + name.text +
                    "'', got one in a 'for'");
  symbol->advanced = name;
}

void Resolver::assign(const rnnc::text::Place &place) {
  if (place.isDiscard())
    return;
  if (place.next)
    return assignNext(place);
  Identifier name = place.name;
  Symbol *symbol = lookup(name.text);
  if (!symbol) {
    declare(name, Symbol::Value);
    return;
  }
  if (symbol->kind == Symbol::State) {
    diags.error(name.range(), Rule::NextOnce,
                "expected '" + name.text + "'' for the next state, got '" +
                    name.text + "'",
                SMFixIt(SMRange(name.range().End, name.range().End), "'"));
    return;
  }
  // Reading h afterwards means the new value, in models and in cells.
  if (symbol->kind == Symbol::Value ||
      (inCell && symbol->kind == Symbol::Input))
    return;
  diags.error(name.range(), Rule::Redeclared,
              "expected the name of a value, got '" + name.text +
                  "', which is " + describe(symbol->kind));
  diags.note(symbol->name.loc(), "declared here", symbol->name.range());
}

} // namespace rnnc::text
