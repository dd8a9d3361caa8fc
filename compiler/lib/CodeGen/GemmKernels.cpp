//===- GemmKernels.cpp - Generated products of matrices -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The GEMM kernel: for each block of columns, tiles of rows. Kernels as
// functions of the module.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/GemmKernels.h"

#include "compiler/lib/CodeGen/Int8Row.h"
#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/PanelWeights.h"
#include "compiler/lib/CodeGen/RowProduct.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace rnnc;

//===----------------------------------------------------------------------===//
// GEMM
//===----------------------------------------------------------------------===//

namespace {

/// Emits the tiles of one block of columns.
class BlockEmitter {
public:
  BlockEmitter(KernelBuilder &b, const PanelShape &shape, bool accumulate,
               Value a, Value c, const PanelReader &panels, Value block,
               ArrayRef<Slot> slots)
      : b(b), shape(shape), accumulate(accumulate), a(a), c(c), panels(panels),
        block(block), slots(slots) {}

  void emitRows(Value rows, int64_t most) {
    forEachTile(b, rows, most, [&](Value first, Value count) {
      switchSize(b, count, most, [&](int64_t size) { emitTile(first, size); });
    });
  }

  /// The only row, by dot products.
  void emitRow(const Int8Row &row) {
    Value first = b.index(0);
    SmallVector<Value> sums = row.multiply(panels, block, slots);
    const Value *next = sums.begin();
    forEachElement(first, [&](Value row, Value column, const Strip &strip) {
      Value sum = *next++;
      if (accumulate)
        sum = b.addf(b.load(c, row, column, strip), sum);
      b.store(sum, c, row, column, strip);
    });
  }

private:
  void emitTile(Value first, int64_t size) {
    SmallVector<Value> tileRows;
    for (int64_t i = 0; i < size; ++i)
      tileRows.push_back(b.add(first, i));
    SmallVector<Value> accumulators;
    Type type = b.stripType(shape.element, shape.lanes);
    forEachElement(tileRows, [&](Value row, Value column, const Strip &strip) {
      accumulators.push_back(accumulate ? b.load(c, row, column, strip)
                                        : b.number(type, 0));
    });
    SmallVector<Value> results = multiplyBlock(b, shape, panels, block, slots,
                                               a, tileRows, accumulators);
    const Value *next = results.begin();
    forEachElement(tileRows, [&](Value row, Value column, const Strip &strip) {
      b.store(*next++, c, row, column, strip);
    });
  }

  void
  forEachElement(ArrayRef<Value> tileRows,
                 llvm::function_ref<void(Value, Value, const Strip &)> body) {
    Value unit = b.mul(block, shape.units);
    for (Value row : tileRows)
      for (const Slot &slot : slots)
        body(row, b.add(unit, slot.gate * shape.slice() + slot.offset),
             b.partial(slot.valid, shape.lanes));
  }

  KernelBuilder &b;
  const PanelShape &shape;
  bool accumulate;
  Value a, c;
  const PanelReader &panels;
  Value block;
  ArrayRef<Slot> slots;
};

} // namespace

void rnnc::emitGemm(KernelBuilder &b, const PanelShape &shape,
                    const TargetShape &target, int64_t lda, bool accumulate,
                    ValueRange arguments,
                    const std::optional<PartNumbers> &parts) {
  Value rows = arguments[3];
  Value a = bufferAt(b, arguments[0], shape.element, rows, shape.k, lda);
  Value c = matrixAt(b, arguments[1], shape.element, rows, b.index(shape.n),
                     arguments[5]);
  PanelReader panels(b, shape, arguments[2]);
  std::optional<Part> part;
  if (parts)
    part = blocksOf(b, shape, *parts);
  auto emitTiles = [&] {
    auto emitBlock = [&](Value block, ArrayRef<Slot> slots) {
      BlockEmitter emitter(b, shape, accumulate, a, c, panels, block, slots);
      emitter.emitRows(rows, tileRows(shape, slots.size(), target));
    };
    forEachBlock(b, shape, part, emitBlock, arguments[4]);
  };
  if (!shape.dots)
    return emitTiles();
  Value isOne =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, rows, b.index(1));
  auto choice = scf::IfOp::create(b, isOne, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  Int8Row row(b, shape, a);
  auto emitBlock = [&](Value block, ArrayRef<Slot> slots) {
    BlockEmitter(b, shape, accumulate, a, c, panels, block, slots).emitRow(row);
  };
  forEachBlock(b, shape, part, emitBlock, arguments[4]);
  b.setInsertionPointToStart(choice.elseBlock());
  emitTiles();
}

