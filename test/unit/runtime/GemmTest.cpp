//===- GemmTest.cpp - Tests of the table's GEMMs --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// GEMM through the table against loops, at odd sizes and strides.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/HookModel.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace {

std::vector<float> randomVector(size_t Count, unsigned Seed) {
  std::mt19937 Engine(Seed);
  std::uniform_real_distribution<float> Uniform(-1, 1);
  std::vector<float> Values(Count);
  for (float &Value : Values)
    Value = Uniform(Engine);
  return Values;
}

/// Where W stands: element (n, k) at n * LdN + k * LdK.
struct Strides {
  int64_t LdN, LdK;
};

struct GemmTest : testing::Test {
  ~GemmTest() override { hooks() = {}; }

  /// Runs the body where compiled code would run, with W packed.
  template <typename Body>
  void run(int64_t N, int64_t K, int64_t Steps, int64_t Batch,
           const std::vector<float> &W, Strides Of, Body &&Inside) {
    HookModel Hook({{N, K, 0, 0}});
    const rnn_plan_options Options{.axes = {Steps},
                                   .batch = Batch,
                                   .threads = 0,
                                   .gemm = RNN_GEMM_LIBRARY,
                                   .functions = 1 << RNN_FORWARD,
                                   .slices = 0,
                                   .chunk = Steps,
                                   .parallel = nullptr,
                                   .parallel_context = nullptr,
                                   .wave = RNN_WAVE_AUTO,
                                   .reserved = 0};
    rnn_plan *Plan = nullptr;
    ASSERT_EQ(rnn_plan_create(&Hook.Model, &Options, &Plan), RNN_OK)
        << rnn_last_error();
    hooks().Pack = [&](rnn_plan *P, const void *Params) {
      return P->table->pack(P, RNN_FORWARD, 0, Params, Of.LdN, Of.LdK);
    };
    hooks().Run = [&](rnn_plan *P, const rnn_call *) {
      Inside(P);
      return RNN_OK;
    };
    ASSERT_EQ(rnn_plan_pack(Plan, W.data()), RNN_OK) << rnn_last_error();
    HookCall Given(Steps, Batch);
    ASSERT_EQ(rnn_forward(Plan, &Given.Call), RNN_OK) << rnn_last_error();
    rnn_plan_destroy(Plan);
  }

  void compare(rnn_plan *Plan, int64_t N, int64_t K, int64_t Rows,
               const std::vector<float> &W, Strides Of, int64_t LdA,
               int64_t LdC, bool Accumulate) {
    const auto A = randomVector(Rows * LdA, 1);
    auto C = randomVector(Rows * LdC, 2);
    const auto Before = C;
    ASSERT_EQ(Plan->table->gemm(Plan, RNN_FORWARD, 0, Rows, A.data(), LdA,
                                C.data(), LdC, Accumulate),
              RNN_OK)
        << rnn_last_error();
    for (int64_t M = 0; M < Rows; ++M)
      for (int64_t Column = 0; Column < LdC; ++Column) {
        double Expected = Before[M * LdC + Column];
        if (Column < N) {
          Expected = Accumulate ? Expected : 0;
          for (int64_t I = 0; I < K; ++I)
            Expected +=
                double(A[M * LdA + I]) * W[Column * Of.LdN + I * Of.LdK];
        }
        ASSERT_NEAR(C[M * LdC + Column], Expected, 1e-5 * std::sqrt(K))
            << "rows " << Rows << " n " << N << " k " << K << " at " << M
            << ", " << Column << " accumulate " << Accumulate;
      }
  }
};

TEST_F(GemmTest, EveryRowCount) {
  const int64_t N = 65, K = 37;
  const auto W = randomVector(N * K, 3);
  run(N, K, 70, 1, W, {K, 1}, [&](rnn_plan *Plan) {
    for (int64_t Rows = 1; Rows <= 70; ++Rows)
      for (const bool Accumulate : {false, true})
        compare(Plan, N, K, Rows, W, {K, 1}, K, N, Accumulate);
  });
}

