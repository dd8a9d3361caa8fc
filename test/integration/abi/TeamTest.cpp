//===- TeamTest.cpp - Tests of functions that threads share ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiled functions run by several threads at once give bit for bit what one
// thread gives. Threads are late at random around every barrier, so that one
// that is missing shows.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <thread>

namespace {

constexpr int MostThreads = 4, Rounds = 3;

std::atomic<int> Arrived = 0;
std::atomic<unsigned> Phase = 0;
std::atomic<int> Barriers = 0;

/// Loses some microseconds, one time in four.
void beLate() {
  thread_local std::minstd_rand Random(
      std::hash<std::thread::id>()(std::this_thread::get_id()));
  if (Random() % 4 != 0)
    return;
  const auto Until = std::chrono::steady_clock::now() +
                     std::chrono::microseconds(Random() % 20);
  while (std::chrono::steady_clock::now() < Until)
    continue;
}

void waitForAll(rnn_plan *P) {
  beLate();
  const unsigned Mine = Phase;
  if (Arrived.fetch_add(1) + 1 == P->threads) {
    Arrived = 0;
    ++Barriers;
    Phase = Mine + 1;
  }
  while (Phase == Mine)
    std::this_thread::yield();
  beLate();
}

/// Buffer classes that a stage has for itself.
std::vector<int> stageClasses() {
  std::vector<int> Classes = {RNN_CLASS_STAGE_BATCH};
  for (int Axis = 0; Axis < RNN_MAX_AXES; ++Axis)
    Classes.push_back(RNN_CLASS_STAGE(Axis));
  return Classes;
}

/// A model's functions on plans of which every thread has a copy.
class Team {
public:
  Team(const rnn_model &Model, int64_t Steps, int64_t Batch)
      : W(Model, Steps, Batch),
        Plan(makePlan(Model, Steps, Batch, RNN_GEMM_GENERATED)) {
    EXPECT_NE(Plan, nullptr) << rnn_last_error();
    for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
      Plan->ragged[Axis] = {Steps, Steps * Batch, nullptr, nullptr, nullptr};
    Table = *Plan->table;
    Table.barrier = waitForAll;
  }

  /// Packs and runs a function; its results.
  Bytes run(int Function, int Threads) {
    const rnn_function &F = *W.Model.functions[Function];
    std::memset(Plan->frames[Function].packed, 0, F.packed_bytes);
    W.clearResults();
    EXPECT_EQ(rnn_reset(&W.Model, W.params(), W.Call.state, W.Call.batch),
              RNN_OK);
    std::vector<rnn_plan> Copies(Threads, *Plan);
    const auto Work = [&](int Thread) {
      rnn_plan &Mine = Copies[Thread];
      Mine.table = &Table;
      Mine.thread = Thread;
      Mine.threads = Threads;
      takeStageMemory(Mine, Function);
      EXPECT_EQ(F.pack(&Mine, W.params()), RNN_OK);
      if (Threads > 1)
        waitForAll(&Mine);
      EXPECT_EQ(F.run(&Mine, &W.Call), RNN_OK);
    };
    std::vector<std::thread> Others;
    for (int Thread = 1; Thread < Threads; ++Thread)
      Others.emplace_back(Work, Thread);
    Work(0);
    for (std::thread &Other : Others)
      Other.join();
    return W.results();
  }

  /// Lets stage i be that of thread `Owners[i]`, with chunks of `Chunk` steps.
  void makeWave(int Function, const std::vector<int32_t> &Owners, int Threads,
                int64_t Chunk) {
    rnn_frame &Frame = Plan->frames[Function];
    const rnn_function &F = *W.Model.functions[Function];
    Frame.owners = Owners.data();
    for (uint64_t Axis = 0; Axis < W.Model.axis_count; ++Axis) {
      Frame.chunk[Axis] = Chunk;
      Frame.rows[RNN_CLASS_HANDED_ON(Axis)] =
          Threads * (Chunk + 1) * W.Call.batch;
    }
    Own.clear();
    for (int Thread = 0; Thread < Threads; ++Thread)
      for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class)
        Own.emplace_back(F.arena_coefficients[Class] * Frame.rows[Class] *
                         sizeof(double));
    // Of classes that all have, the first thread's.
    for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class)
      Frame.arena[Class] = Own[Class].data();
  }

