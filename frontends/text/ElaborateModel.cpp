//===- ElaborateModel.cpp - Inputs, outputs and losses of models ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The statements that only models have, and what all evaluation shares.
//===----------------------------------------------------------------------===//

#include "frontends/text/Elaborator.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

static mlir::Type elementType(mlir::MLIRContext *context,
                              const Options &options) {
  return options.doublePrecision ? mlir::Type(mlir::Float64Type::get(context))
                                 : mlir::Type(mlir::Float32Type::get(context));
}

Elaborator::Elaborator(const File &file, Diagnostics &diags,
                       const Options &options, mlir::MLIRContext *context)
    : file(file), diags(diags), options(options), context(context),
      emitter(context, elementType(context, options)) {}

//===----------------------------------------------------------------------===//
// Reporting
//===----------------------------------------------------------------------===//

void Elaborator::error(SMLoc loc, Rule rule, const Twine &message,
                       ArrayRef<SMRange> ranges) {
  diags.error(loc, rule, message, ranges);
  const Instance *instance = frame ? frame->instance : nullptr;
  if (!instance)
    return;
  std::string sizes;
  for (const SizeParam &size : instance->cell->sizes) {
    auto found = instance->sizes.find(size.name.text);
    if (found == instance->sizes.end())
      continue;
    sizes += sizes.empty() ? " with " : ", ";
    sizes += (size.name.text + " = " + Twine(found->second.value())).str();
  }
  diags.note(instance->decl->name.loc(),
             "in layer '" + instance->path + "'" + sizes,
             instance->decl->name.range());
}

void Elaborator::noteOrigin(const Value &value, SMRange at) {
  bool isSame = value.origin.Start.getPointer() >= at.Start.getPointer() &&
                value.origin.End.getPointer() <= at.End.getPointer();
  if (value.origin.isValid() && !isSame)
    diags.note(value.origin.Start, describe(value) + " comes from here",
               value.origin);
}

Size Elaborator::sizeOf(const Value &vector) {
  std::optional<Size> sum = Size(0);
  for (const Part &part : vector.parts)
    if (sum)
      sum = sum->plus(part.size);
  // Sizes are below 2^31 each; a sum that still overflows matches nothing.
  return sum ? *sum : Size(0);
}

std::string Elaborator::describe(const Value &value) {
  switch (value.kind) {
  case Value::Invalid:
    return "an invalid value";
  case Value::Number:
    return "a number";
  case Value::Matrix:
    return "a matrix " + describeShape({value.rows, value.cols});
  case Value::Vector:
    break;
  }
  if (value.isToken())
    return "a token of vocabulary " + describeShape(value.parts[0].size);
  return "a vector " + describeShape(sizeOf(value));
}

std::string Elaborator::formatNumber(double number) {
  return formatv("{0}", format("%g", number)).str();
}

mlir::Location Elaborator::locationOf(SMLoc loc) {
  SourceMgr &sources = diags.getSources();
  unsigned buffer = sources.FindBufferContainingLoc(loc);
  if (!buffer)
    return mlir::UnknownLoc::get(context);
  auto [line, column] = sources.getLineAndColumn(loc, buffer);
  StringRef name = sources.getMemoryBuffer(buffer)->getBufferIdentifier();
  return mlir::FileLineColLoc::get(context, name, line, column);
}

bool Elaborator::spend(SMRange range) {
  constexpr unsigned limit = 1U << 19;
  if (exhausted)
    return false;
  if (++spent <= limit)
    return true;
  exhausted = true;
  error(range, Rule::Limit,
        "expected a model of at most " + Twine(limit) +
            " expressions after unrolling, got more");
  return false;
}

bool Elaborator::requireVector(const Value &value, const Expr *expr,
                               StringRef where) {
  if (value.isInvalid())
    return false;
  if (value.isVector())
    return true;
  error(expr->range, Rule::Level,
        "expected a vector " + where + ", got " + describe(value));
  noteOrigin(value, expr->range);
  return false;
}

bool Elaborator::requireArray(const Value &value, const Expr *expr,
                              StringRef where) {
  return value.isMatrix() || requireVector(value, expr, where);
}

bool Elaborator::requirePlain(const Value &value, const Expr *expr,
                              StringRef where) {
  if (!requireVector(value, expr, where))
    return false;
  if (value.reduced)
    error(expr->range, Rule::Reduce,
          "expected a vector " + where + ", got a sum or mean");
  return !value.reduced;
}

std::optional<Level> Elaborator::requireLevel(const Value &value,
                                              const Expr *expr) {
  std::optional<Level> level = Emitter::levelOf(value);
  if (!level)
    error(expr->range, Rule::Axis,
          "expected parts over one time axis, got several axes");
  return level;
}

//===----------------------------------------------------------------------===//
// Sizes of the model
//===----------------------------------------------------------------------===//

