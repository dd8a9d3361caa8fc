//===- LowerWeights.cpp - GEMM sites and packing --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Declares the GEMM sites of a function, and emits the function that packs
// their weights and copies the parameters that other kernels read.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/Conversion/FunctionLowering.h"
#include "rnn/rnn.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

/// The names of the parameters that an expression of weights reads, once each.
static ArrayAttr getParameterNames(Builder &builder, Value weight) {
  llvm::SetVector<Value> sources;
  llvm::SmallSetVector<Attribute, 4> names;
  sources.insert(weight);
  for (unsigned i = 0; i < sources.size(); ++i) {
    Operation *op = sources[i].getDefiningOp();
    if (auto get = dyn_cast_if_present<GetOp>(op))
      names.insert(builder.getStringAttr(get.getSymbol()));
    else if (op)
      sources.insert_range(op->getOperands());
  }
  return builder.getArrayAttr(names.getArrayRef());
}

StringRef FunctionLowering::makeSite(MatmulOp product, int64_t gates) {
  if (auto known = sites.find(product); known != sites.end())
    return known->second.getSymName();
  Type weight = product.getWeight().getType();
  int64_t n = getFeatureSize(weight, 0), k = getFeatureSize(weight, 1);
  Type element = model.getElementType();
  int64_t units = chooseUnits(n, gates, element, target);
  IntegerAttr tileRows;
  if (choices.tile)
    if (auto wanted = unitsOfTile(*choices.tile, n, gates, element, target)) {
      units = *wanted;
      tileRows = b.getI64IntegerAttr(choices.tile->rows);
    }
  Type weights = choices.storage;
  if (weights) // Their words are of whole vectors.
    units = llvm::alignTo(units, target.lanes(element));
  int64_t blocks = llvm::divideCeil(n / gates, units);
  int64_t offset = storage.reservePacked(
      panelSize(blocks, gates * units, k, weightStorage(weights)));
  bool overChunk = isSequence(product.getInput().getType());
  IntegerAttr axis;
  if (overChunk)
    axis = b.getI32IntegerAttr(storage.getAxisIndex(
        ::rnnc::rnn::getAxis(product.getInput().getType())));
  std::string symbol = name + "_site" + std::to_string(sites.size());
  TypeAttr narrow = weights ? TypeAttr::get(weights) : TypeAttr();
  OpBuilder::InsertionGuard guard(moduleBuilder);
  auto site = dnn::SiteOp::create(
      moduleBuilder, product.getLoc(), symbol, index, sites.size(), n, k, gates,
      units, tileRows, element, narrow,
      overChunk ? dnn::SiteRows::Chunk : dnn::SiteRows::Step, offset,
      storage.lookup(product.getInput()).buffer->width,
      storage.lookup(product.getResult()).buffer->width, axis);
  site->setAttr("rnnc.parameters", getParameterNames(b, product.getWeight()));
  sites[product] = site;
  return site.getSymName();
}

