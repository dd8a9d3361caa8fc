//===- Pipeline.cpp - The order of the passes ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Composes the passes. Merging and hoisting run before differentiation, so
// that the reverse pass inherits merged products and works on hoisted ones, and
// again after it, for what the reverse pass adds.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

static void simplify(OpPassManager &pm) {
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

static void arrangeProducts(OpPassManager &model) {
  simplify(model);
  model.addNestedPass<rnnc::rnn::FuncOp>(rnnc::createMergeGemms());
  simplify(model);
  model.addNestedPass<rnnc::rnn::FuncOp>(rnnc::createHoist());
  simplify(model);
}

void rnnc::buildTransformPipeline(OpPassManager &pm,
                                  const TransformOptions &options) {
  OpPassManager &model = pm.nest<rnn::ModelOp>();
  model.addNestedPass<rnn::FuncOp>(createFindSlices());
  if (options.withTangent)
    model.addPass(createJoinFunctions());
  arrangeProducts(model);
  model.addPass(createDeriveStep());
  if (options.withGradient)
    model.addPass(createDifferentiate());
  if (options.withTangent)
    model.addPass(createDifferentiateForward());
  if (options.withGaussNewton)
    model.addPass(createGaussNewton());
  arrangeProducts(model);
  model.addNestedPass<rnn::FuncOp>(createFuseLosses());
  model.addNestedPass<rnn::FuncOp>(createChunkTime());
  if (options.checkpoint)
    model.addNestedPass<rnn::FuncOp>(createCheckpoint(*options.checkpoint));
  model.addNestedPass<rnn::FuncOp>(createFusePhases());
  model.addNestedPass<rnn::FuncOp>(createFindStages());
}
