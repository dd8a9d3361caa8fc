//===- ConvertToLLVM.cpp - From buffers to the LLVM dialect ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One conversion of dnn.buffer, dnn.address and all upstream dialects left by
// then, and the pipeline that ends with it.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Passes.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Conversion/AffineToStandard/AffineToStandard.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace rnnc {
#define GEN_PASS_DEF_CONVERTTOLLVM
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// A descriptor whose aligned pointer is the buffer's first element.
class ConvertBuffer : public ConvertOpToLLVMPattern<BufferOp> {
public:
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(BufferOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto type = cast<MemRefType>(op.getResult().getType());
    Type element = getTypeConverter()->convertType(type.getElementType());
    Value address =
        LLVM::GEPOp::create(rewriter, loc, adaptor.getBase().getType(), element,
                            adaptor.getBase(), adaptor.getOffset());
    SmallVector<int64_t> strides;
    int64_t offset;
    (void)type.getStridesAndOffset(strides, offset);

    auto descriptor = MemRefDescriptor::poison(
        rewriter, loc, getTypeConverter()->convertType(type));
    descriptor.setAllocatedPtr(rewriter, loc, address);
    descriptor.setAlignedPtr(rewriter, loc, address);
    descriptor.setConstantOffset(rewriter, loc, 0);
    descriptor.setSize(rewriter, loc, 0, adaptor.getRows());
    descriptor.setConstantSize(rewriter, loc, 1, type.getDimSize(1));
    descriptor.setConstantStride(rewriter, loc, 0, strides[0]);
    descriptor.setConstantStride(rewriter, loc, 1, strides[1]);
    rewriter.replaceOp(op, {descriptor});
    return success();
  }
};

class ConvertAddress : public ConvertOpToLLVMPattern<AddressOp> {
public:
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult
  matchAndRewrite(AddressOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<MemRefType>(op.getBuffer().getType());
    MemRefDescriptor descriptor(adaptor.getBuffer());
    rewriter.replaceOp(op, descriptor.bufferPtr(rewriter, op.getLoc(),
                                                *getTypeConverter(), type));
    return success();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

/// Makes arithmetic of views of buffers. Only they are visited: upstream's pass
/// tries to fold every operation of every kernel, which takes several times as
/// long.
static LogicalResult expandViews(Operation *root) {
  RewritePatternSet patterns(root->getContext());
  memref::populateExpandStridedMetadataPatterns(patterns);
  SmallVector<Operation *> views;
  root->walk([&](ViewLikeOpInterface view) { views.push_back(view); });
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
  return applyOpPatternsGreedily(views, std::move(patterns), config);
}

class ConvertToLLVM : public rnnc::impl::ConvertToLLVMBase<ConvertToLLVM> {
public:
  using ConvertToLLVMBase::ConvertToLLVMBase;

  void runOnOperation() override {
    MLIRContext *context = &getContext();
    if (failed(expandViews(getOperation())))
      return signalPassFailure();
    LLVMTypeConverter types(context);
    RewritePatternSet patterns(context);
    patterns.add<ConvertBuffer, ConvertAddress>(types);
    vector::populateVectorMaskMaterializationPatterns(
        patterns, /*force32BitVectorIndices=*/true);
    vector::populateVectorMaskOpLoweringPatterns(patterns);
    populateVectorToLLVMConversionPatterns(types, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
    populateAffineToStdConversionPatterns(patterns);
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns,
                                         /*approximateLog1p=*/false);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);
    ub::populateUBToLLVMConversionPatterns(types, patterns);
    LLVMConversionTarget target(*context);
    target.addLegalOp<ModuleOp>();
    if (failed(
            applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Pipeline
//===----------------------------------------------------------------------===//

void rnnc::buildLowerToLLVMPipeline(OpPassManager &manager,
                                    const TargetShape &target) {
  manager.addPass(createShareTeam({target.vectorBytes}));
  manager.addPass(createLowerGemm(
      {target.vectorBytes, target.registers, target.dots, target.fused}));
  manager.addNestedPass<func::FuncOp>(createLowerRows({target.vectorBytes}));
  manager.addNestedPass<func::FuncOp>(
      createVectorizePhases({target.vectorBytes}));
  manager.addNestedPass<func::FuncOp>(createLowerTeam());
  manager.addNestedPass<func::FuncOp>(createApproximateMath());
  manager.addPass(createOutlineStages());
  // Fewer operations to convert. What else there is to simplify LLVM does
  // anyway, several times faster than the canonicalizer.
  manager.addPass(createCSEPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertToLLVM());
}

namespace {

struct PipelineOptions : PassPipelineOptions<PipelineOptions> {
  Option<int64_t> vectorBytes{
      *this, "vector-bytes",
      llvm::cl::desc("Bytes of a vector register of the target"),
      llvm::cl::init(64)};
  Option<int64_t> registers{*this, "registers",
                            llvm::cl::desc("Vector registers of the target"),
                            llvm::cl::init(32)};
  Option<bool> dots{
      *this, "dots",
      llvm::cl::desc("Whether the target has dot products of bytes"),
      llvm::cl::init(false)};
  Option<bool> fused{
      *this, "fused",
      llvm::cl::desc("Whether a product and a sum are one instruction"),
      llvm::cl::init(true)};
};

} // namespace

void rnnc::registerCodeGenPasses() {
  registerCodeGenPassesPasses();
  PassPipelineRegistration<PipelineOptions>(
      "dnn-to-llvm", "Lower dnn and what surrounds it to the LLVM dialect",
      [](OpPassManager &manager, const PipelineOptions &options) {
        buildLowerToLLVMPipeline(manager,
                                 {options.vectorBytes, options.registers,
                                  options.dots, options.fused});
      });
}