/// Weights that the function computes are packed where they are known: before
/// the operation, or the loop over chunks, that multiplies by them. A stream's
/// are packed with its parameters.
void FunctionLowering::packComputed(Operation *op) {
  if (kind == EntryKind::Step)
    return;
  op->walk([&](MatmulOp product) {
    if (isWeightExpression(product.getWeight()))
      return;
    if (isa<ScanOp>(product.getWeight().getParentBlock()->getParentOp())) {
      product.emitError("expected a weight that stays as it is over time, got "
                        "one that a step computes");
      hadError = true;
      return;
    }
    int64_t gates = 1;
    if (auto phase = dyn_cast<PhaseOp>(product->getParentOp()))
      gates = getWidth(product.getType()) /
              getWidth(phase.getResultTypes().front());
    StringRef site = makeSite(product, gates);
    dnn::PackOp::create(b, site, getBuffer(product.getWeight()), packed, false,
                        DenseI64ArrayAttr(), plan);
  });
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

/// The rectangle in the parameter vector, as it lies there.
Value FunctionLowering::getPiece(Value parameters, const WeightPiece &piece) {
  bool transposed = piece.isTransposed();
  int64_t rows = transposed ? piece.columns : piece.rows;
  int64_t columns = transposed ? piece.rows : piece.columns;
  int64_t stride = transposed ? piece.columnStride : piece.rowStride;
  auto type = getBufferType(model.getElementType(), rows, columns, stride);
  Value offset = arith::ConstantIntOp::create(b, piece.offset, 64);
  // Nothing is written where parameters are.
  return dnn::BufferOp::create(b, type, parameters, offset, constantIndex(rows),
                               makePlaces("parameters0", 0, 1), 0);
}

/// The panels of a site, as one row.
Value FunctionLowering::getPanels(dnn::SiteOp site) {
  int64_t width = site.getGates() * site.getUnits();
  int64_t blocks =
      llvm::divideCeil(site.getN() / site.getGates(), site.getUnits());
  int64_t size = blocks * site.getK() * width;
  return getDense(site.getPanelOffset(), 1, size, size);
}

/// A rectangle of the packed area.
Value FunctionLowering::getDense(int64_t offset, int64_t rows, int64_t columns,
                                 int64_t stride) {
  auto type = getBufferType(model.getElementType(), rows, columns, stride);
  Value start = arith::ConstantIntOp::create(b, offset, 64);
  return dnn::BufferOp::create(
      b, type, packed, start, constantIndex(rows),
      makePlaces("packed", offset, offset + (rows - 1) * stride + columns), 0);
}

static bool cover(ArrayRef<WeightPiece> pieces, Type type) {
  int64_t covered = 0;
  for (const WeightPiece &piece : pieces)
    covered += piece.rows * piece.columns;
  return covered == getStaticRows(type) * getWidth(type);
}

/// Evaluates a weight expression into the packed area.
void FunctionLowering::copyPieces(Value weight, Value parameters,
                                  int64_t offset) {
  Type type = weight.getType();
  int64_t width = getWidth(type);
  SmallVector<WeightPiece> pieces = getWeightPieces(weight, layout);
  if (!cover(pieces, type))
    dnn::FillOp::create(b, b.getF64FloatAttr(0.0),
                        getDense(offset, getStaticRows(type), width, width));
  for (const WeightPiece &piece : pieces) {
    Value part = getDense(offset + piece.row * width + piece.column, piece.rows,
                          piece.columns, width);
    dnn::CopyOp::create(b, getPiece(parameters, piece), part,
                        piece.isTransposed(), false);
  }
}

/// Packs a stacked weight piece by piece. The library takes it as a whole, and
/// so does a narrower type, whose scales it determines: it is put together for
/// these.
void FunctionLowering::packPieces(MatmulOp product,
                                  ArrayRef<WeightPiece> pieces,
                                  Value parameters) {
  dnn::SiteOp site = sites.lookup(product);
  Value weight = product.getWeight();
  auto intoPanels = [&] {
    if (!cover(pieces, weight.getType()))
      dnn::FillOp::create(b, b.getF64FloatAttr(0.0), getPanels(site));
    for (const WeightPiece &piece : pieces)
      dnn::PackOp::create(b, site.getSymName(), getPiece(parameters, piece),
                          packed, piece.isTransposed(),
                          b.getDenseI64ArrayAttr({piece.row, piece.column}),
                          Value());
  };
  if (!plan && !site.getStorage())
    return intoPanels();
  int64_t rows = site.getN(), width = site.getK();
  int64_t offset = storage.reservePacked(rows * width);
  auto together = [&] {
    copyPieces(weight, parameters, offset);
    dnn::PackOp::create(b, site.getSymName(),
                        getDense(offset, rows, width, width), packed, false,
                        DenseI64ArrayAttr(), plan);
  };
  if (site.getStorage())
    return together();
  Value library = loadLibraryFlag(b, plan, site.getFunction(), site.getIndex());
  auto branch = scf::IfOp::create(b, library, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  together();
  b.setInsertionPointToStart(branch.elseBlock());
  intoPanels();
}

/// Whether a product may pack its weight itself, block by block: one over time,
/// by parameters that are there while the function runs.
bool FunctionLowering::mayPackLate(MatmulOp product) {
  Value weight = product.getWeight();
  return hasPlan() && !choices.storage &&
         isSequence(product.getInput().getType()) &&
         isWeightExpression(weight) &&
         cover(getWeightPieces(weight, layout), weight.getType()) &&
         storage.needParameters();
}

/// Whether the plan has it do so in this call.
Value FunctionLowering::isLate(MatmulOp product) {
  dnn::SiteOp site = sites.lookup(product);
  return loadLateFlag(b, plan, site.getFunction(), site.getIndex());
}

void FunctionLowering::packLate(MatmulOp product) {
  Value parameters = loadParameters();
  StringRef site = sites.lookup(product).getSymName();
  for (const WeightPiece &piece : getWeightPieces(product.getWeight(), layout))
    dnn::PackOp::create(
        b, site, getPiece(parameters, piece), packed, piece.isTransposed(),
        b.getDenseI64ArrayAttr({piece.row, piece.column}), Value());
}

void FunctionLowering::packSite(MatmulOp product, Value parameters) {
  if (!mayPackLate(product))
    return packAtOnce(product, parameters);
  Value one = arith::ConstantIntOp::create(b, 1, 1);
  Value isNow = arith::XOrIOp::create(b, isLate(product), one);
  auto branch = scf::IfOp::create(b, isNow, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  packAtOnce(product, parameters);
}

/// Packs straight from the parameters. Computed weights are packed where they
/// are computed, those of a stream here.
void FunctionLowering::packAtOnce(MatmulOp product, Value parameters) {
  Value weight = product.getWeight();
  StringRef site = sites.lookup(product).getSymName();
  if (!isWeightExpression(weight)) {
    if (kind != EntryKind::Step)
      return;
    if (storage.isPrecomputed(weight.getDefiningOp())) {
      dnn::PackOp::create(b, site, getBuffer(weight), packed, false,
                          DenseI64ArrayAttr(), plan);
      return;
    }
    product.emitError("expected a weight made of parameters in a stream, got "
                      "one that depends on its inputs");
    hadError = true;
    return;
  }
  SmallVector<WeightPiece> pieces = getWeightPieces(weight, layout);
  if (pieces.size() == 1 && cover(pieces, weight.getType()))
    dnn::PackOp::create(b, site, getPiece(parameters, pieces[0]), packed,
                        pieces[0].isTransposed(), DenseI64ArrayAttr(), plan);
  else
    packPieces(product, pieces, parameters);
}

/// Evaluates what of a stream's step depends on parameters alone.
void FunctionLowering::precompute(Value parameters) {
  for (const auto &buffer : storage.getBuffers())
    if (buffer->memory == Memory::Packed)
      bases[buffer.get()] = makeExternalBase(*buffer);
  for (Operation &op : function.getBodyBlock()->without_terminator()) {
    if (!storage.isPrecomputed(&op))
      continue;
    b.setLoc(op.getLoc());
    if (auto product = dyn_cast<MatmulOp>(op)) {
      makeSite(product, 1);
      packSite(product, parameters);
    }
    emitOp(&op);
  }
}

void FunctionLowering::packAll(Value parameters) {
  for (Value value : storage.getPackedValues())
    copyPieces(value, parameters, storage.lookup(value).buffer->offset);
  if (kind == EntryKind::Step)
    precompute(parameters);
  for (Operation *product : llvm::make_first_range(sites))
    if (!storage.isPrecomputed(product))
      packSite(cast<MatmulOp>(product), parameters);
}

void FunctionLowering::emitPacking(ModuleOp module) {
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  moduleBuilder.setInsertionPointToEnd(module.getBody());
  auto pack = func::FuncOp::create(
      moduleBuilder, function.getLoc(), name + "_pack",
      b.getFunctionType({pointer, pointer}, b.getI32Type()));
  startBody(pack);
  b.setLoc(function.getLoc());
  Value parameters = pack.getArgument(hasPlan() ? 1 : 0);
  if (hasPlan()) {
    plan = pack.getArgument(0);
    pack.setArgAttr(0, "dnn.plan", b.getUnitAttr());
    packed = loadFrameField(b, plan, index, FrameField::Packed);
  } else {
    packed = pack.getArgument(1);
  }
  packAll(parameters);
  if (storage.getParametersSlot() >= 0)
    LLVM::StoreOp::create(b, parameters, getParametersSlot());
  func::ReturnOp::create(b, Value(arith::ConstantIntOp::create(b, RNN_OK, 32)));
}

/// A reset runs once a stream: it packs what it reads on its own stack, before
/// everything else.
void FunctionLowering::packForReset(Operation *entry) {
  auto function = cast<func::FuncOp>(entry);
  Value placeholder = packed;
  b.setInsertionPointAfterValue(placeholder);
  // Sites found to be stacked reserve space while they are packed, so the
  // size is known last.
  auto size = arith::ConstantIntOp::create(b, 0, 64);
  packed = LLVM::AllocaOp::create(b, placeholder.getType(),
                                  model.getElementType(), size, RNN_ALIGNMENT);
  packAll(function.getArgument(0));
  size.setValueAttr(b.getI64IntegerAttr(storage.getPackedSize()));
  placeholder.replaceAllUsesWith(packed);
}
