//===- ErrorTest.cpp - Tests of calls that are refused --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Bad calls of compiled models get the right status and text, and write
// nothing.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <functional>
#include <gtest/gtest.h>

namespace {

constexpr int64_t Steps = 4, Batch = 3;

using Entry = std::function<rnn_status(rnn_plan *, Work &)>;

rnn_status forward(rnn_plan *Plan, Work &W) {
  return rnn_forward(Plan, &W.Call);
}
rnn_status loss(rnn_plan *Plan, Work &W) { return rnn_loss(Plan, &W.Call); }
rnn_status gradient(rnn_plan *Plan, Work &W) {
  return rnn_gradient(Plan, W.params(), &W.Call);
}

class Refused : public testing::Test {
protected:
  void SetUp() override {
    Plan = makePlan(tokens, Steps, Batch);
    ASSERT_NE(Plan, nullptr) << rnn_last_error();
    ASSERT_EQ(rnn_plan_pack(Plan.get(), W.params()), RNN_OK);
  }

  void expect(const Entry &Run, rnn_status Status, const char *Text) {
    const Bytes Before = W.results();
    EXPECT_EQ(Run(Plan.get(), W), Status) << Text;
    EXPECT_STREQ(rnn_last_error(), Text);
    EXPECT_EQ(W.results(), Before) << Text << ": something was written";
  }
  void expectAll(rnn_status Status, const char *Text) {
    for (const Entry &Run : {Entry(forward), Entry(loss), Entry(gradient)})
      expect(Run, Status, Text);
  }
  int32_t *tokensOf(size_t Index) {
    return reinterpret_cast<int32_t *>(W.Data[Index].data());
  }

