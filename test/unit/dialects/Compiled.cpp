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

#include <cmath>

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
// Numbers in memory
//===----------------------------------------------------------------------===//

namespace {

/// Bytes of one tensor or one vector, aligned as the ABI wants them.
class Memory {
public:
  explicit Memory(size_t size) : bytes(size + RNN_ALIGNMENT, char(0xff)) {}
  char *get() {
    auto address = reinterpret_cast<uintptr_t>(bytes.data());
    return bytes.data() + (RNN_ALIGNMENT - address % RNN_ALIGNMENT);
  }

private:
  std::vector<char> bytes;
};

} // namespace

static size_t sizeOf(uint32_t type) { return type == RNN_F64 ? 8 : 4; }

static void store(uint32_t type, char *to, const double *from, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (type == RNN_F64)
      reinterpret_cast<double *>(to)[i] = from[i];
    else if (type == RNN_F32)
      reinterpret_cast<float *>(to)[i] = static_cast<float>(from[i]);
    else
      reinterpret_cast<int32_t *>(to)[i] = static_cast<int32_t>(from[i]);
}

static void load(uint32_t type, const char *from, double *to, size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = type == RNN_F64 ? reinterpret_cast<const double *>(from)[i]
                            : reinterpret_cast<const float *>(from)[i];
}

/// A zero tensor of a declaration's shape.
static Tensor makeTensor(const rnn_model &model, const rnn_tensor &tensor,
                         const Call &call, bool isParameter) {
  int64_t steps = tensor.axis < 0 ? 1 : call.axes.at(model.axes[tensor.axis]);
  int64_t rows = tensor.rank == 2 ? tensor.shape[0] : 1;
  return Tensor(steps, isParameter ? 1 : call.batch, rows, tensor.size / rows);
}

namespace {

/// The memory of one call, filled from and read back to tensors.
class Arguments {
public:
  Arguments(const rnn_model &model, const Call &call, Unwanted unwanted);

  const void *getParameters() { return parameters.get(); }
  const rnn_call *get() { return &abi; }
  Results collect(int function);

  Memory parameters, states;

private:
  void addPointers(const rnn_tensor *tensors, uint64_t count, bool areFilled,
                   std::vector<void *> &pointers);
  void collectArrays(const rnn_tensor *tensors, uint64_t count,
                     const std::vector<void *> &pointers, std::string role,
                     Results &results);
  void collectRecords(Memory &records, std::string role, Results &results);
  void collectNumbers(int function, Results &results);
  void collectParameters(Results &results);
  void storeParameters(const std::map<std::string, Tensor> &values,
                       Memory &flat);

  const rnn_model &model;
  const Call &call;
  size_t elementBytes;
  Memory gradient, stateGradient, direction;
  std::vector<Memory> tensors;
  std::vector<void *> inputs, targets, outputs, inputGradients, outputTangents;
  std::vector<int64_t> axes;
  std::vector<std::vector<int32_t>> lengths;
  std::vector<const int32_t *> lengthPointers;
  std::vector<double> metrics;
  double loss = NAN, lossTangent = NAN;
  rnn_call abi = {};
};

} // namespace

Arguments::Arguments(const rnn_model &model, const Call &call,
                     Unwanted unwanted)
    : parameters(model.parameter_size * sizeOf(model.element_type)),
      states(call.batch * model.state_bytes), model(model), call(call),
      elementBytes(sizeOf(model.element_type)),
      gradient(model.parameter_size * elementBytes),
      stateGradient(call.batch * model.state_bytes),
      direction(model.parameter_size * elementBytes),
      metrics(model.metric_count + 1, NAN) {
  storeParameters(call.values, parameters);
  if (!call.directions.empty())
    storeParameters(call.directions, direction);
  for (uint64_t i = 0; i < model.state_count && !call.states.empty(); ++i)
    for (int64_t b = 0; b < call.batch; ++b) {
      const rnn_tensor &state = model.states[i];
      store(model.element_type,
            states.get() + b * model.state_bytes + state.offset * elementBytes,
            call.states.at(state.name).data.data() + b * state.size,
            state.size);
    }
  addPointers(model.inputs, model.input_count, true, inputs);
  addPointers(model.targets, model.target_count, true, targets);
  addPointers(model.outputs, model.output_count, false, outputs);
  addPointers(model.inputs, model.input_count, false, inputGradients);
  addPointers(model.outputs, model.output_count, false, outputTangents);
  for (uint64_t i = 0; i < model.axis_count; ++i) {
    axes.push_back(call.axes.at(model.axes[i]));
    auto found = call.lengths.find(model.axes[i]);
    if (found != call.lengths.end())
      lengths.emplace_back(found->second.begin(), found->second.end());
    else
      lengths.emplace_back();
  }
  for (const std::vector<int32_t> &axis : lengths)
    lengthPointers.push_back(axis.empty() ? nullptr : axis.data());
  abi.struct_size = sizeof(abi);
  abi.batch = call.batch;
  abi.axes = axes.data();
  abi.lengths = call.lengths.empty() ? nullptr : lengthPointers.data();
  abi.seed = call.seed;
  abi.flags = call.isTraining ? RNN_TRAINING : 0;
  abi.inputs = inputs.data();
  abi.targets = targets.data();
  abi.outputs = unwanted.outputs ? nullptr : outputs.data();
  abi.state = call.states.empty() ? nullptr : states.get();
  abi.loss = &loss;
  abi.direction = direction.get();
  abi.output_tangents = unwanted.outputs ? nullptr : outputTangents.data();
  abi.loss_tangent = &lossTangent;
  abi.damping = call.damping;
  abi.metrics = metrics.data();
  abi.gradient = gradient.get();
  abi.input_gradients =
      unwanted.inputGradients ? nullptr : inputGradients.data();
  abi.state_gradient = model.state_count ? stateGradient.get() : nullptr;
}

