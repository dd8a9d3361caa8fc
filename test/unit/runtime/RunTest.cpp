//===- RunTest.cpp - Tests of running plans -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the entry points check before compiled code runs.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/AllocationCount.h"
#include "test/unit/runtime/HookModel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace {

struct RunTest : testing::Test {
  RunTest() {
    const rnn_plan_options Options{.axes = {5},
                                   .batch = 4,
                                   .threads = 0,
                                   .gemm = RNN_GEMM_GENERATED,
                                   .functions = 0,
                                   .slices = 0,
                                   .chunk = 0,
                                   .parallel = nullptr,
                                   .parallel_context = nullptr,
                                   .wave = RNN_WAVE_AUTO,
                                   .reserved = 0};
    EXPECT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
    hooks().Run = [this](rnn_plan *, const rnn_call *Call) {
      Seen = *Call;
      ++Runs;
      return RNN_OK;
    };
    hooks().Pack = [this](rnn_plan *, const void *) {
      ++Packs;
      return RNN_OK;
    };
  }
  ~RunTest() override {
    rnn_plan_destroy(Plan);
    hooks() = {};
  }
  void expectError(rnn_status Expected, rnn_status Got, const char *Text) {
    EXPECT_EQ(Expected, Got);
    EXPECT_STREQ(rnn_last_error(), Text);
    EXPECT_EQ(Runs, 0);
  }

  HookModel Hook;
  HookCall Given{5, 4};
  rnn_plan *Plan = nullptr;
  rnn_call Seen{};
  int Runs = 0, Packs = 0;
  float Params[8] = {};
};

TEST_F(RunTest, PacksThenRuns) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(Packs, 2); // forward and loss
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(Runs, 2);
  EXPECT_EQ(rnn_gradient(Plan, Params, &Given.Call), RNN_OK);
  EXPECT_EQ(Packs, 3);
  EXPECT_EQ(Seen.gradient, Given.Gradient);
}

TEST_F(RunTest, NotPacked) {
  expectError(RNN_ERROR_NOT_PACKED, rnn_loss(Plan, &Given.Call),
              "'loss' was called before rnn_plan_pack");
}

TEST_F(RunTest, AFailedPackDoesNotCount) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  hooks().Pack = [](rnn_plan *, const void *) { return RNN_ERROR_LIBRARY; };
  expectError(RNN_ERROR_LIBRARY, rnn_plan_pack(Plan, Params),
              "oneDNN reported an error");
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_NOT_PACKED);
}

TEST_F(RunTest, NullPointers) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_plan_pack(nullptr, Params), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_plan_pack(Plan, nullptr), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_forward(nullptr, &Given.Call), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_forward(Plan, nullptr), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_gradient(Plan, nullptr, &Given.Call), RNN_ERROR_ARGUMENT);
  Given.Call.loss = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_loss(Plan, &Given.Call),
              "expected a place for the loss, got a null pointer");
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  Runs = 0;
  Given.Call.loss = &Given.Loss;
  Given.Call.gradient = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_gradient(Plan, Params, &Given.Call),
              "expected a place for the gradient, got a null pointer");
  Given.Inputs[0] = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_loss(Plan, &Given.Call),
              "input 'x': expected data, got a null pointer");
  Given.Inputs[0] = Given.Tokens.data();
  Given.Call.targets = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_loss(Plan, &Given.Call),
              "expected 1 targets, got a null pointer");
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  Given.Call.axes = nullptr;
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_ARGUMENT);
}

TEST_F(RunTest, SizesBeyondThePlan) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  Given.Axes[0] = 6;
  expectError(RNN_ERROR_CAPACITY, rnn_forward(Plan, &Given.Call),
              "axis 'T': expected at most 5 steps, as the plan was made for, "
              "got 6");
  Given.Axes[0] = 0;
  expectError(RNN_ERROR_ARGUMENT, rnn_forward(Plan, &Given.Call),
              "axis 'T': expected 1 step or more, got 0");
  Given.Axes[0] = 5;
  Given.Call.batch = 5;
  expectError(RNN_ERROR_CAPACITY, rnn_forward(Plan, &Given.Call),
              "expected a batch of at most 4, as the plan was made for, got 5");
  Given.Call.batch = 0;
  expectError(RNN_ERROR_ARGUMENT, rnn_forward(Plan, &Given.Call),
              "expected a batch of 1 or more, got 0");
}

