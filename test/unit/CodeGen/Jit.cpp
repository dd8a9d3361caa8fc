//===- Jit.cpp - Compiles IR text and calls it ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Takes the way of a real compilation and links the object into the test.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "compiler/lib/CodeGen/Passes.h"
#include "dialects/DNN/DNN.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/TargetParser/Host.h"

using namespace rnnc;
using namespace rnnc::test;

static std::unique_ptr<llvm::TargetMachine> machineOf(const std::string &cpu) {
  TargetOptions options;
  options.cpu = cpu;
  return llvm::cantFail(createTargetMachine(options));
}

std::vector<std::string> rnnc::test::testCpus() {
  std::vector<std::string> cpus = {"native"};
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  if (features.lookup("avx2") && features.lookup("fma"))
    cpus.push_back("x86-64-v3");
  if (features.lookup("sse2"))
    cpus.push_back("x86-64");
  return cpus;
}

TargetShape rnnc::test::shapeOf(const std::string &cpu) {
  return targetShape(*machineOf(cpu));
}

int64_t rnnc::test::unitsOf(int64_t n, int64_t gates, size_t elementBytes,
                            const std::string &cpu) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::Builder builder(&context);
  mlir::Type type = elementBytes == 4 ? mlir::Type(builder.getF32Type())
                                      : mlir::Type(builder.getF64Type());
  return chooseUnits(n, gates, type, shapeOf(cpu));
}

Jit::Jit(const std::string &text, const std::string &cpu) {
  std::unique_ptr<llvm::TargetMachine> machine = machineOf(cpu);
  mlir::DialectRegistry registry;
  registry.insert<dnn::DNNDialect, mlir::arith::ArithDialect,
                  mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect,
                  mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  mlir::PassManager passes(&context);
  buildLowerToLLVMPipeline(passes, targetShape(*machine));
  if (!module || failed(passes.run(*module)))
    llvm::report_fatal_error(llvm::StringRef(text));

  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code =
      translateToLLVMIR(*module, llvmContext, *machine);
  optimize(*code, *machine);
  llvm::SmallVector<char> object;
  llvm::raw_svector_ostream stream(object);
  llvm::cantFail(emitObject(*code, *machine, stream));
  jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  llvm::cantFail(jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
      llvm::StringRef(object.data(), object.size()))));
}

std::string rnnc::test::bufferType(int64_t width, int64_t stride,
                                   const char *type) {
  return "memref<?x" + std::to_string(width) + "x" + type + ", strided<[" +
         std::to_string(stride) + ", 1]>>";
}

std::string rnnc::test::buffer(const std::string &name,
                               const std::string &pointer,
                               const std::string &rows, int64_t width,
                               int64_t stride, const char *type) {
  return "  %" + name + " = dnn.buffer %" + pointer + "[%zero] rows %" + rows +
         " : " + bufferType(width, stride, type) + "\n";
}
