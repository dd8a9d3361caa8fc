//===- ElaborateSequence.cpp - Functions along the time axis -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// First and last steps, reversal, delays and positions. What carries something
// from step to step is a scan, whose state is a state of the model like that of
// a layer, so that a sequence may come in several calls.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

Value Elaborator::evalSequence(const CallExpr *expr, const Builtin &builtin) {
  // Name resolution has said that a cell sees one step only.
  if (frame->instance)
    return {};
  bool isRepeat = builtin.function == Function::Repeat;
  const Expr *written = expr->args[isRepeat ? 1 : 0];
  Value operand = eval(written);
  std::string where = ("in '" + builtin.name + "'").str();
  if (!requirePlain(operand, written, where))
    return {};
  std::optional<Level> level = requireLevel(operand, written);
  if (!level)
    return {};
  if (level->rank < 2) {
    error(written->range, Rule::Sequence,
          "expected a sequence in '" + builtin.name + "', got a value " +
              (level->rank == 1 ? "once a sequence" : "of parameters only"));
    noteOrigin(operand, written->range);
    return {};
  }
  noteAxisUse(operand, builtin);
  switch (builtin.function) {
  case Function::First:
    return evalPick(operand, /*isLast=*/false);
  case Function::Last:
    return evalPick(operand, /*isLast=*/true);
  case Function::Reverse:
    return evalReverse(operand);
  case Function::Shift:
    return evalShift(expr, operand);
  case Function::Position:
    return evalPosition(*level);
  case Function::Remaining:
    return Value::makeVector(
        emitter.emit<RemainingOp>({}, emitter.typeAt(*level, 1)), Size(1));
  default:
    return evalRepeat(expr, *level);
  }
}

/// Where only the axis matters, the input that names it is of use although no
/// value is computed from it.
void Elaborator::noteAxisUse(const Value &operand, const Builtin &builtin) {
  Function function = builtin.function;
  if (function != Function::Position && function != Function::Remaining &&
      function != Function::Repeat)
    return;
  for (const Part &part : operand.parts)
    if (auto get = part.ir.getDefiningOp<GetOp>())
      axisUses.insert(get.getSymbol());
}

Value Elaborator::evalPick(const Value &operand, bool isLast) {
  // A token stays a token.
  mlir::Value x =
      operand.isToken() ? operand.parts[0].ir : emitter.materialise(operand);
  auto end = EndAttr::get(context, isLast ? End::Last : End::First);
  return Value::makeVector(
      emitter.emit<PickOp>(x, getStepType(x.getType()), end, x),
      sizeOf(operand), operand.isToken());
}

Value Elaborator::evalReverse(const Value &operand) {
  Value result = operand;
  for (Part &part : result.parts)
    if (isSequence(part.ir.getType()))
      part.ir = emitter.emit<ReverseOp>(part.ir, part.ir.getType(), part.ir);
  return result;
}

/// `v` at every step of the axis.
Value Elaborator::evalRepeat(const CallExpr *expr, Level level) {
  Value operand = eval(expr->args[0]);
  if (!requirePlain(operand, expr->args[0], "in 'repeat'"))
    return {};
  std::optional<Level> own = requireLevel(operand, expr->args[0]);
  if (!own)
    return {};
  if (own->rank == 2) {
    error(expr->args[0]->range, Rule::Sequence,
          "expected a value that is no sequence to repeat, got one at every "
          "step");
    return {};
  }
  mlir::Value x = emitter.materialise(operand);
  Size size = sizeOf(operand);
  return Value::makeVector(
      emitter.raise(emitter.getFunction(), x, level, size.value()), size);
}

//===----------------------------------------------------------------------===//
// Delays and positions
//===----------------------------------------------------------------------===//

