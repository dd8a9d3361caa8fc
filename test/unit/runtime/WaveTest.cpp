//===- WaveTest.cpp - Tests of layers one behind another ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which thread has which stages, when a plan lets them run one behind another,
// and which memory is whose then.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Wave.h"
#include "runtime/lib/CostModel.h"
#include "test/unit/runtime/HookModel.h"

#include <gtest/gtest.h>

namespace {

using Owners = std::vector<int32_t>;

rnn_function makeFunction(const std::vector<rnn_stage> &Stages) {
  rnn_function Function{};
  Function.flags = RNN_TEAM | RNN_WAVE;
  Function.stages = Stages.data();
  Function.stage_count = Stages.size();
  return Function;
}

TEST(Wave, NeighboursShareAThread) {
  const std::vector<rnn_stage> Stages = {{4, 0, 0}, {4, 0, 0}, {4, 0, 0},
                                         {4, 0, 0}, {1, 1, 0}, {9, 1, 0}};
  const rnn_function Function = makeFunction(Stages);
  EXPECT_EQ(rnn::ownersOf(Function, 1), Owners({0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(rnn::ownersOf(Function, 2), Owners({0, 0, 1, 1, 0, 1}));
  EXPECT_EQ(rnn::ownersOf(Function, 3), Owners({0, 0, 1, 1, 0, 1}));
  EXPECT_EQ(rnn::ownersOf(Function, 4), Owners({0, 1, 2, 3, 0, 1}));
  EXPECT_EQ(rnn::ownersOf(Function, 9), Owners({0, 1, 2, 3, 0, 1}));
}

TEST(Wave, StagesWithoutCostBelongSomewhere) {
  const std::vector<rnn_stage> Stages = {{0, 0, 0}, {5, 0, 0}, {0, 0, 0}};
  for (const int32_t Threads : {1, 2, 3}) {
    const Owners Found = rnn::ownersOf(makeFunction(Stages), Threads);
    ASSERT_EQ(Found.size(), 3u);
    EXPECT_EQ(Found.front(), 0);
    EXPECT_LT(Found.back(), Threads);
  }
}

/// Four equal layers on two threads take n + 1 turns for n chunks.
TEST(Wave, SpeedCountsTheFirstTurn) {
  const std::vector<rnn_stage> Stages(4, {1 << 16, 0, 0});
  rnn_plan_options Options{};
  Options.axes[0] = 100;
  Options.threads = 2;
  Options.chunk = 10;
  EXPECT_DOUBLE_EQ(rnn::waveSpeed(RNN_FORWARD, makeFunction(Stages), Options),
                   20. / 11);
  Options.chunk = 100;
  EXPECT_DOUBLE_EQ(rnn::waveSpeed(RNN_FORWARD, makeFunction(Stages), Options),
                   1.);
}

TEST(Wave, ChunksDoNotDependOnThreads) {
  for (int64_t Steps = 1; Steps < 400; ++Steps)
    for (const int Function : {RNN_FORWARD, RNN_GRADIENT}) {
      const int64_t Chunk = rnn::cost::waveSteps(Function, Steps, 2);
      EXPECT_GE(Chunk, 1);
      EXPECT_LE(Chunk, rnn::cost::chunkSteps(Steps, 2,
                                             rnn::cost::chunkRows(Function)));
    }
  EXPECT_EQ(rnn::cost::waveSteps(RNN_FORWARD, 100, 1), 7);
  EXPECT_EQ(rnn::cost::waveSteps(RNN_GRADIENT, 100, 1), 15);
}

TEST(Wave, IsForSmallLayersThatKeepThreadsBusy) {
  const std::vector<rnn_stage> Stages(4, {1 << 18, 0, 0});
  rnn_function Function = makeFunction(Stages);
  rnn_plan_options Options{};
  Options.axes[0] = 100;
  Options.threads = 2;
  const auto Is = [&] {
    return rnn::isForWave(RNN_FORWARD, Function, Options);
  };
  EXPECT_TRUE(Is());
  Options.threads = 1;
  EXPECT_FALSE(Is());
  Options.wave = RNN_WAVE_ALWAYS;
  EXPECT_TRUE(Is()) << "so that chunks are the same";
  Function.flags = RNN_TEAM;
  EXPECT_FALSE(Is());
  Function.flags = RNN_TEAM | RNN_WAVE;
  Options.threads = 2;
  Options.wave = RNN_WAVE_NEVER;
  EXPECT_FALSE(Is());
  Options.wave = RNN_WAVE_AUTO;
  Options.slices = 1;
  EXPECT_FALSE(Is()) << "a team was asked for";
  Options.slices = 0;
  Options.axes[0] = 2;
  EXPECT_FALSE(Is()) << "the first turn takes too long";
  Options.axes[0] = 100;
  const rnn_site Large = {1024, 256, -1, 0};
  Function.sites = &Large;
  Function.site_count = 1;
  EXPECT_FALSE(Is()) << "a team keeps its share in its caches";
}

/// Notes which memory the members of a team see.
int32_t notePlaces(rnn_plan *Plan, const rnn_call *) {
  const rnn_frame &Frame = Plan->frames[RNN_LOSS];
  auto **Noted = reinterpret_cast<char **>(Frame.arena[RNN_CLASS_STATIC]);
  Noted[3 * Plan->thread] = Frame.arena[RNN_CLASS_STAGE(0)];
  Noted[3 * Plan->thread + 1] = Frame.arena[RNN_CLASS_STAGE_BATCH];
  Noted[3 * Plan->thread + 2] = Frame.arena[RNN_CLASS_HANDED_ON(0)];
  return Frame.owners && Frame.owners[3] == 1 ? RNN_OK : RNN_ERROR_ARGUMENT;
}

TEST(Wave, MembersHaveMemoryForTheirStages) {
  HookModel Hook;
  const std::vector<rnn_stage> Stages(4, {1 << 18, 0, 0});
  Hook.Function.run = notePlaces;
  Hook.Function.flags = RNN_TEAM | RNN_WAVE;
  Hook.Function.stages = Stages.data();
  Hook.Function.stage_count = Stages.size();
  Hook.Function.arena_coefficients[RNN_CLASS_STATIC] = 64;
  for (const int Class :
       {RNN_CLASS_STAGE(0), RNN_CLASS_STAGE_BATCH, RNN_CLASS_HANDED_ON(0)})
    Hook.Function.arena_coefficients[Class] = 16;
  rnn_plan_options Options{};
  Options.axes[0] = 100;
  Options.threads = 2;
  rnn_plan *Plan = nullptr;
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK)
      << rnn_last_error();
  const rnn_frame &Frame = Plan->frames[RNN_LOSS];
  EXPECT_EQ(Frame.chunk[0], 7);
  EXPECT_EQ(Frame.rows[RNN_CLASS_STAGE(0)], 8);
  EXPECT_EQ(Frame.rows[RNN_CLASS_HANDED_ON(0)], 2 * 8);
  HookCall Given(100, 1);
  EXPECT_EQ(rnn_plan_pack(Plan, Given.Gradient), RNN_OK);
  EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK) << rnn_last_error();
  auto **Noted = reinterpret_cast<char **>(Frame.arena[RNN_CLASS_STATIC]);
  EXPECT_NE(Noted[0], Noted[3]);
  EXPECT_NE(Noted[1], Noted[4]);
  EXPECT_EQ(Noted[2], Noted[5]);
  rnn_plan_destroy(Plan);
}

TEST(Wave, OptionIsChecked) {
  HookModel Hook;
  rnn_plan_options Options{};
  Options.wave = 3;
  rnn_plan *Plan = nullptr;
  EXPECT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_ERROR_ARGUMENT);
  EXPECT_STREQ(rnn_last_error(), "expected RNN_WAVE_AUTO, RNN_WAVE_ALWAYS or "
                                 "RNN_WAVE_NEVER, got 3");
}

} // namespace
