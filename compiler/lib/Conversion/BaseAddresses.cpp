//===- BaseAddresses.cpp - Where buffers of a function start --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Pointers to the arena, the packed weights and the arrays of a call, made once
// at the top of an entry point.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

static StringRef getSpaceName(Memory memory) {
  switch (memory) {
  case Memory::Arena:
    return "arena";
  case Memory::Packed:
    return "packed";
  case Memory::Parameters:
    return "parameters";
  case Memory::Input:
    return "input";
  case Memory::Target:
    return "target";
  case Memory::Output:
    return "output";
  case Memory::OutputTangent:
    return "output_tangent";
  case Memory::InputGradient:
    return "input_gradient";
  case Memory::Gradient:
    return "gradient";
  case Memory::Direction:
    return "direction";
  case Memory::Record:
    return "state";
  }
  llvm_unreachable("covered switch");
}

static dnn::PlaceAttr makePlace(MLIRContext *context, const Twine &space,
                                int64_t begin, int64_t end) {
  return dnn::PlaceAttr::get(context, StringAttr::get(context, space), begin,
                             end);
}

/// Where a buffer of the caller's is; there is one of each index.
static dnn::PlaceAttr getExternalPlace(MLIRContext *context,
                                       const Buffer &buffer) {
  StringRef space = getSpaceName(buffer.memory);
  switch (buffer.memory) {
  case Memory::Packed:
  case Memory::Gradient:
  case Memory::Direction:
    return makePlace(context, space, buffer.offset,
                     buffer.offset + buffer.rows * buffer.width);
  case Memory::Record:
    return makePlace(context, space, 0, INT64_MAX);
  default:
    return makePlace(context, space + Twine(buffer.index), 0, 1);
  }
}

/// The memories that a buffer may be in.
ArrayAttr FunctionLowering::getPlaces(const Buffer &buffer) {
  ArrayAttr &known = places[&buffer];
  if (known)
    return known;
  SmallVector<Attribute> list;
  if (buffer.usesArena() && buffer.coefficient >= 0)
    list.push_back(makePlace(
        b.getContext(),
        getSpaceName(Memory::Arena) + Twine(Storage::getClass(buffer)),
        buffer.coefficient, buffer.coefficient + buffer.rows * buffer.width));
  if (buffer.memory != Memory::Arena)
    list.push_back(getExternalPlace(b.getContext(), buffer));
  return known = b.getArrayAttr(list);
}

ArrayAttr FunctionLowering::makePlaces(const Twine &space, int64_t begin,
                                       int64_t end) {
  return b.getArrayAttr(makePlace(b.getContext(), space, begin, end));
}

//===----------------------------------------------------------------------===//
// Pointers
//===----------------------------------------------------------------------===//

Value FunctionLowering::isNull(Value pointer) {
  Value null = LLVM::ZeroOp::create(b, pointer.getType());
  return LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, pointer, null);
}

void FunctionLowering::ifNotNull(Value pointer, function_ref<void()> emit) {
  Value isThere = arith::XOrIOp::create(b, isNull(pointer),
                                        arith::ConstantIntOp::create(b, 1, 1));
  auto branch = scf::IfOp::create(b, isThere, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  emit();
}

static Value offsetPointer(ImplicitLocOpBuilder &b, Value pointer, Type element,
                           Value offset) {
  return LLVM::GEPOp::create(b, pointer.getType(), element, pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

static Value offsetPointer(ImplicitLocOpBuilder &b, Value pointer, Type element,
                           int64_t offset) {
  if (offset == 0)
    return pointer;
  Value number = arith::ConstantIntOp::create(b, offset, 64);
  return offsetPointer(b, pointer, element, number);
}

/// Where a buffer of the arena starts. Without a plan there is one row a
/// class, and the arena is on the stack: at the top of the function, where
/// buffers can become registers.
Value FunctionLowering::makeArenaBase(const Buffer &buffer) {
  unsigned classIndex = Storage::getClass(buffer);
  if (hasPlan()) {
    Value base = loadFrameField(b, plan, index, FrameField::Arena, classIndex);
    Value rows = loadFrameField(b, plan, index, FrameField::Rows, classIndex);
    Value offset = b.createOrFold<arith::MulIOp>(
        rows, arith::ConstantIntOp::create(b, buffer.coefficient, 64));
    // Tokens take the place of numbers: coefficients are in the model's
    // elements.
    return offsetPointer(b, base, model.getElementType(), offset);
  }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(entryBlock);
  Value size = arith::ConstantIntOp::create(b, buffer.rows * buffer.width, 64);
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                buffer.element, size, RNN_ALIGNMENT);
}

/// An element of an array of pointers, null where the array is.
Value FunctionLowering::loadPointer(Value array, int64_t position) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value none = isNull(array);
  auto branch = scf::IfOp::create(b, TypeRange{pointer}, none, true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, array);
  b.setInsertionPointToStart(branch.elseBlock());
  Value address = LLVM::GEPOp::create(
      b, pointer, pointer, array,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(position)});
  scf::YieldOp::create(b, Value(LLVM::LoadOp::create(b, pointer, address)));
  return branch.getResult(0);
}

