//===- PhaseFunctions.h - Functions for phases of products ------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The layers of a stack, and inference, losses and gradients, go through the
// same phases on rows of the same form. What handles several rows at a time is
// worth a call, so it is a function that they share.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PHASEFUNCTIONS_H
#define RNNC_CODEGEN_PHASEFUNCTIONS_H

#include "compiler/lib/CodeGen/KernelBuilder.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace rnnc {

/// What of a `dnn.gemm_phase` depends on its site or on where it stands: the
/// shape's name, the address of the panels, and whether the step is odd, an i1
/// or null.
struct PhaseSite {
  std::string shape;
  mlir::Value panels, isOdd;
};

/// The functions made so far in a module, by what they hold.
class PhaseFunctions {
public:
  explicit PhaseFunctions(mlir::ModuleOp module) : module(module) {}

  /// Emits code for an operation, which is erased after, given the values of
  /// its site.
  using Emit = llvm::function_ref<void(KernelBuilder &, dnn::GemmPhaseOp,
                                       const PhaseSite &)>;

  /// Calls a function that does what `emit` would emit in the operation's
  /// place: one that is there, or a new one whose name begins with `name`, in
  /// which `emit` is given a copy of the operation. The result of `emit` may
  /// depend on nothing but its arguments and `name`.
  void call(KernelBuilder &b, dnn::GemmPhaseOp op, llvm::StringRef name,
            const PhaseSite &site, Emit emit);

private:
  mlir::ModuleOp module;
  llvm::StringMap<mlir::func::FuncOp> functions;
};

} // namespace rnnc

#endif
