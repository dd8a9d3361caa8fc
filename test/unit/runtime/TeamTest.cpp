//===- TeamTest.cpp - Tests of pools, barriers and teams ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// All threads run a task at once; what they write before a barrier is there
// after it; the members of a team have the plan's memory and places of their
// own.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/HookModel.h"

#include "runtime/lib/Barrier.h"
#include "runtime/lib/Pool.h"

#include <gtest/gtest.h>
#include <numeric>

namespace {

TEST(Pool, RunsEachThreadOnce) {
  for (const int32_t Threads : {1, 2, 3, 5}) {
    rnn::Pool Under(Threads, nullptr, nullptr);
    for (int Round = 0; Round < 200; ++Round) {
      std::vector<int> Calls(Threads);
      Under.run([&](int32_t Thread) { ++Calls[Thread]; });
      EXPECT_EQ(Calls, std::vector<int>(Threads, 1));
    }
  }
}

TEST(Pool, WakesUpAfterALongWait) {
  rnn::Pool Under(3, nullptr, nullptr);
  for (int Round = 0; Round < 3; ++Round) {
    std::atomic<int> Calls = 0;
    Under.run([&](int32_t) { ++Calls; });
    EXPECT_EQ(Calls, 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

TEST(Barrier, SeparatesRounds) {
  constexpr int32_t Threads = 3;
  constexpr int Rounds = 500;
  rnn::Pool Under(Threads, nullptr, nullptr);
  rnn::Barrier Between;
  int Written[Threads] = {};
  std::atomic<int> Wrong = 0;
  Under.run([&](int32_t Thread) {
    for (int Round = 1; Round <= Rounds; ++Round) {
      Written[Thread] = Round;
      Between.wait(Threads);
      Wrong +=
          std::accumulate(Written, Written + Threads, 0) != Threads * Round;
      Between.wait(Threads);
    }
  });
  EXPECT_EQ(Wrong, 0);
}

/// Every member adds its number where all can see it, then reads the sum.
int32_t addUp(rnn_plan *Plan, const rnn_call *Call) {
  auto *Shared = reinterpret_cast<int32_t *>(
      Plan->frames[RNN_FORWARD].arena[RNN_CLASS_STATIC]);
  Shared[Plan->thread] = Plan->thread + 1;
  if (Plan->threads > 1)
    Plan->table->barrier(Plan);
  const int32_t Sum = std::accumulate(Shared, Shared + Plan->threads, 0);
  if (Plan->thread == 0)
    *Call->loss = Sum;
  return Sum == Plan->threads * (Plan->threads + 1) / 2 ? RNN_OK
                                                        : RNN_ERROR_ARGUMENT;
}

/// A product that is worth a team for one sequence.
const rnn_site LongStep = {256, 256, -1, 0};

TEST(Team, SharesMemoryAndWork) {
  HookModel Hook({LongStep});
  Hook.Function.run = addUp;
  Hook.Function.flags = RNN_TEAM;
  Hook.Function.arena_coefficients[RNN_CLASS_STATIC] = 16;
  for (const int32_t Threads : {1, 2, 4}) {
    rnn_plan_options Options{};
    Options.batch = 2;
    Options.axes[0] = 3;
    Options.threads = Threads;
    rnn_plan *Plan = nullptr;
    ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK)
        << rnn_last_error();
    EXPECT_EQ(Plan->threads, 1) << "the leader packs alone";
    HookCall Given(3, 2);
    EXPECT_EQ(rnn_plan_pack(Plan, Given.Gradient), RNN_OK);
    for (int Round = 0; Round < 50; ++Round) {
      Given.Loss = 0;
      EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK) << rnn_last_error();
      EXPECT_EQ(Given.Loss, Threads * (Threads + 1) / 2);
    }
    rnn_plan_destroy(Plan);
  }
}

/// What a part of the batch sees: its place in the whole.
int32_t notePlace(rnn_plan *Plan, const rnn_call *Call) {
  *Call->loss += static_cast<double>(Call->batch);
  const bool IsRight = Plan->threads == 1 && Plan->whole_batch == 7 &&
                       Plan->first_sequence + Call->batch <= 7 &&
                       Plan->ragged[0].valid_rows == 3 * 7;
  return IsRight ? RNN_OK : RNN_ERROR_ARGUMENT;
}

TEST(Team, SmallPartsAreLeftToIt) {
  HookModel Hook({LongStep});
  Hook.Function.run = notePlace;
  Hook.Function.flags = RNN_TEAM | RNN_SLICES;
  rnn_plan_options Options{};
  Options.batch = 7;
  Options.axes[0] = 3;
  Options.threads = 2;
  Options.slices = 3;
  rnn_plan *Plan = nullptr;
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  HookCall Given(3, 7);
  EXPECT_EQ(rnn_plan_pack(Plan, Given.Gradient), RNN_OK);
  EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK) << rnn_last_error();
  EXPECT_EQ(Given.Loss, 7);
  rnn_plan_destroy(Plan);
  // Of seven sequences two threads would have less than four each.
  Hook.Function.run = addUp;
  Hook.Function.arena_coefficients[RNN_CLASS_STATIC] = 16;
  Options.slices = 0;
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(rnn_plan_pack(Plan, Given.Gradient), RNN_OK);
  EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK) << rnn_last_error();
  EXPECT_EQ(Given.Loss, 3);
  rnn_plan_destroy(Plan);
}

TEST(Team, ShortStepsNeedItNamed) {
  HookModel Hook({{16, 16, -1, 0}});
  Hook.Function.run = addUp;
  Hook.Function.flags = RNN_TEAM;
  Hook.Function.arena_coefficients[RNN_CLASS_STATIC] = 16;
  for (const int32_t Slices : {0, 1}) {
    rnn_plan_options Options{};
    Options.batch = 1;
    Options.axes[0] = 3;
    Options.threads = 2;
    Options.slices = Slices;
    rnn_plan *Plan = nullptr;
    ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
    HookCall Given(3, 1);
    EXPECT_EQ(rnn_plan_pack(Plan, Given.Gradient), RNN_OK);
    EXPECT_EQ(rnn_loss(Plan, &Given.Call), RNN_OK) << rnn_last_error();
    EXPECT_EQ(Given.Loss, Slices == 0 ? 1 : 3);
    rnn_plan_destroy(Plan);
  }
}

} // namespace
