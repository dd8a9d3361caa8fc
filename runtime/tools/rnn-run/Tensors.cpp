//===- Tensors.cpp - rnn-run eval and grad --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One call with tensors from a file, and its results into another.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Exchange.h"
#include "runtime/tools/rnn-run/Support.h"

#include <algorithm>
#include <cstring>
#include <span>

using namespace rnn;
using namespace rnn::run;

namespace {
/// One call from its files to its results.
class Session {
public:
  explicit Session(const TensorCommand &Do);

  void forward();
  void loss();
  void gradient();
  void write() { writeTensors(Do.Output, Results); }

private:
  struct Destroy {
    void operator()(rnn_plan *Plan) const { rnn_plan_destroy(Plan); }
  };

  void makePlan(uint32_t Functions);
  Buffer initialStates() const;
  char *keep(Buffer Data);
  void add(const std::string &Name, uint32_t Type, std::vector<int64_t> Shape,
           const void *Data);
  void addStates(const std::string &Prefix, const char *Records);
  void addLoss();

  const TensorCommand &Do;
  std::unique_ptr<LoadedModel> Loaded;
  const rnn_model &Model;
  TensorFile File;
  Exchange Given;
  Buffer Params;
  std::unique_ptr<rnn_plan, Destroy> Plan;
  double Loss = 0;
  std::vector<double> Metrics;
  std::vector<Buffer> Kept;
  std::vector<NamedTensor> Results;
};
} // namespace

Session::Session(const TensorCommand &Do)
    : Do(Do), Loaded(loadModel(Do.Source)), Model(Loaded->model()),
      File(readTensors(Do.Input)), Given((checkModel(&Model), Model), File),
      Params(Model.parameter_size * elementSize(Model)),
      Metrics(Model.metric_count) {
  if (Do.Params.empty())
    loadParameters(Model, File, Params.data());
  else
    check(rnn_load(&Model, Do.Params.c_str(), Params.data()));
}

void Session::makePlan(uint32_t Functions) {
  rnn_plan_options Options{};
  std::copy_n(Given.axes(), Model.axis_count, Options.axes);
  Options.batch = Given.batch();
  Options.gemm = Do.Source.Gemm;
  Options.threads = Do.Source.Threads;
  Options.slices = Do.Source.Slices;
  Options.wave = Do.Source.Wave;
  Options.functions = Functions;
  Options.chunk = Do.Chunk;
  rnn_plan *Made = nullptr;
  check(rnn_plan_create(&Model, &Options, &Made));
  Plan.reset(Made);
}

/// The model's initial states, with those of the file over them.
Buffer Session::initialStates() const {
  Buffer States(Model.state_bytes * Given.batch());
  check(rnn_reset(&Model, Params.data(), States.data(), Given.batch()));
  Given.copyStates(States.data());
  return States;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

char *Session::keep(Buffer Data) {
  Kept.push_back(std::move(Data));
  return Kept.back().data();
}

void Session::add(const std::string &Name, uint32_t Type,
                  std::vector<int64_t> Shape, const void *Data) {
  Results.push_back({Name, {dtypeOf(Type), std::move(Shape), Data}});
}

/// Records of states as one tensor [B, F...] a state.
void Session::addStates(const std::string &Prefix, const char *Records) {
  const size_t Element = elementSize(Model);
  for (const rnn_tensor &State : std::span(Model.states, Model.state_count)) {
    const size_t Bytes = State.size * Element;
    char *Data = keep(Buffer(Bytes * Given.batch()));
    for (int64_t Sequence = 0; Sequence < Given.batch(); ++Sequence)
      std::memcpy(Data + Sequence * Bytes,
                  Records + Sequence * Model.state_bytes +
                      State.offset * Element,
                  Bytes);
    std::vector<int64_t> Shape{Given.batch()};
    Shape.insert(Shape.end(), State.shape, State.shape + State.rank);
    add(Prefix + State.name, Model.element_type, Shape, Data);
  }
}

void Session::addLoss() {
  add("loss", RNN_F64, {}, &Loss);
  for (size_t Index = 0; Index < Metrics.size(); ++Index)
    add(std::string("metric.") + Model.metrics[Index], RNN_F64, {},
        &Metrics[Index]);
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

void Session::forward() {
  makePlan(1 << RNN_FORWARD);
  std::vector<void *> Outputs;
  for (const rnn_tensor &Output :
       std::span(Model.outputs, Model.output_count)) {
    const size_t Width =
        Output.type == RNN_TOKEN ? sizeof(int32_t) : elementSize(Model);
    char *Data = keep(Buffer(Given.elements(Output) * Width));
    Outputs.push_back(Data);
    add(Output.name, Output.type, Given.shape(Output), Data);
  }
  char *States = keep(initialStates());
  rnn_call Call = Given.call();
  Call.outputs = Outputs.data();
  Call.state = States;
  check(rnn_plan_pack(Plan.get(), Params.data()));
  check(rnn_forward(Plan.get(), &Call));
  addStates("final.", States);
}

void Session::loss() {
  if (!Model.functions[RNN_LOSS] || !Given.hasTargets())
    return;
  makePlan(1 << RNN_LOSS);
  char *States = keep(initialStates());
  rnn_call Call = Given.call();
  Call.state = States;
  Call.loss = &Loss;
  Call.metrics = Metrics.data();
  check(rnn_plan_pack(Plan.get(), Params.data()));
  check(rnn_loss(Plan.get(), &Call));
  addLoss();
}

void Session::gradient() {
  if (!Given.hasTargets())
    throw Error(RNN_ERROR_MISMATCH, File.Path + ": expected target '" +
                                        Model.targets[0].name +
                                        "', got no such tensor");
  makePlan(1 << RNN_GRADIENT);
  char *Gradient = keep(Buffer(Params.size()));
  char *StateGradient = keep(Buffer(Model.state_bytes * Given.batch()));
  std::vector<void *> InputGradients;
  for (const rnn_tensor &Input : std::span(Model.inputs, Model.input_count)) {
    const bool Wanted = Input.type != RNN_TOKEN;
    InputGradients.push_back(
        Wanted ? keep(Buffer(Given.elements(Input) * elementSize(Model)))
               : nullptr);
    if (Wanted)
      add(std::string("grad.") + Input.name, Input.type, Given.shape(Input),
          InputGradients.back());
  }
  rnn_call Call = Given.call();
  // From the model's own initial state unless the file has one: then the
  // gradients of learned initial states are those of their parameters.
  Call.state = Given.hasStates() ? keep(initialStates()) : nullptr;
  Call.loss = &Loss;
  Call.metrics = Metrics.data();
  Call.gradient = Gradient;
  Call.input_gradients = InputGradients.data();
  Call.state_gradient = StateGradient;
  check(rnn_gradient(Plan.get(), Params.data(), &Call));
  addLoss();
  for (NamedTensor &View : parameterViews(Model, Gradient))
    Results.push_back({"grad." + View.first, View.second});
  addStates("grad.", StateGradient);
}

int run::eval(const TensorCommand &Do) noexcept {
  return command([&] {
    Session Call(Do);
    Call.forward();
    Call.loss();
    Call.write();
    return 0;
  });
}

int run::grad(const TensorCommand &Do) noexcept {
  return command([&] {
    Session Call(Do);
    Call.gradient();
    Call.write();
    return 0;
  });
}
