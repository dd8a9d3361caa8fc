//===- ThreadTest.cpp - Tests of oneDNN in several threads ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Plans in threads of their own give bit for bit what one alone gives, and
// oneDNN stays on the thread that called.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/AllocationCount.h"
#include "test/unit/runtime/HookModel.h"

#include <cmath>
#include <filesystem>
#include <gtest/gtest.h>
#include <mutex>
#include <numeric>
#include <thread>

namespace {

constexpr int64_t N = 192, K = 96, Steps = 5, Batch = 9;

long threadCount() {
  const std::filesystem::directory_iterator Tasks("/proc/self/task");
  return std::distance(begin(Tasks), end(Tasks));
}

/// Plan calls may come at once, plans are made one at a time or at once.
std::vector<float> work(int Repeats, long *Threads) {
  HookModel Hook({{N, K, -1, 0}, {N, K, 0, 0}});
  const rnn_plan_options Options{.axes = {Steps},
                                 .batch = Batch,
                                 .threads = 0,
                                 .gemm = RNN_GEMM_LIBRARY,
                                 .functions = 1 << RNN_FORWARD,
                                 .slices = 0,
                                 .chunk = 0,
                                 .parallel = nullptr,
                                 .parallel_context = nullptr,
                                 .wave = RNN_WAVE_AUTO,
                                 .reserved = 0};
  std::vector<float> W(N * K), A(Steps * Batch * K), C(Steps * Batch * N);
  for (size_t I = 0; I < W.size(); ++I)
    W[I] = std::sin(0.1f * I);
  for (size_t I = 0; I < A.size(); ++I)
    A[I] = std::cos(0.3f * I);
  hooks().Pack = [&](rnn_plan *P, const void *Params) {
    return P->table->pack(P, RNN_FORWARD, 0, Params, K, 1) |
           P->table->pack(P, RNN_FORWARD, 1, Params, K, 1);
  };
  hooks().Run = [&](rnn_plan *P, const rnn_call *) {
    int32_t Status = P->table->gemm(P, RNN_FORWARD, 1, Steps * Batch, A.data(),
                                    K, C.data(), N, 0);
    for (int64_t Step = 0; Step < Steps; ++Step)
      Status |=
          P->table->gemm(P, RNN_FORWARD, 0, Batch, A.data() + Step * Batch * K,
                         K, C.data() + Step * Batch * N, N, 1);
    return Status | P->table->gemm_tn(P, K, K, Steps * Batch, A.data(), K,
                                      A.data(), K, W.data(), K, 1);
  };
  rnn_plan *Plan = nullptr;
  EXPECT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  EXPECT_EQ(rnn_plan_pack(Plan, W.data()), RNN_OK);
  HookCall Given(Steps, Batch);
  for (int Repeat = 0; Repeat < Repeats; ++Repeat)
    EXPECT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  if (Threads)
    *Threads = threadCount();
  rnn_plan_destroy(Plan);
  hooks() = {};
  W.insert(W.end(), C.begin(), C.end());
  return W;
}

TEST(Threads, OneDNNStartsNone) {
  long During = 0;
  const long Before = threadCount();
  work(3, &During);
  EXPECT_EQ(During, Before);
  std::thread([&] { work(3, &During); }).join();
  EXPECT_EQ(During, Before + 1); // the thread that called, and no team of it
}

TEST(Threads, PlansAtOnceGiveTheSameBits) {
  const int Repeats = 300;
  const auto Alone = work(Repeats, nullptr);
  std::vector<std::vector<float>> Results(4);
  std::vector<std::thread> Workers;
  for (auto &Result : Results)
    Workers.emplace_back([&] { Result = work(Repeats, nullptr); });
  for (std::thread &Worker : Workers)
    Worker.join();
  for (const auto &Result : Results)
    EXPECT_EQ(Result, Alone);
}

TEST(Threads, OneDNNAllocatesAFewTimesAnExecution) {
  HookModel Hook({{N, K, -1, 0}});
  const rnn_plan_options Options{.axes = {1},
                                 .batch = Batch,
                                 .threads = 0,
                                 .gemm = RNN_GEMM_LIBRARY,
                                 .functions = 1 << RNN_FORWARD,
                                 .slices = 0,
                                 .chunk = 0,
                                 .parallel = nullptr,
                                 .parallel_context = nullptr,
                                 .wave = RNN_WAVE_AUTO,
                                 .reserved = 0};
  std::vector<float> W(N * K), A(Batch * K), C(Batch * N);
  const int Executions = 100;
  hooks().Pack = [&](rnn_plan *P, const void *Params) {
    return P->table->pack(P, RNN_FORWARD, 0, Params, K, 1);
  };
  hooks().Run = [&](rnn_plan *P, const rnn_call *) {
    int32_t Status = RNN_OK;
    for (int Execution = 0; Execution < Executions; ++Execution)
      Status |=
          P->table->gemm(P, RNN_FORWARD, 0, Batch, A.data(), K, C.data(), N, 0);
    return Status;
  };
  rnn_plan *Plan = nullptr;
  ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK);
  ASSERT_EQ(rnn_plan_pack(Plan, W.data()), RNN_OK);
  HookCall Given(1, Batch);
  ASSERT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  const long Before = allocationCount();
  ASSERT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK);
  EXPECT_LE(allocationCount() - Before, 8 * Executions);
  rnn_plan_destroy(Plan);
  hooks() = {};
}

} // namespace
