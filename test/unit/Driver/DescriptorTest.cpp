//===- DescriptorTest.cpp - The descriptor as C reads it ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiles a module with a descriptor in process and reads it through rnn.h, so
// that a member that moved on one side only is found.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Passes.h"
#include "dialects/DNN/DNN.h"
#include "dialects/RNN/RNN.h"
#include "rnn/rnn.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/TargetSelect.h"
#include "gtest/gtest.h"

using namespace mlir;

// Each function returns a number of its own, so that a swapped pair shows.
static constexpr StringRef modelText = R"(
rnn.model @CharLM axes ["S", "T"] element f64 attributes {
    rnnc.functions = [
      {name = "forward", index = 0 : i32, packed_bytes = 4096 : i64,
       flags = 7 : i32, stages = array<i64: 64, 96, 32>,
       stage_loops = array<i32: 0, 0, 1>, stage_axes = array<i32: 1, 1, 0>,
       arena = array<i64: 1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 9, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0>},
      {name = "gradient", index = 2 : i32, packed_bytes = 8192 : i64,
       arena = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0>}],
    rnnc.stream = {panels_bytes = 640 : i64, reset = "reset"} } {
  rnn.param frozen @"lstm.W" : tensor<8x6xf64> init "uniform" [-0.5, 0.25]
  rnn.param @"lstm.b" : tensor<8xf64> init "zeros"
  rnn.input @once : tensor<?x3xf64>
  rnn.input @x : tensor<?x?x1xi32, "T"> vocabulary 65
  rnn.target @y : tensor<?x?x1xi32, "S"> vocabulary 12
  rnn.state @"lstm.h" : tensor<?x2xf64>
  rnn.state @"lstm.c" : tensor<?x2xf64>
  rnn.output @p : tensor<?x?x65xf64, "T">
  rnn.output @q : tensor<?x?x4xf64, "S">
  rnn.metric @accuracy
  rnn.stream [@x] -> [@q, @p]
}
dnn.site @forward_1 function 0 index 1 n 65 k 2 gates 1 units 16 f64 rows chunk at 64 lda 2 ldc 65 axis 1
dnn.site @forward_0 function 0 index 0 n 8 k 6 gates 4 units 16 f64 rows step at 0 lda 6 ldc 8
)";

static std::string makeModule() {
  std::string text = modelText.str();
  int number = 100;
  for (StringRef name : {"forward", "forward_pack", "gradient", "gradient_pack",
                         "step_pack", "reset"})
    text += llvm::formatv("llvm.func @CharLM_{0}(%a: !llvm.ptr, %b: !llvm.ptr) "
                          "-> i32 {{\n  %0 = llvm.mlir.constant({1} : i32) : "
                          "i32\n  llvm.return %0 : i32\n}\n",
                          name, number++);
  text += "llvm.func @CharLM_step(%a: !llvm.ptr, %b: !llvm.ptr, %c: !llvm.ptr, "
          "%d: !llvm.ptr) -> i32 {\n  %0 = llvm.mlir.constant(106 : i32) : i32"
          "\n  llvm.return %0 : i32\n}\n";
  return text;
}

namespace {
class Descriptor : public testing::Test {
protected:
  void SetUp() override {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    DialectRegistry registry;
    registry.insert<rnnc::rnn::RNNDialect, rnnc::dnn::DNNDialect,
                    LLVM::LLVMDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    context.appendDialectRegistry(registry);
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(makeModule(), &context);
    ASSERT_TRUE(module);
    PassManager pm(&context);
    rnnc::EmitDescriptorOptions options;
    options.cpu = "some-cpu";
    options.features = "+avx2,+fma";
    options.requiredFeatures = RNN_CPU_AVX2 | RNN_CPU_FMA;
    pm.addPass(rnnc::createEmitDescriptor(options));
    ASSERT_TRUE(succeeded(pm.run(*module)));
    load(*module);
  }

