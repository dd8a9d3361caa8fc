//===- Parser.h - From tokens to the AST ------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A recursive-descent parser. After a mistake it goes on with the next
// statement, so that one run reports several.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_PARSER_H
#define RNNC_FRONTENDS_TEXT_PARSER_H

#include "frontends/text/AST.h"
#include "frontends/text/Lexer.h"
#include <optional>

namespace rnnc::text {

/// Parses one buffer into `file`; `isPrelude` says whose cells these are.
/// Mistakes are reported to `diags`.
class Parser {
public:
  Parser(llvm::StringRef buffer, File &file, Diagnostics &diags, bool isPrelude)
      : file(file), diags(diags), lexer(buffer, diags), isPrelude(isPrelude) {
    advance();
  }
  void parseFile();

private:
  // Tokens. Inside parentheses and brackets ends of lines are skipped.
  void advance();
  const Token &peekSecond();
  bool at(Tok kind) const { return token.kind == kind; }
  bool consumeIf(Tok kind);
  bool expect(Tok kind, Rule rule, const llvm::Twine &context);
  void unexpected(Rule rule, const llvm::Twine &expected);
  void skipNewlines();
  void recoverStatement();
  void recoverDeclaration();
  bool expectName(Identifier &name, Rule rule, const llvm::Twine &what);

  // Declarations.
  void parseCell();
  void parseModel();
  bool parseSizeParams(llvm::ArrayRef<SizeParam> &sizes, bool withDefaults);
  bool parseCellInputs(llvm::ArrayRef<CellInput> &inputs);
  bool parsePlaces(llvm::SmallVectorImpl<Place> &places, bool allowDiscard);
  void parseBody(llvm::ArrayRef<Stmt *> &body, const llvm::Twine &owner);
  void addCell(CellDecl *cell);

  // Statements; null after an error.
  Stmt *parseStmt();
  Stmt *parseState();
  Stmt *parseParam();
  Stmt *parseLayer();
  Stmt *parseFor();
  Stmt *parseInput();
  Stmt *parseOutput();
  Stmt *parseLoss();
  Stmt *parseMetric();
  Stmt *parseStream();
  Stmt *parseAssign();
  bool parseShape(ShapeSpec &shape);
  bool parseDims(llvm::ArrayRef<Expr *> &dims);
  bool parseIdentifiers(llvm::ArrayRef<Identifier> &names,
                        const llvm::Twine &what);
  bool parseArguments(Tok close, llvm::ArrayRef<Expr *> &args,
                      llvm::ArrayRef<NamedArg> &named);

  // Expressions; null after an error.
  Expr *parseExpr();
  Expr *parseSum();
  Expr *parseProduct();
  Expr *parseUnary();
  Expr *parseMatMul();
  Expr *parsePostfix();
  Expr *parsePrimary();
  Expr *parseNumber();
  Expr *parseConcat();
  Expr *parseCall(Expr *callee);
  Expr *parseSlice(Expr *operand);
  bool parseRange(Range &range);
  Expr *makeBinary(char op, llvm::SMLoc loc, Expr *lhs, Expr *rhs);
  /// Sets the depth from the children and bounds it; null when it is too deep.
  Expr *finish(Expr *expr, llvm::ArrayRef<Expr *> children);

  /// False, with an error, when the recursion is too deep already.
  bool enter();

  template <typename T> T *make() { return file.make<T>(); }

  File &file;
  Diagnostics &diags;
  Lexer lexer;
  bool isPrelude;
  Token token;
  std::optional<Token> second;
  llvm::SMLoc previousEnd;
  unsigned brackets = 0;
  unsigned nesting = 0;
  /// The end of the file was met where a body should have ended.
  bool unclosed = false;
};

} // namespace rnnc::text

#endif
