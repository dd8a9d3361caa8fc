//===- Parser.cpp - Cells, models and recovery ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Token handling, recovery after mistakes, and declarations. Statements are in
// ParseStmt.cpp, expressions in ParseExpr.cpp.
//===----------------------------------------------------------------------===//

#include "frontends/text/Parser.h"

using namespace llvm;

namespace rnnc::text {

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

void Parser::advance() {
  if (token.text.data() && !at(Tok::Newline))
    previousEnd = token.end();
  if (second) {
    token = *second;
    second.reset();
  } else {
    token = lexer.next();
  }
  while (brackets > 0 && at(Tok::Newline))
    token = lexer.next();
}

const Token &Parser::peekSecond() {
  if (!second) {
    second = lexer.next();
    while (brackets > 0 && second->kind == Tok::Newline)
      second = lexer.next();
  }
  return *second;
}

bool Parser::consumeIf(Tok kind) {
  if (!at(kind))
    return false;
  if (kind == Tok::LParen || kind == Tok::LBracket)
    ++brackets;
  if ((kind == Tok::RParen || kind == Tok::RBracket) && brackets > 0)
    --brackets;
  advance();
  return true;
}

void Parser::unexpected(Rule rule, const Twine &expected) {
  // What is missing at the end of a line is missed there, not on the next one.
  bool lineEnded = at(Tok::Newline) || at(Tok::End);
  SMLoc loc = lineEnded && previousEnd.isValid() ? previousEnd : token.start();
  if (lineEnded)
    diags.error(loc, rule, "expected " + expected + ", got " + describe(token));
  else
    diags.error(token.range(), rule,
                "expected " + expected + ", got " + describe(token));
}

bool Parser::expect(Tok kind, Rule rule, const Twine &context) {
  if (consumeIf(kind))
    return true;
  unexpected(rule, Twine(describe(kind)) + " " + context);
  return false;
}

bool Parser::expectName(Identifier &name, Rule rule, const Twine &what) {
  if (!at(Tok::Name)) {
    unexpected(token.kind >= Tok::KwCell ? Rule::Reserved : rule, what);
    return false;
  }
  name.text = token.text;
  advance();
  return true;
}

void Parser::skipNewlines() {
  while (at(Tok::Newline))
    advance();
}

static bool beginsStatement(Tok kind) {
  return kind >= Tok::KwCell && kind != Tok::KwIn && kind != Tok::KwSeq &&
         kind != Tok::KwToken;
}

/// Skips to the end of the statement: the end of its line outside of brackets,
/// a word that begins a statement on a new line, or the brace that closes the
/// body. A block that belongs to it is skipped too.
void Parser::recoverStatement() {
  unsigned open = brackets, braces = 0;
  brackets = 0;
  while (!at(Tok::End)) {
    if (at(Tok::LBrace))
      ++braces;
    if (at(Tok::RBrace) && braces-- == 0)
      return;
    if (at(Tok::LParen) || at(Tok::LBracket))
      ++open;
    if ((at(Tok::RParen) || at(Tok::RBracket)) && open > 0)
      --open;
    bool endOfLine = at(Tok::Newline);
    if (endOfLine && braces == 0 && open == 0)
      return;
    advance();
    if (endOfLine && (at(Tok::KwCell) || at(Tok::KwModel)))
      return;
    if (endOfLine && braces == 0 && beginsStatement(token.kind))
      return;
  }
}

/// Skips to the next cell or model at the beginning of a line.
void Parser::recoverDeclaration() {
  brackets = 0;
  bool lineBegins = false;
  while (!at(Tok::End)) {
    if (lineBegins && (at(Tok::KwCell) || at(Tok::KwModel)))
      return;
    lineBegins = at(Tok::Newline);
    advance();
  }
}

//===----------------------------------------------------------------------===//
// Declarations
//===----------------------------------------------------------------------===//

void Parser::parseFile() {
  while (!diags.full()) {
    skipNewlines();
    if (at(Tok::End))
      return;
    if (at(Tok::KwCell))
      parseCell();
    else if (at(Tok::KwModel))
      parseModel();
    else {
      unexpected(Rule::Structure, "'cell' or 'model'");
      advance();
      recoverDeclaration();
    }
  }
}

/// `[I, H]` of a cell, `[V = 65, H]` of a model; may be left out.
bool Parser::parseSizeParams(ArrayRef<SizeParam> &sizes, bool withDefaults) {
  if (!consumeIf(Tok::LBracket))
    return true;
  SmallVector<SizeParam> list;
  do {
    SizeParam size;
    if (!expectName(size.name, Rule::SizeExpr, "the name of a size"))
      return false;
    if (at(Tok::Equal) && !withDefaults) {
      unexpected(Rule::LayerSize,
                 "',' or ']' (the sizes of a cell are given by "
                 "its layers)");
      return false;
    }
    if (consumeIf(Tok::Equal) && !(size.value = parseExpr()))
      return false;
    list.push_back(size);
  } while (consumeIf(Tok::Comma));
  sizes = file.copy(ArrayRef<SizeParam>(list));
  return expect(Tok::RBracket, Rule::SizeExpr, "after the sizes");
}

bool Parser::parseCellInputs(ArrayRef<CellInput> &inputs) {
  if (!expect(Tok::LParen, Rule::CellInput, "before the inputs of the cell"))
    return false;
  SmallVector<CellInput> list;
  while (!at(Tok::RParen)) {
    CellInput input;
    if (!expectName(input.name, Rule::CellInput, "the name of an input") ||
        !expect(Tok::Colon, Rule::CellInput, "and the shape of the input") ||
        !parseShape(input.shape))
      return false;
    if (!input.shape.axis.text.empty()) {
      diags.error(input.shape.axis.range(), Rule::CellInput,
                  "expected one step of an input in a cell, got a sequence");
      return false;
    }
    list.push_back(input);
    if (!consumeIf(Tok::Comma))
      break;
  }
  inputs = file.copy(ArrayRef<CellInput>(list));
  return expect(Tok::RParen, Rule::CellInput, "after the inputs of the cell");
}

bool Parser::parsePlaces(SmallVectorImpl<Place> &places, bool allowDiscard) {
  do {
    Place place;
    if (!expectName(place.name, Rule::Result, "a name"))
      return false;
    if (place.isDiscard() && !allowDiscard) {
      diags.error(place.name.range(), Rule::Result,
                  "expected the name of a value, got '_'");
      return false;
    }
    place.next = consumeIf(Tok::Prime);
    if (place.next && place.isDiscard()) {
      diags.error(place.name.range(), Rule::Name,
                  "expected the name of a state before ''', got '_'");
      return false;
    }
    places.push_back(place);
  } while (consumeIf(Tok::Comma) && !at(Tok::LParen));
  return true;
}

void Parser::parseBody(ArrayRef<Stmt *> &body, const Twine &owner) {
  SMRange open = token.range();
  if (!expect(Tok::LBrace, Rule::Structure, "to open the body of " + owner))
    return;
  SmallVector<Stmt *> list;
  while (true) {
    skipNewlines();
    if (at(Tok::RBrace) || at(Tok::End) || at(Tok::KwCell) ||
        at(Tok::KwModel) || diags.full())
      break;
    Stmt *stmt = parseStmt();
    if (stmt && !at(Tok::Newline) && !at(Tok::RBrace) && !at(Tok::End)) {
      unexpected(Rule::Line, "end of line after the statement");
      stmt = nullptr;
    }
    if (stmt)
      list.push_back(stmt);
    else
      recoverStatement();
  }
  body = file.copy(ArrayRef<Stmt *>(list));
  // One brace that is missing is missed by every body around it.
  if (consumeIf(Tok::RBrace) || std::exchange(unclosed, true))
    return;
  unexpected(Rule::Structure, "'}' to close the body of " + owner);
  diags.note(open.Start, "the body begins here", open);
}

void Parser::addCell(CellDecl *cell) {
  CellDecl *&known = file.cells[cell->name.text];
  // A cell of the file hides the one of the prelude.
  if (known && !known->isPrelude) {
    diags.error(cell->name.range(), Rule::Structure,
                "expected one cell named '" + cell->name.text +
                    "', got a second one");
    diags.note(known->name.loc(), "the first one is here", known->name.range());
    return;
  }
  known = cell;
}

void Parser::parseCell() {
  advance();
  unclosed = false;
  CellDecl *cell = make<CellDecl>();
  cell->isPrelude = isPrelude;
  SmallVector<Place> results;
  bool isSound =
      expectName(cell->name, Rule::Structure, "the name of the cell") &&
      parseSizeParams(cell->sizes, /*withDefaults=*/false) &&
      parseCellInputs(cell->inputs) &&
      expect(Tok::Arrow, Rule::Result, "and what a step of the cell returns") &&
      parsePlaces(results, /*allowDiscard=*/false);
  if (!isSound)
    return recoverDeclaration();
  cell->results = file.copy(ArrayRef<Place>(results));
  parseBody(cell->body, "cell '" + cell->name.text + "'");
  if (!consumeIf(Tok::Newline) && !at(Tok::End) && !diags.hasErrors())
    unexpected(Rule::Line, "end of line after the cell");
  addCell(cell);
}

void Parser::parseModel() {
  advance();
  unclosed = false;
  ModelDecl *model = make<ModelDecl>();
  if (!expectName(model->name, Rule::Structure, "the name of the model") ||
      !parseSizeParams(model->sizes, /*withDefaults=*/true))
    return recoverDeclaration();
  parseBody(model->body, "model '" + model->name.text + "'");
  if (!consumeIf(Tok::Newline) && !at(Tok::End) && !diags.hasErrors())
    unexpected(Rule::Line, "end of line after the model");
  ModelDecl *&known = file.models[model->name.text];
  if (known) {
    diags.error(model->name.range(), Rule::Structure,
                "expected one model named '" + model->name.text +
                    "', got a second one");
    diags.note(known->name.loc(), "the first one is here", known->name.range());
    return;
  }
  known = model;
}

bool Parser::enter() {
  constexpr unsigned limit = 200;
  if (nesting < limit)
    return true;
  diags.error(token.range(), Rule::Limit,
              "expected at most " + Twine(limit) +
                  " levels of nesting, got more");
  return false;
}

} // namespace rnnc::text
