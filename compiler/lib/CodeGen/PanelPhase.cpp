//===- PanelPhase.cpp - One row of a GEMM with its phase ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With one row a product is bound by reading its weights; what its gates go
// through costs next to nothing while they are still in registers.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PanelPhase.h"

#include "compiler/lib/CodeGen/PanelWeights.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace rnnc;

/// Applies the phase to the gates of `slot`, a vector of units.
static void emitEpilogue(KernelBuilder &b, dnn::GemmPhaseOp op, Value unit,
                         const Strip &strip, ArrayRef<Value> gates) {
  Value zero = b.index(0);
  SmallVector<Value> arguments(gates);
  for (Value input : op.getInputs()) {
    bool repeats = features(input) == 1;
    Value value = repeats
                      ? b.splat(b.load(input, zero, zero, Strip()), strip.width)
                      : b.load(input, zero, unit, strip);
    arguments.push_back(value);
  }
  SmallVector<Value> results =
      b.inlineBody(op.getBody(), arguments, strip.width, unit);
  for (auto [result, output] : llvm::zip_equal(results, op.getOutputs()))
    b.store(result, output, zero, unit, strip);
}

void rnnc::emitPanelPhase(KernelBuilder &b, dnn::GemmPhaseOp op,
                          const PanelShape &shape, Value panelAddress) {
  PanelReader panels(b, shape, panelAddress);
  forEachBlock(b, shape, [&](Value block, ArrayRef<Slot> slots) {
    Type type = b.stripType(shape.element, shape.lanes);
    SmallVector<Value> sums(slots.size(), b.number(type, 0));
    sums = multiplyBlock(b, shape, panels, block, slots, op.getA(), b.index(0),
                         sums);
    size_t perGate = slots.size() / shape.gates;
    for (size_t i = 0; i < perGate; ++i) {
      SmallVector<Value> gates;
      for (int64_t gate = 0; gate < shape.gates; ++gate)
        gates.push_back(sums[gate * perGate + i]);
      Value unit = b.add(b.mul(block, shape.units), slots[i].offset);
      emitEpilogue(b, op, unit, b.partial(slots[i].valid, shape.lanes), gates);
    }
  });
}
