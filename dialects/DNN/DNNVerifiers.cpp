//===- DNNVerifiers.cpp - What types alone do not say ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Checks of sizes, strides and sites for the operations of the dnn dialect.
//===----------------------------------------------------------------------===//

#include "dialects/DNN/DNN.h"

using namespace mlir;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Helpers
//===----------------------------------------------------------------------===//

static MemRefType bufferType(Value value) {
  return cast<MemRefType>(value.getType());
}

/// Checks that `what` has `expected` features, as `site` asks if given.
static LogicalResult checkWidth(Operation *op, StringRef what, Value buffer,
                                int64_t expected, SiteOp site = nullptr) {
  int64_t width = bufferType(buffer).getDimSize(1);
  if (width == expected)
    return success();
  InFlightDiagnostic diagnostic = op->emitOpError("expected ")
                                  << what << " of " << expected
                                  << " features, got " << width;
  if (site)
    diagnostic.attachNote(site.getLoc()) << "for this site";
  return diagnostic;
}

/// Checks that a buffer has contiguous features and a static row stride.
static LogicalResult checkStrides(Operation *op, StringRef what, Value buffer) {
  MemRefType type = bufferType(buffer);
  SmallVector<int64_t> strides;
  int64_t offset;
  if (type.isDynamicDim(1))
    return op->emitOpError("expected ")
           << what << " with a static number of features, got " << type;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      ShapedType::isDynamic(strides[0]) ||
      (strides[1] != 1 && type.getDimSize(1) != 1))
    return op->emitOpError("expected ")
           << what << " with rows of adjacent elements, got " << type;
  return success();
}

static LogicalResult checkElement(Operation *op, StringRef what, Value buffer,
                                  Type expected) {
  Type element = bufferType(buffer).getElementType();
  if (element == expected)
    return success();
  return op->emitOpError("expected ")
         << what << " of " << expected << ", got " << element;
}

/// Checks that operands are rows of adjacent elements of one type.
static LogicalResult checkRows(Operation *op, ValueRange buffers) {
  Type element;
  for (Value buffer : buffers) {
    if (failed(checkStrides(op, "a buffer", buffer)))
      return failure();
    Type own = bufferType(buffer).getElementType();
    if (own.isInteger(32))
      continue;
    if (element && own != element)
      return op->emitOpError("expected buffers of one element type, got ")
             << element << " and " << own;
    element = own;
  }
  return success();
}

/// The site an operation names, or a diagnostic.
static SiteOp lookupSite(Operation *op, FlatSymbolRefAttr name,
                         SymbolTableCollection &symbols) {
  auto site = symbols.lookupNearestSymbolFrom<SiteOp>(op, name);
  if (!site)
    op->emitOpError("expected a dnn.site named ") << name << ", got none";
  return site;
}

/// Checks that a region takes `leading` scalars and one an input, and yields
/// one an output and one a sum.
static LogicalResult verifyPhaseBody(Operation *op, Region &body,
                                     unsigned leading, ValueRange inputs,
                                     ValueRange outputs,
                                     ValueRange rowSums = {},
                                     ValueRange columnSums = {}) {
  size_t sums = rowSums.size() + columnSums.size();
  Block &block = body.front();
  unsigned expected = leading + inputs.size();
  if (block.getNumArguments() != expected)
    return op->emitOpError("expected ")
           << expected << " region arguments, got " << block.getNumArguments();
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield)
    return op->emitOpError("expected the region to end with dnn.yield");
  if (yield.getNumOperands() != outputs.size() + sums)
    return op->emitOpError("expected ")
           << outputs.size() + sums << " yielded values, got "
           << yield.getNumOperands();
  if (outputs.empty() && columnSums.empty())
    return op->emitOpError("expected at least one output or column sum");
  Value shape = outputs.empty() ? columnSums.front() : outputs.front();
  Type element = bufferType(shape).getElementType();
  for (BlockArgument argument : block.getArguments())
    if (argument.getType() != element)
      return op->emitOpError("expected region arguments of ")
             << element << ", got " << argument.getType();
  for (Value value : yield.getValues())
    if (value.getType() != element)
      return op->emitOpError("expected yielded values of ")
             << element << ", got " << value.getType();
  return success();
}

/// Checks that outputs have `width` features, inputs `width` or one.
static LogicalResult verifyPhaseBuffers(Operation *op, int64_t width,
                                        ValueRange inputs, ValueRange outputs) {
  for (Value output : outputs)
    if (failed(checkWidth(op, "an output", output, width)))
      return failure();
  for (Value input : inputs) {
    int64_t got = bufferType(input).getDimSize(1);
    if (got != width && got != 1)
      return op->emitOpError("expected an input of ")
             << width << " features or one, got " << got;
  }
  SmallVector<Value> all(inputs);
  llvm::append_range(all, outputs);
  return checkRows(op, all);
}