bool Elaborator::bindModelSizes() {
  unsigned errors = diags.errorCount();
  SmallVector<StringRef> names;
  for (const SizeParam &size : model->sizes)
    names.push_back(size.name.text);
  SmallVector<StringRef> given;
  for (auto &define : options.defines)
    given.push_back(define.getKey());
  sort(given);
  for (StringRef name : given)
    if (!is_contained(names, name))
      diags.error(model->name.range(), Rule::ModelSize,
                  "unknown size '" + name + "' in -D" + suggest(name, names) +
                      (names.empty() ? " (the model has no sizes)"
                                     : " (the sizes of '" + model->name.text +
                                           "' are " + joinNames(names) + ")"));
  for (const SizeParam &size : model->sizes) {
    StringRef name = size.name.text;
    std::optional<Size> value;
    auto define = options.defines.find(name);
    if (define != options.defines.end())
      value = Size(define->second);
    else if (size.value)
      value = evalSize(size.value);
    else
      diags.error(size.name.range(), Rule::ModelSize,
                  "expected a value for the size '" + name +
                      "', got none: write '" + name + " = ...' or give -D " +
                      name + "=...");
    if (!value)
      continue;
    if (checkDim(size.name.range(), *value))
      frame->sizes[name] = Size::symbol(name, value->value());
  }
  return diags.errorCount() == errors;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

void Elaborator::declareInput(const InputStmt *stmt) {
  const ShapeSpec &shape = stmt->shape;
  if (shape.dims.size() != 1)
    return;
  std::optional<Size> size = evalDim(shape.dims[0]);
  if (!size)
    return;
  mlir::Type element = emitter.getElement();
  if (shape.token)
    element = mlir::IntegerType::get(context, 32);
  int64_t features = shape.token ? 1 : size->value();
  mlir::Type type = getBatchType(element, features);
  if (StringRef axis = shape.axis.text; !axis.empty()) {
    type = getSequenceType(element, features, axis);
    if (!is_contained(axes, axis))
      axes.push_back(axis.str());
  }
  InputDecl decl{{stmt->name.text.str(), type, locationOf(stmt->name.loc()),
                  stmt->name.range()},
                 stmt->isTarget,
                 {}};
  if (shape.token)
    decl.vocabulary = size->value();
  inputs.push_back(decl);
  mlir::Value ir = emitter.emit<GetOp>({}, type, stmt->name.text);
  Value value = Value::makeVector(ir, *size, shape.token);
  value.origin = shape.range;
  frame->values[stmt->name.text] = value;
}

void Elaborator::declareOutput(const OutputStmt *stmt) {
  StringRef name = stmt->name.text;
  Value value = stmt->value ? eval(stmt->value) : frame->values.lookup(name);
  frame->values[name] = value;
  SMRange range = stmt->value ? stmt->value->range : stmt->name.range();
  if (value.isInvalid())
    return;
  std::optional<Level> level =
      value.isVector() ? Emitter::levelOf(value) : std::nullopt;
  if (!level || level->rank == 0) {
    error(range, Rule::Output,
          "expected an output at every step or once a sequence, got " +
              (value.reduced ? "a sum or mean" : describe(value)));
    return;
  }
  mlir::Value ir = emitter.materialise(value);
  outputs.push_back(
      {{name.str(), ir.getType(), locationOf(stmt->name.loc()), range}, ir});
}

/// A number for a loss or a metric.
std::optional<Value> Elaborator::evalReduced(const Expr *expr, Rule rule,
                                             StringRef what) {
  Value value = eval(expr);
  if (value.isInvalid())
    return std::nullopt;
  if (value.isVector() && value.reduced)
    return value;
  if (!value.isVector()) {
    error(expr->range, rule,
          "expected a sum or mean as the " + what + ", got " + describe(value));
    return std::nullopt;
  }
  std::optional<Level> level = Emitter::levelOf(value);
  StringRef got = !level || level->rank == 2 ? "a value at every step"
                  : level->rank == 1         ? "a value of each sequence"
                                             : "a value of parameters only";
  SMRange start(expr->range.Start, expr->range.Start);
  SMRange end(expr->range.End, expr->range.End);
  diags.error(expr->range.Start, rule,
              "expected one number as the " + what + ", got " + got +
                  ": write sum(...) or mean(...)",
              expr->range, {SMFixIt(start, "mean("), SMFixIt(end, ")")});
  return std::nullopt;
}

void Elaborator::declareLoss(const LossStmt *stmt) {
  std::optional<Value> value = evalReduced(stmt->value, Rule::Loss, "loss");
  if (!value)
    return;
  mlir::Value ir = emitter.materialise(*value);
  lossRange = stmt->value->range;
  loss = loss ? emitter.add(loss, ir) : ir;
  // A part of the loss that has a name is reported under it.
  if (!stmt->name.text.empty())
    metrics.push_back({{stmt->name.text.str(), ir.getType(),
                        locationOf(stmt->name.loc()), stmt->name.range()},
                       ir});
}

/// Takes the inputs of the stream as they are named at this line.
void Elaborator::declareStream(const StreamStmt *stmt) {
  stream = stmt;
  for (Identifier name : stmt->inputs) {
    Value value = frame->values.lookup(name.text);
    if (value.isInvalid())
      continue;
    mlir::Value ir = value.isVector() && value.parts.size() == 1
                         ? value.parts[0].ir
                         : mlir::Value();
    auto shift = ir ? ir.getDefiningOp<ShiftOp>() : ShiftOp();
    mlir::Value source = shift ? shift->getOperand(0) : ir;
    auto get = source ? source.getDefiningOp<GetOp>() : GetOp();
    const auto *input = find_if(inputs, [&](const InputDecl &declared) {
      return get && declared.name == get.getSymbol() && !declared.isTarget;
    });
    if (input == inputs.end()) {
      error(name.range(), Rule::Stream,
            "expected an input, or 'shift' of an input of tokens, got "
            "another value");
      continue;
    }
    if (any_of(streamInputs, [&](const StreamInput &other) {
          return other.symbol == input->name;
        }))
      error(name.range(), Rule::Stream,
            "expected each input once in a stream, got '" + input->name +
                "' again");
    streamInputs.push_back({name, input->name, shift ? ir : mlir::Value()});
  }
}

void Elaborator::declareMetric(const MetricStmt *stmt) {
  std::optional<Value> value = evalReduced(stmt->value, Rule::Metric, "metric");
  if (!value)
    return;
  mlir::Value ir = emitter.materialise(*value);
  metrics.push_back({{stmt->name.text.str(), ir.getType(),
                      locationOf(stmt->name.loc()), stmt->name.range()},
                     ir});
}

} // namespace rnnc::text
