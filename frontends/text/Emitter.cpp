//===- Emitter.cpp - Creates operations where they belong -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Levels, broadcasts and products.
//===----------------------------------------------------------------------===//

#include "frontends/text/Emitter.h"

using namespace llvm;
using namespace rnnc::rnn;

namespace rnnc::text {

mlir::Block *Emitter::blockFor(mlir::ValueRange operands) const {
  bool ofStep =
      any_of(operands, [&](mlir::Value value) { return isInStep(value); });
  return ofStep ? step : function;
}

Level Emitter::levelOf(mlir::Value value) {
  if (isSequence(value.getType()))
    return {2, getAxis(value.getType())};
  return {isBatch(value.getType()) ? 1U : 0U, {}};
}

std::optional<Level> Emitter::join(Level lhs, Level rhs) {
  if (lhs.rank == 2 && rhs.rank == 2 && lhs.axis != rhs.axis)
    return std::nullopt;
  return lhs.rank >= rhs.rank ? lhs : rhs;
}

std::optional<Level> Emitter::levelOf(const Value &value) {
  std::optional<Level> level = Level();
  for (const Part &part : value.parts)
    if (level)
      level = join(*level, levelOf(part.ir));
  return level;
}

mlir::RankedTensorType Emitter::typeAt(Level level, int64_t features) const {
  if (level.rank == 2)
    return getSequenceType(element, features, level.axis);
  if (level.rank == 1)
    return getBatchType(element, features);
  return mlir::RankedTensorType::get({features}, element);
}

mlir::Value Emitter::constant(mlir::Block *block, mlir::Type type,
                              double value) {
  builder.setInsertionPointToEnd(block);
  return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(value));
}

mlir::Value Emitter::raise(mlir::Block *block, mlir::Value value, Level level,
                           int64_t features) {
  mlir::Type type = typeAt(level, features);
  if (value.getType() == type)
    return value;
  builder.setInsertionPointToEnd(block);
  return BroadcastOp::create(builder, loc, type, value);
}

mlir::Value Emitter::materialise(const Value &value) {
  SmallVector<mlir::Value> tensors;
  for (const Part &part : value.parts) {
    mlir::Value tensor = part.ir;
    if (part.token)
      tensor = emit<OneHotOp>(
          tensor, typeAt(levelOf(tensor), part.size.value()), tensor);
    tensors.push_back(tensor);
  }
  if (tensors.size() == 1)
    return tensors[0];
  Level level = *levelOf(value);
  mlir::Block *block = blockFor(tensors);
  for (auto [tensor, part] : zip(tensors, value.parts))
    tensor = raise(block, tensor, level, part.size.value());
  return emit<ConcatOp>(tensors, 0, tensors);
}

mlir::Value Emitter::slice(mlir::Value value, unsigned dim, int64_t offset,
                           int64_t size) {
  if (offset == 0 && size == getFeatureSize(value.getType(), dim))
    return value;
  return emit<SliceOp>(value, value, dim, offset, size);
}

mlir::Value Emitter::product(mlir::Value weight, const Part &part) {
  if (!part.token)
    return emit<MatmulOp>({weight, part.ir}, weight, part.ir);
  mlir::Value table = emit<TransposeOp>(weight, weight);
  int64_t rows = getFeatureSize(weight.getType());
  return emit<GatherOp>({table, part.ir}, typeAt(levelOf(part.ir), rows), table,
                        part.ir);
}

mlir::Value Emitter::add(mlir::Value lhs, mlir::Value rhs) {
  // One-dimensional features of one size; only the levels may differ.
  Level level = *join(levelOf(lhs), levelOf(rhs));
  int64_t features = getFeatureSize(lhs.getType());
  mlir::Block *block = blockFor({lhs, rhs});
  lhs = raise(block, lhs, level, features);
  rhs = raise(block, rhs, level, features);
  return emit<AddOp>({lhs, rhs}, lhs.getType(), lhs, rhs);
}

} // namespace rnnc::text
