//===- GeneratedGemm.cpp - Products without the library -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What `--gemm=generated` comes to: no product asks the plan for another
// kernel.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PlanLayout.h"
#include "compiler/lib/Driver/ModelInfo.h"
#include "compiler/lib/Driver/Passes.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace rnnc {
#define GEN_PASS_DEF_GENERATEDGEMM
#include "compiler/lib/Driver/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;

template <typename... Ops> static void dropPlan(Operation *op) {
  (void)((isa<Ops>(op) ? (cast<Ops>(op).getPlanMutable().clear(), true)
                       : false) ||
         ...);
}

/// The runtime knows no sites of the model: their flags are not asked.
static void answerNo(Operation *op) {
  if (!op->hasAttr(SiteFlagAttrName))
    return;
  OpBuilder b(op);
  Value no = LLVM::ConstantOp::create(b, op->getLoc(), b.getI1Type(), 0);
  op->getResult(0).replaceAllUsesWith(no);
}

namespace {
class GeneratedGemm : public rnnc::impl::GeneratedGemmBase<GeneratedGemm> {
  void runOnOperation() override {
    FailureOr<rnn::ModelOp> model = getOnlyModel(getOperation());
    if (failed(model))
      return signalPassFailure();
    (*model)->setAttr("rnnc.generated", UnitAttr::get(&getContext()));
    getOperation().walk([](Operation *op) {
      answerNo(op);
      dropPlan<dnn::GemmOp, dnn::GemmPhaseOp, dnn::GemmTNOp, dnn::PackOp>(op);
    });
  }
};
} // namespace
