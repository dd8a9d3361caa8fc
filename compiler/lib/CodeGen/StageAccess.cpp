//===- StageAccess.cpp - What the stages of a loop touch ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Kernels are asked, not the model, so that no kind of cell, loss or sum has to
// be thought of.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/StageAccess.h"

#include "compiler/lib/CodeGen/TeamAccess.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/CallInterfaces.h"

using namespace mlir;
using namespace rnnc;

using Accesses = SmallVector<Access>;

static bool meet(const Accesses &some, const Accesses &others) {
  return llvm::any_of(some, [&](const Access &one) {
    return llvm::any_of(others,
                        [&](const Access &other) { return one.meets(other); });
  });
}

bool rnnc::areStagesApart(Operation *function, ArrayRef<int32_t> loops,
                          llvm::function_ref<bool(ArrayAttr)> timed,
                          int64_t vectorBytes) {
  TeamAnalysis analysis(function, vectorBytes);
  SmallVector<Accesses> touched(loops.size());
  bool isKnown = true;
  function->walk([&](scf::IfOp branch) {
    auto number = branch->getAttrOfType<IntegerAttr>(dnn::StageAttrName);
    if (!number)
      return;
    branch.walk([&](Operation *op) {
      isKnown &= !isa<CallOpInterface>(op);
      auto kernel = analysis.describe(op);
      if (!kernel)
        return;
      isKnown &= !isa<LLVM::StoreOp>(op);
      for (const Access &access : kernel->accesses)
        if (!timed(access.places))
          touched[number.getInt()].push_back(access);
    });
  });
  if (!isKnown)
    return false;
  for (size_t i = 0; i < loops.size(); ++i)
    for (size_t j = i + 1; j < loops.size(); ++j)
      if (loops[i] == loops[j] && meet(touched[i], touched[j]))
        return false;
  return true;
}
