//===- Info.cpp - rnn-run info --------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Prints what a descriptor says.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Plan.h"
#include "runtime/lib/SafeTensors.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Support.h"

#include <algorithm>
#include <string_view>

using namespace rnn;
using namespace rnn::run;

static const char *typeName(uint32_t Type) {
  static const char *const Names[] = {"f32", "f64", "token", "bf16", "int8"};
  return Names[Type];
}

/// "normal(0, 0.01)", with the arguments that the initialiser has.
static std::string initText(const rnn_tensor &Parameter) {
  const std::string_view Name = Parameter.init;
  const double First = Parameter.init_args[0], Second = Parameter.init_args[1];
  if (Name == "uniform" || Name == "normal" || Name == "sparse")
    return fmt::format("{}({}, {})", Name, First, Second);
  const bool IsPlain = Name == "zeros" || (Name != "constant" && First == 1);
  return IsPlain ? std::string(Name) : fmt::format("{}({})", Name, First);
}

static std::string shapeOf(const rnn_model &Model, const rnn_tensor &Tensor) {
  std::string Text =
      Tensor.axis >= 0 ? fmt::format("seq[{}] ", Model.axes[Tensor.axis]) : "";
  Text += Tensor.type == RNN_TOKEN ? fmt::format("token[{}]", Tensor.vocabulary)
                                   : typeName(Tensor.type);
  if (Tensor.rank > 0)
    Text += " " + shapeText({Tensor.shape, Tensor.rank});
  return Text;
}

static void printTensors(const rnn_model &Model, const char *Title,
                         const rnn_tensor *Tensors, uint64_t Count) {
  if (Count == 0)
    return;
  size_t Width = 0;
  for (uint64_t Index = 0; Index < Count; ++Index)
    Width = std::max(Width, std::string_view(Tensors[Index].name).size());
  fmt::print("{}\n", Title);
  for (uint64_t Index = 0; Index < Count; ++Index) {
    const rnn_tensor &Tensor = Tensors[Index];
    const bool IsParameter = Tensor.init && *Tensor.init;
    fmt::print("  {:{}}  {}{}{}\n", Tensor.name, Width, shapeOf(Model, Tensor),
               IsParameter ? " ~ " + initText(Tensor) : "",
               Tensor.frozen ? ", frozen" : "");
  }
}

static void printNames(const char *Title, const char *const *Names,
                       uint64_t Count) {
  if (Count == 0)
    return;
  fmt::print("{}", Title);
  for (uint64_t Index = 0; Index < Count; ++Index)
    fmt::print(" {}", Names[Index]);
  fmt::print("\n");
}

static void printFunctions(const rnn_model &Model) {
  fmt::print("functions\n");
  for (int Index = 0; Index < RNN_FUNCTIONS; ++Index)
    if (const rnn_function *Function = Model.functions[Index])
      fmt::print("  {:<8}  {} GEMM sites, {} bytes packed\n",
                 functionName(Index), Function->site_count,
                 Function->packed_bytes);
  if (Model.stream)
    fmt::print("  {:<8}  {} bytes packed, {} bytes of state\n", "step",
               Model.stream->panels_bytes, Model.stream->state_bytes);
}

int run::info(const ModelSource &Source,
              const std::optional<PlanSizes> &Sizes) noexcept {
  return command([&] {
    const auto Loaded = loadModel(Source);
    const rnn_model &Model = Loaded->model();
    checkModel(&Model);
    fmt::print("model {} of {}, {} parameters\n", Model.name,
               typeName(Model.element_type), Model.parameter_size);
    fmt::print("compiled for {}\n", Model.cpu);
    if (Model.weight_type != Model.element_type)
      fmt::print("packed weights of {}\n", typeName(Model.weight_type));
    printNames("time axes:", Model.axes, Model.axis_count);
    printTensors(Model, "parameters", Model.parameters, Model.parameter_count);
    printTensors(Model, "inputs", Model.inputs, Model.input_count);
    printTensors(Model, "targets", Model.targets, Model.target_count);
    printTensors(Model, "outputs", Model.outputs, Model.output_count);
    printTensors(Model, "states", Model.states, Model.state_count);
    printNames("metrics:", Model.metrics, Model.metric_count);
    printFunctions(Model);
    if (Sizes)
      printPlan(Source, Model, *Sizes);
    return 0;
  });
}