  Work W{tokens, Steps, Batch};
  PlanHandle Plan;
};

TEST_F(Refused, TheCallItselfIsFine) {
  const Bytes Before = W.results();
  ASSERT_EQ(rnn_reset(&tokens, W.params(), W.Call.state, Batch), RNN_OK);
  for (const auto Run : {forward, loss, gradient})
    EXPECT_EQ(Run(Plan.get(), W), RNN_OK) << rnn_last_error();
  EXPECT_NE(W.results(), Before);
}

TEST_F(Refused, StepsBeyondThePlan) {
  W.Axes[0] = Steps + 1;
  expectAll(RNN_ERROR_CAPACITY,
            "axis 'T': expected at most 4 steps, as the plan was made for, "
            "got 5");
  W.Axes[0] = INT64_MAX;
  expectAll(RNN_ERROR_CAPACITY,
            "axis 'T': expected at most 4 steps, as the plan was made for, "
            "got 9223372036854775807");
  W.Axes[0] = 0;
  expectAll(RNN_ERROR_ARGUMENT, "axis 'T': expected 1 step or more, got 0");
}

TEST_F(Refused, SequencesBeyondThePlan) {
  W.Call.batch = Batch + 1;
  expectAll(RNN_ERROR_CAPACITY,
            "expected a batch of at most 3, as the plan was made for, got 4");
  W.Call.batch = -1;
  expectAll(RNN_ERROR_ARGUMENT, "expected a batch of 1 or more, got -1");
}

TEST_F(Refused, TokensOutOfRange) {
  tokensOf(0)[2 * Batch + 1] = 11;
  expectAll(RNN_ERROR_TOKEN, "input 'x': expected a token of 0 to 10, got 11 "
                             "at step 2 of sequence 1");
  tokensOf(0)[2 * Batch + 1] = INT32_MIN;
  expectAll(RNN_ERROR_TOKEN,
            "input 'x': expected a token of 0 to 10, got -2147483648 at step 2 "
            "of sequence 1");
  tokensOf(0)[2 * Batch + 1] = 10;
  tokensOf(2)[Steps * Batch - 1] = -1;
  const char *Text = "target 'y': expected a token of 0 to 10, got -1 at step "
                     "3 of sequence 2";
  expect(loss, RNN_ERROR_TOKEN, Text);
  expect(gradient, RNN_ERROR_TOKEN, Text);
}

TEST_F(Refused, NullPointers) {
  W.Inputs[1] = nullptr;
  expectAll(RNN_ERROR_ARGUMENT, "input 'v': expected data, got a null pointer");
  W.Call.inputs = nullptr;
  expectAll(RNN_ERROR_ARGUMENT, "expected 2 inputs, got a null pointer");
  W.Call.axes = nullptr;
  expectAll(RNN_ERROR_ARGUMENT,
            "expected the steps of each time axis, got a null pointer");
}

TEST_F(Refused, NoPlaceForResults) {
  W.Call.gradient = nullptr;
  expect(gradient, RNN_ERROR_ARGUMENT,
         "expected a place for the gradient, got a null pointer");
  W.Call.loss = nullptr;
  expect(gradient, RNN_ERROR_ARGUMENT,
         "expected a place for the loss, got a null pointer");
  expect(loss, RNN_ERROR_ARGUMENT,
         "expected a place for the loss, got a null pointer");
}

TEST_F(Refused, NoCallNoPlanNoParameters) {
  const auto NoCall = [](rnn_plan *Plan, Work &) {
    return rnn_forward(Plan, nullptr);
  };
  expect(NoCall, RNN_ERROR_ARGUMENT, "expected a call, got a null pointer");
  const auto NoPlan = [](rnn_plan *, Work &W) {
    return rnn_loss(nullptr, &W.Call);
  };
  expect(NoPlan, RNN_ERROR_ARGUMENT, "expected a plan, got a null pointer");
  const auto NoParams = [](rnn_plan *Plan, Work &W) {
    return rnn_gradient(Plan, nullptr, &W.Call);
  };
  expect(NoParams, RNN_ERROR_ARGUMENT,
         "expected parameters, got a null pointer");
}

TEST_F(Refused, LengthsOutOfRange) {
  int32_t Lengths[Batch] = {};
  const int32_t *const Given[] = {Lengths};
  W.Call.lengths = Given;
  Lengths[2] = Steps + 1;
  expectAll(RNN_ERROR_ARGUMENT,
            "axis 'T': expected lengths of 0 to 4, got 5 for sequence 2");
  Lengths[2] = -1;
  expectAll(RNN_ERROR_ARGUMENT,
            "axis 'T': expected lengths of 0 to 4, got -1 for sequence 2");
}

TEST_F(Refused, WhatWasNotCompiled) {
  rnn_plan_options Options{};
  Options.functions = 1 << RNN_TANGENT;
  rnn_plan *Made = nullptr;
  EXPECT_EQ(rnn_plan_create(&tokens, &Options, &Made), RNN_ERROR_UNSUPPORTED);
  EXPECT_STREQ(rnn_last_error(),
               "model 'Tokens' has no function 'tangent': it was "
               "compiled without it (rnnc --functions)");
  EXPECT_EQ(tokens.functions[RNN_TANGENT], nullptr);
  EXPECT_EQ(tokens.embedded_weights, nullptr);
}

TEST_F(Refused, RunBeforePack) {
  Plan = makePlan(tokens, Steps, Batch);
  expect(forward, RNN_ERROR_NOT_PACKED,
         "'forward' was called before rnn_plan_pack");
  expect(loss, RNN_ERROR_NOT_PACKED, "'loss' was called before rnn_plan_pack");
}

TEST_F(Refused, OtherVersions) {
  const auto Create = [](const rnn_model &Model) {
    rnn_plan_options Options{};
    rnn_plan *Made = reinterpret_cast<rnn_plan *>(&Options);
    const rnn_status Status = rnn_plan_create(&Model, &Options, &Made);
    EXPECT_EQ(Made, nullptr);
    return Status;
  };
  rnn_model Other = tokens;
  Other.abi_version = RNN_ABI_VERSION + 1;
  EXPECT_EQ(Create(Other), RNN_ERROR_VERSION);
  EXPECT_STREQ(rnn_last_error(),
               "expected ABI version 3, got 4; compile the model again");
  Other = tokens;
  Other.struct_size = 16;
  EXPECT_EQ(Create(Other), RNN_ERROR_VERSION);
  Other = tokens;
  Other.required_features |= 1ull << 63;
  EXPECT_EQ(Create(Other), RNN_ERROR_CPU);
  W.Call.struct_size = 8;
  expectAll(RNN_ERROR_VERSION,
            ("rnn_call: expected " + std::to_string(sizeof(rnn_call)) +
             " bytes, got 8")
                .c_str());
}

} // namespace