void rnnc::emitTileKernel(KernelBuilder &b, const PanelShape &shape,
                          const TargetShape &target, int64_t lda,
                          ValueRange arguments) {
  Value rows = arguments[3], block = arguments[4];
  int64_t width = shape.width();
  Value a = bufferAt(b, arguments[0], shape.element, rows, shape.k, lda);
  Value c = bufferAt(b, arguments[1], shape.element, rows, width, width);
  PanelReader panels(b, shape, arguments[2]);
  SmallVector<Slot> slots = blockSlots(shape, shape.units);
  switchSize(b, rows, tileRows(shape, target), [&](int64_t size) {
    SmallVector<Value> indices;
    for (int64_t row = 0; row < size; ++row)
      indices.push_back(b.index(row));
    Type type = b.stripType(shape.element, shape.lanes);
    SmallVector<Value> sums(size * slots.size(), b.number(type, 0));
    sums = multiplyBlock(b, shape, panels, block, slots, a, indices, sums);
    const Value *next = sums.begin();
    for (Value row : indices)
      for (const Slot &slot : slots)
        b.store(*next++, c, row, b.index(slot.gate * shape.units + slot.offset),
                {shape.lanes, nullptr});
  });
}

void rnnc::emitPairKernel(KernelBuilder &b, const PanelShape &shape,
                          ValueRange arguments) {
  int64_t width = shape.width();
  Value zero = b.index(0), first = arguments[3];
  Value a =
      bufferAt(b, arguments[0], shape.element, b.index(1), shape.k, shape.k);
  Value c = bufferAt(b, arguments[1], shape.element, b.index(2), width, width);
  PanelReader panels(b, shape, arguments[2]);
  SmallVector<Slot> slots = blockSlots(shape, shape.units);
  Type type = b.stripType(shape.element, shape.lanes);
  SmallVector<Value> sums(2 * slots.size(), b.number(type, 0));
  sums = multiplyBlock(b, shape, panels, {first, b.add(first, 1)}, slots, a,
                       zero, sums);
  for (auto [i, sum] : llvm::enumerate(sums)) {
    const Slot &slot = slots[i % slots.size()];
    b.store(sum, c, b.index(i / slots.size()),
            b.index(slot.gate * shape.units + slot.offset),
            {shape.lanes, nullptr});
  }
}

int64_t rnnc::tileRows(const PanelShape &shape, int64_t vectors,
                       const TargetShape &target) {
  return shape.tileRows ? shape.tileRows : maxTileRows(vectors, target);
}

int64_t rnnc::tileRows(const PanelShape &shape, const TargetShape &target) {
  return tileRows(shape, shape.width() / shape.lanes, target);
}

//===----------------------------------------------------------------------===//
// Kernels as functions
//===----------------------------------------------------------------------===//

func::FuncOp GemmKernels::findOrMake(std::string name, unsigned pointers,
                                     TypeRange others, bool inParts,
                                     Body body) {
  if (inParts)
    name += "_part";
  if (auto kernel = symbols.lookup<func::FuncOp>(name)) {
    ++shared;
    return kernel;
  }
  MLIRContext *context = module.getContext();
  Builder types(context);
  SmallVector<Type> inputs(pointers, LLVM::LLVMPointerType::get(context));
  llvm::append_range(inputs, others);
  inputs.append(inParts ? 2 : 0, types.getIndexType());
  func::FuncOp kernel = makePrivateFunction(module.getLoc(), name, inputs);
  for (unsigned i = 0; i < pointers; ++i)
    kernel.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                      types.getUnitAttr());
  symbols.insert(kernel);
  KernelBuilder b(module.getLoc(), context);
  b.setInsertionPointToStart(kernel.addEntryBlock());
  ArrayRef<BlockArgument> arguments = kernel.getArguments();
  std::optional<PartNumbers> parts;
  if (inParts)
    parts = {arguments.end()[-2], arguments.end()[-1]};
  body(b, kernel.getArguments(), parts);
  func::ReturnOp::create(b);
  ++made;
  return kernel;
}

func::FuncOp GemmKernels::gemm(const PanelShape &shape, int64_t lda,
                               bool accumulate, bool inParts) {
  std::string name = llvm::formatv("gemm_{0}_a{1}{2}", shape.name(), lda,
                                   accumulate ? "_add" : "");
  Type index = IndexType::get(module.getContext());
  Type flag = IntegerType::get(module.getContext(), 1);
  return findOrMake(
      name, 3, {index, flag, index}, inParts,
      [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitGemm(b, shape, target, lda, accumulate, arguments, parts);
      });
}

