//===- Lexer.h - Words of the .rnn language ---------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Cuts a buffer into tokens. The end of a line is a token, for it ends a
// statement; comments and blanks are not.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_LEXER_H
#define RNNC_FRONTENDS_TEXT_LEXER_H

#include "frontends/text/Diagnostics.h"

namespace rnnc::text {

enum class Tok {
  End,
  Newline,
  Name,
  Integer,
  Real,
  LBrace,
  RBrace,
  LParen,
  RParen,
  LBracket,
  RBracket,
  Comma,
  Semi,
  Colon,
  Tilde,
  Equal,
  EqualEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Plus,
  Minus,
  Star,
  Slash,
  At,
  Caret,
  Prime,
  Arrow,
  DotDot,
  KwCell,
  KwModel,
  KwState,
  KwParam,
  KwFrozen,
  KwLayer,
  KwInput,
  KwTarget,
  KwOutput,
  KwLoss,
  KwMetric,
  KwStream,
  KwFor,
  KwIn,
  KwSeq,
  KwToken,
};

struct Token {
  Tok kind = Tok::End;
  llvm::StringRef text;
  int64_t integer = 0;
  double real = 0;

  llvm::SMLoc start() const {
    return llvm::SMLoc::getFromPointer(text.begin());
  }
  llvm::SMLoc end() const { return llvm::SMLoc::getFromPointer(text.end()); }
  llvm::SMRange range() const { return {start(), end()}; }
};

/// What a message calls a token of this kind: "'('", "a name".
llvm::StringRef describe(Tok kind);
/// The same with the token's own text: "name 'h'", "end of line".
std::string describe(const Token &token);

/// The names that cannot be used for anything else.
bool isKeyword(llvm::StringRef name);

class Lexer {
public:
  Lexer(llvm::StringRef buffer, Diagnostics &diags)
      : position(buffer.begin()), limit(buffer.end()), diags(diags) {}

  /// The next token; after the last one, Tok::End for ever. Reports characters
  /// that begin no token and skips them.
  Token next();

private:
  void skipBlanks();
  Token take(Tok kind, size_t length);
  Token lexName();
  Token lexNumber();
  bool lexPunctuation(Token &token);
  void skipUnknown();

  const char *position;
  const char *limit;
  Diagnostics &diags;
};

} // namespace rnnc::text

#endif
