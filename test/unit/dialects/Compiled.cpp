//===- Compiled.cpp - A model compiled in the test ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compilation as the driver does it, and calls as a generic program makes them:
// from the descriptor alone.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Compiled.h"
#include "test/unit/dialects/Arguments.h"

#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/Target.h"
#include "compiler/lib/Conversion/Passes.h"
#include "compiler/lib/Driver/ModelInfo.h"
#include "compiler/lib/Driver/Passes.h"
#include "compiler/lib/Transforms/Passes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

//===----------------------------------------------------------------------===//
// Compilation
//===----------------------------------------------------------------------===//

static bool lower(ModuleOp module, const TargetShape &shape,
                  const TransformOptions &transforms) {
  PassManager manager(module.getContext());
  buildTransformPipeline(manager, transforms);
  LowerRNNOptions options;
  options.vectorBytes = shape.vectorBytes;
  options.registers = shape.registers;
  manager.addPass(createLowerRNN(options));
  return succeeded(manager.run(module));
}

static bool generate(ModuleOp module, const ModelInfo &info,
                     const TargetShape &shape) {
  (*getOnlyModel(module))->erase();
  EmitDescriptorOptions options;
  options.cpu = "native";
  PassManager manager(module.getContext());
  buildLowerToLLVMPipeline(manager, shape);
  manager.addPass(createEmitDescriptor(options, info));
  return succeeded(manager.run(module));
}

Compiled::Compiled(StringRef text, const TransformOptions &options) {
  compile(text, options);
}

void Compiled::compile(StringRef text, const TransformOptions &options) {
  DialectRegistry registry;
  registry.insert<rnn::RNNDialect, vector::VectorDialect>();
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  auto machine = llvm::cantFail(createTargetMachine({}));
  TargetShape shape = targetShape(*machine);
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module && lower(*module, shape, options));
  FailureOr<ModelInfo> info = describeModel(*module);
  ASSERT_TRUE(succeeded(info) && generate(*module, *info, shape));

  llvm::LLVMContext llvmContext;
  std::unique_ptr<llvm::Module> code =
      translateToLLVMIR(*module, llvmContext, *machine);
  ASSERT_TRUE(code);
  optimize(*code, *machine);
  SmallVector<char> object;
  llvm::raw_svector_ostream stream(object);
  llvm::cantFail(emitObject(*code, *machine, stream));
  jit = llvm::cantFail(llvm::orc::LLJITBuilder().create());
  llvm::cantFail(jit->addObjectFile(llvm::MemoryBuffer::getMemBufferCopy(
      StringRef(object.data(), object.size()))));
  model = llvm::cantFail(jit->lookup(info->symbol)).toPtr<const rnn_model *>();
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static rnn_status runFunction(rnn_plan *plan, int function,
                              Arguments &arguments) {
  const void *parameters = arguments.getParameters();
  switch (function) {
  case RNN_FORWARD:
    return rnn_forward(plan, arguments.get());
  case RNN_LOSS:
    return rnn_loss(plan, arguments.get());
  case RNN_GRADIENT:
    return rnn_gradient(plan, parameters, arguments.get());
  case RNN_TANGENT:
    return rnn_tangent(plan, parameters, arguments.get());
  case RNN_GAUSS_NEWTON:
    return rnn_gauss_newton(plan, parameters, arguments.get());
  }
  return RNN_ERROR_UNSUPPORTED;
}

Results Compiled::run(int function, const Call &call, Unwanted unwanted) {
  rnn_plan_options options = {};
  // Room for more than the call needs: sizes come from the call.
  for (uint64_t i = 0; i < model->axis_count; ++i)
    options.axes[i] = call.axes.at(model->axes[i]) + 2;
  options.batch = call.batch + 1;
  options.chunk = call.chunk;
  rnn_plan *plan = nullptr;
  EXPECT_EQ(rnn_plan_create(model, &options, &plan), RNN_OK)
      << rnn_last_error();
  Arguments arguments(*model, call, unwanted);
  if (!plan)
    return {};
  EXPECT_EQ(rnn_plan_pack(plan, arguments.getParameters()), RNN_OK)
      << rnn_last_error();
  EXPECT_EQ(runFunction(plan, function, arguments), RNN_OK) << rnn_last_error();
  rnn_plan_destroy(plan);
  return arguments.collect(function);
}

