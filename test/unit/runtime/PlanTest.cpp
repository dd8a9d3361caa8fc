//===- PlanTest.cpp - Tests of making plans -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a plan allocates and what it refuses.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/HookModel.h"

#include <cstring>
#include <gtest/gtest.h>

namespace {

struct PlanTest : testing::Test {
  ~PlanTest() override { rnn_plan_destroy(Plan); }

  rnn_status create() {
    rnn_plan_destroy(Plan);
    return rnn_plan_create(&Hook.Model, &Options, &Plan);
  }
  void expectError(rnn_status Status, const char *Part) {
    Plan = nullptr;
    EXPECT_EQ(create(), Status) << rnn_last_error();
    EXPECT_NE(std::strstr(rnn_last_error(), Part), nullptr) << rnn_last_error();
    EXPECT_EQ(Plan, nullptr);
  }

  HookModel Hook;
  rnn_plan_options Options{.axes = {50},
                           .batch = 16,
                           .threads = 1,
                           .gemm = RNN_GEMM_GENERATED,
                           .functions = 0,
                           .slices = 0,
                           .chunk = 0,
                           .parallel = nullptr,
                           .parallel_context = nullptr,
                           .wave = RNN_WAVE_AUTO,
                           .reserved = 0};
  rnn_plan *Plan = nullptr;
};

TEST_F(PlanTest, RowsOfEachClass) {
  Options.chunk = 7;
  ASSERT_EQ(create(), RNN_OK) << rnn_last_error();
  const rnn_frame &Frame = Plan->frames[RNN_GRADIENT];
  EXPECT_EQ(Plan->batch, 16);
  EXPECT_EQ(Plan->axes[0], 50);
  EXPECT_EQ(Frame.chunk[0], 7);
  EXPECT_EQ(Frame.rows[RNN_CLASS_SEQUENCE(0)], 51 * 16);
  EXPECT_EQ(Frame.rows[RNN_CLASS_CHUNK(0)], 8 * 16);
  EXPECT_EQ(Frame.rows[RNN_CLASS_SEQUENCE(1)], 0);
  EXPECT_EQ(Frame.rows[RNN_CLASS_BATCH], 16);
  EXPECT_EQ(Frame.rows[RNN_CLASS_STATIC], 1);
}

TEST_F(PlanTest, ChunksHaveAbout256RowsAndEqualLengths) {
  const struct {
    int64_t Steps, Batch, Chunk;
  } Cases[] = {{50, 1, 50},   {50, 16, 13},  {50, 64, 4},  {1, 1, 1},
               {512, 1, 256}, {300, 1, 150}, {10, 999, 1}, {17, 300, 1}};
  for (const auto &Case : Cases) {
    Options.axes[0] = Case.Steps;
    Options.batch = Case.Batch;
    ASSERT_EQ(create(), RNN_OK);
    EXPECT_EQ(Plan->frames[0].chunk[0], Case.Chunk)
        << Case.Steps << " steps, batch " << Case.Batch;
  }
}

TEST_F(PlanTest, ChunksOfGradientsAreLonger) {
  ASSERT_EQ(create(), RNN_OK);
  EXPECT_EQ(Plan->frames[RNN_FORWARD].chunk[0], 13);
  EXPECT_EQ(Plan->frames[RNN_LOSS].chunk[0], 13);
  EXPECT_EQ(Plan->frames[RNN_GRADIENT].chunk[0], 25);
}

TEST_F(PlanTest, AChunkIsAtMostTheSequence) {
  Options.chunk = 1000;
  ASSERT_EQ(create(), RNN_OK);
  EXPECT_EQ(Plan->frames[0].chunk[0], 50);
}

TEST_F(PlanTest, ZeroStandsForOne) {
  Options.axes[0] = 0;
  Options.batch = 0;
  ASSERT_EQ(create(), RNN_OK);
  EXPECT_EQ(Plan->axes[0], 1);
  EXPECT_EQ(Plan->batch, 1);
}

TEST_F(PlanTest, ArenasAreAlignedWritableAndApart) {
  for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class)
    Hook.Function.arena_coefficients[Class] = 16 * (Class + 1);
  ASSERT_EQ(create(), RNN_OK);
  const rnn_frame &Frame = Plan->frames[RNN_LOSS];
  const auto Bytes = [&](int Class) {
    return Hook.Function.arena_coefficients[Class] * Frame.rows[Class] * 4;
  };
  for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(Frame.arena[Class]) % RNN_ALIGNMENT,
              0u);
    std::memset(Frame.arena[Class], Class + 1, Bytes(Class));
  }
  for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class)
    for (uint64_t Byte = 0; Byte < Bytes(Class); ++Byte)
      ASSERT_EQ(Frame.arena[Class][Byte], Class + 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(Frame.packed) % RNN_ALIGNMENT, 0u);
  for (int Byte = 0; Byte < 1000; ++Byte)
    EXPECT_EQ(Frame.packed[Byte], 0);
}

TEST_F(PlanTest, FunctionsShareOneArena) {
  Hook.Function.arena_coefficients[RNN_CLASS_BATCH] = 16;
  ASSERT_EQ(create(), RNN_OK);
  EXPECT_EQ(Plan->frames[RNN_FORWARD].arena[0],
            Plan->frames[RNN_GRADIENT].arena[0]);
}

TEST_F(PlanTest, OnlyTheWantedFunctions) {
  Options.functions = 1 << RNN_LOSS;
  ASSERT_EQ(create(), RNN_OK);
  EXPECT_EQ(Plan->frames[RNN_FORWARD].packed, nullptr);
  EXPECT_NE(Plan->frames[RNN_LOSS].packed, nullptr);
  HookCall Given(1, 1);
  EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_ERROR_UNSUPPORTED);
  EXPECT_STREQ(rnn_last_error(), "the plan was made without 'forward'");
}