void Arguments::storeParameters(const std::map<std::string, Tensor> &values,
                                Memory &flat) {
  for (uint64_t i = 0; i < model.parameter_count; ++i) {
    const rnn_tensor &parameter = model.parameters[i];
    store(model.element_type, flat.get() + parameter.offset * elementBytes,
          values.at(parameter.name).data.data(), parameter.size);
  }
}

void Arguments::addPointers(const rnn_tensor *declared, uint64_t count,
                            bool areFilled, std::vector<void *> &pointers) {
  for (uint64_t i = 0; i < count; ++i) {
    Tensor tensor = makeTensor(model, declared[i], call, false);
    tensors.emplace_back(tensor.data.size() * sizeOf(declared[i].type));
    pointers.push_back(tensors.back().get());
    if (areFilled)
      store(declared[i].type, tensors.back().get(),
            call.values.at(declared[i].name).data.data(), tensor.data.size());
  }
}

void Arguments::collectArrays(const rnn_tensor *declared, uint64_t count,
                              const std::vector<void *> &pointers,
                              std::string role, Results &results) {
  for (uint64_t i = 0; i < count; ++i) {
    if (declared[i].type == RNN_TOKEN)
      continue;
    Tensor tensor = makeTensor(model, declared[i], call, false);
    load(declared[i].type, static_cast<char *>(pointers[i]), tensor.data.data(),
         tensor.data.size());
    results[role + declared[i].name] = tensor;
  }
}

void Arguments::collectRecords(Memory &records, std::string role,
                               Results &results) {
  for (uint64_t i = 0; i < model.state_count; ++i) {
    const rnn_tensor &state = model.states[i];
    Tensor tensor = makeTensor(model, state, call, false);
    for (int64_t b = 0; b < call.batch; ++b)
      load(model.element_type,
           records.get() + b * model.state_bytes + state.offset * elementBytes,
           tensor.data.data() + b * state.size, state.size);
    results[role + state.name] = tensor;
  }
}

void Arguments::collectNumbers(int function, Results &results) {
  results["loss loss"] = Tensor(1, 1, 1, 1, loss);
  if (function == RNN_TANGENT)
    results["loss_tangent loss"] = Tensor(1, 1, 1, 1, lossTangent);
  for (uint64_t i = 0; i < model.metric_count && function != RNN_GAUSS_NEWTON;
       ++i)
    results[std::string("metric ") + model.metrics[i]] =
        Tensor(1, 1, 1, 1, metrics[i]);
}

/// The gradient, or a product laid out as one.
void Arguments::collectParameters(Results &results) {
  for (uint64_t i = 0; i < model.parameter_count; ++i) {
    const rnn_tensor &parameter = model.parameters[i];
    Tensor tensor = makeTensor(model, parameter, call, true);
    load(model.element_type, gradient.get() + parameter.offset * elementBytes,
         tensor.data.data(), parameter.size);
    results[std::string("gradient ") + parameter.name] = tensor;
  }
}

Results Arguments::collect(int function) {
  Results results;
  if (abi.state && function != RNN_GAUSS_NEWTON)
    collectRecords(states, "state ", results);
  bool givesOutputs = function == RNN_FORWARD || function == RNN_TANGENT;
  if (givesOutputs && abi.outputs)
    collectArrays(model.outputs, model.output_count, outputs, "output ",
                  results);
  if (function == RNN_TANGENT && abi.output_tangents)
    collectArrays(model.outputs, model.output_count, outputTangents,
                  "output_tangent ", results);
  if (function != RNN_FORWARD)
    collectNumbers(function, results);
  if (function == RNN_GRADIENT) {
    collectRecords(stateGradient, "gradient ", results);
    if (abi.input_gradients)
      collectArrays(model.inputs, model.input_count, inputGradients,
                    "gradient ", results);
  }
  if (function == RNN_GRADIENT || function == RNN_GAUSS_NEWTON)
    collectParameters(results);
  return results;
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
