//===- RNNTypes.cpp - Levels of values ------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Static, batch and sequence level, read off a tensor's type.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/RNN.h"

using namespace mlir;

namespace rnnc::rnn {

static RankedTensorType asTensor(Type type) {
  return cast<RankedTensorType>(type);
}

/// Leading dynamic dimensions: time and batch.
static unsigned getNumLeading(Type type) {
  RankedTensorType tensor = asTensor(type);
  if (tensor.getEncoding())
    return 2;
  return tensor.getRank() > 0 && tensor.isDynamicDim(0) ? 1 : 0;
}

bool isSequence(Type type) { return getNumLeading(type) == 2; }
bool isBatch(Type type) { return getNumLeading(type) == 1; }
bool isStatic(Type type) { return getNumLeading(type) == 0; }

StringRef getAxis(Type type) {
  auto axis = dyn_cast_if_present<StringAttr>(asTensor(type).getEncoding());
  return axis ? axis.getValue() : StringRef();
}

unsigned getFeatureRank(Type type) {
  return asTensor(type).getRank() - getNumLeading(type);
}

int64_t getFeatureSize(Type type, unsigned dim) {
  return asTensor(type).getDimSize(getNumLeading(type) + dim);
}

RankedTensorType withFeatureSize(Type type, unsigned dim, int64_t size) {
  RankedTensorType tensor = asTensor(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape[getNumLeading(type) + dim] = size;
  return tensor.clone(shape);
}

RankedTensorType withFeatures(Type type, ArrayRef<int64_t> features) {
  RankedTensorType tensor = asTensor(type);
  SmallVector<int64_t> shape(getNumLeading(type), ShapedType::kDynamic);
  llvm::append_range(shape, features);
  return RankedTensorType::get(shape, tensor.getElementType(),
                               tensor.getEncoding());
}

RankedTensorType withElement(Type type, Type element) {
  return asTensor(type).clone(element);
}

RankedTensorType getSequenceType(Type element, int64_t features,
                                 StringRef axis) {
  return RankedTensorType::get(
      {ShapedType::kDynamic, ShapedType::kDynamic, features}, element,
      StringAttr::get(element.getContext(), axis));
}

RankedTensorType getBatchType(Type element, int64_t features) {
  return RankedTensorType::get({ShapedType::kDynamic, features}, element);
}

RankedTensorType getStepType(Type sequence) {
  return getBatchType(asTensor(sequence).getElementType(),
                      getFeatureSize(sequence));
}

RankedTensorType getStackedType(Type batch, StringRef axis) {
  return getSequenceType(asTensor(batch).getElementType(),
                         getFeatureSize(batch), axis);
}

bool isDifferentiable(Type type) {
  return isa<FloatType>(asTensor(type).getElementType());
}

Value createZero(OpBuilder &builder, Location loc, Type type) {
  return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(0.0));
}

Value addOrNull(OpBuilder &builder, Location loc, Value lhs, Value rhs) {
  if (!lhs || !rhs)
    return lhs ? lhs : rhs;
  return AddOp::create(builder, loc, lhs.getType(), lhs, rhs);
}

Value createTransposedMatmul(OpBuilder &builder, Location loc, Value weight,
                             Value input) {
  Value transposed = TransposeOp::create(builder, loc, weight);
  return MatmulOp::create(builder, loc, transposed, input);
}

} // namespace rnnc::rnn
