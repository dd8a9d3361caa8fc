//===- LowerReturn.cpp - Results of a function ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Numbers go to the caller as f64, final states and their gradients into
// records, everything else is where it was made or is copied to where the
// caller wants it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/Conversion/FunctionLowering.h"
#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

/// The offset is a value: a constant index of an address has 29 bits only.
static Value elementPointer(ImplicitLocOpBuilder &b, Value pointer,
                            Type element, int64_t position) {
  Value offset = arith::ConstantIntOp::create(b, position, 64);
  return LLVM::GEPOp::create(b, pointer.getType(), element, pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

/// A constant, such as the tangent of a loss without parameters, has no buffer.
Value FunctionLowering::loadNumber(Value value) {
  if (auto constant = value.getDefiningOp<rnn::ConstantOp>())
    return arith::ConstantFloatOp::create(b, b.getF64Type(),
                                          constant.getValue());
  Value zero = constantIndex(0);
  Value number =
      memref::LoadOp::create(b, getBuffer(value), ValueRange{zero, zero});
  if (number.getType() == b.getF64Type())
    return number;
  return arith::ExtFOp::create(b, b.getF64Type(), number);
}

void FunctionLowering::returnNumber(Value value, Value pointer,
                                    int64_t position) {
  ifNotNull(pointer, [&] {
    Value number = loadNumber(value);
    LLVM::StoreOp::create(b, number,
                          elementPointer(b, pointer, b.getF64Type(), position));
  });
}

/// Without a plan there is one record, whose length says nothing.
bool FunctionLowering::isOfStream() const {
  return !hasPlan() || index == RNN_ENCODE;
}

/// A state's rows in the caller's records.
Value FunctionLowering::getRecord(Value records, StringRef stateName,
                                  Type type) {
  Type element = model.getElementType();
  int64_t bytes = isOfStream() ? layout.streamBytes : layout.stateBytes;
  int64_t stride = bytes / (element.getIntOrFloatBitWidth() / 8);
  auto memref = getBufferType(element, hasPlan() ? ShapedType::kDynamic : 1,
                              getWidth(type), stride);
  int64_t begin = layout.stateOffsets[layout.states.lookup(stateName)];
  Value offset = arith::ConstantIntOp::create(b, begin, 64);
  // A function reads records of one kind and writes them or others.
  return dnn::BufferOp::create(
      b, memref, records, offset, batch,
      makePlaces("state", begin, begin + getWidth(type)), 0);
}

void FunctionLowering::returnRecord(Value value, Value records,
                                    StringRef stateName) {
  View view = storage.lookup(value);
  bool isThere = view && view.buffer->memory == Memory::Record &&
                 view.buffer->index == layout.states.lookup(stateName);
  if (isThere)
    return;
  ifNotNull(records, [&] {
    copyInto(value, getRecord(records, stateName, value.getType()));
  });
}

/// What could not be made in the caller's memory is copied there, a sequence
/// as a whole.
void FunctionLowering::returnBuffer(Value value, Memory memory,
                                    unsigned position, Value pointer) {
  View view = storage.lookup(value);
  bool isThere =
      view && view.buffer->memory == memory && view.buffer->index == position;
  if (isThere)
    return;
  Type type = value.getType();
  ArrayAttr returned = makePlaces("returned", 0, 1);
  ifNotNull(pointer, [&] {
    TimeScope outer = scope;
    Value rows = batch;
    if (isStatic(type)) {
      rows = constantIndex(getStaticRows(type));
    } else if (isSequence(type)) {
      unsigned axis = storage.getAxisIndex(::rnnc::rnn::getAxis(type));
      scope.firstStep = constantIndex(0);
      scope.steps = steps[axis];
      rows = getRows(type);
    }
    auto memref = getBufferType(cast<RankedTensorType>(type).getElementType(),
                                isStatic(type) ? getStaticRows(type)
                                               : ShapedType::kDynamic,
                                getWidth(type), getWidth(type));
    Value zero = arith::ConstantIntOp::create(b, 0, 64);
    copyInto(value, dnn::BufferOp::create(b, memref, pointer, zero, rows,
                                          returned, 0));
    scope = outer;
  });
}

void FunctionLowering::emitReturn(ReturnOp op) {
  for (auto [role, value] :
       llvm::zip(op.getRoles().getAsRange<RoleAttr>(), op.getValues())) {
    StringRef symbol = role.getSymbol().getValue();
    switch (role.getKind()) {
    case RoleKind::Loss:
      returnNumber(value, loadCallField(b, call, CallField::Loss), 0);
      break;
    case RoleKind::Metric:
      returnNumber(value, loadCallField(b, call, CallField::Metrics),
                   layout.metrics.lookup(symbol));
      break;
    case RoleKind::State:
      returnRecord(value, state, symbol);
      break;
    case RoleKind::Output:
      returnOutput(value, symbol);
      break;
    case RoleKind::Gradient:
      returnGradient(value, symbol);
      break;
    case RoleKind::OutputTangent:
      returnOutputTangent(value, symbol);
      break;
    case RoleKind::LossTangent:
      returnNumber(value, loadCallField(b, call, CallField::LossTangent), 0);
      break;
    }
  }
}

void FunctionLowering::returnOutput(Value value, StringRef symbol) {
  unsigned position = layout.outputs.lookup(symbol);
  returnBuffer(value, Memory::Output, position, getOutputPointer(position));
}

void FunctionLowering::returnOutputTangent(Value value, StringRef symbol) {
  unsigned position = layout.outputs.lookup(symbol);
  returnBuffer(value, Memory::OutputTangent, position,
               getOutputTangentPointer(position));
}

void FunctionLowering::returnGradient(Value value, StringRef symbol) {
  if (auto found = layout.parameters.find(symbol);
      found != layout.parameters.end()) {
    Value gradient = loadCallField(b, call, CallField::Gradient);
    int64_t offset = layout.parameterOffsets[found->second];
    View view = storage.lookup(value);
    if (view && view.buffer->memory == Memory::Gradient &&
        view.buffer->offset + view.row * view.buffer->width + view.column ==
            offset)
      return;
    returnBuffer(value, Memory::Gradient, found->second,
                 elementPointer(b, gradient, model.getElementType(), offset));
  } else if (auto input = layout.inputs.find(symbol);
             input != layout.inputs.end()) {
    returnBuffer(value, Memory::InputGradient, input->second,
                 loadPointer(loadCallField(b, call, CallField::InputGradients),
                             input->second));
  } else {
    returnRecord(value, loadCallField(b, call, CallField::StateGradient),
                 symbol);
  }
}
