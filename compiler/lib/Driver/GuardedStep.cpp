//===- GuardedStep.cpp - A streaming step that checks its tokens ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Builds the guard in the LLVM dialect. A token outside its vocabulary would
// read beyond a table.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/GuardedStep.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;
using namespace rnnc;

/// Whether the token that inputs[position] points to is outside [0,
/// vocabulary).
static Value isOutside(ImplicitLocOpBuilder &b, Value inputs, unsigned position,
                       int32_t vocabulary) {
  Type ptr = inputs.getType();
  Value slot = LLVM::GEPOp::create(b, ptr, ptr, inputs,
                                   ArrayRef<LLVM::GEPArg>{int32_t(position)});
  Value address = LLVM::LoadOp::create(b, ptr, slot);
  Value token = LLVM::LoadOp::create(b, b.getI32Type(), address);
  Value limit = LLVM::ConstantOp::create(b, b.getI32IntegerAttr(vocabulary));
  // Unsigned, so that negative ones are large.
  return LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::uge, token, limit);
}

static Value isAnyOutside(ImplicitLocOpBuilder &b, Value inputs,
                          const ModelInfo &info) {
  Value any;
  for (auto [position, index] : llvm::enumerate(info.stream->inputs)) {
    const TensorInfo &tensor = info.inputs[index];
    if (tensor.type != RNN_TOKEN)
      continue;
    Value outside = isOutside(b, inputs, position, tensor.vocabulary);
    any = any ? LLVM::OrOp::create(b, any, outside) : outside;
  }
  return any;
}

static bool readsTokens(const ModelInfo &info) {
  return llvm::any_of(info.stream->inputs, [&](uint32_t index) {
    return info.inputs[index].type == RNN_TOKEN;
  });
}

std::string rnnc::addGuardedStep(ModuleOp module, const ModelInfo &info) {
  std::string stepName = info.name + "_step";
  if (!readsTokens(info))
    return stepName;
  auto step = module.lookupSymbol<LLVM::LLVMFuncOp>(stepName);
  auto b = ImplicitLocOpBuilder::atBlockEnd(module.getLoc(), module.getBody());
  auto guard =
      LLVM::LLVMFuncOp::create(b, info.symbol + ".step", step.getFunctionType(),
                               LLVM::Linkage::Internal);
  Block *entry = guard.addEntryBlock(b);
  b.setInsertionPointToStart(entry);
  Block *good = &guard.getBody().emplaceBlock();
  Block *bad = &guard.getBody().emplaceBlock();
  Value outside = isAnyOutside(b, entry->getArgument(2), info);
  LLVM::CondBrOp::create(b, outside, bad, good);

  b.setInsertionPointToEnd(good);
  auto call = LLVM::CallOp::create(b, step, entry->getArguments());
  LLVM::ReturnOp::create(b, call.getResult());

  b.setInsertionPointToEnd(bad);
  LLVM::ReturnOp::create(
      b, LLVM::ConstantOp::create(b, b.getI32IntegerAttr(RNN_ERROR_TOKEN)));
  return guard.getSymName().str();
}
