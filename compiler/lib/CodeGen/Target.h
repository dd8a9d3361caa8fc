//===- Target.h - From the LLVM dialect to an object ------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Picks a target machine, translates a module to LLVM IR, optimises it and
// writes an object or assembly.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_TARGET_H
#define RNNC_CODEGEN_TARGET_H

#include "compiler/lib/CodeGen/PanelLayout.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <memory>
#include <string>

namespace rnnc {

struct TargetOptions {
  /// A CPU name of LLVM; "native" is this machine, with its features.
  std::string cpu = "native";
  /// LLVM's form: "+avx2,-avx512f". After what the CPU implies.
  std::string features;
  /// Empty: this machine's.
  std::string triple;
  /// 0 to 3.
  unsigned optLevel = 2;
};

/// A machine for the options. Errors: an unknown triple, CPU or feature, each
/// with the names that LLVM knows of that are like it; "native" for a triple of
/// another architecture.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const TargetOptions &options);

/// The vector registers of a machine.
TargetShape targetShape(const llvm::TargetMachine &machine);

/// The RNN_CPU_* bits of rnn.h that code for a machine needs; 0 where it is not
/// an x86.
uint64_t requiredFeatures(const llvm::TargetMachine &machine);

/// Translates a module of the LLVM dialect and sets the machine's triple, data
/// layout and function attributes. Null after an error, which the module's
/// context has reported.
std::unique_ptr<llvm::Module> translateToLLVMIR(mlir::ModuleOp module,
                                                llvm::LLVMContext &context,
                                                llvm::TargetMachine &machine);

/// Runs LLVM's pipeline of the machine's level. Loop and SLP vectorisers are
/// off: kernels arrive as vectors.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

llvm::Error emitObject(llvm::Module &module, llvm::TargetMachine &machine,
                       llvm::raw_pwrite_stream &out);
llvm::Error emitAssembly(llvm::Module &module, llvm::TargetMachine &machine,
                         llvm::raw_pwrite_stream &out);

} // namespace rnnc

#endif
