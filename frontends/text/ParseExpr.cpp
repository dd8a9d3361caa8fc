//===- ParseExpr.cpp - Expressions ----------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From loosest to tightest: `== < > <= >=`, `+ -`, `* /`, unary `-`, `@` (to
// the right), calls, slices and `^T`. `@` binds tighter than `*`, as papers
// mean it.
//===----------------------------------------------------------------------===//

#include "frontends/text/Parser.h"

using namespace llvm;

namespace rnnc::text {

/// Counts the recursion for as long as it lives.
struct Depth {
  explicit Depth(unsigned &count) : count(count) { ++count; }
  ~Depth() { --count; }
  unsigned &count;
};

StringRef BinaryExpr::spelling() const {
  switch (op) {
  case '+':
    return "+";
  case '-':
    return "-";
  case '*':
    return "*";
  case '/':
    return "/";
  case '@':
    return "@";
  case '<':
    return "<";
  case '>':
    return ">";
  case 'l':
    return "<=";
  case 'g':
    return ">=";
  default:
    return "==";
  }
}

/// The operator of BinaryExpr for a comparison, or 0.
static char comparison(Tok kind) {
  switch (kind) {
  case Tok::EqualEqual:
    return '=';
  case Tok::Less:
    return '<';
  case Tok::LessEqual:
    return 'l';
  case Tok::Greater:
    return '>';
  case Tok::GreaterEqual:
    return 'g';
  default:
    return 0;
  }
}

Expr *Parser::finish(Expr *expr, ArrayRef<Expr *> children) {
  constexpr unsigned limit = 400;
  for (Expr *child : children)
    if (child)
      expr->depth = std::max(expr->depth, child->depth + 1);
  if (expr->depth <= limit)
    return expr;
  diags.error(expr->loc, Rule::Limit,
              "expected an expression of at most " + Twine(limit) +
                  " levels, got more");
  return nullptr;
}

Expr *Parser::makeBinary(char op, SMLoc loc, Expr *lhs, Expr *rhs) {
  if (!lhs || !rhs)
    return nullptr;
  auto *expr = make<BinaryExpr>();
  expr->op = op;
  expr->lhs = lhs;
  expr->rhs = rhs;
  expr->loc = loc;
  expr->range = {lhs->range.Start, rhs->range.End};
  return finish(expr, {lhs, rhs});
}

Expr *Parser::parseExpr() {
  if (!enter())
    return nullptr;
  Depth depth(nesting);
  Expr *lhs = parseSum();
  char op = comparison(token.kind);
  if (!lhs || !op)
    return lhs;
  SMLoc loc = token.start();
  advance();
  skipNewlines();
  Expr *result = makeBinary(op, loc, lhs, parseSum());
  if (result && comparison(token.kind)) {
    unexpected(Rule::Compare, "one comparison in an expression");
    return nullptr;
  }
  return result;
}

Expr *Parser::parseSum() {
  Expr *lhs = parseProduct();
  while (lhs && (at(Tok::Plus) || at(Tok::Minus))) {
    char op = token.text[0];
    SMLoc loc = token.start();
    advance();
    skipNewlines();
    lhs = makeBinary(op, loc, lhs, parseProduct());
  }
  return lhs;
}

Expr *Parser::parseProduct() {
  Expr *lhs = parseUnary();
  while (lhs && (at(Tok::Star) || at(Tok::Slash))) {
    char op = token.text[0];
    SMLoc loc = token.start();
    advance();
    skipNewlines();
    lhs = makeBinary(op, loc, lhs, parseUnary());
  }
  return lhs;
}

Expr *Parser::parseUnary() {
  if (!at(Tok::Minus))
    return parseMatMul();
  if (!enter())
    return nullptr;
  Depth depth(nesting);
  SMLoc loc = token.start();
  advance();
  auto *expr = make<NegateExpr>();
  expr->operand = parseUnary();
  if (!expr->operand)
    return nullptr;
  expr->loc = loc;
  expr->range = {loc, expr->operand->range.End};
  return finish(expr, expr->operand);
}

Expr *Parser::parseMatMul() {
  Expr *lhs = parsePostfix();
  if (!lhs || !at(Tok::At))
    return lhs;
  if (!enter())
    return nullptr;
  Depth depth(nesting);
  SMLoc loc = token.start();
  advance();
  skipNewlines();
  return makeBinary('@', loc, lhs,
                    at(Tok::Minus) ? parseUnary() : parseMatMul());
}

Expr *Parser::parsePostfix() {
  Expr *expr = parsePrimary();
  while (expr) {
    if (at(Tok::LParen)) {
      expr = parseCall(expr);
    } else if (at(Tok::LBracket)) {
      expr = parseSlice(expr);
    } else if (at(Tok::Caret)) {
      auto *transpose = make<TransposeExpr>();
      transpose->loc = token.start();
      advance();
      if (!at(Tok::Name) || token.text != "T") {
        unexpected(Rule::Transpose, "'T' after '^', for the transpose");
        return nullptr;
      }
      transpose->range = {expr->range.Start, token.end()};
      transpose->operand = expr;
      advance();
      expr = finish(transpose, expr);
    } else if (at(Tok::Prime)) {
      unexpected(Rule::Name, "''' right after the name of a state");
      return nullptr;
    } else {
      return expr;
    }
  }
  return nullptr;
}

Expr *Parser::parsePrimary() {
  switch (token.kind) {
  case Tok::Integer:
  case Tok::Real:
    return parseNumber();
  case Tok::LBracket:
    return parseConcat();
  case Tok::LParen: {
    consumeIf(Tok::LParen);
    Expr *expr = parseExpr();
    if (!expr || !expect(Tok::RParen, Rule::Line, "after the expression"))
      return nullptr;
    return expr;
  }
  case Tok::Name: {
    auto *expr = make<NameExpr>();
    expr->name = token.text;
    expr->range = token.range();
    expr->loc = token.start();
    advance();
    if (at(Tok::Prime)) {
      expr->next = true;
      expr->range.End = token.end();
      advance();
    }
    return expr;
  }
  default:
    unexpected(token.kind >= Tok::KwCell ? Rule::Reserved : Rule::Line,
               "an expression");
    return nullptr;
  }
}

Expr *Parser::parseNumber() {
  auto *expr = make<NumberExpr>();
  expr->value = token.real;
  expr->isInteger = at(Tok::Integer);
  expr->integer = token.integer;
  expr->range = token.range();
  expr->loc = token.start();
  advance();
  return expr;
}

Expr *Parser::parseConcat() {
  auto *expr = make<ConcatExpr>();
  expr->loc = token.start();
  SMLoc start = token.start();
  consumeIf(Tok::LBracket);
  SmallVector<Expr *> parts;
  do {
    Expr *part = parseExpr();
    if (!part)
      return nullptr;
    parts.push_back(part);
  } while (consumeIf(Tok::Semi));
  expr->range = {start, token.end()};
  if (at(Tok::Comma)) {
    diags.error(token.range(), Rule::Concat,
                "expected ';' between the parts of a concatenation, got ','",
                SMFixIt(token.range(), ";"));
    return nullptr;
  }
  if (!expect(Tok::RBracket, Rule::Concat, "after the parts"))
    return nullptr;
  expr->parts = file.copy(ArrayRef<Expr *>(parts));
  return finish(expr, expr->parts);
}

/// `a, b, h = c` up to the closing bracket, which is consumed.
bool Parser::parseArguments(Tok close, ArrayRef<Expr *> &args,
                            ArrayRef<NamedArg> &named) {
  SmallVector<Expr *> list;
  SmallVector<NamedArg> namedList;
  while (!at(close)) {
    if (at(Tok::Name) && peekSecond().kind == Tok::Equal) {
      NamedArg arg;
      arg.name.text = token.text;
      advance();
      advance();
      if (!(arg.value = parseExpr()))
        return false;
      namedList.push_back(arg);
    } else {
      if (!namedList.empty()) {
        unexpected(Rule::Call, "'name = value' after the first named argument");
        return false;
      }
      Expr *arg = parseExpr();
      if (!arg)
        return false;
      list.push_back(arg);
    }
    if (!consumeIf(Tok::Comma))
      break;
  }
  args = file.copy(ArrayRef<Expr *>(list));
  named = file.copy(ArrayRef<NamedArg>(namedList));
  return expect(close, Rule::Call, "after the arguments");
}

Expr *Parser::parseCall(Expr *callee) {
  auto *expr = make<CallExpr>();
  auto *name = dyn_cast<NameExpr>(callee);
  if (auto *slice = dyn_cast<SliceExpr>(callee)) {
    name = dyn_cast<NameExpr>(slice->operand);
    if (slice->ranges.size() == 1 && slice->ranges[0].single)
      expr->index = slice->ranges[0].first;
    else
      name = nullptr;
  }
  if (!name || name->next) {
    diags.error(callee->range, Rule::Call,
                "expected the name of a layer or function before '('");
    return nullptr;
  }
  expr->callee.text = name->name;
  expr->loc = name->loc;
  consumeIf(Tok::LParen);
  if (!parseArguments(Tok::RParen, expr->args, expr->named))
    return nullptr;
  expr->range = {callee->range.Start, previousEnd};
  SmallVector<Expr *> children(expr->args);
  children.push_back(expr->index);
  for (const NamedArg &arg : expr->named)
    children.push_back(arg.value);
  return finish(expr, children);
}

bool Parser::parseRange(Range &range) {
  range.range.Start = token.start();
  if (!at(Tok::Colon) && !(range.first = parseExpr()))
    return false;
  range.single = !consumeIf(Tok::Colon);
  if (!range.single && !at(Tok::Comma) && !at(Tok::RBracket) &&
      !(range.last = parseExpr()))
    return false;
  range.range.End = token.start();
  return true;
}

Expr *Parser::parseSlice(Expr *operand) {
  auto *expr = make<SliceExpr>();
  expr->loc = token.start();
  expr->operand = operand;
  consumeIf(Tok::LBracket);
  SmallVector<Range> ranges;
  do {
    if (!parseRange(ranges.emplace_back()))
      return nullptr;
  } while (consumeIf(Tok::Comma));
  if (!expect(Tok::RBracket, Rule::Slice, "after the slice"))
    return nullptr;
  expr->ranges = file.copy(ArrayRef<Range>(ranges));
  expr->range = {operand->range.Start, previousEnd};
  SmallVector<Expr *> children{operand};
  for (const Range &range : ranges) {
    children.push_back(range.first);
    children.push_back(range.last);
  }
  return finish(expr, children);
}

} // namespace rnnc::text
