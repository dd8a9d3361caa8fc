//===- RNNDialect.cpp - Registration of the rnn dialect -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generated definitions, and the small accessors and builders of operations.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rnnc::rnn;

#include "dialects/RNN/RNNDialect.cpp.inc"
#include "dialects/RNN/RNNEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/RNN/RNNAttributes.cpp.inc"

#include "dialects/RNN/RNNInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/RNN/RNNOps.cpp.inc"

void RNNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/RNN/RNNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/RNN/RNNOps.cpp.inc"
      >();
}

Operation *RNNDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                           Type type, Location loc) {
  return ConstantOp::create(builder, loc, type, cast<FloatAttr>(value));
}

FuncOp ModelOp::lookupFunction(StringRef name) {
  return dyn_cast_if_present<FuncOp>(mlir::SymbolTable::lookupSymbolIn(
      *this, StringAttr::get(getContext(), name)));
}

ReturnOp FuncOp::getReturn() {
  return cast<ReturnOp>(getBodyBlock()->getTerminator());
}

YieldOp ChunkOp::getYield() {
  return cast<YieldOp>(getBodyBlock()->getTerminator());
}

YieldOp PhaseOp::getYield() {
  return cast<YieldOp>(getBodyBlock()->getTerminator());
}

//===----------------------------------------------------------------------===//
// Builders
//===----------------------------------------------------------------------===//

void SliceOp::build(OpBuilder &builder, OperationState &state, Value operand,
                    int64_t dim, int64_t offset, int64_t size) {
  build(builder, state, withFeatureSize(operand.getType(), dim, size), operand,
        dim, offset, size);
}

void PadOp::build(OpBuilder &builder, OperationState &state, Value operand,
                  int64_t dim, int64_t offset, int64_t size) {
  build(builder, state, withFeatureSize(operand.getType(), dim, size), operand,
        dim, offset, size);
}

void ConcatOp::build(OpBuilder &builder, OperationState &state, int64_t dim,
                     ValueRange operands) {
  int64_t size = 0;
  for (Value operand : operands)
    size += getFeatureSize(operand.getType(), dim);
  build(builder, state, withFeatureSize(operands.front().getType(), dim, size),
        dim, operands);
}

void TransposeOp::build(OpBuilder &builder, OperationState &state,
                        Value operand) {
  Type type = operand.getType();
  build(builder, state,
        withFeatures(type, {getFeatureSize(type, 1), getFeatureSize(type, 0)}),
        operand);
}

void MatmulOp::build(OpBuilder &builder, OperationState &state, Value weight,
                     Value input) {
  build(builder, state,
        withFeatures(input.getType(), {getFeatureSize(weight.getType(), 0)}),
        weight, input);
}

void OuterOp::build(OpBuilder &builder, OperationState &state, Value lhs,
                    Value rhs) {
  Type element = cast<RankedTensorType>(lhs.getType()).getElementType();
  build(builder, state,
        RankedTensorType::get(
            {getFeatureSize(lhs.getType()), getFeatureSize(rhs.getType())},
            element),
        lhs, rhs);
}

void GatherOp::build(OpBuilder &builder, OperationState &state, Value table,
                     Value tokens) {
  auto tableType = cast<RankedTensorType>(table.getType());
  auto rows = withFeatures(tokens.getType(), {getFeatureSize(tableType, 1)});
  build(builder, state, withElement(rows, tableType.getElementType()), table,
        tokens);
}

void CrossEntropyOp::build(OpBuilder &builder, OperationState &state,
                           Value logits, Value tokens) {
  build(builder, state, withFeatures(logits.getType(), {1}), logits, tokens);
}
