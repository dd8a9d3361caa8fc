//===- KernelBuilder.cpp - Loops of vectors over buffers ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the lowerings of the dnn dialect share.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/KernelBuilder.h"

#include "compiler/lib/CodeGen/Dropout.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc;

int64_t rnnc::rowStride(Value buffer) {
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)cast<MemRefType>(buffer.getType()).getStridesAndOffset(strides, offset);
  return strides[0];
}

int64_t rnnc::features(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getDimSize(1);
}

Type rnnc::elementType(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getElementType();
}

bool rnnc::isOneRow(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getDimSize(0) == 1;
}

int64_t rnnc::stripsWithoutLoop(Value buffer) {
  return isOneRow(buffer) ? 4 : 1;
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

/// Products and sums may be contracted; nothing else, so that results do not
/// depend on what the optimiser finds and NaN stays NaN.
static constexpr auto Contract = arith::FastMathFlags::contract;

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value KernelBuilder::add(Value a, Value b) {
  return createOrFold<arith::AddIOp>(a, b);
}

Value KernelBuilder::mul(Value a, int64_t b) {
  return createOrFold<arith::MulIOp>(a, index(b));
}

Type KernelBuilder::stripType(Type element, int64_t width) {
  return width == 1 ? element : VectorType::get(width, element);
}

Value KernelBuilder::number(Type type, double value) {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attribute =
      element.isInteger()
          ? TypedAttr(getIntegerAttr(element, static_cast<int64_t>(value)))
          : TypedAttr(getFloatAttr(element, value));
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(*this,
                                     DenseElementsAttr::get(vector, attribute));
  return arith::ConstantOp::create(*this, attribute);
}

Value KernelBuilder::splat(Value scalar, int64_t width) {
  if (width == 1)
    return scalar;
  return vector::BroadcastOp::create(
      *this, VectorType::get(width, scalar.getType()), scalar);
}

Value KernelBuilder::addf(Value a, Value b) {
  return arith::AddFOp::create(*this, a, b, Contract);
}

Value KernelBuilder::subf(Value a, Value b) {
  return arith::SubFOp::create(*this, a, b, Contract);
}

Value KernelBuilder::mulf(Value a, Value b) {
  return arith::MulFOp::create(*this, a, b, Contract);
}

Value KernelBuilder::divf(Value a, Value b) {
  return arith::DivFOp::create(*this, a, b);
}

Value KernelBuilder::muladd(Value a, Value b, Value c) {
  return addf(mulf(a, b), c);
}

Value KernelBuilder::larger(Value a, Value b) {
  Value greater = arith::CmpFOp::create(*this, arith::CmpFPredicate::OGT, a, b);
  return arith::SelectOp::create(*this, greater, a, b);
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::load(Value buffer, Value row, Value column,
                          const Strip &strip) {
  Type element = rnnc::elementType(buffer);
  SmallVector<Value> at = {row, column};
  if (strip.width == 1)
    return memref::LoadOp::create(*this, buffer, at);
  auto type = VectorType::get(strip.width, element);
  if (!strip.mask)
    return vector::LoadOp::create(*this, type, buffer, at);
  Value zero = arith::ConstantOp::create(*this, getZeroAttr(type));
  return vector::MaskedLoadOp::create(*this, type, buffer, at, strip.mask,
                                      zero);
}

void KernelBuilder::store(Value value, Value buffer, Value row, Value column,
                          const Strip &strip) {
  SmallVector<Value> at = {row, column};
  if (strip.width == 1)
    memref::StoreOp::create(*this, value, buffer, at);
  else if (!strip.mask)
    vector::StoreOp::create(*this, value, buffer, at);
  else
    vector::MaskedStoreOp::create(*this, buffer, at, strip.mask, value);
}

Value KernelBuilder::rows(Value buffer) {
  return createOrFold<memref::DimOp>(buffer, index(0));
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void KernelBuilder::loop(Value begin, Value end, int64_t step, Body body) {
  std::optional<int64_t> first = getConstantIntValue(begin);
  std::optional<int64_t> last = getConstantIntValue(end);
  if (first && last && *first < *last && *last - *first <= step)
    return body(begin);
  auto loop = scf::ForOp::create(*this, begin, end, index(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

SmallVector<Value> KernelBuilder::loop(Value begin, Value end, int64_t step,
                                       ValueRange initial, Reduction body) {
  auto loop = scf::ForOp::create(*this, begin, end, index(step), initial);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!next.empty()) // Else the loop was made with its terminator.
    scf::YieldOp::create(*this, next);
  return SmallVector<Value>(loop.getResults());
}

Strip KernelBuilder::partial(int64_t valid, int64_t lanes) {
  if (valid == lanes)
    return {lanes, nullptr};
  Value mask = vector::ConstantMaskOp::create(
      *this, VectorType::get(lanes, getI1Type()), ArrayRef<int64_t>{valid});
  return {lanes, mask};
}

Strip KernelBuilder::shortest(int64_t valid) {
  return partial(valid, llvm::PowerOf2Ceil(valid));
}

void KernelBuilder::strips(int64_t width, int64_t lanes,
                           llvm::function_ref<void(Value, const Strip &)> body,
                           int64_t mostWithoutLoop) {
  int64_t full = width / lanes * lanes;
  if (full > mostWithoutLoop * lanes)
    loop(index(0), index(full), lanes,
         [&](Value column) { body(column, {lanes, nullptr}); });
  else
    for (int64_t column = 0; column < full; column += lanes)
      body(index(column), {lanes, nullptr});
  if (full < width)
    body(index(full), shortest(width - full));
}

void KernelBuilder::ifTrue(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  body();
}

void KernelBuilder::steps(int64_t width, int64_t step,
                          const std::optional<Part> &part, Body full,
                          Body rest) {
  int64_t end = width / step * step;
  if (end)
    loop(part ? part->begin : index(0), part ? part->end : index(end), step,
         full);
  if (end == width)
    return;
  if (part)
    ifTrue(part->hasRest, [&] { rest(index(end)); });
  else
    rest(index(end));
}

void KernelBuilder::strips(int64_t width, int64_t lanes,
                           const std::optional<Part> &part,
                           llvm::function_ref<void(Value, const Strip &)> body,
                           int64_t mostWithoutLoop) {
  if (!part)
    return strips(width, lanes, body, mostWithoutLoop);
  steps(
      width, lanes, part, [&](Value column) { body(column, {lanes, nullptr}); },
      [&](Value column) { body(column, shortest(width % lanes)); });
}

Value KernelBuilder::fold(Value vector,
                          llvm::function_ref<Value(Value, Value)> combine,
                          int64_t width) {
  auto type = dyn_cast<VectorType>(vector.getType());
  if (!type)
    return vector;
  for (int64_t half = type.getDimSize(0) / 2; half >= width && half > 0;
       half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < half; ++i) {
      low.push_back(i);
      high.push_back(i + half);
    }
    Value a = vector::ShuffleOp::create(*this, vector, vector, low);
    Value b = vector::ShuffleOp::create(*this, vector, vector, high);
    vector = combine(a, b);
  }
  if (width > 1)
    return vector;
  return vector::ExtractOp::create(*this, vector, 0);
}

//===----------------------------------------------------------------------===//
// Phase bodies
//===----------------------------------------------------------------------===//

/// Lets products and sums of a cloned operation contract.
static void allowContraction(Operation *op) {
  auto fast = dyn_cast<arith::ArithFastMathInterface>(op);
  if (!fast || !isa<arith::ArithDialect>(op->getDialect()))
    return;
  auto flags = fast.getFastMathFlagsAttr().getValue() | Contract;
  op->setAttr(fast.getFastMathAttrName(),
              arith::FastMathFlagsAttr::get(op->getContext(), flags));
}

static void widenResults(Operation *op, int64_t width) {
  if (width == 1)
    return;
  for (OpResult result : op->getResults())
    result.setType(KernelBuilder::stripType(result.getType(), width));
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto type = cast<VectorType>(constant.getType());
    constant.setValueAttr(DenseElementsAttr::get(type, constant.getValue()));
  }
}

/// Swaps off-diagonal halves, then quarters, and so on.
void KernelBuilder::transpose(MutableArrayRef<Value> square) {
  int64_t lanes = square.size();
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t j = 0; j < lanes; ++j) {
      low.push_back(j & half ? lanes + j - half : j);
      high.push_back(j & half ? lanes + j : j + half);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & half)
        continue;
      Value a = square[i], c = square[i + half];
      square[i] = vector::ShuffleOp::create(*this, a, c, low);
      square[i + half] = vector::ShuffleOp::create(*this, a, c, high);
    }
  }
}

SmallVector<Value> KernelBuilder::inlineBody(Region &region,
                                             ValueRange arguments,
                                             int64_t width, Value element) {
  Block &block = region.front();
  IRMapping map;
  map.map(block.getArguments(), arguments);
  auto lookUp = [&](Value value) {
    if (!map.contains(value))
      map.map(value, splat(value, width));
    return map.lookup(value);
  };
  for (Operation &op : block.without_terminator()) {
    if (auto dropout = dyn_cast<dnn::DropoutOp>(op)) {
      map.map(dropout.getResult(),
              emitDropout(*this, dropout, lookUp(dropout.getValue()), element,
                          width));
      continue;
    }
    for (Value operand : op.getOperands())
      (void)lookUp(operand);
    Operation *copy = clone(op, map);
    widenResults(copy, width);
    allowContraction(copy);
  }
  SmallVector<Value> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(lookUp(value));
  return results;
}
