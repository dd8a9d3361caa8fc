//===- LowerGemm.cpp - Kernels for GEMM sites -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Replaces sites and what runs at them by kernels and calls: through the plan's
// table where the plan says so, else of a generated function.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/FarSites.h"
#include "compiler/lib/CodeGen/GemmKernels.h"
#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/LatePacking.h"
#include "compiler/lib/CodeGen/PanelPhase.h"
#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/PhaseFunctions.h"
#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/CodeGen/RowProduct.h"
#include "compiler/lib/CodeGen/Team.h"
#include "compiler/lib/CodeGen/VectorizePhases.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace rnnc {
#define GEN_PASS_DEF_LOWERGEMM
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

/// Rows of a weight gradient that are one part for the library.
static constexpr int64_t LibraryRows = 16;

namespace {

class GemmLowering {
public:
  GemmLowering(ModuleOp module, const TargetShape &target)
      : module(module), target(target), kernels(module, target), phases(module),
        symbols(module) {}

  void run() {
    farSites = findFarSites(module, target);
    forEach<GemmPhaseOp>([&](auto op) { lowerGemmPhase(op); });
    forEach<GemmOp>([&](auto op) { lowerGemm(op); });
    forEach<PackOp>([&](auto op) { lowerPack(op); });
    forEach<GemmTNOp>([&](auto op) { lowerGemmTN(op); });
    forEach<SiteOp>([](auto op) { op.erase(); });
    forEach<CopyOp>([&](auto op) { lowerCopy(op, kernels); });
    forEach<FillOp>([&](auto op) { lowerFill(op, kernels); });
  }

  GemmKernels &getKernels() { return kernels; }

private:
  template <typename Op> void forEach(llvm::function_ref<void(Op)> body) {
    SmallVector<Op> ops;
    module.walk([&](Op op) { ops.push_back(op); });
    for (Op op : ops)
      body(op);
  }

  SiteOp siteOf(FlatSymbolRefAttr name) {
    return symbols.lookup<SiteOp>(name.getValue());
  }

  PanelShape shapeOf(SiteOp site) {
    PanelShape shape(site, target);
    shape.isFar = farSites.contains(site);
    return shape;
  }
  void lowerPack(PackOp op);
  void lowerGemm(GemmOp op);
  void lowerGemmPhase(GemmPhaseOp op);
  void lowerGemmTN(GemmTNOp op);
  void emitLibraryGemm(KernelBuilder &b, Operation *op, SiteOp site, Value plan,
                       Value a, Value c, bool accumulate);

  ModuleOp module;
  TargetShape target;
  GemmKernels kernels;
  PhaseFunctions phases;
  SymbolTable symbols;
  FarSites farSites;
};

} // namespace

/// Emits what the library does at a site where the plan gives it that one, else
/// what a generated kernel does.
static void emitAtSite(KernelBuilder &b, SiteOp site, Value plan,
                       llvm::function_ref<void()> library,
                       llvm::function_ref<void()> generated) {
  if (!mayUseLibrary(site, plan))
    return generated();
  branch(b, loadLibraryFlag(b, plan, site.getFunction(), site.getIndex()),
         library, generated);
}

void GemmLowering::lowerPack(PackOp op) {
  KernelBuilder b(op.getLoc(), op);
  SiteOp site = siteOf(op.getSiteAttr());
  WeightStrides of(op);
  auto generated = [&] {
    emitPacking(b, kernels, shapeOf(site), op,
                panelAddress(b, site, op.getPacked()), std::nullopt);
  };
  auto callPack = [&] {
    callTable(b, op.getPlan(), TableField::Pack,
              {i32(b, site.getFunction()), i32(b, site.getIndex()),
               address(b, op.getWeight()), i64(b, of.n), i64(b, of.k)});
  };
  // The library's barriers are those of its products.
  auto library = [&] {
    if (ShareOp share = getShare(op))
      b.ifTrue(isFirstThread(b, share), callPack);
    else
      callPack();
  };
  emitAtSite(b, site, op.getPlan(), library, generated);
  op.erase();
}

