//===- TargetTest.cpp - Machines and objects ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which machines can be asked for, what is said about others, and what an
// object needs from outside.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/Target.h"

#include "compiler/lib/CodeGen/Passes.h"
#include "dialects/DNN/DNN.h"
#include "runtime/include/rnn/rnn.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ObjectFile.h"
#include "gtest/gtest.h"

#include <set>

using namespace rnnc;

namespace {

std::string errorOf(const TargetOptions &options) {
  auto machine = createTargetMachine(options);
  return machine ? "" : llvm::toString(machine.takeError());
}

std::unique_ptr<llvm::TargetMachine> machineOf(const TargetOptions &options) {
  return llvm::cantFail(createTargetMachine(options));
}

TEST(Target, UnknownNamesAreErrors) {
  TargetOptions options{"haswel", "", "x86_64-linux-gnu", 2};
  EXPECT_EQ(errorOf(options), "expected a CPU of x86_64-unknown-linux-gnu, got "
                              "'haswel'; did you mean 'haswell'?");
  options = {"haswell", "+axv512f", "x86_64-linux-gnu", 2};
  EXPECT_EQ(errorOf(options),
            "expected a feature of x86_64-unknown-linux-gnu, got 'axv512f'; "
            "did you mean 'avx512f'?");
  options = {"haswell", "avx2", "x86_64-linux-gnu", 2};
  EXPECT_EQ(errorOf(options),
            "expected a feature with + or - before it, got 'avx2'");
  options = {"generic", "", "pdp11-dec-none", 2};
  EXPECT_NE(
      errorOf(options).find("expected a target triple, got 'pdp11-dec-none'"),
      std::string::npos);
}

TEST(Target, NativeIsOfThisArchitecture) {
  EXPECT_EQ(errorOf({}), "");
#ifdef __x86_64__
  EXPECT_NE(
      errorOf({"native", "", "aarch64-linux-gnu", 2}).find("got 'native'"),
      std::string::npos);
#endif
}

TEST(Target, ShapesFollowFeatures) {
  auto shape = [](const char *cpu, const char *features, const char *triple) {
    TargetShape got = targetShape(*machineOf({cpu, features, triple, 2}));
    return std::pair(got.vectorBytes, got.registers);
  };
  using Pair = std::pair<int64_t, int64_t>;
  EXPECT_EQ(shape("x86-64-v4", "", "x86_64-linux-gnu"), Pair(64, 32));
  EXPECT_EQ(shape("x86-64-v4", "-avx512f", "x86_64-linux-gnu"), Pair(32, 16));
  EXPECT_EQ(shape("x86-64-v3", "", "x86_64-linux-gnu"), Pair(32, 16));
  EXPECT_EQ(shape("x86-64", "", "x86_64-linux-gnu"), Pair(16, 16));
  EXPECT_EQ(shape("generic", "", "aarch64-linux-gnu"), Pair(16, 32));
}

TEST(Target, MultiplyAddsAreFusedWhereTheTargetHasThem) {
  auto fused = [](const char *cpu, const char *triple) {
    return targetShape(*machineOf({cpu, "", triple, 2})).fused;
  };
  EXPECT_TRUE(fused("x86-64-v4", "x86_64-linux-gnu"));
  EXPECT_TRUE(fused("haswell", "x86_64-linux-gnu"));
  EXPECT_FALSE(fused("sandybridge", "x86_64-linux-gnu"));
  EXPECT_FALSE(fused("x86-64", "x86_64-linux-gnu"));
  EXPECT_TRUE(fused("generic", "aarch64-linux-gnu"));
}

TEST(Target, RequiredFeaturesAreThoseOfTheAbi) {
  auto bits = [](const char *cpu) {
    return requiredFeatures(*machineOf({cpu, "", "x86_64-linux-gnu", 2}));
  };
  EXPECT_EQ(bits("x86-64"), 0u);
  EXPECT_EQ(bits("x86-64-v3"),
            uint64_t(RNN_CPU_SSE42 | RNN_CPU_AVX | RNN_CPU_AVX2 | RNN_CPU_FMA));
  EXPECT_TRUE(bits("x86-64-v4") & RNN_CPU_AVX512F);
}

/// A model's worth of kernels: a fused step, a softmax, a weight gradient.
const char *text = R"(
dnn.site @s function 0 index 0 n 160 k 24 gates 4 units {0} f32 rows step
    at 0 lda 24 ldc 160
func.func @step(%p: !llvm.ptr, %rows: index) {
  %zero = arith.constant 0 : i64
  %a = dnn.buffer %p[%zero] rows %rows : memref<?x24xf32>
  %c = dnn.buffer %p[%zero] rows %rows : memref<?x160xf32>
  %h = dnn.buffer %p[%zero] rows %rows : memref<?x40xf32>
  %g = dnn.buffer %p[%zero] rows %rows : memref<?x24xf32>
  %w = memref.cast %g : memref<?x24xf32> to memref<40x24xf32>
  dnn.gemm_phase @s %a, %c, %p outs(%h : memref<?x40xf32>) : memref<?x24xf32>, memref<?x160xf32> {
  ^bb0(%x: f32, %y: f32, %z: f32, %u: f32):
    %t = math.tanh %x : f32
    %e = math.exp %y : f32
    %s = math.sqrt %z : f32
    %l = math.log %u : f32
    %1 = arith.addf %t, %e : f32
    %2 = arith.addf %s, %l : f32
    %3 = arith.addf %1, %2 : f32
    dnn.yield %3 : f32
  }
  dnn.softmax %h, %h : memref<?x40xf32>, memref<?x40xf32>
  dnn.gemm_tn %h, %a, %w : memref<?x40xf32>, memref<?x24xf32>, memref<40x24xf32>
  return
})";

