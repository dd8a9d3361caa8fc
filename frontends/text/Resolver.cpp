//===- Resolver.cpp - What each name stands for: files
//---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Cells, models and what they declare. Statements are in ResolveStmt.cpp,
// expressions in ResolveExpr.cpp.
//===----------------------------------------------------------------------===//

#include "frontends/text/Resolver.h"

using namespace llvm;

namespace rnnc::text {

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

SmallVector<Identifier> ownStates(const CellDecl &cell) {
  SmallVector<Identifier> states;
  for (Stmt *stmt : cell.body)
    if (auto *state = dyn_cast<StateStmt>(stmt))
      append_range(states, state->names);
  return states;
}

static void collectLayers(ArrayRef<Stmt *> body,
                          SmallVectorImpl<LayerStmt *> &layers) {
  for (Stmt *stmt : body) {
    if (auto *layer = dyn_cast<LayerStmt>(stmt))
      layers.push_back(layer);
    if (auto *loop = dyn_cast<ForStmt>(stmt))
      collectLayers(loop->body, layers);
  }
}

/// Marks the cell stateful when it or a cell in it has a state. False when the
/// cell contains itself or is nested too deep.
bool Resolver::visitLayers(CellDecl *cell, unsigned depth) {
  constexpr unsigned limit = 50;
  auto [known, isNew] = heights.try_emplace(cell, 0);
  if (!isNew && known->second > 0)
    return true;
  SmallVector<LayerStmt *> layers;
  collectLayers(cell->body, layers);
  cell->stateful = !ownStates(*cell).empty();
  unsigned height = 1;
  bool isSound = true;
  for (LayerStmt *layer : layers) {
    CellDecl *inner = file.findCell(layer->cell.text);
    if (!inner)
      continue;
    bool isOpen = heights.contains(inner) && heights[inner] == 0;
    if (isOpen) {
      diags.error(layer->cell.range(), Rule::Recursive,
                  "expected a cell that does not contain itself, got '" +
                      layer->cell.text + "' inside of '" + cell->name.text +
                      "'");
      isSound = false;
      continue;
    }
    if (depth >= limit) {
      diags.error(layer->cell.range(), Rule::Limit,
                  "expected at most " + Twine(limit) +
                      " cells inside of one another, got more");
      isSound = false;
      break;
    }
    isSound &= visitLayers(inner, depth + 1);
    cell->stateful |= inner->stateful;
    height = std::max(height, heights[inner] + 1);
  }
  if (isSound && height > limit) {
    diags.error(cell->name.range(), Rule::Limit,
                "expected at most " + Twine(limit) +
                    " cells inside of one another, got more");
    isSound = false;
  }
  heights[cell] = height;
  return isSound;
}

bool Resolver::resolveFile() {
  bool isFinite = true;
  for (auto &[name, cell] : file.cells)
    isFinite &= visitLayers(cell, 1);
  for (auto &[name, cell] : file.cells)
    resolveCell(*cell);
  for (auto &[name, model] : file.models)
    resolveModel(*model);
  return isFinite;
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

StringRef Resolver::describe(Symbol::Kind kind) {
  static const StringRef words[] = {"a size",   "a loop variable", "an input",
                                    "a target", "a parameter",     "a state",
                                    "a value",  "a layer"};
  return words[kind];
}

bool Resolver::declare(Identifier name, Symbol::Kind kind) {
  if (name.text == "_") {
    diags.error(name.range(), Rule::Name, "expected a name, got '_'");
    return false;
  }
  auto [known, isNew] = scope.insert({name.text, Symbol{kind, name}});
  if (isNew)
    return true;
  diags.error(name.range(), Rule::Redeclared,
              "expected a new name, got '" + name.text + "', which is " +
                  describe(known->second.kind));
  diags.note(known->second.name.loc(), "declared here",
             known->second.name.range());
  return false;
}

bool Resolver::exportName(Identifier name) {
  static const StringRef reserved[] = {"forward", "gradient", "step"};
  if (is_contained(reserved, name.text)) {
    diags.error(name.range(), Rule::Reserved,
                "expected another name, got '" + name.text +
                    "', which every compiled model uses itself");
    return false;
  }
  auto [known, isNew] = exported.try_emplace(name.text, name);
  if (isNew)
    return true;
  diags.error(name.range(), Rule::Redeclared,
              "expected a new name, got '" + name.text +
                  "', which the model declares already");
  diags.note(known->second.loc(), "declared here", known->second.range());
  return false;
}

void Resolver::begin(ArrayRef<SizeParam> sizes) {
  scope.clear();
  exported.clear();
  outputs.clear();
  stream.reset();
  for (const SizeParam &size : sizes) {
    if (size.value)
      resolveSize(size.value);
    declare(size.name, Symbol::Size);
  }
}

void Resolver::resolveCell(CellDecl &cell) {
  inCell = true;
  begin(cell.sizes);
  for (const CellInput &input : cell.inputs) {
    for (Expr *dim : input.shape.dims)
      resolveSize(dim);
    declare(input.name, Symbol::Input);
  }
  resolveBody(cell.body);
  resolveResults(cell);
  for (auto &[name, symbol] : scope) {
    if (symbol.kind != Symbol::State || symbol.advanced)
      continue;
    diags.error(symbol.name.range(), Rule::Advanced,
                "expected an assignment to the next state '" + name +
                    "'', got none");
  }
  if (!cell.isPrelude)
    warnUnused();
}

void Resolver::resolveModel(ModelDecl &model) {
  inCell = false;
  begin(model.sizes);
  resolveBody(model.body);
  if (&model == chosen)
    warnUnused();
}

void Resolver::warnUnused() {
  if (diags.hasErrors())
    return;
  for (auto &[name, symbol] : scope) {
    bool matters =
        symbol.kind == Symbol::Param || symbol.kind == Symbol::Input ||
        symbol.kind == Symbol::Target || symbol.kind == Symbol::Layer;
    if (matters && !symbol.used)
      diags.warning(symbol.name.loc(), Rule::Unused,
                    "'" + name + "', " + describe(symbol.kind) +
                        ", is never used",
                    symbol.name.range());
  }
}

void Resolver::resolveResults(const CellDecl &cell) {
  for (const auto &result : cell.results) {
    StringRef name = result.name.text;
    Symbol *symbol = lookup(name);
    if (result.next && symbol && symbol->kind != Symbol::State)
      diags.error(result.name.range(), Rule::Result,
                  "expected a state before ''', got " + describe(symbol->kind));
    else if (symbol &&
             (symbol->kind == Symbol::Value || symbol->kind == Symbol::State ||
              symbol->kind == Symbol::Input))
      symbol->used = true;
    else
      diags.error(result.name.range(), Rule::Result,
                  "expected the cell to assign '" + name +
                      "', which it returns, got " +
                      (symbol ? describe(symbol->kind) : "no assignment"));
  }
}

} // namespace rnnc::text