//===----------------------------------------------------------------------===//
// Buffers and sites
//===----------------------------------------------------------------------===//

LogicalResult BufferOp::verify() {
  if (failed(checkStrides(*this, "a result", getResult())))
    return failure();
  SmallVector<int64_t> strides;
  int64_t offset;
  (void)bufferType(getResult()).getStridesAndOffset(strides, offset);
  if (offset != 0 && !ShapedType::isDynamic(offset))
    return emitOpError("expected a result at offset 0 or ?, got ") << offset;
  return success();
}

LogicalResult SiteOp::verify() {
  if (getN() <= 0 || getK() <= 0 || getGates() <= 0 || getUnits() <= 0)
    return emitOpError("expected positive sizes, got n ")
           << getN() << ", k " << getK() << ", gates " << getGates()
           << ", units " << getUnits();
  if (getTileRows().value_or(1) <= 0)
    return emitOpError("expected a tile of at least one row, got ")
           << *getTileRows();
  if (getN() % getGates() != 0)
    return emitOpError("expected n to be a multiple of gates, got ")
           << getN() << " and " << getGates();
  if (!getElementType().isF32() && !getElementType().isF64())
    return emitOpError("expected an element type f32 or f64, got ")
           << getElementType();
  if (std::optional<Type> storage = getStorage())
    if (!getElementType().isF32() ||
        !(storage->isBF16() || storage->isSignlessInteger(8)))
      return emitOpError("expected weights of f32 stored as bf16 or i8, got ")
             << getElementType() << " stored as " << *storage;
  return success();
}

/// A rectangle must lie in the weight, and only generated kernels take it.
static LogicalResult verifyRectangle(PackOp op, SiteOp site,
                                     ArrayRef<int64_t> shape) {
  ArrayRef<int64_t> position = *op.getPosition();
  if (op.getPlan())
    return op.emitOpError("expected a rectangle without a plan");
  if (site.getStorage())
    return op.emitOpError("expected a rectangle for panels of the weight's "
                          "type");
  if (position.size() != 2)
    return op.emitOpError("expected a row and a column, got ")
           << position.size() << " numbers";
  auto isIn = [](int64_t from, int64_t size, int64_t all) {
    return from >= 0 && size > 0 && from <= all - size;
  };
  if (isIn(position[0], shape[0], site.getN()) &&
      isIn(position[1], shape[1], site.getK()))
    return success();
  InFlightDiagnostic diagnostic =
      op.emitOpError("expected a rectangle in ")
      << site.getN() << "x" << site.getK() << ", got " << shape[0] << "x"
      << shape[1] << " at [" << position[0] << ", " << position[1] << "]";
  diagnostic.attachNote(site.getLoc()) << "of this site";
  return diagnostic;
}

LogicalResult PackOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SiteOp site = lookupSite(*this, getSiteAttr(), symbols);
  if (!site)
    return failure();
  MemRefType type = bufferType(getWeight());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic) || !type.hasStaticShape())
    return emitOpError("expected a weight of a static shape and strides, got ")
           << type;
  if (failed(
          checkElement(*this, "a weight", getWeight(), site.getElementType())))
    return failure();
  SmallVector<int64_t> got(type.getShape());
  if (getPosition()) {
    if (getTransposed())
      std::swap(got[0], got[1]);
    return verifyRectangle(*this, site, got);
  }
  SmallVector<int64_t> shape = {static_cast<int64_t>(site.getN()),
                                static_cast<int64_t>(site.getK())};
  if (getTransposed())
    std::swap(shape[0], shape[1]);
  if (got == shape)
    return success();
  InFlightDiagnostic diagnostic = emitOpError("expected a weight of ")
                                  << shape[0] << "x" << shape[1] << ", got "
                                  << type;
  diagnostic.attachNote(site.getLoc()) << "of this site";
  return diagnostic;
}

/// Checks the operands of a product against its site.
static LogicalResult verifyProduct(Operation *op, SiteOp site, Value a,
                                   Value c) {
  if (failed(checkStrides(op, "an operand", a)) ||
      failed(checkStrides(op, "a product", c)))
    return failure();
  if (failed(checkWidth(op, "an operand", a, site.getK(), site)) ||
      failed(checkWidth(op, "a product", c, site.getN(), site)))
    return failure();
  if (failed(checkElement(op, "an operand", a, site.getElementType())))
    return failure();
  return checkElement(op, "a product", c, site.getElementType());
}

LogicalResult GemmOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SiteOp site = lookupSite(*this, getSiteAttr(), symbols);
  return failure(!site || failed(verifyProduct(*this, site, getA(), getC())));
}

LogicalResult GemmPhaseOp::verifySymbolUses(SymbolTableCollection &symbols) {
  SiteOp site = lookupSite(*this, getSiteAttr(), symbols);
  if (!site || failed(verifyProduct(*this, site, getA(), getScratch())))
    return failure();
  if (failed(verifyPhaseBody(*this, getBody(), site.getGates(), getInputs(),
                             getOutputs())))
    return failure();
  int64_t width = site.getN() / site.getGates();
  return verifyPhaseBuffers(*this, width, getInputs(), getOutputs());
}