llvm::SmallVector<char> compile(const TargetOptions &options) {
  std::unique_ptr<llvm::TargetMachine> machine = machineOf(options);
  mlir::DialectRegistry registry;
  registry.insert<dnn::DNNDialect, mlir::func::FuncDialect,
                  mlir::arith::ArithDialect, mlir::math::MathDialect,
                  mlir::memref::MemRefDialect>();
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  std::string source = text;
  source.replace(source.find("{0}"), 3,
                 std::to_string(targetShape(*machine).vectorBytes / 4));
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  mlir::PassManager passes(&context);
  buildLowerToLLVMPipeline(passes, targetShape(*machine));
  EXPECT_TRUE(succeeded(passes.run(*module)));
  llvm::LLVMContext llvmContext;
  auto code = translateToLLVMIR(*module, llvmContext, *machine);
  optimize(*code, *machine);
  llvm::SmallVector<char> object;
  llvm::raw_svector_ostream stream(object);
  llvm::cantFail(emitObject(*code, *machine, stream));
  return object;
}

TEST(Target, ObjectsNeedNothingButLibcAndLibm) {
  const std::set<std::string> allowed = {
      "memset", "memcpy", "memmove", "sqrtf", "_GLOBAL_OFFSET_TABLE_", ""};
  for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4"})
    for (unsigned level : {0u, 1u, 2u, 3u}) {
      llvm::SmallVector<char> bytes =
          compile({cpu, "", "x86_64-linux-gnu", level});
      auto object = llvm::cantFail(
          llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(
              llvm::StringRef(bytes.data(), bytes.size()), "")));
      for (const llvm::object::SymbolRef &symbol : object->symbols()) {
        uint32_t flags = llvm::cantFail(symbol.getFlags());
        std::string name = llvm::cantFail(symbol.getName()).str();
        if (flags & llvm::object::SymbolRef::SF_Undefined)
          EXPECT_TRUE(allowed.count(name)) << name << " at -O" << level;
        else if (flags & llvm::object::SymbolRef::SF_Global)
          EXPECT_EQ(name, "step");
      }
      if (level >= 1)
        EXPECT_LT(bytes.size(), 30000u) << cpu << " at -O" << level;
    }
}

TEST(Target, CompilesForOtherArchitectures) {
  for (auto [cpu, triple] : {std::pair("generic", "aarch64-linux-gnu"),
                             std::pair("generic-rv64", "riscv64-linux-gnu"),
                             std::pair("generic", "wasm32-unknown-unknown")})
    EXPECT_GT(compile({cpu, "", triple, 2}).size(), 0u) << triple;
}

} // namespace
