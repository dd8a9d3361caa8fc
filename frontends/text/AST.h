//===- AST.h - What the parser makes of a file ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Expressions, statements, cells and models as written. Nodes live in the
// arena of a File, have no destructors and point into the source buffers.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_AST_H
#define RNNC_FRONTENDS_TEXT_AST_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/Casting.h"
#include "llvm/Support/SMLoc.h"

namespace rnnc::text {

/// A name where it is written.
struct Identifier {
  llvm::StringRef text;
  llvm::SMLoc loc() const { return llvm::SMLoc::getFromPointer(text.begin()); }
  llvm::SMRange range() const {
    return {loc(), llvm::SMLoc::getFromPointer(text.end())};
  }
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

struct Expr {
  enum Kind { Number, Name, Negate, Binary, Call, Slice, Concat, Transpose };
  const Kind kind;
  /// How many nodes lie on the longest way down; bounded by the parser, so that
  /// recursion over an expression is safe.
  unsigned depth = 1;
  llvm::SMRange range;
  /// Where the caret goes: the operator of an operation.
  llvm::SMLoc loc;

  explicit Expr(Kind kind) : kind(kind) {}
};

struct NumberExpr : Expr {
  NumberExpr() : Expr(Number) {}
  static bool classof(const Expr *e) { return e->kind == Number; }
  double value = 0;
  bool isInteger = false;
  int64_t integer = 0;
};

/// `h`, or `h'` for a next state.
struct NameExpr : Expr {
  NameExpr() : Expr(Name) {}
  static bool classof(const Expr *e) { return e->kind == Name; }
  llvm::StringRef name;
  bool next = false;
};

struct NegateExpr : Expr {
  NegateExpr() : Expr(Negate) {}
  static bool classof(const Expr *e) { return e->kind == Negate; }
  Expr *operand = nullptr;
};

struct BinaryExpr : Expr {
  BinaryExpr() : Expr(Binary) {}
  static bool classof(const Expr *e) { return e->kind == Binary; }
  /// One of + - * / @ < >, = for `==`, l for `<=` and g for `>=`.
  char op = 0;
  bool isComparison() const {
    return op == '=' || op == '<' || op == '>' || op == 'l' || op == 'g';
  }
  /// As written: "+", "==".
  llvm::StringRef spelling() const;
  Expr *lhs = nullptr, *rhs = nullptr;
};

struct NamedArg {
  Identifier name;
  Expr *value = nullptr;
};

/// `f(a, b)`, `lstm[l](x, h = h0)`.
struct CallExpr : Expr {
  CallExpr() : Expr(Call) {}
  static bool classof(const Expr *e) { return e->kind == Call; }
  Identifier callee;
  Expr *index = nullptr;
  llvm::ArrayRef<Expr *> args;
  llvm::ArrayRef<NamedArg> named;
};

/// `a`, `a:b`, `:b`, `a:`, `:` between the brackets of a slice.
struct Range {
  Expr *first = nullptr, *last = nullptr;
  bool single = false;
  llvm::SMRange range;
};

struct SliceExpr : Expr {
  SliceExpr() : Expr(Slice) {}
  static bool classof(const Expr *e) { return e->kind == Slice; }
  Expr *operand = nullptr;
  llvm::ArrayRef<Range> ranges;
};

struct ConcatExpr : Expr {
  ConcatExpr() : Expr(Concat) {}
  static bool classof(const Expr *e) { return e->kind == Concat; }
  llvm::ArrayRef<Expr *> parts;
};

struct TransposeExpr : Expr {
  TransposeExpr() : Expr(Transpose) {}
  static bool classof(const Expr *e) { return e->kind == Transpose; }
  Expr *operand = nullptr;
};

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

/// `[N]`, `[N, M]`, `token[V]`, `seq[T] token[V]`.
struct ShapeSpec {
  llvm::SMRange range;
  Identifier axis;
  bool token = false;
  llvm::ArrayRef<Expr *> dims;
};

struct Stmt {
  enum Kind {
    State,
    Param,
    Layer,
    Assign,
    For,
    Input,
    Output,
    Loss,
    Metric,
    Stream
  };
  const Kind kind;
  llvm::SMLoc loc;
  explicit Stmt(Kind kind) : kind(kind) {}
};

struct StateStmt : Stmt {
  StateStmt() : Stmt(State) {}
  static bool classof(const Stmt *s) { return s->kind == State; }
  llvm::ArrayRef<Identifier> names;
  ShapeSpec shape;
  /// Null means zeros.
  Expr *init = nullptr;
};

struct ParamStmt : Stmt {
  ParamStmt() : Stmt(Param) {}
  static bool classof(const Stmt *s) { return s->kind == Param; }
  llvm::ArrayRef<Identifier> names;
  /// Never trained.
  bool frozen = false;
  ShapeSpec shape;
  Identifier init;
  llvm::ArrayRef<Expr *> initArgs;
};

struct LayerStmt : Stmt {
  LayerStmt() : Stmt(Layer) {}
  static bool classof(const Stmt *s) { return s->kind == Layer; }
  Identifier name;
  Expr *index = nullptr;
  Identifier cell;
  llvm::ArrayRef<Expr *> sizes;
  llvm::ArrayRef<NamedArg> named;
};

/// One name left of `=`: `h`, `h'` or `_`.
struct Place {
  Identifier name;
  bool next = false;
  bool isDiscard() const { return name.text == "_"; }
};

struct AssignStmt : Stmt {
  AssignStmt() : Stmt(Assign) {}
  static bool classof(const Stmt *s) { return s->kind == Assign; }
  llvm::ArrayRef<Place> places;
  /// The names in `y, (h, c) = ...`, for the final states.
  llvm::ArrayRef<Place> states;
  bool takesStates = false;
  Expr *value = nullptr;
};

struct ForStmt : Stmt {
  ForStmt() : Stmt(For) {}
  static bool classof(const Stmt *s) { return s->kind == For; }
  Identifier variable;
  Expr *first = nullptr, *last = nullptr;
  llvm::ArrayRef<Stmt *> body;
};

/// `input` and `target`.
struct InputStmt : Stmt {
  InputStmt() : Stmt(Input) {}
  static bool classof(const Stmt *s) { return s->kind == Input; }
  Identifier name;
  bool isTarget = false;
  ShapeSpec shape;
};

struct OutputStmt : Stmt {
  OutputStmt() : Stmt(Output) {}
  static bool classof(const Stmt *s) { return s->kind == Output; }
  Identifier name;
  /// Null in `output p`, which exports the value p.
  Expr *value = nullptr;
};

struct LossStmt : Stmt {
  LossStmt() : Stmt(Loss) {}
  static bool classof(const Stmt *s) { return s->kind == Loss; }
  /// Empty when the loss has no name.
  Identifier name;
  Expr *value = nullptr;
};

struct MetricStmt : Stmt {
  MetricStmt() : Stmt(Metric) {}
  static bool classof(const Stmt *s) { return s->kind == Metric; }
  Identifier name;
  Expr *value = nullptr;
};

struct StreamStmt : Stmt {
  StreamStmt() : Stmt(Stream) {}
  static bool classof(const Stmt *s) { return s->kind == Stream; }
  Identifier name;
  llvm::ArrayRef<Identifier> inputs, outputs;
};

//===----------------------------------------------------------------------===//
// Cells and models
//===----------------------------------------------------------------------===//

struct SizeParam {
  Identifier name;
  Expr *value = nullptr;
};

struct CellInput {
  Identifier name;
  ShapeSpec shape;
};

struct CellDecl {
  Identifier name;
  llvm::ArrayRef<SizeParam> sizes;
  llvm::ArrayRef<CellInput> inputs;
  llvm::ArrayRef<Place> results;
  llvm::ArrayRef<Stmt *> body;
  bool isPrelude = false;
  /// A state of its own or of a layer in it; set by name resolution.
  bool stateful = false;
};

struct ModelDecl {
  Identifier name;
  llvm::ArrayRef<SizeParam> sizes;
  llvm::ArrayRef<Stmt *> body;
};

/// Everything parsed, the prelude's cells included.
struct File {
  llvm::BumpPtrAllocator arena;
  llvm::MapVector<llvm::StringRef, CellDecl *> cells;
  llvm::MapVector<llvm::StringRef, ModelDecl *> models;

  template <typename T> T *make() { return new (arena.Allocate<T>()) T(); }
  template <typename T> llvm::ArrayRef<T> copy(llvm::ArrayRef<T> from) {
    return from.copy(arena);
  }
  CellDecl *findCell(llvm::StringRef name) const { return cells.lookup(name); }
};

} // namespace rnnc::text

#endif
