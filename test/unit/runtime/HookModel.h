//===- HookModel.h - A model whose code is the test's -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A descriptor with sites of the test's choosing; its functions call back into
// the test, which is then where compiled code would be.
//===----------------------------------------------------------------------===//
#ifndef RNNC_TEST_UNIT_RUNTIME_HOOKMODEL_H
#define RNNC_TEST_UNIT_RUNTIME_HOOKMODEL_H

#include "rnn/rnn.h"

#include <functional>
#include <vector>

/// What the functions of every HookModel do on this thread.
struct Hooks {
  std::function<int32_t(rnn_plan *, const rnn_call *)> Run;
  std::function<int32_t(rnn_plan *, const void *)> Pack;
};
Hooks &hooks();

/// One axis T, one input x of three tokens below 10, one target y of type
/// f32[2], one state of four elements; forward, loss and gradient.
struct HookModel {
  explicit HookModel(std::vector<rnn_site> Sites = {}, rnn_type Type = RNN_F32);
  HookModel(const HookModel &) = delete;

  std::vector<rnn_site> Sites;
  rnn_tensor Parameter{}, Input{}, Target{}, State{};
  rnn_function Function{};
  rnn_model Model{};
};

/// A call of a HookModel with valid data.
struct HookCall {
  HookCall(int64_t Steps, int64_t Batch);
  HookCall(const HookCall &) = delete;

  int64_t Axes[1];
  std::vector<int32_t> Tokens;
  std::vector<float> Targets;
  const void *Inputs[1], *TargetPointers[1];
  double Loss = 0;
  float Gradient[8] = {};
  rnn_call Call{};
};

#endif // RNNC_TEST_UNIT_RUNTIME_HOOKMODEL_H
