//===- ScanEditor.cpp - A scan being rewritten ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Inputs are added in place; for a new result the scan is made anew around its
// body.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/ScanEditor.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

Value ScanEditor::getInputOf(Value value) {
  for (auto [argument, input] :
       llvm::zip(scan.getInputArgs(), scan.getInputs()))
    if (argument == value)
      return input;
  return {};
}

Value ScanEditor::addInput(Value sequence) {
  auto position = scan.getInputs().size();
  Value argument = getBody()->insertArgument(
      position, getStepType(sequence.getType()), sequence.getLoc());
  scan.getInputsMutable().append(sequence);
  return argument;
}

Value ScanEditor::stack(Value value) {
  if (Value input = getInputOf(value))
    return input;
  for (auto [yielded, result] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    if (yielded == value)
      return result;
  scan.getYield().getValuesMutable().append(value);
  return rebuild(getStackedType(value.getType(), scan.getAxis()));
}

/// Results cannot be added in place: moves everything to an op with one more.
Value ScanEditor::rebuild(Type extra) {
  OpBuilder builder(scan);
  SmallVector<Type> stacked(scan.getStacked().getTypes());
  stacked.push_back(extra);
  auto fresh =
      ScanOp::create(builder, scan.getLoc(), scan.getAxis(), scan.getReverse(),
                     scan.getInputs(), scan.getInits(), stacked);
  fresh.getBody().takeBody(scan.getBody());
  for (auto [old, result] : llvm::zip(scan.getResults(), fresh.getResults()))
    old.replaceAllUsesWith(result);
  scan.erase();
  scan = fresh;
  return fresh.getResults().back();
}
