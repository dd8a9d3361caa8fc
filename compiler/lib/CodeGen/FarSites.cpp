//===- FarSites.cpp - Weights beyond the second cache
//----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sums up the panels that each loop over steps reads.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/FarSites.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

/// Bytes that stay in a second cache from step to step.
static constexpr int64_t NearBytes = 1 << 20;

/// What is done once a step, with what an operation does: the loop over steps,
/// in which there is one over runs of rows. Products over chunks are alone.
static Operation *getStep(Operation *op, SiteOp site) {
  if (site.getRows() != SiteRows::Step)
    return op;
  auto runs = op->getParentOfType<scf::ForOp>();
  auto steps = runs ? runs->getParentOfType<scf::ForOp>() : nullptr;
  return steps ? steps : op->getParentOfType<func::FuncOp>().getOperation();
}

static FlatSymbolRefAttr getSiteOf(Operation *op) {
  if (auto gemm = dyn_cast<GemmOp>(op))
    return gemm.getSiteAttr();
  if (auto phase = dyn_cast<GemmPhaseOp>(op))
    return phase.getSiteAttr();
  return nullptr;
}

FarSites rnnc::findFarSites(ModuleOp module, const TargetShape &target) {
  SymbolTable symbols(module);
  llvm::MapVector<Operation *, SmallVector<SiteOp>> sitesOfSteps;
  module.walk([&](Operation *op) {
    FlatSymbolRefAttr name = getSiteOf(op);
    if (!name)
      return;
    auto site = symbols.lookup<SiteOp>(name.getValue());
    sitesOfSteps[getStep(op, site)].push_back(site);
  });
  FarSites far;
  for (auto &[step, sites] : sitesOfSteps) {
    int64_t bytes = 0;
    for (SiteOp site : sites)
      bytes += PanelShape(site, target).bytes();
    if (bytes > NearBytes)
      far.insert(sites.begin(), sites.end());
  }
  return far;
}
