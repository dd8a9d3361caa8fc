//===- rnn-opt.cpp - Runs passes on IR ------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// This project's mlir-opt: reads IR, runs the passes named, prints IR.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/Conversion/Passes.h"
#include "compiler/lib/Driver/Passes.h"
#include "compiler/lib/Transforms/Passes.h"
#include "dialects/DNN/DNN.h"
#include "dialects/RNN/RNN.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

namespace {

struct TransformPipelineOptions
    : mlir::PassPipelineOptions<TransformPipelineOptions> {
  Option<bool> withGradient{
      *this, "gradient",
      llvm::cl::desc("make @gradient where the model has a loss"),
      llvm::cl::init(true)};
  Option<bool> withTangent{*this, "tangent", llvm::cl::desc("make @tangent")};
  Option<bool> withGaussNewton{
      *this, "gauss-newton",
      llvm::cl::desc("make @gauss_newton where the model has a loss")};
};

} // namespace

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<rnnc::dnn::DNNDialect, rnnc::rnn::RNNDialect,
                  mlir::affine::AffineDialect, mlir::arith::ArithDialect,
                  mlir::cf::ControlFlowDialect, mlir::func::FuncDialect,
                  mlir::LLVM::LLVMDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  mlir::tensor::TensorDialect, mlir::ub::UBDialect,
                  mlir::vector::VectorDialect>();
  mlir::registerTransformsPasses();
  rnnc::registerTransformsPasses();
  rnnc::registerConversionPasses();
  rnnc::registerCodeGenPasses();
  rnnc::registerDriverPasses();
  mlir::PassPipelineRegistration<TransformPipelineOptions>(
      "rnn-pipeline", "from what the front end emits to scheduled functions",
      [](mlir::OpPassManager &pm, const TransformPipelineOptions &options) {
        rnnc::TransformOptions transforms;
        transforms.withGradient = options.withGradient;
        transforms.withTangent = options.withTangent;
        transforms.withGaussNewton = options.withGaussNewton;
        rnnc::buildTransformPipeline(pm, transforms);
      });
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "rnnc's IR optimiser\n", registry));
}
