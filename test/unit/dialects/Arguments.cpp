//===- Arguments.cpp - A call of the C ABI from tensors -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills the memory of a call and reads results back by role.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Arguments.h"

using namespace rnnc::test;

void rnnc::test::store(uint32_t type, char *to, const double *from,
                       size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (type == RNN_F64)
      reinterpret_cast<double *>(to)[i] = from[i];
    else if (type == RNN_F32)
      reinterpret_cast<float *>(to)[i] = static_cast<float>(from[i]);
    else
      reinterpret_cast<int32_t *>(to)[i] = static_cast<int32_t>(from[i]);
}

void rnnc::test::load(uint32_t type, const char *from, double *to,
                      size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = type == RNN_F64 ? reinterpret_cast<const double *>(from)[i]
                            : reinterpret_cast<const float *>(from)[i];
}

Tensor rnnc::test::makeTensor(const rnn_model &model, const rnn_tensor &tensor,
                              const Call &call, bool isParameter) {
  int64_t steps = tensor.axis < 0 ? 1 : call.axes.at(model.axes[tensor.axis]);
  int64_t rows = tensor.rank == 2 ? tensor.shape[0] : 1;
  return Tensor(steps, isParameter ? 1 : call.batch, rows, tensor.size / rows);
}

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
