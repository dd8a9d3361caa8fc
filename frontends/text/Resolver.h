//===- Resolver.h - What each name stands for -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The checks that need no sizes: every cell and model is checked once, whether
// or not it is used. Names are declared before use, next states are assigned
// once, calls have the right number of arguments, nothing stands unused.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_RESOLVER_H
#define RNNC_FRONTENDS_TEXT_RESOLVER_H

#include "frontends/text/AST.h"
#include "frontends/text/Builtins.h"
#include "frontends/text/Diagnostics.h"
#include "llvm/ADT/DenseMap.h"

namespace rnnc::text {

/// The states that a cell declares itself, in order.
llvm::SmallVector<Identifier> ownStates(const CellDecl &cell);

class Resolver {
public:
  /// `chosen` is the model to compile, or null; only its unused names are
  /// warned of.
  Resolver(File &file, Diagnostics &diags, const ModelDecl *chosen)
      : file(file), diags(diags), chosen(chosen) {}

  /// Checks all cells and models of the file and marks the stateful cells.
  /// False when a cell contains itself or cells are nested too deep, so that it
  /// cannot be evaluated.
  bool resolveFile();

private:
  struct Symbol {
    enum Kind { Size, Loop, Input, Target, Param, State, Value, Layer };
    Kind kind;
    Identifier name;
    bool used = false;
    /// Where the next state was assigned.
    std::optional<Identifier> advanced = {};
    /// The cell of a layer; null when its name is unknown.
    const CellDecl *cell = nullptr;
  };
  /// What an expression is for, which limits what may stand in it.
  enum class Place { Body, StateInit, Number };

  static llvm::StringRef describe(Symbol::Kind kind);
  bool visitLayers(CellDecl *cell, unsigned depth);

  // Bodies (Resolver.cpp, ResolveStmt.cpp).
  void begin(llvm::ArrayRef<SizeParam> sizes);
  void resolveCell(CellDecl &cell);
  void resolveModel(ModelDecl &model);
  void resolveBody(llvm::ArrayRef<Stmt *> body);
  void resolveStmt(Stmt *stmt);
  void resolveState(StateStmt *stmt);
  void resolveParam(ParamStmt *stmt);
  void resolveLayer(LayerStmt *stmt);
  void resolveAssign(AssignStmt *stmt);
  void resolveFor(ForStmt *stmt);
  void resolveInput(InputStmt *stmt);
  void resolveOutput(OutputStmt *stmt);
  void resolveMetric(Identifier name, Expr *value);
  void resolveStream(StreamStmt *stmt);
  void resolveResults(const CellDecl &cell);
  void assign(const rnnc::text::Place &place);
  void assignNext(const rnnc::text::Place &place);
  bool declare(Identifier name, Symbol::Kind kind);
  /// Names that the compiled model shows to programs.
  bool exportName(Identifier name);
  void warnUnused();

  // Expressions (ResolveExpr.cpp).
  void resolve(Expr *expr, Place place = Place::Body);
  void resolveName(NameExpr *expr, Place place);
  void resolveCall(CallExpr *expr, Place place);
  void resolveLayerCall(CallExpr *expr, Symbol &layer);
  void resolveSize(Expr *expr);
  void checkDestructure(AssignStmt *stmt);
  void reportUnknown(Identifier name);
  void reportUnknownFunction(Identifier name);
  Symbol *lookup(llvm::StringRef name);
  llvm::SmallVector<llvm::StringRef> namesInScope();

  File &file;
  Diagnostics &diags;
  const ModelDecl *chosen;
  llvm::MapVector<llvm::StringRef, Symbol> scope;
  llvm::DenseMap<llvm::StringRef, Identifier> exported;
  llvm::DenseMap<llvm::StringRef, Identifier> outputs;
  llvm::ArrayRef<Stmt *> currentBody;
  bool inCell = false;
  unsigned loops = 0;
  std::optional<Identifier> stream;
  /// How many cells lie inside of one another below each cell; 0 while it is
  /// being visited.
  llvm::DenseMap<CellDecl *, unsigned> heights;
};

} // namespace rnnc::text

#endif
