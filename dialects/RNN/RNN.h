//===- RNN.h - Recurrent models as dataflow graphs --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect's operations, and how to read the level of a value off its type.
//===----------------------------------------------------------------------===//

#ifndef RNNC_DIALECTS_RNN_RNN_H
#define RNNC_DIALECTS_RNN_RNN_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace rnnc::rnn {

template <typename ConcreteType>
class RowwiseOp : public mlir::OpTrait::TraitBase<ConcreteType, RowwiseOp> {};
template <typename ConcreteType>
class ElementwiseOp
    : public mlir::OpTrait::TraitBase<ConcreteType, ElementwiseOp> {};
template <typename ConcreteType>
class RowSumOp : public mlir::OpTrait::TraitBase<ConcreteType, RowSumOp> {};
template <typename ConcreteType>
class TransparentRegionOp
    : public mlir::OpTrait::TraitBase<ConcreteType, TransparentRegionOp> {};

/// On a function as the front end emits it: its batch may be cut in slices.
inline constexpr llvm::StringLiteral SlicesAttrName = "rnnc.slices";
/// On a chunk of time in stages, the cost of each; on an operation of it, the
/// number of its stage.
inline constexpr llvm::StringLiteral StagesAttrName = "rnnc.stages";
inline constexpr llvm::StringLiteral StageAttrName = "rnnc.stage";

/// [T, B, F] over a named time axis.
bool isSequence(mlir::Type type);
/// [B, F]: one row a sequence of the batch.
bool isBatch(mlir::Type type);
/// A parameter or an expression of parameters: no batch, no time.
bool isStatic(mlir::Type type);
/// The time axis of a sequence.
llvm::StringRef getAxis(mlir::Type type);
/// The number of feature dimensions: 2 for a static matrix, else 1.
unsigned getFeatureRank(mlir::Type type);
/// The size of a feature dimension, counted after time and batch.
int64_t getFeatureSize(mlir::Type type, unsigned dim = 0);
/// The type with one feature dimension of another size.
mlir::RankedTensorType withFeatureSize(mlir::Type type, unsigned dim,
                                       int64_t size);
/// The type with other features at the same level (static, batch, sequence).
mlir::RankedTensorType withFeatures(mlir::Type type,
                                    llvm::ArrayRef<int64_t> features);
/// The type with another element type.
mlir::RankedTensorType withElement(mlir::Type type, mlir::Type element);
mlir::RankedTensorType getSequenceType(mlir::Type element, int64_t features,
                                       llvm::StringRef axis);
mlir::RankedTensorType getBatchType(mlir::Type element, int64_t features);
/// What a sequence is at one of its steps.
mlir::RankedTensorType getStepType(mlir::Type sequence);
/// What stacks over an axis to a value of this batch-level type.
mlir::RankedTensorType getStackedType(mlir::Type batch, llvm::StringRef axis);
/// Tokens carry no derivative.
bool isDifferentiable(mlir::Type type);

} // namespace rnnc::rnn

#include "dialects/RNN/RNNDialect.h.inc"
#include "dialects/RNN/RNNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/RNN/RNNAttributes.h.inc"

#include "dialects/RNN/RNNInterfaces.h.inc"

namespace rnnc::rnn {
class CheckpointOp;
class FuncOp;
class ReturnOp;
class YieldOp;
} // namespace rnnc::rnn

#define GET_OP_CLASSES
#include "dialects/RNN/RNNOps.h.inc"

namespace rnnc::rnn {
/// A zero of the type.
mlir::Value createZero(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Type type);
/// Adds where both exist; null stands for zero.
mlir::Value addOrNull(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value lhs, mlir::Value rhs);
/// W @ x for a product with the transpose of a static matrix.
mlir::Value createTransposedMatmul(mlir::OpBuilder &builder, mlir::Location loc,
                                   mlir::Value weight, mlir::Value input);
} // namespace rnnc::rnn

#endif
