//===- SignalTest.cpp - Tests of signals during calls ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A signal handler runs on the stack of the thread it interrupts, whatever the
// call is at. Kernels of oneDNN before 3.12 that have the stack pointer in the
// heap (its issue 4845) would have it write over other allocations there.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <pthread.h>
#include <thread>

namespace {

uintptr_t StackBegin, StackEnd;
std::atomic<long> Handled, Elsewhere;

void onSignal(int) {
  const auto Here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  ++Handled;
  if (Here < StackBegin || Here >= StackEnd)
    ++Elsewhere;
}

void findStack() {
  pthread_attr_t Attributes;
  void *Begin;
  size_t Size;
  ASSERT_EQ(pthread_getattr_np(pthread_self(), &Attributes), 0);
  ASSERT_EQ(pthread_attr_getstack(&Attributes, &Begin, &Size), 0);
  pthread_attr_destroy(&Attributes);
  StackBegin = reinterpret_cast<uintptr_t>(Begin);
  StackEnd = StackBegin + Size;
}

/// Calls `Run` under a hail of signals from another thread.
template <typename Body> void underSignals(Body &&Run) {
  findStack();
  Handled = Elsewhere = 0;
  struct sigaction Action{}, Before;
  Action.sa_handler = onSignal;
  Action.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGUSR1, &Action, &Before), 0);
  std::atomic<bool> Over = false;
  const pthread_t Target = pthread_self();
  std::thread Sender([&] {
    while (!Over) {
      pthread_kill(Target, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  });
  Run();
  Over = true;
  Sender.join();
  sigaction(SIGUSR1, &Before, nullptr);
  EXPECT_GT(Handled, 100) << "too few signals to say anything";
  EXPECT_EQ(Elsewhere, 0) << "of " << Handled
                          << " signals found the stack pointer elsewhere";
}

TEST(Signals, FindTheStackDuringGradients) {
  const int64_t Steps = 40, Batch = 8;
  const PlanHandle Plan = makePlan(lstmstack, Steps, Batch);
  ASSERT_NE(Plan, nullptr) << rnn_last_error();
  Work W(lstmstack, Steps, Batch);
  ASSERT_EQ(rnn_reset(&lstmstack, W.params(), W.Call.state, Batch), RNN_OK);
  underSignals([&] {
    for (int Round = 0; Round < 2000; ++Round)
      ASSERT_EQ(rnn_gradient(Plan.get(), W.params(), &W.Call), RNN_OK);
  });
}

TEST(Signals, FindTheStackDuringForward) {
  const int64_t Steps = 40, Batch = 8;
  const PlanHandle Plan = makePlan(lstmstack, Steps, Batch);
  ASSERT_NE(Plan, nullptr) << rnn_last_error();
  Work W(lstmstack, Steps, Batch);
  ASSERT_EQ(rnn_reset(&lstmstack, W.params(), W.Call.state, Batch), RNN_OK);
  ASSERT_EQ(rnn_plan_pack(Plan.get(), W.params()), RNN_OK);
  underSignals([&] {
    for (int Round = 0; Round < 4000; ++Round)
      ASSERT_EQ(rnn_forward(Plan.get(), &W.Call), RNN_OK);
  });
}

} // namespace