/// A scan with one state, whose results are the states before each step. `next`
/// gets the block of a step, whose arguments are the inputs and the state, and
/// gives the next state. It is a state of the model unless it begins with what
/// an input gives, as where a call of a layer names its states.
mlir::Value
Elaborator::scanState(StringRef function, StringRef axis,
                      mlir::ValueRange inputs, mlir::Value init, bool isOwn,
                      function_ref<mlir::Value(mlir::Block &)> next) {
  mlir::OpBuilder &builder = emitter.getBuilder();
  mlir::Location loc = emitter.getLoc();
  mlir::Type type = init.getType();
  builder.setInsertionPointToEnd(emitter.getFunction());
  StateDecl state{{"", type, loc, {}}, nullptr, nullptr, nullptr};
  if (isOwn) {
    state.name = (function + "." + Twine(++functionStates[function])).str();
    state.initial =
        InitialStateOp::create(builder, loc, type, state.name, init);
    init = state.initial.getResult();
  }
  auto scan = ScanOp::create(builder, loc, axis, /*reverse=*/false, inputs,
                             mlir::ValueRange(init),
                             mlir::TypeRange(getStackedType(type, axis)));
  mlir::Block *body = scan.getBodyBlock();
  builder.setInsertionPointToEnd(body);
  mlir::Value before = body->getArguments().back(), after = next(*body);
  builder.setInsertionPointToEnd(body);
  YieldOp::create(builder, loc, mlir::ValueRange{after, before});
  state.final = scan.getFinalStates().front();
  if (isOwn)
    states.push_back(state);
  return scan.getStacked().front();
}

/// `shift(s, fill)`: each step is the one before, step 0 is `fill`.
Value Elaborator::evalShift(const CallExpr *expr, const Value &operand) {
  const Expr *written = expr->args[1];
  Value fill = eval(written);
  if (fill.isInvalid())
    return {};
  if (operand.isToken())
    return evalTokenShift(expr, operand, fill);
  Size size = sizeOf(operand);
  mlir::Value init;
  bool isOwn = true;
  if (fill.isNumber()) {
    init = emitter.constant(emitter.getFunction(),
                            emitter.typeAt({1, {}}, size.value()), fill.number);
  } else {
    if (!requirePlain(fill, written, "in 'shift'"))
      return {};
    std::optional<Level> level = requireLevel(fill, written);
    if (!level)
      return {};
    if (level->rank == 2 || !(sizeOf(fill) == size || sizeOf(fill).isOne())) {
      error(written->range, Rule::Sequence,
            "expected a number or one vector " + describeShape(size) +
                " a sequence to begin with, got " + describe(fill) +
                (level->rank == 2 ? " at every step" : ""));
      noteOrigin(fill, written->range);
      return {};
    }
    isOwn = level->rank == 0;
    init = emitter.raise(emitter.getFunction(), emitter.materialise(fill),
                         {1, {}}, size.value());
  }
  mlir::Value x = emitter.materialise(operand);
  mlir::Value shifted = scanState(
      "shift", Emitter::levelOf(x).axis, x, init, isOwn,
      [](mlir::Block &body) -> mlir::Value { return body.getArgument(0); });
  return Value::makeVector(shifted, size);
}

Value Elaborator::evalTokenShift(const CallExpr *expr, const Value &operand,
                                 const Value &fill) {
  mlir::Value token = operand.parts[0].ir;
  Size vocabulary = operand.parts[0].size;
  if (!token.getDefiningOp<GetOp>()) {
    error(expr->args[0]->range, Rule::Sequence,
          "expected an input or target where tokens are shifted, got another "
          "sequence of tokens");
    return {};
  }
  auto id = static_cast<int64_t>(fill.isNumber() ? fill.number : -1);
  bool isToken = fill.isNumber() && fill.number >= 0 &&
                 fill.number < static_cast<double>(vocabulary.value()) &&
                 static_cast<double>(id) == fill.number;
  if (!isToken) {
    error(expr->args[1]->range, Rule::Sequence,
          "expected a token from 0 to " + Twine(vocabulary.value() - 1) +
              " to begin with, got " +
              (fill.isNumber() ? formatNumber(fill.number) : describe(fill)));
    return {};
  }
  mlir::Value ir =
      emitter.emit<ShiftOp>(token, token.getType(), token,
                            emitter.getBuilder().getI64IntegerAttr(id));
  return Value::makeVector(ir, vocabulary, /*token=*/true);
}

/// 0, 1, 2 ... along the axis.
Value Elaborator::evalPosition(Level level) {
  mlir::Type type = emitter.typeAt({1, {}}, 1);
  mlir::Value zero = emitter.constant(emitter.getFunction(), type, 0);
  mlir::OpBuilder &builder = emitter.getBuilder();
  mlir::Location loc = emitter.getLoc();
  mlir::Value counted = scanState(
      "position", level.axis, {}, zero, /*isOwn=*/true,
      [&](mlir::Block &body) -> mlir::Value {
        mlir::Value one = emitter.constant(&body, type, 1);
        return AddOp::create(builder, loc, type, body.getArgument(0), one);
      });
  return Value::makeVector(counted, Size(1));
}

} // namespace rnnc::text