TEST_F(PlanTest, SitesGoToOneDNNFromFourRowsIfAsked) {
  HookModel Sited({{64, 32, -1, 0}, {64, 32, 0, 0}});
  Options.gemm = RNN_GEMM_LIBRARY;
  Options.batch = 1;
  ASSERT_EQ(rnn_plan_create(&Sited.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(Plan->frames[0].library[0], 0);
  EXPECT_EQ(Plan->frames[0].library[1], 1);
  EXPECT_EQ(Plan->frames[0].use_library_tn, 1);
  rnn_plan_destroy(Plan);
  Options.gemm = RNN_GEMM_GENERATED;
  ASSERT_EQ(rnn_plan_create(&Sited.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(Plan->frames[0].library[1], 0);
  EXPECT_EQ(Plan->frames[0].use_library_tn, 0);
  rnn_plan_destroy(Plan);
  HookModel Double({{64, 32, 0, 0}}, RNN_F64);
  Options.gemm = RNN_GEMM_LIBRARY;
  ASSERT_EQ(rnn_plan_create(&Double.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(Plan->frames[0].library[0], 0);
  EXPECT_EQ(Plan->frames[0].use_library_tn, 0);
}

TEST_F(PlanTest, LargeSitesGoToOneDNNUnlessTheyArePackedInEachCall) {
  Options.gemm = RNN_GEMM_AUTO;
  HookModel Large({{8192, 1024, -1, 0}, {8192, 1023, -1, 0}});
  Options.batch = 4;
  ASSERT_EQ(rnn_plan_create(&Large.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(Plan->frames[RNN_FORWARD].library[0], 1);
  EXPECT_EQ(Plan->frames[RNN_FORWARD].library[1], 0);
  EXPECT_EQ(Plan->frames[RNN_GRADIENT].library[0], 0);
  EXPECT_EQ(Plan->frames[RNN_GRADIENT].use_library_tn, 1);
}

TEST_F(PlanTest, RefusesOtherVersions) {
  Hook.Model.abi_version = 1;
  expectError(RNN_ERROR_VERSION, "expected ABI version 3, got 1");
  Hook.Model.abi_version = RNN_ABI_VERSION;
  Hook.Model.tensor_size = 8;
  expectError(RNN_ERROR_VERSION, "got 8");
  Hook.Model.tensor_size = sizeof(rnn_tensor);
  Hook.Model.struct_size = 100;
  expectError(RNN_ERROR_VERSION, "rnn_model");
  Hook.Model.struct_size = sizeof(rnn_model);
  Hook.Function.struct_size = 8;
  expectError(RNN_ERROR_VERSION, "rnn_function");
}

TEST_F(PlanTest, RefusesAnotherMachine) {
  Hook.Model.required_features = uint64_t(1) << 63;
  expectError(RNN_ERROR_CPU, "model 'hook' was compiled for CPU 'generic'");
}

TEST_F(PlanTest, RefusesNonsense) {
  Options.batch = -1;
  expectError(RNN_ERROR_ARGUMENT, "expected a batch of 1 or more, got -1");
  Options.batch = 1;
  Options.axes[0] = -5;
  expectError(RNN_ERROR_ARGUMENT, "got -5");
  Options.axes[0] = 5;
  Options.axes[1] = 5;
  expectError(RNN_ERROR_ARGUMENT, "expected steps for 1 time axes");
  Options.axes[1] = 0;
  Options.gemm = 7;
  expectError(RNN_ERROR_ARGUMENT, "got 7");
  Options.gemm = 0;
  Options.chunk = -1;
  expectError(RNN_ERROR_ARGUMENT, "got -1");
  Options.chunk = 0;
  Options.threads = -1;
  expectError(RNN_ERROR_ARGUMENT, "expected 1 to 1024 threads, got -1");
  Options.threads = 0;
  Options.slices = -2;
  expectError(RNN_ERROR_ARGUMENT, "expected 0 slices or more, got -2");
  Options.slices = 0;
  Options.functions = 1 << RNN_TANGENT;
  expectError(RNN_ERROR_UNSUPPORTED, "has no function 'tangent'");
  EXPECT_EQ(rnn_plan_create(nullptr, &Options, &Plan), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_plan_create(&Hook.Model, nullptr, &Plan), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_plan_create(&Hook.Model, &Options, nullptr),
            RNN_ERROR_ARGUMENT);
}

TEST_F(PlanTest, RefusesSizesThatOverflow) {
  Hook.Function.arena_coefficients[RNN_CLASS_SEQUENCE(0)] = 1024;
  Options.axes[0] = INT64_MAX;
  Options.batch = 1;
  expectError(RNN_ERROR_CAPACITY, "overflow");
  Options.axes[0] = INT64_MAX / 4096;
  expectError(RNN_ERROR_CAPACITY, "overflow");
}

TEST_F(PlanTest, RunsOutOfMemoryWithAMessage) {
  Hook.Function.arena_coefficients[RNN_CLASS_SEQUENCE(0)] = 1024;
  Options.axes[0] = int64_t(1) << 45;
  Options.batch = 1;
  expectError(RNN_ERROR_MEMORY, "out of memory");
}

TEST_F(PlanTest, DestroyingNothingIsFine) { rnn_plan_destroy(nullptr); }

TEST(Status, EveryOneHasAMessage) {
  for (int Status = RNN_OK; Status <= RNN_ERROR_LIBRARY; ++Status)
    EXPECT_STRNE(rnn_status_message(static_cast<rnn_status>(Status)),
                 "an unknown status");
}

} // namespace