private:
  void takeStageMemory(rnn_plan &Mine, int Function) {
    if (Mine.frames[Function].owners)
      for (const int Class : stageClasses())
        Mine.frames[Function].arena[Class] =
            Own[Mine.thread * RNN_MAX_CLASSES + Class].data();
  }

  Work W;
  PlanHandle Plan;
  rnn_table Table;
  std::vector<AlignedBytes> Own;
};

void expectSame(const rnn_model &Model, int64_t Steps, int64_t Batch) {
  Team Made(Model, Steps, Batch);
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    if (!Model.functions[Function])
      continue;
    EXPECT_EQ(Model.functions[Function]->flags & RNN_TEAM, uint32_t(RNN_TEAM));
    const Bytes Alone = Made.run(Function, 1);
    for (int Threads = 2; Threads <= MostThreads; ++Threads)
      for (int Round = 0; Round < Rounds; ++Round)
        EXPECT_EQ(Alone, Made.run(Function, Threads))
            << Model.name << ", function " << Function << ", T = " << Steps
            << ", B = " << Batch << ", " << Threads << " threads";
  }
}

class TeamTest : public testing::TestWithParam<const rnn_model *> {};

TEST_P(TeamTest, OneSequence) { expectSame(*GetParam(), 6, 1); }

TEST_P(TeamTest, OneStep) { expectSame(*GetParam(), 1, 1); }

TEST_P(TeamTest, SeveralSequences) { expectSame(*GetParam(), 5, 3); }

INSTANTIATE_TEST_SUITE_P(Models, TeamTest,
                         testing::Values(&lstmstack, &grustack, &vanillastack,
                                         &tokens, &translation, &bidirectional),
                         [](const auto &Info) { return Info.param->name; });

class WaveTest : public testing::TestWithParam<const rnn_model *> {};

/// Whoever runs which stage, and whoever is late.
TEST_P(WaveTest, GivesWhatOneThreadGives) {
  const rnn_model &Model = *GetParam();
  std::minstd_rand Random(5);
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    if (!Model.functions[Function])
      continue;
    ASSERT_TRUE(Model.functions[Function]->flags & RNN_WAVE);
    const uint64_t Count = Model.functions[Function]->stage_count;
    const rnn_stage *Stages = Model.functions[Function]->stages;
    for (const int64_t Batch : {1, 3})
      for (const int64_t Chunk : {1, 2}) {
        const std::vector<int32_t> Nobody(Count, 0);
        Team Made(Model, 7, Batch);
        Made.makeWave(Function, Nobody, 1, Chunk);
        const Bytes Alone = Made.run(Function, 1);
        for (int Threads = 2; Threads <= MostThreads; ++Threads) {
          std::vector<int32_t> Owners(Count);
          for (uint64_t Stage = 1; Stage < Count; ++Stage)
            if (Stages[Stage].loop == Stages[Stage - 1].loop)
              Owners[Stage] =
                  std::min<int>(Owners[Stage - 1] + Random() % 2, Threads - 1);
          Made.makeWave(Function, Owners, Threads, Chunk);
          EXPECT_EQ(Alone, Made.run(Function, Threads))
              << "function " << Function << ", B = " << Batch << ", chunks of "
              << Chunk << ", " << Threads << " threads";
        }
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, WaveTest,
                         testing::Values(&lstmstack, &vanillastack),
                         [](const auto &Info) { return Info.param->name; });

/// A step of a recurrence with one product has one barrier.
TEST(TeamBarriers, OneAStep) {
  Team Short(lstmstack, 10, 1), Long(lstmstack, 11, 1);
  Barriers = 0;
  Short.run(RNN_FORWARD, 2);
  const int Before = Barriers.exchange(0);
  Long.run(RNN_FORWARD, 2);
  EXPECT_EQ(Barriers - Before, 2) << "for two layers";
}

} // namespace