/// In a share rows are divided, which others have made and will read.
void GemmLowering::emitLibraryGemm(KernelBuilder &b, Operation *op, SiteOp site,
                                   Value plan, Value a, Value c,
                                   bool accumulate) {
  Value rows = b.rows(a), from = address(b, a), to = address(b, c);
  emitBarrier(b, op);
  if (getShare(op)) {
    PartNumbers own = getRows(b, op, rows);
    rows = arith::SubIOp::create(b, own.end, own.first);
    from = advance(b, from, site.getElementType(), own.first, rowStride(a));
    to = advance(b, to, site.getElementType(), own.first, rowStride(c));
  }
  callTable(b, plan, TableField::Gemm,
            {i32(b, site.getFunction()), i32(b, site.getIndex()),
             asI64(b, rows), from, i64(b, rowStride(a)), to,
             i64(b, rowStride(c)), i32(b, accumulate)});
  emitBarrier(b, op);
}

void GemmLowering::lowerGemm(GemmOp op) {
  KernelBuilder b(op.getLoc(), op);
  SiteOp site = siteOf(op.getSiteAttr());
  if (SmallVector<PackOp> packs = getPacksBefore(op, site); !packs.empty()) {
    emitLateGemm(b, kernels, shapeOf(site), op,
                 panelAddress(b, site, op.getPacked()), packs);
    op.erase();
    return;
  }
  auto generated = [&] {
    PanelShape shape = shapeOf(site);
    if (!getShare(op) && isWrittenOut(shape, op.getA()))
      return emitRowGemm(b, shape, target, op.getA(), op.getC(),
                         panelAddress(b, site, op.getPacked()),
                         op.getAccumulate());
    Value rows = b.rows(op.getA());
    Value a = address(b, op.getA()), c = address(b, op.getC());
    Value panels = panelAddress(b, site, op.getPacked());
    ShareOp share = getShare(op);
    Value backwards = isOddStep(b, op);
    if (!backwards)
      backwards = arith::ConstantIntOp::create(b, 0, 1);
    callKernel(b, share, shape.blocks(),
               kernels.gemm(shape, rowStride(op.getA()), op.getAccumulate(),
                            bool(share)),
               {a, c, panels, rows, backwards, b.index(rowStride(op.getC()))});
  };
  auto library = [&] {
    emitLibraryGemm(b, op, site, op.getPlan(), op.getA(), op.getC(),
                    op.getAccumulate());
  };
  emitAtSite(b, site, op.getPlan(), library, generated);
  op.erase();
}

/// The phase on gates in the scratch buffer: each thread's on its own columns,
/// unless it is one loop over all.
static void emitScratchPhase(KernelBuilder &b, GemmPhaseOp op, int64_t gates,
                             int64_t vectorBytes) {
  Value rows = b.rows(op.getA());
  int64_t width = features(op.getScratch()) / gates;
  SmallVector<Value> inputs;
  for (int64_t gate = 0; gate < gates; ++gate) {
    SmallVector<OpFoldResult> offsets = {b.getIndexAttr(0),
                                         b.getIndexAttr(gate * width)};
    auto type = cast<MemRefType>(op.getScratch().getType());
    OpFoldResult rowCount = type.isDynamicDim(0)
                                ? OpFoldResult(rows)
                                : b.getIndexAttr(type.getDimSize(0));
    SmallVector<OpFoldResult> sizes = {rowCount, b.getIndexAttr(width)};
    SmallVector<OpFoldResult> strides(2, b.getIndexAttr(1));
    inputs.push_back(
        memref::SubViewOp::create(b, op.getScratch(), offsets, sizes, strides));
  }
  llvm::append_range(inputs, op.getInputs());
  auto phase = PhaseOp::create(b, rows, inputs, op.getOutputs());
  IRMapping map;
  op.getBody().cloneInto(&phase.getBody(), map);
  if (!isFlatPhase(phase, vectorBytes))
    return;
  emitBarrier(b, op);
  b.setInsertionPoint(phase);
  emitBarrier(b, op);
}

