//===- DNN.cpp - The dnn dialect and its verifiers ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Registers the dialect's operations and checks what types alone do not say.
//===----------------------------------------------------------------------===//

#include "dialects/DNN/DNN.h"

#include "mlir/IR/DialectImplementation.h"
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

LogicalResult SiteOp::verify() {
  if (getN() <= 0 || getK() <= 0 || getGates() <= 0 || getUnits() <= 0)
    return emitOpError("expected positive sizes");
  if (getN() % getGates() != 0)
    return emitOpError("expected n to be a multiple of gates, got ")
           << getN() << " and " << getGates();
  return success();
}

/// Checks that a region takes `leading` scalars and one an input, and yields
/// one an output.
static LogicalResult verifyPhaseBody(Operation *op, Region &body,
                                     unsigned leading, ValueRange inputs,
                                     ValueRange outputs) {
  Block &block = body.front();
  if (block.getNumArguments() != leading + inputs.size())
    return op->emitOpError("expected ")
           << leading + inputs.size() << " region arguments, got "
           << block.getNumArguments();
  if (block.getTerminator()->getNumOperands() != outputs.size())
    return op->emitOpError("expected ")
           << outputs.size() << " yielded values, got "
           << block.getTerminator()->getNumOperands();
  return success();
}

LogicalResult PhaseOp::verify() {
  return verifyPhaseBody(*this, getBody(), 0, getInputs(), getOutputs());
}

LogicalResult GemmPhaseOp::verify() {
  auto site = SymbolTable::lookupNearestSymbolFrom<SiteOp>(*this, getSiteAttr());
  if (!site)
    return emitOpError("expected a dnn.site named ") << getSiteAttr();
  return verifyPhaseBody(*this, getBody(), site.getGates(), getInputs(),
                         getOutputs());
}