func::FuncOp GemmKernels::tile(const PanelShape &shape, int64_t lda) {
  std::string name = llvm::formatv("tile_{0}_a{1}", shape.name(), lda);
  Type index = IndexType::get(module.getContext());
  return findOrMake(name, 3, {index, index}, /*inParts=*/false,
                    [&](KernelBuilder &b, ValueRange arguments, const auto &) {
                      emitTileKernel(b, shape, target, lda, arguments);
                    });
}

func::FuncOp GemmKernels::pairOfBlocks(const PanelShape &shape) {
  Type index = IndexType::get(module.getContext());
  return findOrMake("pair_" + shape.name(), 3, index, /*inParts=*/false,
                    [&](KernelBuilder &b, ValueRange arguments, const auto &) {
                      emitPairKernel(b, shape, arguments);
                    });
}

func::FuncOp GemmKernels::pack(const PanelShape &shape, int64_t ldn,
                               int64_t ldk, bool inParts) {
  std::string name = llvm::formatv("pack_{0}_n{1}k{2}", shape.name(), ldn, ldk);
  return findOrMake(
      name, 2, {}, inParts || isDoneInParts(name),
      [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitPack(b, shape, ldn, ldk, arguments[0], arguments[1], parts);
      });
}

func::FuncOp GemmKernels::packUnits(const PanelShape &shape,
                                    const PackedUnits &units, bool inParts) {
  std::string name = llvm::formatv("pack_{0}_{1}x{2}_n{3}k{4}", shape.name(),
                                   units.count, units.k, units.ldn, units.ldk);
  if (units.first != 0)
    name += llvm::formatv("_from{0}", units.first);
  if (!units.isLast)
    name += "_open";
  func::FuncOp square;
  if (units.ldk == 1 && shape.lanes > 1)
    square = transposeSquare(shape.element, shape.lanes);
  return findOrMake(
      name, 2, {}, inParts || isDoneInParts(name),
      [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitPackUnits(b, shape, units, square, arguments[0], arguments[1],
                      parts);
      });
}

func::FuncOp GemmKernels::gemmTN(const GradientShape &shape, bool inParts) {
  std::string name =
      llvm::formatv("gemm_tn_{0}_{1}x{2}_a{3}c{4}", nameOf(shape.element),
                    shape.n, shape.k, shape.lda, shape.ldc);
  Builder types(module.getContext());
  Type index = types.getIndexType();
  return findOrMake(
      name, 3, {index, types.getI1Type(), index}, inParts,
      [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitGemmTN(b, shape, target, arguments, parts);
      });
}

func::FuncOp GemmKernels::transpose(Type element) {
  SmallVector<Type> sizes(4, IndexType::get(module.getContext()));
  int64_t lanes = target.lanes(element);
  func::FuncOp square = transposeSquare(element, lanes);
  return findOrMake(std::string("transpose_") + nameOf(element), 2, sizes,
                    /*inParts=*/false,
                    [&](KernelBuilder &b, ValueRange arguments, const auto &) {
                      emitTranspose(b, element, lanes, square, arguments);
                    });
}

func::FuncOp GemmKernels::transposeSquare(Type element, int64_t lanes) {
  SmallVector<Type> strides(2, IndexType::get(module.getContext()));
  std::string name =
      llvm::formatv("transpose_{0}_{1}x{1}", nameOf(element), lanes);
  return findOrMake(name, 2, strides, /*inParts=*/false,
                    [&](KernelBuilder &b, ValueRange arguments, const auto &) {
                      emitTransposeSquare(b, element, lanes, arguments);
                    });
}

static std::string rowsName(StringRef what, const RowShape &shape,
                            bool inParts) {
  std::string name =
      llvm::formatv("{0}_{1}_{2}", what, nameOf(shape.element), shape.width);
  if (inParts)
    name += llvm::formatv("_u{0}", shape.unit);
  return name;
}

func::FuncOp GemmKernels::copyRows(const RowShape &shape, bool inParts) {
  Type index = IndexType::get(module.getContext());
  return findOrMake(
      rowsName("copy", shape, inParts), 2, {index, index, index}, inParts,
      [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitCopyRows(b, shape, arguments, parts);
      });
}

func::FuncOp GemmKernels::fillRows(const RowShape &shape, bool inParts) {
  Type index = IndexType::get(module.getContext());
  return findOrMake(
      rowsName("fill", shape, inParts), 1, {index, index, shape.element},
      inParts, [&](KernelBuilder &b, ValueRange arguments, const auto &parts) {
        emitFillRows(b, shape, arguments, parts);
      });
}
