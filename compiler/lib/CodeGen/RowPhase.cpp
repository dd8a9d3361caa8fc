//===- RowPhase.cpp - A row of a GEMM with its phase ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a phase adds to its gates before all else is where their sums begin.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelPhase.h"
#include "compiler/lib/CodeGen/PanelWeights.h"
#include "compiler/lib/CodeGen/RowProduct.h"

using namespace mlir;
using namespace rnnc;

/// The inputs that the body adds to each gate first. Takes the additions out of
/// the body.
static SmallVector<SmallVector<Value>> takeAddends(dnn::GemmPhaseOp op,
                                                   unsigned gates) {
  SmallVector<SmallVector<Value>> addends(gates);
  Block &body = op.getBody().front();
  for (unsigned gate = 0; gate < gates; ++gate) {
    Value sum = body.getArgument(gate);
    while (sum.hasOneUse()) {
      auto add = dyn_cast<arith::AddFOp>(*sum.user_begin());
      if (!add)
        break;
      Value other = add.getLhs() == sum ? add.getRhs() : add.getLhs();
      auto input = dyn_cast<BlockArgument>(other);
      if (!input || input.getArgNumber() < gates)
        break;
      addends[gate].push_back(op.getInputs()[input.getArgNumber() - gates]);
      add.replaceAllUsesWith(sum);
      add.erase();
    }
  }
  return addends;
}

/// Where the sum of a slot begins; null for zero.
static Value beginSum(KernelBuilder &b, Value unit, const Strip &strip,
                      ArrayRef<Value> addends) {
  Value sum;
  for (Value input : addends) {
    Value value = loadInput(b, input, b.index(0), unit, strip);
    sum = sum ? b.addf(sum, value) : value;
  }
  return sum;
}

/// Emits the phase on the gates of a block.
static void emitBlockPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                           const PanelShape &shape, const RowBlock &block) {
  Value first = b.mul(block.block, shape.units);
  size_t perGate = block.slots.size() / shape.gates;
  for (size_t i = 0; i < perGate; ++i) {
    SmallVector<Value> gates;
    for (int64_t gate = 0; gate < shape.gates; ++gate)
      gates.push_back(block.sums[gate * perGate + i]);
    const Slot &slot = block.slots[i];
    emitEpilogue(b, op, b.index(0), b.add(first, slot.offset),
                 slotStrip(b, slot), gates);
  }
}

void rnnc::emitRowPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                        const PanelShape &shape, const TargetShape &target,
                        Value panelAddress) {
  PanelReader panels(b, shape, panelAddress);
  Value a = op.getA();
  SmallVector<SmallVector<Value>> addends = takeAddends(op, shape.gates);
  SmallVector<RowBlock> blocks = rowBlocks(b, shape);
  auto beginSums = [&](RowBlock &block) {
    Value first = b.mul(block.block, shape.units);
    for (auto [slot, sum] : llvm::zip_equal(block.slots, block.sums))
      sum = beginSum(b, b.add(first, slot.offset), slotStrip(b, slot),
                     addends[slot.gate]);
  };
  int64_t joint = jointSteps(shape, blocks, target);
  if (joint) {
    llvm::for_each(blocks, beginSums);
    multiplyRow(b, shape, target, panels, a, blocks, 0, joint);
  }
  for (RowBlock &block : blocks) {
    if (!joint)
      beginSums(block);
    if (shape.isDots())
      block.sums = multiplyDots(b, shape, panels, block.block, a, b.index(0),
                                block.sums);
    else
      multiplyRow(b, shape, target, panels, a, block, joint, shape.k);
    emitBlockPhase(b, op, shape, block);
  }
}
