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

private:
  Work W;
  PlanHandle Plan;
  rnn_table Table;
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
