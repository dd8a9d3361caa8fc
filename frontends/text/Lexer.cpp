//===- Lexer.cpp - Words of the .rnn language -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A hand-written lexer over the bytes of the buffer.
//===----------------------------------------------------------------------===//

#include "frontends/text/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>

using namespace llvm;

namespace rnnc::text {

static Tok keywordKind(StringRef name) {
  return StringSwitch<Tok>(name)
      .Case("cell", Tok::KwCell)
      .Case("model", Tok::KwModel)
      .Case("state", Tok::KwState)
      .Case("param", Tok::KwParam)
      .Case("frozen", Tok::KwFrozen)
      .Case("layer", Tok::KwLayer)
      .Case("input", Tok::KwInput)
      .Case("target", Tok::KwTarget)
      .Case("output", Tok::KwOutput)
      .Case("loss", Tok::KwLoss)
      .Case("metric", Tok::KwMetric)
      .Case("stream", Tok::KwStream)
      .Case("for", Tok::KwFor)
      .Case("in", Tok::KwIn)
      .Case("seq", Tok::KwSeq)
      .Case("token", Tok::KwToken)
      .Default(Tok::Name);
}

bool isKeyword(StringRef name) { return keywordKind(name) != Tok::Name; }

StringRef describe(Tok kind) {
  static const StringRef words[] = {
      "end of file", "end of line", "a name",   "an integer", "a number",
      "'{'",         "'}'",         "'('",      "')'",        "'['",
      "']'",         "','",         "';'",      "':'",        "'~'",
      "'='",         "'=='",        "'<'",      "'<='",       "'>'",
      "'>='",        "'+'",         "'-'",      "'*'",        "'/'",
      "'@'",         "'^'",         "'",        "'->'",       "'..'",
      "'cell'",      "'model'",     "'state'",  "'param'",    "'frozen'",
      "'layer'",     "'input'",     "'target'", "'output'",   "'loss'",
      "'metric'",    "'stream'",    "'for'",    "'in'",       "'seq'",
      "'token'"};
  return words[static_cast<unsigned>(kind)];
}

std::string describe(const Token &token) {
  StringRef text = token.text.take_front(40);
  switch (token.kind) {
  case Tok::End:
  case Tok::Newline:
    return describe(token.kind).str();
  case Tok::Name:
    return ("name '" + text + "'").str();
  case Tok::Integer:
  case Tok::Real:
    return ("number " + text).str();
  default:
    return token.kind >= Tok::KwCell ? ("keyword '" + text + "'").str()
                                     : ("'" + text + "'").str();
  }
}

static bool isNameStart(char c) { return isAlpha(c) || c == '_'; }
static bool isNameChar(char c) { return isAlnum(c) || c == '_'; }

void Lexer::skipBlanks() {
  while (position != limit) {
    if (*position == ' ' || *position == '\t' || *position == '\r')
      ++position;
    else if (*position == '#')
      position = std::find(position, limit, '\n');
    else
      return;
  }
}

Token Lexer::take(Tok kind, size_t length) {
  Token token;
  token.kind = kind;
  token.text = StringRef(position, length);
  position += length;
  return token;
}

Token Lexer::lexName() {
  const char *end = std::find_if_not(position, limit, isNameChar);
  size_t length = end - position;
  return take(keywordKind(StringRef(position, length)), length);
}

Token Lexer::lexNumber() {
  StringRef rest(position, limit - position);
  auto digits = [&](size_t from) {
    size_t end = rest.find_if_not(isDigit, from);
    return end == StringRef::npos ? rest.size() : end;
  };
  auto isDigitAt = [&](size_t at) {
    return at < rest.size() && isDigit(rest[at]);
  };
  size_t end = digits(0);
  bool isInteger = true;
  if (end < rest.size() && rest[end] == '.' && isDigitAt(end + 1)) {
    end = digits(end + 1);
    isInteger = false;
  }
  if (end < rest.size() && (rest[end] == 'e' || rest[end] == 'E')) {
    size_t exponent = end + 1;
    if (exponent < rest.size() &&
        (rest[exponent] == '+' || rest[exponent] == '-'))
      ++exponent;
    if (isDigitAt(exponent)) {
      end = digits(exponent);
      isInteger = false;
    }
  }
  Token token = take(isInteger ? Tok::Integer : Tok::Real, end);
  bool tooLong = token.text.size() > 1000;
  if (tooLong || token.text.getAsDouble(token.real) ||
      !std::isfinite(token.real)) {
    token.real = 1;
    diags.error(token.range(), Rule::Number,
                "expected a number that fits in 64 bits, got one beyond the "
                "largest double");
  }
  if (isInteger && token.text.getAsInteger(10, token.integer)) {
    token.integer = 1;
    if (!tooLong)
      diags.error(token.range(), Rule::Number,
                  "expected an integer up to 9223372036854775807, got " +
                      token.text.take_front(40));
  }
  if (position != limit && isNameStart(*position)) {
    Token name = lexName();
    diags.error(name.range(), Rule::Name,
                "expected a name that begins with a letter, got '" +
                    Twine(token.text.take_front(20)) +
                    name.text.take_front(20) + "'");
  }
  return token;
}

bool Lexer::lexPunctuation(Token &token) {
  static const std::pair<StringRef, Tok> marks[] = {
      {"==", Tok::EqualEqual},   {"<=", Tok::LessEqual},
      {">=", Tok::GreaterEqual}, {"<", Tok::Less},
      {">", Tok::Greater},       {"->", Tok::Arrow},
      {"..", Tok::DotDot},       {"\n", Tok::Newline},
      {"{", Tok::LBrace},        {"}", Tok::RBrace},
      {"(", Tok::LParen},        {")", Tok::RParen},
      {"[", Tok::LBracket},      {"]", Tok::RBracket},
      {",", Tok::Comma},         {";", Tok::Semi},
      {":", Tok::Colon},         {"~", Tok::Tilde},
      {"=", Tok::Equal},         {"+", Tok::Plus},
      {"-", Tok::Minus},         {"*", Tok::Star},
      {"/", Tok::Slash},         {"@", Tok::At},
      {"^", Tok::Caret},         {"'", Tok::Prime}};
  StringRef rest(position, limit - position);
  for (auto [mark, kind] : marks) {
    if (!rest.starts_with(mark))
      continue;
    token = take(kind, mark.size());
    return true;
  }
  return false;
}

/// The ASCII spelling of a sign that people paste from papers, or nothing.
static StringRef asciiFor(StringRef utf8) {
  return StringSwitch<StringRef>(utf8)
      .Cases({"\u2212", "\u2013"}, "-")
      .Cases({"\u00d7", "\u00b7", "\u22c5", "\u2299"}, "*")
      .Cases({"\u2019", "\u2032"}, "'")
      .Case("\u2192", "->")
      .Case("\u2264", "<=")
      .Case("\u2265", ">=")
      .Case("\u03c3", "sigmoid")
      .Case("\u00a0", " ")
      .Default("");
}

void Lexer::skipUnknown() {
  const char *start = position;
  unsigned length = getNumBytesForUTF8(static_cast<UTF8>(*position));
  position += std::min<size_t>(std::max(length, 1u), limit - position);
  SMRange range(SMLoc::getFromPointer(start), SMLoc::getFromPointer(position));
  StringRef bytes(start, position - start);
  std::string shown;
  raw_string_ostream out(shown);
  bool isUnprintable = bytes.size() == 1 && !isPrint(bytes[0]);
  if (isUnprintable)
    out << format("the byte 0x%02x", static_cast<unsigned char>(bytes[0]));
  else
    out << "'" << bytes << "'";
  StringRef ascii = asciiFor(bytes);
  diags.error(range, Rule::Name,
              "expected a name, a number or an operator, got " + Twine(shown) +
                  (ascii.empty() ? Twine("") : ", write '" + ascii + "'"));
}

Token Lexer::next() {
  while (true) {
    skipBlanks();
    if (position == limit)
      return take(Tok::End, 0);
    if (isNameStart(*position))
      return lexName();
    if (isDigit(*position))
      return lexNumber();
    Token token;
    if (lexPunctuation(token))
      return token;
    skipUnknown();
  }
}

} // namespace rnnc::text