TEST_F(GemmTest, StridedRows) {
  const int64_t N = 50, K = 19;
  const auto W = randomVector(N * K, 3);
  run(N, K, 20, 7, W, {K, 1}, [&](rnn_plan *Plan) {
    for (const int64_t Rows : {1, 2, 5, 16, 63, 64, 65, 100, 140, 141})
      for (const bool Accumulate : {false, true}) {
        compare(Plan, N, K, Rows, W, {K, 1}, K + 3, N, Accumulate);
        compare(Plan, N, K, Rows, W, {K, 1}, K, N + 5, Accumulate);
        compare(Plan, N, K, Rows, W, {K, 1}, K + 9, N + 70, Accumulate);
      }
  });
}

TEST_F(GemmTest, OddSizes) {
  for (const int64_t N : {1, 2, 16, 63, 64, 129, 400})
    for (const int64_t K : {1, 3, 16, 100, 257}) {
      const auto W = randomVector(N * K, 4);
      run(N, K, 13, 2, W, {K, 1}, [&](rnn_plan *Plan) {
        for (const int64_t Rows : {1, 7, 26})
          compare(Plan, N, K, Rows, W, {K, 1}, K, N, Rows == 7);
      });
    }
}

TEST_F(GemmTest, PacksTransposedAndSlicedWeights) {
  const int64_t N = 48, K = 33;
  const auto W = randomVector((N + 9) * (K + 9), 5);
  for (const Strides Of :
       {Strides{K, 1}, Strides{K + 9, 1}, Strides{1, N}, Strides{1, N + 9}})
    run(N, K, 12, 1, W, Of,
        [&](rnn_plan *Plan) { compare(Plan, N, K, 12, W, Of, K, N, false); });
}

TEST_F(GemmTest, PacksAgain) {
  const int64_t N = 40, K = 20;
  const auto First = randomVector(N * K, 6), Second = randomVector(N * K, 7);
  run(N, K, 8, 1, First, {K, 1}, [&](rnn_plan *Plan) {
    compare(Plan, N, K, 8, First, {K, 1}, K, N, false);
    for (const Strides Of : {Strides{K, 1}, Strides{1, N}, Strides{K, 1}}) {
      ASSERT_EQ(Plan->table->pack(Plan, RNN_FORWARD, 0, Second.data(), Of.LdN,
                                  Of.LdK),
                RNN_OK);
      compare(Plan, N, K, 8, Second, Of, K, N, true);
    }
  });
}

TEST_F(GemmTest, WeightGradients) {
  run(1, 1, 4, 1, {1}, {1, 1}, [&](rnn_plan *Plan) {
    for (const int64_t N : {1, 7, 64, 130})
      for (const int64_t K : {1, 5, 65})
        for (const int64_t Rows : {1, 25, 200})
          for (const bool Accumulate : {false, true}) {
            const int64_t LdA = N + 3, LdB = K + 1, LdC = K + 2;
            const auto A = randomVector(Rows * LdA, 8);
            const auto B = randomVector(Rows * LdB, 9);
            auto C = randomVector(N * LdC, 10);
            const auto Before = C;
            ASSERT_EQ(Plan->table->gemm_tn(Plan, N, K, Rows, A.data(), LdA,
                                           B.data(), LdB, C.data(), LdC,
                                           Accumulate),
                      RNN_OK);
            for (int64_t I = 0; I < N; ++I)
              for (int64_t J = 0; J < LdC; ++J) {
                double Expected = Before[I * LdC + J];
                if (J < K) {
                  Expected = Accumulate ? Expected : 0;
                  for (int64_t Row = 0; Row < Rows; ++Row)
                    Expected += double(A[Row * LdA + I]) * B[Row * LdB + J];
                }
                ASSERT_NEAR(C[I * LdC + J], Expected, 1e-4);
              }
          }
  });
}

} // namespace