void GemmLowering::lowerGemmPhase(GemmPhaseOp op) {
  KernelBuilder b(op.getLoc(), op);
  SiteOp site = siteOf(op.getSiteAttr());
  PanelShape shape = shapeOf(site);
  Value a = op.getA();
  auto tiled = [&](KernelBuilder &b, GemmPhaseOp op, const PhaseSite &site) {
    emitTiledPhase(b, op, shape, site.panels,
                   kernels.tile(shape, rowStride(op.getA())),
                   tileRows(shape, target), site.isOdd);
  };
  auto onScratch = [&](KernelBuilder &b, GemmPhaseOp op, const PhaseSite &) {
    emitScratchPhase(b, op, shape.gates, target.vectorBytes);
  };
  auto generated = [&] {
    Value panels = panelAddress(b, site, op.getPacked());
    if (!getShare(op) && isWrittenOut(shape, a))
      return emitRowPhase(b, op, shape, target, panels);
    auto panel = [&] {
      func::FuncOp pair;
      if (paysPairsOfBlocks(shape, target))
        pair = kernels.pairOfBlocks(shape);
      emitPanelPhase(b, op, shape, panels, pair);
    };
    if (isOneRow(a))
      return panel();
    Value isAlone = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                          b.rows(a), b.index(1));
    branch(b, isAlone, panel, [&] {
      phases.call(b, op, "tiled", {shape.name(), panels, isOddStep(b, op)},
                  tiled);
    });
  };
  auto library = [&] {
    emitLibraryGemm(b, op, site, op.getPlan(), a, op.getScratch(),
                    /*accumulate=*/false);
    phases.call(b, op, "phase", {shape.name(), op.getPacked(), nullptr},
                onScratch);
  };
  emitAtSite(b, site, op.getPlan(), library, generated);
  op.erase();
}

void GemmLowering::lowerGemmTN(GemmTNOp op) {
  KernelBuilder b(op.getLoc(), op);
  Type element = elementType(op.getC());
  int64_t n = features(op.getA()), k = features(op.getB());
  int64_t lda = rowStride(op.getA()), ldb = rowStride(op.getB()),
          ldc = rowStride(op.getC());
  Value rows = b.rows(op.getA());
  Value left = address(b, op.getA()), right = address(b, op.getB()),
        c = address(b, op.getC());
  Value overwrite =
      op.getUnless()
          ? op.getUnless()
          : Value(arith::ConstantIntOp::create(b, !op.getAccumulate(), 1));
  ShareOp share = getShare(op);
  auto generated = [&] {
    GradientShape shape{element, n, k, lda, ldc, target.lanes(element)};
    callKernel(b, share, gradientParts(shape, target),
               kernels.gemmTN(shape, bool(share)),
               {left, right, c, rows, overwrite, b.index(ldb)});
  };
  auto callTN = [&](Value size, Value from, Value to) {
    Value one = arith::ConstantIntOp::create(b, 1, 1);
    Value accumulate = arith::ExtUIOp::create(
        b, b.getI32Type(),
        arith::XOrIOp::create(b, overwrite, one).getResult());
    callTable(b, op.getPlan(), TableField::GemmTN,
              {size, i64(b, k), asI64(b, rows), from, i64(b, lda), right,
               i64(b, ldb), to, i64(b, ldc), accumulate});
  };
  // The library divides rows of C.
  auto library = [&] {
    if (!share)
      return callTN(i64(b, n), left, c);
    Part part = *getPart(b, op, n, LibraryRows, 1);
    Value isSome = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                         part.begin, part.end);
    b.ifTrue(isSome, [&] {
      callTN(asI64(b, arith::SubIOp::create(b, part.end, part.begin)),
             advance(b, left, element, part.begin, 1),
             advance(b, c, element, part.begin, ldc));
    });
  };
  // The library has no f64.
  if (!op.getPlan() || !element.isF32()) {
    generated();
  } else {
    Value use = loadFrameField(b, op.getPlan(), op.getFunction(),
                               FrameField::UseLibraryTN);
    Value flag =
        LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, use, i32(b, 0));
    branch(b, flag, library, generated);
  }
  op.erase();
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

class LowerGemm : public rnnc::impl::LowerGemmBase<LowerGemm> {
public:
  using LowerGemmBase::LowerGemmBase;

  void runOnOperation() override {
    GemmLowering lowering(getOperation(),
                          {vectorBytes, registers, dots, fused});
    lowering.run();
    kernels += lowering.getKernels().made;
    shared += lowering.getKernels().shared;
  }
};

} // namespace
