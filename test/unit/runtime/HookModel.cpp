//===- HookModel.cpp - A model whose code is the test's -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills in the descriptor.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/HookModel.h"

static const char *const Axes[] = {"T"};

Hooks &hooks() {
  static thread_local Hooks Mine;
  return Mine;
}

static int32_t run(rnn_plan *Plan, const rnn_call *Call) {
  return hooks().Run ? hooks().Run(Plan, Call) : RNN_OK;
}

static int32_t pack(rnn_plan *Plan, const void *Params) {
  return hooks().Pack ? hooks().Pack(Plan, Params) : RNN_OK;
}

HookModel::HookModel(std::vector<rnn_site> Given, rnn_type Type)
    : Sites(std::move(Given)) {
  Parameter = {.name = "W",
               .type = uint32_t(Type),
               .rank = 2,
               .shape = {2, 4},
               .axis = -1,
               .vocabulary = 0,
               .offset = 0,
               .size = 8,
               .init = "zeros",
               .init_args = {},
               .frozen = 0,
               .reserved = 0};
  Input = {.name = "x",
           .type = RNN_TOKEN,
           .rank = 1,
           .shape = {3},
           .axis = 0,
           .vocabulary = 10,
           .offset = 0,
           .size = 3,
           .init = nullptr,
           .init_args = {},
           .frozen = 0,
           .reserved = 0};
  Target = {.name = "y",
            .type = uint32_t(Type),
            .rank = 1,
            .shape = {2},
            .axis = 0,
            .vocabulary = 0,
            .offset = 0,
            .size = 2,
            .init = nullptr,
            .init_args = {},
            .frozen = 0,
            .reserved = 0};
  State = Target;
  State.name = "h";
  Function.struct_size = sizeof(rnn_function);
  Function.run = run;
  Function.pack = pack;
  Function.packed_bytes = 1000;
  Function.sites = Sites.data();
  Function.site_count = Sites.size();
  Model.struct_size = sizeof(rnn_model);
  Model.abi_version = RNN_ABI_VERSION;
  Model.tensor_size = sizeof(rnn_tensor);
  Model.element_type = Type;
  Model.name = "hook";
  Model.cpu = "generic";
  Model.features = "";
  Model.axes = Axes;
  Model.axis_count = 1;
  Model.parameters = &Parameter;
  Model.parameter_count = 1;
  Model.parameter_size = 8;
  Model.inputs = &Input;
  Model.input_count = 1;
  Model.targets = &Target;
  Model.target_count = 1;
  Model.states = &State;
  Model.state_count = 1;
  Model.state_bytes = 64;
  for (const int Index : {RNN_FORWARD, RNN_LOSS, RNN_GRADIENT})
    Model.functions[Index] = &Function;
}

HookCall::HookCall(int64_t Steps, int64_t Batch)
    : Axes{Steps}, Tokens(Steps * Batch * 3), Targets(Steps * Batch * 2),
      Inputs{Tokens.data()}, TargetPointers{Targets.data()} {
  Call.struct_size = sizeof(Call);
  Call.batch = Batch;
  Call.axes = Axes;
  Call.inputs = Inputs;
  Call.targets = TargetPointers;
  Call.loss = &Loss;
  Call.gradient = Gradient;
}
