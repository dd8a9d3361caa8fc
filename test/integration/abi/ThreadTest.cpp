//===- ThreadTest.cpp - Tests of plans in several threads -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two plans called at once give bit for bit what they give one after the other.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace {

constexpr int64_t Steps = 13, Batch = 8;
constexpr int Rounds = 40;

/// One thread's plan and data. States are carried from round to round.
class Worker {
public:
  Worker(const rnn_model &Model, uint64_t Seed)
      : Plan(makePlan(Model, Steps, Batch)), W(Model, Steps, Batch, Seed) {
    EXPECT_NE(Plan, nullptr) << rnn_last_error();
    EXPECT_EQ(rnn_reset(&Model, W.params(), W.Call.state, Batch), RNN_OK);
  }

  void round() {
    rnn_plan *P = Plan.get();
    EXPECT_EQ(rnn_gradient(P, W.params(), &W.Call), RNN_OK);
    EXPECT_EQ(rnn_plan_pack(P, W.params()), RNN_OK);
    EXPECT_EQ(rnn_forward(P, &W.Call), RNN_OK);
    const Bytes Now = W.results();
    All.insert(All.end(), Now.begin(), Now.end());
  }

  Bytes All; ///< results of every round

private:
  PlanHandle Plan;
  Work W;
};

Bytes alone(const rnn_model &Model, uint64_t Seed) {
  Worker One(Model, Seed);
  for (int Round = 0; Round < Rounds; ++Round)
    One.round();
  return One.All;
}

void expectSameAtOnce(const rnn_model &First, const rnn_model &Second) {
  Worker One(First, 1), Two(Second, 2);
  std::atomic<int> Arrived = 0;
  const auto Run = [&](Worker &Mine) {
    for (int Round = 0; Round < Rounds; ++Round) {
      // Every round begins in both at once.
      ++Arrived;
      while (Arrived < 2 * (Round + 1))
        std::this_thread::yield();
      Mine.round();
    }
  };
  std::thread Other(Run, std::ref(Two));
  Run(One);
  Other.join();
  EXPECT_EQ(One.All, alone(First, 1));
  EXPECT_EQ(Two.All, alone(Second, 2));
}

TEST(PlansAtOnce, OfOneModel) { expectSameAtOnce(lstmstack, lstmstack); }

TEST(PlansAtOnce, OfTwoModels) { expectSameAtOnce(lstmstack, tokens); }

TEST(PlansAtOnce, ResultsDiffer) {
  // What the tests above compare is not one constant.
  EXPECT_NE(alone(lstmstack, 1), alone(lstmstack, 2));
}

} // namespace