  void load(ModuleOp module) {
    auto llvmContext = std::make_unique<llvm::LLVMContext>();
    std::unique_ptr<llvm::Module> translated =
        translateModuleToLLVMIR(module, *llvmContext);
    ASSERT_TRUE(translated);
    jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
    translated->setDataLayout(jit->getDataLayout());
    llvm::cantFail(jit->addIRModule(llvm::orc::ThreadSafeModule(
        std::move(translated), std::move(llvmContext))));
    model = llvm::cantFail(jit->lookup("charlm")).toPtr<const rnn_model *>();
  }

  MLIRContext context;
  std::unique_ptr<llvm::orc::LLJIT> jit;
  const rnn_model *model = nullptr;
};
} // namespace

TEST_F(Descriptor, SaysWhatItIs) {
  EXPECT_EQ(model->struct_size, sizeof(rnn_model));
  EXPECT_EQ(model->abi_version, uint32_t(RNN_ABI_VERSION));
  EXPECT_EQ(model->tensor_size, sizeof(rnn_tensor));
  EXPECT_EQ(model->element_type, uint32_t(RNN_F64));
  EXPECT_STREQ(model->name, "CharLM");
  EXPECT_STREQ(model->cpu, "some-cpu");
  EXPECT_STREQ(model->features, "+avx2,+fma");
  EXPECT_EQ(model->required_features, uint64_t(RNN_CPU_AVX2 | RNN_CPU_FMA));
  ASSERT_EQ(model->axis_count, 2u);
  EXPECT_STREQ(model->axes[0], "S");
  EXPECT_STREQ(model->axes[1], "T");
  EXPECT_EQ(model->embedded_weights, nullptr);
  EXPECT_EQ(model->embedded_bytes, 0u);
}

TEST_F(Descriptor, DescribesParameters) {
  ASSERT_EQ(model->parameter_count, 2u);
  EXPECT_EQ(model->parameter_size, 56u);
  const rnn_tensor &w = model->parameters[0];
  EXPECT_STREQ(w.name, "lstm.W");
  EXPECT_EQ(w.type, uint32_t(RNN_F64));
  EXPECT_EQ(w.rank, 2u);
  EXPECT_EQ(w.shape[0], 8);
  EXPECT_EQ(w.shape[1], 6);
  EXPECT_EQ(w.axis, -1);
  EXPECT_EQ(w.offset, 0u);
  EXPECT_EQ(w.size, 48u);
  EXPECT_STREQ(w.init, "uniform");
  EXPECT_EQ(w.init_args[0], -0.5);
  EXPECT_EQ(w.init_args[1], 0.25);
  EXPECT_EQ(w.frozen, 1u);
  const rnn_tensor &b = model->parameters[1];
  EXPECT_STREQ(b.name, "lstm.b");
  EXPECT_EQ(b.rank, 1u);
  EXPECT_EQ(b.offset, 48u);
  EXPECT_STREQ(b.init, "zeros");
  EXPECT_EQ(b.frozen, 0u);
}

TEST_F(Descriptor, DescribesInputsAndOutputs) {
  ASSERT_EQ(model->input_count, 2u);
  EXPECT_STREQ(model->inputs[0].name, "once");
  EXPECT_EQ(model->inputs[0].axis, -1);
  EXPECT_EQ(model->inputs[0].size, 3u);
  EXPECT_EQ(model->inputs[0].vocabulary, 0);
  EXPECT_EQ(model->inputs[0].init, nullptr);
  const rnn_tensor &x = model->inputs[1];
  EXPECT_EQ(x.type, uint32_t(RNN_TOKEN));
  EXPECT_EQ(x.rank, 0u);
  EXPECT_EQ(x.size, 1u);
  EXPECT_EQ(x.axis, 1);
  EXPECT_EQ(x.vocabulary, 65);
  ASSERT_EQ(model->target_count, 1u);
  EXPECT_EQ(model->targets[0].axis, 0);
  EXPECT_EQ(model->targets[0].vocabulary, 12);
  ASSERT_EQ(model->output_count, 2u);
  EXPECT_EQ(model->outputs[0].size, 65u);
  EXPECT_EQ(model->outputs[1].axis, 0);
  ASSERT_EQ(model->metric_count, 1u);
  EXPECT_STREQ(model->metrics[0], "accuracy");
}

