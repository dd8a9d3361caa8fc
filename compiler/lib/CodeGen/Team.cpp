//===- Team.cpp - What one thread of a team does --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Bounds of loops that a team shares, and the pass that is left with teams,
// shares and barriers when the kernels are loops.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Team.h"

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/PlanLayout.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace rnnc {
#define GEN_PASS_DEF_LOWERTEAM
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

ShareOp rnnc::getShare(Operation *op) {
  auto share = op->getParentOfType<ShareOp>();
  return share && !share.getAlone() ? share : ShareOp();
}

PartNumbers rnnc::getPartNumbers(KernelBuilder &b, ShareOp share, Value count) {
  auto numberAt = [&](Value thread) -> Value {
    Value product = arith::MulIOp::create(b, count, thread);
    return arith::CeilDivUIOp::create(b, product, share.getThreads());
  };
  Value next = b.add(share.getThread(), 1);
  return {numberAt(share.getThread()), numberAt(next)};
}

/// Moves a builder to where the thread's number is known.
static void moveToTop(KernelBuilder &b, ShareOp share) {
  if (Operation *team = share.getThreads().getDefiningOp())
    b.setInsertionPointAfter(team);
  else
    b.setInsertionPointToStart(share.getThreads().getParentBlock());
}

PartNumbers rnnc::getPartNumbers(KernelBuilder &b, ShareOp share,
                                 int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  moveToTop(b, share);
  return getPartNumbers(b, share, b.index(count));
}

Part rnnc::makePart(KernelBuilder &b, const PartNumbers &numbers, int64_t width,
                    int64_t unit, int64_t step) {
  int64_t full = width / step * step;
  Value begin = b.mul(numbers.first, unit), end = b.mul(numbers.end, unit);
  Part part{begin, end, nullptr};
  if (full % unit != 0 || full != width) {
    part.begin = arith::MinUIOp::create(b, begin, b.index(full));
    part.end = arith::MinUIOp::create(b, end, b.index(full));
  }
  if (full == width)
    return part;
  Value reaches =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, end, b.index(full));
  Value hasAny = arith::CmpIOp::create(b, arith::CmpIPredicate::ult,
                                       numbers.first, numbers.end);
  part.hasRest = arith::AndIOp::create(b, reaches, hasAny);
  return part;
}

std::optional<Part> rnnc::getPart(KernelBuilder &b, Operation *op,
                                  int64_t width, int64_t unit, int64_t step) {
  ShareOp share = getShare(op);
  if (!share)
    return std::nullopt;
  OpBuilder::InsertionGuard guard(b);
  moveToTop(b, share);
  int64_t count = (width + unit - 1) / unit;
  PartNumbers numbers = getPartNumbers(b, share, b.index(count));
  return makePart(b, numbers, width, unit, step);
}

std::optional<Part> rnnc::getColumns(KernelBuilder &b, Operation *op,
                                     int64_t width, int64_t lanes) {
  ShareOp share = getShare(op);
  if (!share)
    return std::nullopt;
  return getPart(b, op, width, share.getUnit(), lanes);
}

PartNumbers rnnc::getRows(KernelBuilder &b, Operation *op, Value rows) {
  if (ShareOp share = getShare(op))
    return getPartNumbers(b, share, rows);
  return {b.index(0), rows};
}

Value rnnc::isFirstThread(KernelBuilder &b, ShareOp share) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, share.getThread(),
                               b.index(0));
}

void rnnc::emitBarrier(KernelBuilder &b, Operation *op) {
  if (ShareOp share = getShare(op))
    BarrierOp::create(b, share.getThreads(), share.getPlan());
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

static void lower(KernelBuilder &b, TeamOp op) {
  auto load = [&](PlanField field) -> Value {
    Value number = loadPlanField(b, op.getPlan(), field);
    return arith::IndexCastOp::create(b, b.getIndexType(), number);
  };
  Value thread = load(PlanField::Thread), threads = load(PlanField::Threads);
  if (std::optional<uint32_t> function = op.getStagesOf()) {
    Value isAlone = isWave(b, op.getPlan(), *function);
    thread = arith::SelectOp::create(b, isAlone, b.index(0), thread);
    threads = arith::SelectOp::create(b, isAlone, b.index(1), threads);
  }
  op.getThread().replaceAllUsesWith(thread);
  op.getThreads().replaceAllUsesWith(threads);
}

static void lower(KernelBuilder &b, WaveOp op) {
  Value isOn = isWave(b, op.getPlan(), op.getFunction());
  Value team = loadPlanField(b, op.getPlan(), PlanField::Threads);
  team = arith::IndexCastOp::create(b, b.getIndexType(), team);
  op.getThreads().replaceAllUsesWith(
      arith::SelectOp::create(b, isOn, team, b.index(1)));
}

static void lower(KernelBuilder &b, StageOp op) {
  Value plan = op.getPlan();
  int64_t function = op.getFunction();
  auto branch =
      scf::IfOp::create(b, op.getResultTypes(), isWave(b, plan, function),
                        /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  Value owners = loadFrameField(b, plan, function, FrameField::Owners);
  Value address = LLVM::GEPOp::create(
      b, owners.getType(), b.getI32Type(), owners,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(op.getStage())});
  Value owner = LLVM::LoadOp::create(b, b.getI32Type(), address);
  Value isMine =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, owner,
                            loadPlanField(b, plan, PlanField::Thread));
  Value lag = arith::IndexCastOp::create(b, b.getIndexType(), owner);
  scf::YieldOp::create(b, ValueRange{lag, isMine});
  b.setInsertionPointToStart(branch.elseBlock());
  Value always = arith::ConstantIntOp::create(b, 1, 1);
  scf::YieldOp::create(b, ValueRange{b.index(0), always});
  op.replaceAllUsesWith(branch.getResults());
}

static void lower(KernelBuilder &b, BarrierOp op) {
  Value isTeam = arith::CmpIOp::create(b, arith::CmpIPredicate::ugt,
                                       op.getThreads(), b.index(1));
  b.ifTrue(isTeam,
           [&] { callTable(b, op.getPlan(), TableField::Barrier, {}); });
}

/// What is left of a share is code that knows its bounds.
static void lower(KernelBuilder &b, ShareOp op) {
  Block &body = op.getBody().front();
  Block *target = op->getBlock();
  Block::iterator before(op);
  if (op.getAlone()) {
    auto branch = scf::IfOp::create(b, isFirstThread(b, op),
                                    /*withElseRegion=*/false);
    target = branch.thenBlock();
    before = target->getTerminator()->getIterator();
  }
  target->getOperations().splice(before, body.getOperations());
}

namespace {

class LowerTeam : public rnnc::impl::LowerTeamBase<LowerTeam> {
public:
  using LowerTeamBase::LowerTeamBase;

  void runOnOperation() override {
    lowerAll<ShareOp>();
    lowerAll<BarrierOp>();
    lowerAll<StageOp>();
    lowerAll<WaveOp>();
    lowerAll<TeamOp>();
  }

private:
  template <typename Op> void lowerAll() {
    SmallVector<Op> ops;
    getOperation()->walk([&](Op op) { ops.push_back(op); });
    for (Op op : ops) {
      KernelBuilder b(op.getLoc(), op.getOperation());
      lower(b, op);
      op.erase();
    }
  }
};

} // namespace
