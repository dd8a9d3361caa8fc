//===- KernelCalls.cpp - Calls of kernels and their arguments
//--------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Addresses, numbers and calls, in ops.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/KernelCalls.h"

#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

Value rnnc::address(KernelBuilder &b, Value buffer) {
  return AddressOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                           buffer);
}

Value rnnc::i32(KernelBuilder &b, int32_t value) {
  return LLVM::ConstantOp::create(b, b.getI32Type(), value);
}

Value rnnc::i64(KernelBuilder &b, int64_t value) {
  return LLVM::ConstantOp::create(b, b.getI64Type(), value);
}

Value rnnc::asI64(KernelBuilder &b, Value index) {
  return arith::IndexCastOp::create(b, b.getI64Type(), index);
}

Value rnnc::offsetBy(KernelBuilder &b, Value pointer, Type element,
                     int64_t elements) {
  if (elements == 0)
    return pointer;
  Value offset = arith::ConstantIntOp::create(b, elements, 64);
  return LLVM::GEPOp::create(b, pointer.getType(), element, pointer,
                             ArrayRef<LLVM::GEPArg>{offset});
}

Value rnnc::offsetBy(KernelBuilder &b, Value pointer, Type element,
                     Value elements) {
  return LLVM::GEPOp::create(b, pointer.getType(), element, pointer,
                             ArrayRef<LLVM::GEPArg>{asI64(b, elements)});
}

bool rnnc::mayUseLibrary(SiteOp site, Value plan) {
  return plan && !site.getStorage();
}

Value rnnc::panelAddress(KernelBuilder &b, SiteOp site, Value packed) {
  return offsetBy(b, packed, site.getElementType(), site.getPanelOffset());
}

Value rnnc::advance(KernelBuilder &b, Value address, Type element, Value rows,
                    int64_t stride) {
  return offsetBy(b, address, element, b.mul(rows, stride));
}

func::FuncOp rnnc::makePrivateFunction(Location loc, StringRef name,
                                       TypeRange inputs) {
  MLIRContext *context = loc.getContext();
  Builder types(context);
  auto function =
      func::FuncOp::create(loc, name, types.getFunctionType(inputs, {}));
  function.setPrivate();
  function->setAttr("passthrough",
                    types.getArrayAttr(types.getStringAttr("noinline")));
  function->setAttr("llvm.linkage",
                    LLVM::LinkageAttr::get(context, LLVM::Linkage::Internal));
  return function;
}

void rnnc::callKernel(KernelBuilder &b, ShareOp share, int64_t parts,
                      func::FuncOp kernel, SmallVector<Value> arguments,
                      int64_t origin) {
  if (kernel.getNumArguments() == arguments.size()) {
    func::CallOp::create(b, kernel, arguments);
    return;
  }
  PartNumbers numbers = share ? getPartNumbers(b, share, parts)
                              : PartNumbers{b.index(0), b.index(parts)};
  callKernel(b, numbers, kernel, std::move(arguments), origin);
}

void rnnc::callKernel(KernelBuilder &b, const PartNumbers &numbers,
                      func::FuncOp kernel, SmallVector<Value> arguments,
                      int64_t origin) {
  auto countFromOrigin = [&](Value number) -> Value {
    if (origin == 0)
      return number;
    Value from = b.index(origin);
    Value later = arith::MaxUIOp::create(b, number, from);
    return arith::SubIOp::create(b, later, from);
  };
  arguments.append(
      {countFromOrigin(numbers.first), countFromOrigin(numbers.end)});
  func::CallOp::create(b, kernel, arguments);
}

void rnnc::branch(KernelBuilder &b, Value flag,
                  llvm::function_ref<void()> library,
                  llvm::function_ref<void()> generated) {
  auto choice = scf::IfOp::create(b, flag, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choice.thenBlock());
  library();
  b.setInsertionPointToStart(choice.elseBlock());
  generated();
}