TEST_F(Descriptor, DescribesStates) {
  ASSERT_EQ(model->state_count, 2u);
  EXPECT_STREQ(model->states[1].name, "lstm.c");
  EXPECT_EQ(model->states[1].offset, 2u);
  EXPECT_EQ(model->state_bytes, 64u);
  ASSERT_NE(model->reset, nullptr);
  EXPECT_EQ(model->reset(nullptr, nullptr), 105);
}

TEST_F(Descriptor, LeadsToEntryPoints) {
  EXPECT_EQ(model->functions[RNN_LOSS], nullptr);
  EXPECT_EQ(model->functions[RNN_TANGENT], nullptr);
  const rnn_function *forward = model->functions[RNN_FORWARD];
  ASSERT_NE(forward, nullptr);
  EXPECT_EQ(forward->struct_size, sizeof(rnn_function));
  EXPECT_EQ(forward->run(nullptr, nullptr), 100);
  EXPECT_EQ(forward->pack(nullptr, nullptr), 101);
  EXPECT_EQ(forward->packed_bytes, 4096u);
  EXPECT_EQ(forward->arena_coefficients[RNN_CLASS_CHUNK(1)], 4u);
  EXPECT_EQ(forward->arena_coefficients[RNN_CLASS_STATIC], 10u);
  EXPECT_EQ(forward->flags, uint32_t(RNN_TEAM | RNN_SLICES | RNN_WAVE));
  ASSERT_EQ(forward->stage_count, 3u);
  EXPECT_EQ(forward->stages[0].cost, 64);
  EXPECT_EQ(forward->stages[1].loop, 0);
  EXPECT_EQ(forward->stages[1].axis, 1);
  EXPECT_EQ(forward->stages[2].cost, 32);
  EXPECT_EQ(forward->stages[2].loop, 1);
  EXPECT_EQ(forward->stages[2].axis, 0);
  ASSERT_EQ(forward->site_count, 2u);
  EXPECT_EQ(forward->sites[0].n, 8);
  EXPECT_EQ(forward->sites[0].k, 6);
  EXPECT_EQ(forward->sites[0].axis, -1);
  EXPECT_EQ(forward->sites[1].n, 65);
  EXPECT_EQ(forward->sites[1].axis, 1);
  const rnn_function *gradient = model->functions[RNN_GRADIENT];
  ASSERT_NE(gradient, nullptr);
  EXPECT_EQ(gradient->stages, nullptr);
  EXPECT_EQ(gradient->stage_count, 0u);
  EXPECT_EQ(gradient->run(nullptr, nullptr), 102);
  EXPECT_EQ(gradient->site_count, 0u);
  EXPECT_EQ(gradient->sites, nullptr);
}

TEST_F(Descriptor, LeadsToTheStream) {
  const rnn_stream *stream = model->stream;
  ASSERT_NE(stream, nullptr);
  EXPECT_EQ(stream->struct_size, sizeof(rnn_stream));
  EXPECT_EQ(stream->panels_bytes, 640u);
  EXPECT_EQ(stream->pack(nullptr, nullptr), 104);
  EXPECT_EQ(stream->reset(nullptr, nullptr), 105);
  ASSERT_EQ(stream->input_count, 1u);
  EXPECT_EQ(stream->inputs[0], 1u);
  ASSERT_EQ(stream->output_count, 2u);
  EXPECT_EQ(stream->outputs[0], 1u);
  EXPECT_EQ(stream->outputs[1], 0u);
}

TEST_F(Descriptor, StreamChecksTokens) {
  const rnn_stream *stream = model->stream;
  int32_t token = 64;
  const void *inputs[] = {&token};
  EXPECT_EQ(stream->step(nullptr, nullptr, inputs, nullptr), 106);
  token = 0;
  EXPECT_EQ(stream->step(nullptr, nullptr, inputs, nullptr), 106);
  token = 65;
  EXPECT_EQ(stream->step(nullptr, nullptr, inputs, nullptr), RNN_ERROR_TOKEN);
  token = -1;
  EXPECT_EQ(stream->step(nullptr, nullptr, inputs, nullptr), RNN_ERROR_TOKEN);
}