TEST_F(RunTest, TokensOutOfRange) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  Given.Tokens[(2 * 4 + 3) * 3 + 1] = 10;
  expectError(RNN_ERROR_TOKEN, rnn_forward(Plan, &Given.Call),
              "input 'x': expected a token of 0 to 9, got 10 at step 2 of "
              "sequence 3");
  Given.Tokens[0] = -1;
  expectError(RNN_ERROR_TOKEN, rnn_gradient(Plan, Params, &Given.Call),
              "input 'x': expected a token of 0 to 9, got -1 at step 0 of "
              "sequence 0");
}

/// The rows of each step, from a plan's runs.
std::vector<std::vector<int>> rowsOf(const rnn_ragged &Of, int64_t Steps) {
  std::vector<std::vector<int>> Rows(Steps);
  for (int64_t Step = 0; Step < Steps; ++Step)
    for (int I = Of.first_run[Step]; I < Of.first_run[Step + 1]; ++I)
      for (int Row = 0; Row < Of.runs[I].count; ++Row)
        Rows[Step].push_back(Of.runs[I].start + Row);
  return Rows;
}

TEST_F(RunTest, LengthsBecomeRuns) {
  rnn_ragged Ragged{};
  std::vector<std::vector<int>> Rows;
  int64_t Steps = 0;
  hooks().Run = [&](rnn_plan *P, const rnn_call *Call) {
    Ragged = P->ragged[0];
    Steps = Call->axes[0];
    Rows = Ragged.lengths ? rowsOf(Ragged, Steps) : decltype(Rows)();
    return RNN_OK;
  };
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(Ragged.lengths, nullptr);
  EXPECT_EQ(Ragged.full_steps, 5);
  EXPECT_EQ(Ragged.valid_rows, 20);

  int32_t Own[] = {4, 1, 2, 4};
  const int32_t *Lengths[1] = {Own};
  Given.Call.lengths = Lengths;
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(Steps, 4);
  EXPECT_EQ(Ragged.full_steps, 1);
  EXPECT_EQ(Ragged.valid_rows, 11);
  EXPECT_EQ(Rows, (std::vector<std::vector<int>>{
                      {0, 1, 2, 3}, {0, 2, 3}, {0, 3}, {0, 3}}));
  EXPECT_EQ(Ragged.first_run[4], 7); // 1 + 2 + 2 + 2 runs

  std::fill_n(Own, 4, 0); // still a step, though of no rows
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(Steps, 1);
  EXPECT_EQ(Ragged.full_steps, 0);
  EXPECT_EQ(Rows, (std::vector<std::vector<int>>{{}}));

  Lengths[0] = nullptr;
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(Ragged.full_steps, 5);
}

TEST_F(RunTest, LengthsOutOfRange) {
  int32_t Own[] = {5, 1, 6, 4};
  const int32_t *Lengths[1] = {Own};
  Given.Call.lengths = Lengths;
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  expectError(RNN_ERROR_ARGUMENT, rnn_forward(Plan, &Given.Call),
              "axis 'T': expected lengths of 0 to 5, got 6 for sequence 2");
  Own[2] = -1;
  expectError(RNN_ERROR_ARGUMENT, rnn_loss(Plan, &Given.Call),
              "axis 'T': expected lengths of 0 to 5, got -1 for sequence 2");
}