/// The position of a declaration in the array that a step is handed.
static int64_t findStreamed(ArrayAttr symbols,
                            const llvm::StringMap<unsigned> &order,
                            unsigned index) {
  for (auto [position, symbol] :
       llvm::enumerate(symbols.getAsRange<FlatSymbolRefAttr>()))
    if (order.lookup(symbol.getValue()) == index)
      return position;
  llvm_unreachable("the step reads what the stream does not list");
}

Value FunctionLowering::getInputPointer(unsigned position) {
  if (hasPlan())
    return loadPointer(loadCallField(b, call, CallField::Inputs), position);
  auto stream = *model.getOps<StreamOp>().begin();
  return loadPointer(stepInputs,
                     findStreamed(stream.getInputs(), layout.inputs, position));
}

Value FunctionLowering::getOutputPointer(unsigned position) {
  if (hasPlan())
    return loadPointer(loadCallField(b, call, CallField::Outputs), position);
  auto stream = *model.getOps<StreamOp>().begin();
  return loadPointer(
      stepOutputs, findStreamed(stream.getOutputs(), layout.outputs, position));
}

/// Where packing leaves the address of the parameters.
Value FunctionLowering::getParametersSlot() {
  return offsetPointer(b, packed, model.getElementType(),
                       storage.getParametersSlot());
}

Value FunctionLowering::loadParameters() {
  return LLVM::LoadOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                              getParametersSlot());
}

Value FunctionLowering::getOutputTangentPointer(unsigned position) {
  return loadPointer(loadCallField(b, call, CallField::OutputTangents),
                     position);
}

Value FunctionLowering::makeExternalBase(const Buffer &buffer) {
  switch (buffer.memory) {
  case Memory::Arena:
    return makeArenaBase(buffer);
  case Memory::Packed:
    return offsetPointer(b, packed, buffer.element, buffer.offset);
  case Memory::Parameters: {
    return offsetPointer(b, loadParameters(), buffer.element, buffer.offset);
  }
  case Memory::Record:
    return state;
  case Memory::Gradient:
    return offsetPointer(b, loadCallField(b, call, CallField::Gradient),
                         buffer.element, buffer.offset);
  case Memory::Direction:
    return offsetPointer(b, loadCallField(b, call, CallField::Direction),
                         buffer.element, buffer.offset);
  case Memory::Input:
    return getInputPointer(buffer.index);
  case Memory::Target:
    return loadPointer(loadCallField(b, call, CallField::Targets),
                       buffer.index);
  case Memory::Output:
    return getOutputPointer(buffer.index);
  case Memory::OutputTangent:
    return getOutputTangentPointer(buffer.index);
  case Memory::InputGradient:
    return loadPointer(loadCallField(b, call, CallField::InputGradients),
                       buffer.index);
  }
  llvm_unreachable("covered switch");
}

void FunctionLowering::makeBases() {
  for (const auto &buffer : storage.getBuffers()) {
    bool isUnused = buffer->usesArena() && buffer->coefficient < 0;
    if (isUnused)
      continue;
    Value base = makeExternalBase(*buffer);
    bool mayBeUnwanted = buffer->usesArena() && buffer->memory != Memory::Arena;
    if (mayBeUnwanted) {
      Value isMissing = isNull(base);
      base =
          arith::SelectOp::create(b, isMissing, makeArenaBase(*buffer), base);
      if (buffer->onlyChunk)
        unwanted[buffer.get()] = {isMissing, base};
    }
    bases[buffer.get()] = base;
  }
}

/// A sequence that the caller does not want has memory for one chunk: the
/// current one's first row is where that memory begins.
void FunctionLowering::placeUnwanted(ChunkOp chunk) {
  for (auto [buffer, base] : unwanted) {
    if (buffer->onlyChunk != chunk)
      continue;
    Value row = arith::MulIOp::create(b, scope.firstStep, batch);
    Value back = arith::MulIOp::create(b, row, constantIndex(-buffer->width));
    if (buffer->use == Use::HandedOn)
      back = arith::AddIOp::create(b, back, getCopyOffset(*buffer, stage.copy));
    back = arith::SelectOp::create(b, base.isMissing, back, constantIndex(0));
    Value offset = arith::IndexCastOp::create(b, b.getI64Type(), back);
    bases[buffer] = offsetPointer(b, base.pointer, buffer->element, offset);
  }
}
