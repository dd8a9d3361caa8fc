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

ScanOp rnnc::stackValues(ScanOp scan, ArrayRef<Value> values) {
  OpBuilder builder(scan);
  SmallVector<Type> types(scan.getStacked().getTypes());
  for (Value value : values)
    types.push_back(getStackedType(value.getType(), scan.getAxis()));
  scan.getYield().getValuesMutable().append(values);
  auto fresh =
      ScanOp::create(builder, scan.getLoc(), scan.getAxis(), scan.getReverse(),
                     scan.getInputs(), scan.getInits(), types);
  fresh.getBody().takeBody(scan.getBody());
  for (auto [old, result] : llvm::zip(scan.getResults(), fresh.getResults()))
    old.replaceAllUsesWith(result);
  scan.erase();
  return fresh;
}

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
  scan = stackValues(scan, value);
  return scan.getStacked().back();
}