/// A stream's record before its first step: what the stream begins with, made
/// by @encode where inputs that it is not fed decide; states that the call
/// gives in their places.
static void beginStream(const rnn_model &model, const Call &call,
                        char *record) {
  Arguments whole(model, call, {});
  if (model.stream->reset) {
    EXPECT_EQ(model.stream->reset(whole.getParameters(), record), RNN_OK);
  } else if (model.functions[RNN_ENCODE]) {
    rnn_plan_options options = {};
    for (uint64_t i = 0; i < model.axis_count; ++i)
      options.axes[i] = call.axes.at(model.axes[i]);
    rnn_plan *plan = nullptr;
    EXPECT_EQ(rnn_plan_create(&model, &options, &plan), RNN_OK);
    EXPECT_EQ(rnn_plan_pack(plan, whole.getParameters()), RNN_OK);
    rnn_call encode = *whole.get();
    encode.state = nullptr;
    encode.stream_state = record;
    EXPECT_EQ(rnn_encode(plan, &encode), RNN_OK) << rnn_last_error();
    rnn_plan_destroy(plan);
  }
  if (!call.states.empty())
    std::copy_n(whole.states.get(), model.state_bytes, record);
}

/// What a step is fed of an input: its own step, or, where the stream is fed
/// what the model shifts, the token before, at first `start`.
static Tensor feed(const Tensor &input, int64_t step, int32_t start) {
  if (start >= 0 && step == 0)
    return Tensor(1, input.batch, input.rows, input.columns, start);
  if (start >= 0)
    return input.slice(step - 1, 1);
  return input.steps > 1 ? input.slice(step, 1) : input;
}

Results Compiled::stream(const Call &call) {
  const rnn_stream &stream = *model->stream;
  Memory panels(stream.panels_bytes);
  Results results;
  Call now = call;
  for (auto &[axis, steps] : now.axes)
    steps = 1;
  Arguments first(*model, now, {});
  Memory record(stream.state_bytes);
  EXPECT_EQ(stream.pack(first.getParameters(), panels.get()), RNN_OK);
  beginStream(*model, call, record.get());
  int32_t axis = model->outputs[stream.outputs[0]].axis;
  for (int64_t t = 0; t < call.axes.at(model->axes[axis]); ++t) {
    std::vector<Memory> memory;
    std::vector<const void *> inputs;
    std::vector<void *> outputs;
    for (uint64_t i = 0; i < stream.input_count; ++i) {
      const rnn_tensor &input = model->inputs[stream.inputs[i]];
      Tensor whole = call.values.at(input.name);
      Tensor part = feed(whole, t, stream.starts ? stream.starts[i] : -1);
      memory.emplace_back(part.data.size() * 8);
      store(input.type, memory.back().get(), part.data.data(),
            part.data.size());
      inputs.push_back(memory.back().get());
    }
    for (uint64_t i = 0; i < stream.output_count; ++i) {
      memory.emplace_back(model->outputs[stream.outputs[i]].size * 8);
      outputs.push_back(memory.back().get());
    }
    EXPECT_EQ(
        stream.step(panels.get(), record.get(), inputs.data(), outputs.data()),
        RNN_OK);
    for (uint64_t i = 0; i < stream.output_count; ++i) {
      const rnn_tensor &output = model->outputs[stream.outputs[i]];
      Tensor &whole = results[std::string("output ") + output.name];
      if (whole.data.empty())
        whole = makeTensor(*model, output, call, false);
      load(output.type, static_cast<char *>(outputs[i]),
           whole.data.data() + t * output.size, output.size);
    }
  }
  for (uint64_t i = 0; i < model->state_count; ++i) {
    const rnn_tensor &state = model->states[i];
    Tensor tensor(1, 1, 1, state.size);
    load(model->element_type,
         record.get() + state.offset * sizeOf(model->element_type),
         tensor.data.data(), state.size);
    results[std::string("state ") + state.name] = tensor;
  }
  return results;
}
