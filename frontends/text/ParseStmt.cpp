//===- ParseStmt.cpp - Statements -----------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The lines in the body of a cell or a model. Whether a statement belongs
// there is for name resolution to say.
//===----------------------------------------------------------------------===//

#include "frontends/text/Parser.h"

using namespace llvm;

namespace rnnc::text {

Stmt *Parser::parseStmt() {
  switch (token.kind) {
  case Tok::KwState:
    return parseState();
  case Tok::KwParam:
  case Tok::KwFrozen:
    return parseParam();
  case Tok::KwLayer:
    return parseLayer();
  case Tok::KwFor:
    return parseFor();
  case Tok::KwInput:
  case Tok::KwTarget:
    return parseInput();
  case Tok::KwOutput:
    return parseOutput();
  case Tok::KwLoss:
    return parseLoss();
  case Tok::KwMetric:
    return parseMetric();
  case Tok::KwStream:
    return parseStream();
  case Tok::Name:
  case Tok::LParen:
    return parseAssign();
  default:
    unexpected(Rule::Structure, "a statement");
    return nullptr;
  }
}

bool Parser::parseDims(ArrayRef<Expr *> &dims) {
  if (!expect(Tok::LBracket, Rule::Input, "before the sizes of a shape"))
    return false;
  SmallVector<Expr *> list;
  do {
    Expr *dim = parseExpr();
    if (!dim)
      return false;
    list.push_back(dim);
  } while (consumeIf(Tok::Comma));
  dims = file.copy(ArrayRef<Expr *>(list));
  return expect(Tok::RBracket, Rule::Input, "after the sizes of a shape");
}

bool Parser::parseShape(ShapeSpec &shape) {
  shape.range.Start = token.start();
  if (consumeIf(Tok::KwSeq)) {
    if (!expect(Tok::LBracket, Rule::Axis, "and the name of a time axis") ||
        !expectName(shape.axis, Rule::Axis, "the name of a time axis") ||
        !expect(Tok::RBracket, Rule::Axis, "after the time axis"))
      return false;
  }
  shape.token = consumeIf(Tok::KwToken);
  if (!shape.token && !at(Tok::LBracket)) {
    unexpected(Rule::Input, "a shape, such as [N], token[V] or seq[T] [N]");
    return false;
  }
  if (!parseDims(shape.dims))
    return false;
  shape.range.End = previousEnd;
  if (shape.token && shape.dims.size() != 1) {
    diags.error(shape.range, Rule::Token,
                "expected one size, the vocabulary, for a token, got " +
                    Twine(shape.dims.size()));
    return false;
  }
  return true;
}

bool Parser::parseIdentifiers(ArrayRef<Identifier> &names, const Twine &what) {
  SmallVector<Identifier> list;
  do {
    if (!expectName(list.emplace_back(), Rule::Name, what))
      return false;
  } while (consumeIf(Tok::Comma));
  names = file.copy(ArrayRef<Identifier>(list));
  return true;
}

/// `state h, c: [H] = zeros`
Stmt *Parser::parseState() {
  auto *stmt = make<StateStmt>();
  stmt->loc = token.start();
  advance();
  if (!parseIdentifiers(stmt->names, "the name of a state") ||
      !expect(Tok::Colon, Rule::State, "and the shape of the state") ||
      !parseShape(stmt->shape))
    return nullptr;
  if (consumeIf(Tok::Equal) && !(stmt->init = parseExpr()))
    return nullptr;
  return stmt;
}

/// `param W: [N, M] ~ glorot`, `frozen param W: ...`
Stmt *Parser::parseParam() {
  auto *stmt = make<ParamStmt>();
  stmt->loc = token.start();
  stmt->frozen = consumeIf(Tok::KwFrozen);
  if (!expect(Tok::KwParam, Rule::Param, "after 'frozen'"))
    return nullptr;
  ArrayRef<NamedArg> named;
  if (!parseIdentifiers(stmt->names, "the name of a parameter") ||
      !expect(Tok::Colon, Rule::Param, "and the shape of the parameter") ||
      !parseShape(stmt->shape) ||
      !expect(Tok::Tilde, Rule::Param,
              "and an initialiser, such as '~ glorot' or '~ zeros'") ||
      !expectName(stmt->init, Rule::Param, "the name of an initialiser"))
    return nullptr;
  if (consumeIf(Tok::LParen) &&
      !parseArguments(Tok::RParen, stmt->initArgs, named))
    return nullptr;
  if (!named.empty()) {
    diags.error(named[0].name.range(), Rule::Param,
                "expected numbers for an initialiser, got a named argument");
    return nullptr;
  }
  return stmt;
}

/// `layer lstm[l] = LSTM[H]`
Stmt *Parser::parseLayer() {
  auto *stmt = make<LayerStmt>();
  stmt->loc = token.start();
  advance();
  if (!expectName(stmt->name, Rule::Layer, "the name of a layer"))
    return nullptr;
  if (consumeIf(Tok::LBracket) &&
      (!(stmt->index = parseExpr()) ||
       !expect(Tok::RBracket, Rule::Layer, "after the index of the layer")))
    return nullptr;
  if (!expect(Tok::Equal, Rule::Layer, "and the cell of the layer") ||
      !expectName(stmt->cell, Rule::Layer, "the name of a cell"))
    return nullptr;
  if (consumeIf(Tok::LBracket) &&
      !parseArguments(Tok::RBracket, stmt->sizes, stmt->named))
    return nullptr;
  if (at(Tok::LParen)) {
    unexpected(Rule::Layer, "end of line (a layer is declared first and "
                            "called by its name afterwards)");
    return nullptr;
  }
  return stmt;
}

/// `for l in 1..L { ... }`
Stmt *Parser::parseFor() {
  if (!enter())
    return nullptr;
  auto *stmt = make<ForStmt>();
  stmt->loc = token.start();
  advance();
  if (!expectName(stmt->variable, Rule::For, "the name of a loop variable") ||
      !expect(Tok::KwIn, Rule::For, "after the loop variable") ||
      !(stmt->first = parseExpr()) ||
      !expect(Tok::DotDot, Rule::For, "between the first and last value") ||
      !(stmt->last = parseExpr()))
    return nullptr;
  ++nesting;
  parseBody(stmt->body, "'for'");
  --nesting;
  return stmt;
}

/// `input x: seq[T] token[V]`
Stmt *Parser::parseInput() {
  auto *stmt = make<InputStmt>();
  stmt->loc = token.start();
  stmt->isTarget = at(Tok::KwTarget);
  advance();
  if (!expectName(stmt->name, Rule::Input, "a name") ||
      !expect(Tok::Colon, Rule::Input, "and a shape") ||
      !parseShape(stmt->shape))
    return nullptr;
  return stmt;
}

/// `output p = softmax(logits)`, `output p`
Stmt *Parser::parseOutput() {
  auto *stmt = make<OutputStmt>();
  stmt->loc = token.start();
  advance();
  if (!expectName(stmt->name, Rule::Output, "the name of the output"))
    return nullptr;
  if (consumeIf(Tok::Equal) && !(stmt->value = parseExpr()))
    return nullptr;
  return stmt;
}

/// `loss mean(e)`, `loss a: 0.5 * mean(e)`
Stmt *Parser::parseLoss() {
  auto *stmt = make<LossStmt>();
  stmt->loc = token.start();
  advance();
  if (at(Tok::Name) && peekSecond().kind == Tok::Colon) {
    stmt->name.text = token.text;
    advance();
    advance();
  }
  if (!(stmt->value = parseExpr()))
    return nullptr;
  return stmt;
}

/// `metric accuracy: mean(argmax(logits) == y)`
Stmt *Parser::parseMetric() {
  auto *stmt = make<MetricStmt>();
  stmt->loc = token.start();
  advance();
  if (!expectName(stmt->name, Rule::Metric, "the name of the metric") ||
      !expect(Tok::Colon, Rule::Metric, "and the value of the metric") ||
      !(stmt->value = parseExpr()))
    return nullptr;
  return stmt;
}

/// `stream step(x) -> p`
Stmt *Parser::parseStream() {
  auto *stmt = make<StreamStmt>();
  stmt->loc = token.start();
  advance();
  if (!expectName(stmt->name, Rule::Stream, "'step'") ||
      !expect(Tok::LParen, Rule::Stream, "and the inputs of a step"))
    return nullptr;
  if (!at(Tok::RParen) && !parseIdentifiers(stmt->inputs, "an input"))
    return nullptr;
  if (!expect(Tok::RParen, Rule::Stream, "after the inputs of a step") ||
      !expect(Tok::Arrow, Rule::Stream, "and the outputs of a step") ||
      !parseIdentifiers(stmt->outputs, "an output"))
    return nullptr;
  return stmt;
}

/// `h = e`, `c', h' = e`, `y, (h, c) = e`
Stmt *Parser::parseAssign() {
  auto *stmt = make<AssignStmt>();
  stmt->loc = token.start();
  SmallVector<Place> places, states;
  if (!at(Tok::LParen) && !parsePlaces(places, /*allowDiscard=*/true))
    return nullptr;
  bool isBareCall = at(Tok::LParen) && !places.empty() &&
                    *(previousEnd.getPointer() - 1) != ',';
  if (isBareCall) {
    diags.error(places[0].name.range(), Rule::Line,
                "expected a statement, got a call whose result is not used: "
                "write 'name = ...'");
    return nullptr;
  }
  if (consumeIf(Tok::LParen)) {
    stmt->takesStates = true;
    if (!parsePlaces(states, /*allowDiscard=*/true) ||
        !expect(Tok::RParen, Rule::Destructure, "after the final states"))
      return nullptr;
  }
  if (!expect(Tok::Equal, Rule::Line, "and a value"))
    return nullptr;
  skipNewlines();
  if (!(stmt->value = parseExpr()))
    return nullptr;
  stmt->places = file.copy(ArrayRef<Place>(places));
  stmt->states = file.copy(ArrayRef<Place>(states));
  return stmt;
}

} // namespace rnnc::text