TEST_F(RunTest, TokensOfPaddingAreNotLookedAt) {
  int32_t Own[] = {5, 2, 5, 5};
  const int32_t *Lengths[1] = {Own};
  Given.Call.lengths = Lengths;
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  for (int Step = 2; Step < 5; ++Step)
    std::fill_n(&Given.Tokens[(Step * 4 + 1) * 3], 3, -7);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  Runs = 0;
  Given.Tokens[(1 * 4 + 1) * 3 + 2] = 10;
  expectError(RNN_ERROR_TOKEN, rnn_forward(Plan, &Given.Call),
              "input 'x': expected a token of 0 to 9, got 10 at step 1 of "
              "sequence 1");
}

TEST_F(RunTest, PaddingOfResultsIsZero) {
  rnn_tensor Output = Hook.Target;
  Hook.Model.outputs = &Output;
  Hook.Model.output_count = 1;
  std::vector<float> Data(5 * 4 * 2, NAN);
  void *Outputs[] = {Data.data()};
  Given.Call.outputs = Outputs;
  const int32_t Own[] = {5, 0, 3, 3};
  const int32_t *Lengths[1] = {Own};
  Given.Call.lengths = Lengths;
  hooks().Run = [&](rnn_plan *, const rnn_call *) {
    std::fill(Data.begin(), Data.end(), 1);
    return RNN_OK;
  };
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  for (int Step = 0; Step < 5; ++Step)
    for (int Row = 0; Row < 4; ++Row)
      for (int F = 0; F < 2; ++F)
        EXPECT_EQ(Data[(Step * 4 + Row) * 2 + F], Step < Own[Row]);
}

TEST_F(RunTest, UnknownFlags) {
  Given.Call.flags = RNN_TRAINING;
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  Runs = 0;
  Given.Call.flags = 6;
  expectError(RNN_ERROR_ARGUMENT, rnn_forward(Plan, &Given.Call),
              "rnn_call.flags: expected 0 or RNN_TRAINING, got 6");
}

TEST_F(RunTest, SecondOrderCalls) {
  rnn_plan_destroy(Plan);
  Hook.Model.functions[RNN_TANGENT] = &Hook.Function;
  Hook.Model.functions[RNN_GAUSS_NEWTON] = &Hook.Function;
  const rnn_plan_options Options{.axes = {5},
                                 .batch = 4,
                                 .threads = 0,
                                 .gemm = RNN_GEMM_GENERATED,
                                 .functions = 0,
                                 .slices = 0,
                                 .chunk = 0,
                                 .parallel = nullptr,
                                 .parallel_context = nullptr,
                                 .wave = RNN_WAVE_AUTO,
                                 .reserved = 0};
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  Given.Call.loss = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_tangent(Plan, Params, &Given.Call),
              "expected a direction, got a null pointer");
  Given.Call.direction = Params;
  EXPECT_EQ(rnn_tangent(Plan, Params, &Given.Call), RNN_OK);
  EXPECT_NE(Seen.loss, nullptr);
  EXPECT_NE(Seen.loss_tangent, nullptr);
  EXPECT_EQ(rnn_gauss_newton(Plan, Params, &Given.Call), RNN_OK);
  EXPECT_EQ(Packs, 2);
  Runs = 0;
  Given.Call.gradient = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_gauss_newton(Plan, Params, &Given.Call),
              "expected a place for the gradient, got a null pointer");
}

