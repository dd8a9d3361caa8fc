//===- InitTest.cpp - Tests of initial parameters -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Generators against published numbers, initialisers against their statistics.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Philox.h"
#include "runtime/lib/Spectral.h"
#include "test/unit/runtime/HookModel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

namespace {

TEST(Philox, KnownAnswers) {
  // From the known-answer file of Random123, the authors' implementation.
  using Block = std::array<uint32_t, 4>;
  EXPECT_EQ(rnn::philox({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(rnn::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(rnn::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                        {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

struct InitTest : testing::Test {
  /// Fills one parameter of the given shape.
  template <typename Element = float>
  std::vector<Element> fill(const char *Init, double First, double Second,
                            std::vector<int64_t> Shape, uint64_t Seed = 42,
                            const char *Name = "W") {
    HookModel Hook({}, sizeof(Element) == 8 ? RNN_F64 : RNN_F32);
    Hook.Parameter.name = Name;
    Hook.Parameter.init = Init;
    Hook.Parameter.init_args[0] = First;
    Hook.Parameter.init_args[1] = Second;
    Hook.Parameter.rank = Shape.size();
    Hook.Parameter.size = 1;
    for (size_t Index = 0; Index < Shape.size(); ++Index) {
      Hook.Parameter.shape[Index] = Shape[Index];
      Hook.Parameter.size *= Shape[Index];
    }
    std::vector<Element> Values(Hook.Parameter.size);
    Status = rnn_init(&Hook.Model, Values.data(), Seed);
    return Values;
  }
  template <typename Values> static double mean(const Values &Of) {
    return std::accumulate(Of.begin(), Of.end(), 0.0) / Of.size();
  }
  template <typename Values> static double deviation(const Values &Of) {
    double Sum = 0;
    for (const double Value : Of)
      Sum += (Value - mean(Of)) * (Value - mean(Of));
    return std::sqrt(Sum / Of.size());
  }

  rnn_status Status = RNN_OK;
};

TEST_F(InitTest, Constants) {
  EXPECT_EQ(fill("zeros", 7, 7, {2, 3}), std::vector<float>(6, 0.0f));
  EXPECT_EQ(fill("constant", 1.5, 0, {5}), std::vector<float>(5, 1.5f));
}

TEST_F(InitTest, Uniform) {
  const auto Values = fill("uniform", -2, 6, {100, 100});
  for (const float Value : Values)
    ASSERT_TRUE(Value >= -2 && Value <= 6);
  EXPECT_NEAR(mean(Values), 2, 0.1);
  EXPECT_NEAR(deviation(Values), 8 / std::sqrt(12.0), 0.1);
}

TEST_F(InitTest, Normal) {
  const auto Values = fill("normal", 3, 0.5, {100, 100});
  EXPECT_NEAR(mean(Values), 3, 0.02);
  EXPECT_NEAR(deviation(Values), 0.5, 0.02);
}

TEST_F(InitTest, GlorotTakesFansFromTheShape) {
  const double Limit = 2 * std::sqrt(6.0 / (200 + 50));
  const auto Values = fill("glorot", 2, 0, {200, 50});
  for (const float Value : Values)
    ASSERT_LE(std::abs(Value), Limit);
  EXPECT_NEAR(deviation(Values), Limit / std::sqrt(3.0), 0.01);
  double Largest = 0;
  for (const double Value : fill("glorot", 1, 0, {10000}))
    Largest = std::max(Largest, std::abs(Value));
  EXPECT_NEAR(Largest, std::sqrt(3.0 / 10000), 1e-4);
}

TEST_F(InitTest, OrthogonalMatrices) {
  for (const auto &[Rows, Columns] :
       {std::pair<int64_t, int64_t>{40, 10}, {10, 40}, {25, 25}}) {
    const auto Q = fill<double>("orthogonal", 3, 0, {Rows, Columns});
    const bool Tall = Rows > Columns;
    const int64_t Count = std::min(Rows, Columns);
    const auto At = [&, C = Columns](int64_t Vector, int64_t I) {
      return Tall ? Q[I * C + Vector] : Q[Vector * C + I];
    };
    for (int64_t A = 0; A < Count; ++A)
      for (int64_t B = 0; B < Count; ++B) {
        double Sum = 0;
        for (int64_t I = 0; I < std::max(Rows, Columns); ++I)
          Sum += At(A, I) * At(B, I);
        ASSERT_NEAR(Sum, A == B ? 9 : 0, 1e-12);
      }
  }
}

TEST_F(InitTest, Identity) {
  EXPECT_EQ(fill("identity", 0.5, 0, {2, 3}),
            (std::vector<float>{0.5, 0, 0, 0, 0.5, 0}));
  EXPECT_EQ(fill("identity", 2, 0, {3, 2}),
            (std::vector<float>{2, 0, 0, 2, 0, 0}));
}

TEST_F(InitTest, SparseHasItsDensity) {
  const auto Values = fill<double>("sparse", 0.15, 0.95, {60, 60});
  EXPECT_EQ(std::count(Values.begin(), Values.end(), 0.0), 3600 - 540);
  EXPECT_EQ(Values, fill<double>("sparse", 0.15, 0.95, {60, 60}));
  EXPECT_NE(Values, fill<double>("sparse", 0.15, 0.95, {60, 60}, 43));
  const auto Zero = fill<double>("sparse", 1, 0, {4, 4});
  EXPECT_EQ(Zero, std::vector<double>(16));
}

TEST_F(InitTest, SparseRefuses) {
  const auto ExpectError = [&](double Density, double Radius,
                               std::vector<int64_t> Shape, const char *Part) {
    fill<double>("sparse", Density, Radius, std::move(Shape));
    EXPECT_EQ(Status, RNN_ERROR_ARGUMENT);
    EXPECT_NE(std::strstr(rnn_last_error(), Part), nullptr) << rnn_last_error();
  };
  ExpectError(0.5, 1, {4, 5}, "parameter 'W': sparse: expected a square");
  ExpectError(0.5, 1, {4}, "expected a square");
  ExpectError(0, 1, {4, 4}, "density in (0, 1], got 0");
  ExpectError(1.5, 1, {4, 4}, "got 1.5");
  ExpectError(0.5, -1, {4, 4}, "got -1");
  ExpectError(0.001, 1, {4, 4}, "choose a larger density");
}

TEST(Spectral, KnownEigenvalues) {
  // Of rotations times 2, a shift (nilpotent) and a companion matrix.
  const double Rotation[] = {0, -2, 2, 0}, Companion[] = {3, -2, 1, 0};
  EXPECT_NEAR(rnn::spectralRadius(Rotation, 2), 2, 1e-12);
  EXPECT_NEAR(rnn::spectralRadius(Companion, 2), 2, 1e-12);
  std::vector<double> Diagonal(400 * 400);
  for (int I = 0; I < 400; ++I)
    Diagonal[I * 401] = I % 3 ? -I : I / 2.0;
  EXPECT_NEAR(rnn::spectralRadius(Diagonal.data(), 400), 398, 1e-8);
  const double Zero[9] = {};
  EXPECT_EQ(rnn::spectralRadius(Zero, 3), 0);
}

TEST_F(InitTest, SeedAndNameDecideAlone) {
  const auto First = fill("uniform", 0, 1, {64});
  EXPECT_EQ(First, fill("uniform", 0, 1, {64}));
  EXPECT_NE(First, fill("uniform", 0, 1, {64}, 43));
  EXPECT_NE(First, fill("uniform", 0, 1, {64}, 42, "V"));
}

TEST_F(InitTest, BothTypesStartEqual) {
  const auto Single = fill<float>("glorot", 1, 0, {30, 30});
  const auto Double = fill<double>("glorot", 1, 0, {30, 30});
  for (size_t Index = 0; Index < Single.size(); ++Index)
    ASSERT_EQ(Single[Index], static_cast<float>(Double[Index]));
}

TEST_F(InitTest, UnknownInitialisers) {
  fill("gaussian", 0, 0, {3});
  EXPECT_EQ(Status, RNN_ERROR_UNSUPPORTED);
  EXPECT_NE(std::strstr(rnn_last_error(), "parameter 'W': expected zeros"),
            nullptr);
}

} // namespace
