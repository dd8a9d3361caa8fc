//===- ShareTeam.cpp - One step on several threads ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every thread of a team runs the whole function and does its part of each
// kernel. Between two kernels stands a barrier where a thread would touch what
// another one wrote, or write what another one reads. Which kernels may follow
// one another since the last barrier is found by following the control flow,
// which is the same in every thread.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/TeamAccess.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/SetVector.h"

namespace rnnc {
#define GEN_PASS_DEF_SHARETEAM
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

namespace {

/// Finds where barriers are needed.
class Barriers {
public:
  Barriers(Operation *function, int64_t vectorBytes) {
    TeamAnalysis analysis(function, vectorBytes);
    function->walk([&](Operation *op) {
      if (auto kernel = analysis.describe(op))
        kernels[op] = std::move(*kernel);
    });
    Kernels since;
    visit(function->getRegion(0), since);
  }

  /// The operations that a barrier has to stand before.
  const llvm::SetVector<Operation *> &getPlaces() const { return places; }
  const llvm::MapVector<Operation *, SharedKernel> &getKernels() const {
    return kernels;
  }

private:
  /// Kernels that may have run since the last barrier.
  using Kernels = llvm::SetVector<Operation *>;

  void visit(Region &region, Kernels &since) {
    for (Block &block : region)
      for (Operation &op : block)
        visit(&op, since);
  }

  void visit(Operation *op, Kernels &since) {
    if (places.contains(op))
      since.clear();
    auto kernel = kernels.find(op);
    if (kernel != kernels.end()) {
      if (conflicts(kernel->second, since)) {
        places.insert(op);
        since.clear();
      }
      since.insert(op);
    } else if (isa<LoopLikeOpInterface>(op)) {
      visitLoop(op, since);
    } else if (op->hasAttr(StageAttrName)) {
      // A team runs all stages.
      visit(op->getRegion(0), since);
    } else if (op->getNumRegions() != 0 && !isa<GemmPhaseOp, PhaseOp>(op)) {
      visitBranches(op, since);
    }
  }

  void visitBranches(Operation *op, Kernels &since) {
    Kernels before = std::move(since);
    since = Kernels();
    for (Region &region : op->getRegions()) {
      Kernels own = before;
      visit(region, own);
      since.insert_range(own);
    }
  }

  /// Barriers that the loop needs by itself come first; what is still in the
  /// way of earlier kernels then costs one before the loop, not one a turn.
  void visitLoop(Operation *op, Kernels &since) {
    Kernels inside;
    for (size_t known = ~size_t(0); known != inside.size() + places.size();) {
      known = inside.size() + places.size();
      turn(op, inside);
    }
    if (meets(op, since)) {
      places.insert(op);
      since.clear();
    }
    since.insert_range(inside);
    turn(op, since);
  }

  /// One turn of a loop, which may also be its last.
  void turn(Operation *loop, Kernels &since) {
    Kernels own = since;
    for (Region &region : loop->getRegions())
      visit(region, own);
    since.insert_range(own);
  }

  /// Whether a kernel in `loop` that is reached without a barrier is in
  /// conflict with earlier ones.
  bool meets(Operation *loop, Kernels since) {
    return llvm::any_of(loop->getRegions(),
                        [&](Region &region) { return meets(region, since); });
  }

  /// Takes from `left` what a barrier in the region comes after, in any case.
  bool meets(Region &region, Kernels &left) {
    for (Operation &op : region.getOps()) {
      if (places.contains(&op))
        left.clear();
      auto kernel = kernels.find(&op);
      if (kernel != kernels.end() ? conflicts(kernel->second, left)
                                  : meets(&op, left))
        return true;
    }
    return false;
  }

  bool conflicts(const SharedKernel &kernel, const Kernels &since) {
    return llvm::any_of(since, [&](Operation *earlier) {
      return kernel.conflicts(kernels.find(earlier)->second);
    });
  }

  llvm::MapVector<Operation *, SharedKernel> kernels;
  llvm::SetVector<Operation *> places;
};

class ShareTeam : public rnnc::impl::ShareTeamBase<ShareTeam> {
public:
  using ShareTeamBase::ShareTeamBase;

  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (Value plan = takePlan(function))
        share(function, plan);
  }

private:
  void share(func::FuncOp function, Value plan) {
    Barriers found(function, vectorBytes);
    ImplicitLocOpBuilder b(function.getLoc(), &getContext());
    b.setInsertionPointToStart(&function.getBody().front());
    auto team = TeamOp::create(b, plan), inStages = team;
    if (WaveOp wave = findWave(function)) {
      inStages = TeamOp::create(b, plan);
      inStages.setStagesOf(wave.getFunction());
    }
    auto teamOf = [&](Operation *op) {
      return isInStage(op) ? inStages : team;
    };
    for (Operation *op : found.getPlaces()) {
      b.setInsertionPoint(op);
      b.setLoc(op->getLoc());
      BarrierOp::create(b, teamOf(op).getThreads(), plan);
    }
    for (auto &[op, kernel] : found.getKernels())
      if (!kernel.byAll)
        wrap(b, op, kernel, teamOf(op), plan);
    barriers += found.getPlaces().size();
  }

  static WaveOp findWave(func::FuncOp function) {
    WaveOp found;
    function.walk([&](WaveOp wave) { found = wave; });
    return found;
  }

  static bool isInStage(Operation *op) {
    while ((op = op->getParentOp()))
      if (op->hasAttr(StageAttrName))
        return true;
    return false;
  }

  /// The argument that is the plan, whose mark has served.
  static Value takePlan(func::FuncOp function) {
    for (BlockArgument argument : function.getArguments())
      if (function.removeArgAttr(argument.getArgNumber(), "dnn.plan"))
        return argument;
    return {};
  }

  static void wrap(ImplicitLocOpBuilder &b, Operation *op,
                   const SharedKernel &kernel, TeamOp team, Value plan) {
    b.setInsertionPoint(op);
    b.setLoc(op->getLoc());
    auto share = ShareOp::create(b, team.getThread(), team.getThreads(), plan,
                                 kernel.unit, kernel.alone);
    Block *body = b.createBlock(&share.getBody());
    op->moveBefore(body, body->end());
  }
};

} // namespace