TEST_F(RunTest, EncodeReadsWhatTheStepIsNotFed) {
  rnn_plan_destroy(Plan);
  rnn_tensor Inputs[] = {Hook.Input, Hook.Input};
  Inputs[1].name = "u";
  const uint32_t Fed[] = {0};
  rnn_stream Stream{};
  Stream.inputs = Fed;
  Stream.input_count = 1;
  Hook.Model.inputs = Inputs;
  Hook.Model.input_count = 2;
  Hook.Model.stream = &Stream;
  Hook.Model.functions[RNN_ENCODE] = &Hook.Function;
  const rnn_plan_options Options{.axes = {5},
                                 .batch = 4,
                                 .threads = 0,
                                 .gemm = RNN_GEMM_GENERATED,
                                 .functions = 0,
                                 .slices = 0,
                                 .chunk = 0,
                                 .parallel = nullptr,
                                 .parallel_context = nullptr,
                                 .wave = RNN_WAVE_AUTO,
                                 .reserved = 0};
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  const void *Data[] = {nullptr, Given.Tokens.data()};
  Given.Call.inputs = Data;
  Given.Call.targets = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_encode(Plan, &Given.Call),
              "expected a place for the stream's records, got a null pointer");
  char State[64];
  Given.Call.stream_state = State;
  EXPECT_EQ(rnn_encode(Plan, &Given.Call), RNN_OK);
  Runs = 0;
  Data[1] = nullptr;
  expectError(RNN_ERROR_ARGUMENT, rnn_encode(Plan, &Given.Call),
              "input 'u': expected data, got a null pointer");
}

TEST_F(RunTest, AnOldCall) {
  Given.Call.struct_size = 8;
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_VERSION);
}

TEST_F(RunTest, AFunctionThatTheModelLacks) {
  Hook.Model.functions[RNN_GRADIENT] = nullptr;
  expectError(RNN_ERROR_UNSUPPORTED, rnn_gradient(Plan, Params, &Given.Call),
              "model 'hook' has no function 'gradient': it declares no loss");
}

TEST_F(RunTest, ErrorsOfCompiledCodeGetAMessage) {
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  hooks().Run = [](rnn_plan *, const rnn_call *) { return RNN_ERROR_ARGUMENT; };
  expectError(RNN_ERROR_ARGUMENT, rnn_forward(Plan, &Given.Call),
              rnn_status_message(RNN_ERROR_ARGUMENT));
}

TEST_F(RunTest, FailuresOfTheLibraryReachTheCaller) {
  rnn_status Told = RNN_OK;
  const auto Fail = [&](rnn_plan *P) {
    float Number = 0;
    Told = static_cast<rnn_status>(
        P->table->gemm_tn(P, -1, 1, 1, &Number, 1, &Number, 1, &Number, 1, 0));
    return RNN_OK;
  };
  hooks().Run = [&](rnn_plan *P, const rnn_call *) { return Fail(P); };
  ASSERT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_LIBRARY);
  EXPECT_EQ(Told, RNN_ERROR_LIBRARY);
  hooks().Pack = [&](rnn_plan *P, const void *) { return Fail(P); };
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_ERROR_LIBRARY);
}

TEST_F(RunTest, NothingAllocates) {
  const long Before = allocationCount();
  EXPECT_EQ(rnn_plan_pack(Plan, Params), RNN_OK);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK);
  EXPECT_EQ(rnn_gradient(Plan, Params, &Given.Call), RNN_OK);
  const int32_t Own[] = {5, 0, 3, 4};
  const int32_t *Lengths[1] = {Own};
  Given.Call.lengths = Lengths;
  EXPECT_EQ(rnn_gradient(Plan, Params, &Given.Call), RNN_OK);
  Given.Tokens[0] = -1;
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_TOKEN);
  EXPECT_EQ(allocationCount(), Before);
}

TEST_F(RunTest, ResetFillsEveryRecord) {
  float States[3 * 16];
  Hook.Model.reset = [](const void *Params, void *State) -> int32_t {
    *static_cast<float *>(State) = *static_cast<const float *>(Params);
    return RNN_OK;
  };
  Params[0] = 3;
  EXPECT_EQ(rnn_reset(&Hook.Model, Params, States, 3), RNN_OK);
  for (int Record = 0; Record < 3; ++Record)
    EXPECT_EQ(States[Record * 16], 3);
  EXPECT_EQ(rnn_reset(&Hook.Model, Params, nullptr, 3), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_reset(&Hook.Model, Params, States, 0), RNN_ERROR_ARGUMENT);
  Hook.Model.reset = nullptr;
  EXPECT_EQ(rnn_reset(&Hook.Model, Params, nullptr, 3), RNN_OK);
}

} // namespace