LogicalResult GemmTNOp::verify() {
  if (getUnless() && !getAccumulate())
    return emitOpError("expected 'unless' with 'accumulate' only");
  if (failed(checkRows(*this, {getA(), getB(), getC()})))
    return failure();
  MemRefType c = bufferType(getC());
  if (c.isDynamicDim(0))
    return emitOpError("expected a product of a static shape, got ") << c;
  if (failed(checkWidth(*this, "the first operand", getA(), c.getDimSize(0))))
    return failure();
  return checkWidth(*this, "the second operand", getB(), c.getDimSize(1));
}

//===----------------------------------------------------------------------===//
// Phases and row kernels
//===----------------------------------------------------------------------===//

LogicalResult PhaseOp::verify() {
  if (failed(verifyPhaseBody(*this, getBody(), 0, getInputs(), getOutputs(),
                             getRowSums(), getColumnSums())))
    return failure();
  if (getScales().size() != getRowSums().size())
    return emitOpError("expected a scale for each of ")
           << getRowSums().size() << " row sums, got " << getScales().size();
  int64_t width = bufferType(getShapeBuffer()).getDimSize(1);
  for (Value sum : getRowSums())
    if (failed(checkWidth(*this, "a row sum", sum, 1)))
      return failure();
  for (Value sum : getColumnSums()) {
    if (failed(checkWidth(*this, "a column sum", sum, width)))
      return failure();
    if (bufferType(sum).getDimSize(0) != 1)
      return emitOpError("expected a column sum of one row, got ")
             << sum.getType();
  }
  SmallVector<Value> sums(getRowSums());
  llvm::append_range(sums, getColumnSums());
  if (failed(checkRows(*this, sums)))
    return failure();
  return verifyPhaseBuffers(*this, width, getInputs(), getOutputs());
}

LogicalResult DropoutOp::verify() {
  double rate = getRate().convertToDouble();
  if (rate >= 0.0 && rate < 1.0)
    return success();
  return emitOpError("expected a rate from 0 to less than 1, got ") << rate;
}

LogicalResult CopyOp::verify() {
  MemRefType from = bufferType(getFrom()), to = bufferType(getTo());
  if (failed(checkStrides(*this, "a source", getFrom())) ||
      failed(checkStrides(*this, "a destination", getTo())))
    return failure();
  if (from.getElementType() != to.getElementType())
    return emitOpError("expected one element type, got ")
           << from.getElementType() << " and " << to.getElementType();
  if (!getTransposed())
    return checkWidth(*this, "a destination", getTo(), from.getDimSize(1));
  if (!from.hasStaticShape() || !to.hasStaticShape())
    return emitOpError("expected static shapes, got ") << from << " and " << to;
  if (from.getDimSize(0) != to.getDimSize(1) ||
      from.getDimSize(1) != to.getDimSize(0))
    return emitOpError("expected a destination of ")
           << from.getDimSize(1) << "x" << from.getDimSize(0) << ", got " << to;
  return success();
}

/// Checks that two buffers have as many features.
static LogicalResult sameWidth(Operation *op, Value from, Value to) {
  if (failed(checkRows(op, {from, to})))
    return failure();
  return checkWidth(op, "an output", to, bufferType(from).getDimSize(1));
}

/// Checks that an output holds one number a row.
static LogicalResult oneNumber(Operation *op, Value from, Value to) {
  if (failed(checkRows(op, {from, to})))
    return failure();
  return checkWidth(op, "an output", to, 1);
}

LogicalResult GatherOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(sameWidth(*this, getTable(), getOut())));
}

LogicalResult ScatterAddOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(sameWidth(*this, getRows(), getTable())));
}

LogicalResult SumRowsOp::verify() {
  return sameWidth(*this, getInput(), getOut());
}

LogicalResult SumFeaturesOp::verify() {
  return oneNumber(*this, getInput(), getOut());
}

LogicalResult SoftmaxOp::verify() {
  return sameWidth(*this, getInput(), getOut());
}

LogicalResult CrossEntropyOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(oneNumber(*this, getLogits(), getOut())));
}

LogicalResult CrossEntropyGradientOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(oneNumber(*this, getLogits(), getNats())) ||
                 failed(oneNumber(*this, getLogits(), getCotangent())) ||
                 failed(sameWidth(*this, getLogits(), getOut())));
}

LogicalResult OneHotOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(checkRows(*this, getOut())));
}

LogicalResult ArgmaxOp::verify() {
  return oneNumber(*this, getInput(), getOut());
}

LogicalResult TokenValueOp::verify() {
  return failure(failed(checkWidth(*this, "tokens", getTokens(), 1)) ||
                 failed(oneNumber(*this, getTokens(), getOut())));
}
