//===- DNN.cpp - The dnn dialect ------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Registers the dialect's operations, and folds them; their verifiers are in
// DNNVerifiers.cpp.
//===----------------------------------------------------------------------===//

#include "dialects/DNN/DNN.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rnnc::dnn;

#include "dialects/DNN/DNNDialect.cpp.inc"
#include "dialects/DNN/DNNEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/DNN/DNNAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "dialects/DNN/DNNOps.cpp.inc"

void DNNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/DNN/DNNAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/DNN/DNNOps.cpp.inc"
      >();
}

/// The address of a buffer that begins where its base does is the base.
OpFoldResult AddressOp::fold(FoldAdaptor) {
  auto buffer = getBuffer().getDefiningOp<BufferOp>();
  if (buffer && matchPattern(buffer.getOffset(), m_Zero()))
    return buffer.getBase();
  return {};
}

/// A copy onto itself does nothing.
LogicalResult CopyOp::canonicalize(CopyOp op, PatternRewriter &rewriter) {
  if (op.getFrom() != op.getTo() || op.getTransposed() || op.getAccumulate())
    return failure();
  rewriter.eraseOp(op);
  return success();
}
