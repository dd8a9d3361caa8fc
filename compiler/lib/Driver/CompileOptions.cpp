//===- CompileOptions.cpp - Whether options fit ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Options are checked against each other, the target and the model.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/CompileOptions.h"

#include "compiler/lib/Driver/OutputFile.h"

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

StringRef rnnc::getSymbol(Function function) {
  switch (function) {
  case Function::Forward:
    return "forward";
  case Function::Loss:
    return "loss";
  case Function::Gradient:
    return "gradient";
  case Function::Tangent:
    return "tangent";
  case Function::GaussNewton:
    return "gauss_newton";
  case Function::Step:
    return "step";
  case Function::Encode:
    return "encode";
  }
  llvm_unreachable("covered switch");
}

/// What a model without a function lacks.
static StringRef getMissing(Function function) {
  switch (function) {
  case Function::Forward:
  case Function::Tangent:
    return "an output or a loss";
  case Function::Loss:
  case Function::Gradient:
  case Function::GaussNewton:
    return "a loss";
  case Function::Step:
    return "a stream";
  case Function::Encode:
    return "a stream with inputs that it is not fed";
  }
  llvm_unreachable("covered switch");
}

LogicalResult rnnc::checkFunctions(rnn::ModelOp model,
                                   ArrayRef<Function> functions) {
  for (Function function : functions)
    if (!model.lookupFunction(getSymbol(function)))
      return model.emitError("expected a model with ")
             << getMissing(function) << " for the function '"
             << getSymbol(function) << "'";
  return success();
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

StringRef rnnc::getName(Weights weights) {
  switch (weights) {
  case Weights::Own:
    return "";
  case Weights::F32:
    return "f32";
  case Weights::BF16:
    return "bf16";
  case Weights::Int8:
    return "int8";
  }
  llvm_unreachable("covered switch");
}

LogicalResult rnnc::checkWeights(const CompileOptions &options) {
  if (!options.doublePrecision || options.weights == Weights::Own)
    return success();
  return reportError("expected parameters of f32 for weights of " +
                     getName(options.weights) + ", got f64");
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

FailureOr<Tile> rnnc::parseTile(StringRef text) {
  auto [rows, vectors] = text.split('x');
  Tile tile;
  if (rows.getAsInteger(10, tile.rows) ||
      vectors.getAsInteger(10, tile.vectors) || tile.rows < 1 ||
      tile.vectors < 1)
    return failure();
  return tile;
}

LogicalResult rnnc::checkTile(const Tile &tile, const TargetShape &target) {
  // So large that their product overflows, they do not fit.
  if (std::max(tile.rows, tile.vectors) <= target.registers &&
      tile.fits(target))
    return success();
  return reportError(
      "expected a tile whose sums and operands fit the target's " +
      Twine(target.registers) + " vector registers, got " + Twine(tile.rows) +
      " x " + Twine(tile.vectors));
}

//===----------------------------------------------------------------------===//
// Checkpoints
//===----------------------------------------------------------------------===//

FailureOr<CheckpointChoice> rnnc::parseCheckpoint(StringRef text) {
  CheckpointChoice choice;
  auto [kind, steps] = text.split(':');
  if (text == "none")
    return choice;
  choice.kind = kind == "log" ? Checkpointing::Log : Checkpointing::Every;
  if (text == "every" || text == "log")
    return choice;
  if (kind != "every" || steps.getAsInteger(10, choice.interval) ||
      choice.interval < 1)
    return failure();
  return choice;
}

std::optional<CheckpointOptions>
rnnc::getCheckpointOptions(CheckpointChoice choice) {
  if (choice.kind == Checkpointing::None)
    return std::nullopt;
  CheckpointOptions pass;
  pass.logarithmic = choice.kind == Checkpointing::Log;
  pass.interval = choice.interval;
  return pass;
}

LogicalResult rnnc::checkCheckpoint(rnn::ModelOp model,
                                    CheckpointChoice choice) {
  bool hasGradient = model.lookupFunction(getSymbol(Function::Gradient)) ||
                     model.lookupFunction(getSymbol(Function::GaussNewton));
  if (choice.kind == Checkpointing::None || hasGradient)
    return success();
  return model.emitError("expected a model with a gradient for checkpoints, "
                         "got one without");
}
