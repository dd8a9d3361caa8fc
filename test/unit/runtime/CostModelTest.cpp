//===- CostModelTest.cpp - What runs fastest ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The rules at their limits. That plans follow them is PlanTest's.
//===----------------------------------------------------------------------===//
#include "runtime/lib/CostModel.h"

#include <gtest/gtest.h>

using namespace rnn;

namespace {

TEST(CostModelTest, ChunksHaveEqualLengthsAndAboutAsManyRows) {
  EXPECT_EQ(cost::chunkSteps(100, 1), 100);
  EXPECT_EQ(cost::chunkSteps(300, 1), 150);
  EXPECT_EQ(cost::chunkSteps(50, 16), 13);
  EXPECT_EQ(cost::chunkSteps(1, 16), 1);
  EXPECT_EQ(cost::chunkSteps(50, 1000), 1);
  for (int64_t Steps = 1; Steps < 600; ++Steps) {
    const int64_t Chunk = cost::chunkSteps(Steps, 3);
    EXPECT_LE(Chunk * 3, cost::ChunkRows);
    // The last chunk is at most as many steps shorter as there are chunks.
    const int64_t Chunks = (Steps - 1) / Chunk + 1;
    EXPECT_LT(Chunks * Chunk - Steps, Chunks);
  }
}

TEST(CostModelTest, TheLibraryTakesLargeWeightsThatArePackedOnce) {
  EXPECT_FALSE(cost::libraryTakes(3));
  EXPECT_TRUE(cost::libraryTakes(4));
  EXPECT_TRUE(cost::libraryWins(RNN_FORWARD, 8192, 1024));
  EXPECT_FALSE(cost::libraryWins(RNN_FORWARD, 8192, 1023));
  EXPECT_TRUE(cost::libraryWins(RNN_LOSS, 8192, 1024));
  for (const int Function : {RNN_GRADIENT, RNN_TANGENT, RNN_GAUSS_NEWTON})
    EXPECT_FALSE(cost::libraryWins(Function, 8192, 1024));
  EXPECT_TRUE(cost::libraryWinsGradients(1 << 22));
  EXPECT_FALSE(cost::libraryWinsGradients((1 << 22) - 1));
}

/// A function whose longest site is its second.
struct TwoSites {
  rnn_site Sites[2] = {{16, 16, -1, RNN_F32}, {64, 128, -1, RNN_F32}};
  rnn_function Function{};

  explicit TwoSites(uint32_t Flags) {
    Function.sites = Sites;
    Function.site_count = 2;
    Function.flags = Flags;
  }
};

static rnn_plan_options optionsOf(int64_t Batch, int32_t Threads,
                                  int32_t Slices = 0) {
  rnn_plan_options Options{};
  Options.batch = Batch;
  Options.threads = Threads;
  Options.slices = Slices;
  return Options;
}

TEST(CostModelTest, ATeamNeedsAStepWorthABarrier) {
  const TwoSites Given(RNN_TEAM);
  EXPECT_EQ(cost::longestSite(Given.Function), 1);
  EXPECT_EQ(cost::teamBatch(Given.Sites[1]), 4);
  EXPECT_FALSE(cost::isForTeam(Given.Function, optionsOf(3, 2)));
  EXPECT_TRUE(cost::isForTeam(Given.Function, optionsOf(4, 2)));
  EXPECT_FALSE(cost::isForTeam(Given.Function, optionsOf(4, 1)));
  EXPECT_TRUE(cost::isForTeam(Given.Function, optionsOf(1, 2, 1)));
  EXPECT_EQ(cost::longestSite(rnn_function{}), -1);
  EXPECT_FALSE(cost::paysTeam(rnn_function{}, 1000));
}

TEST(CostModelTest, SlicesHaveEnoughSequencesUnlessATeamCannotWork) {
  const TwoSites Given(RNN_TEAM | RNN_SLICES);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(16, 2)), 2);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(7, 2)), 1);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(3, 2)), 2);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(7, 1, 3)), 3);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(2, 1, 3)), 2);
  EXPECT_EQ(cost::sliceCount(TwoSites(RNN_TEAM).Function, optionsOf(16, 2)), 1);
}

TEST(CostModelTest, SlicesThatReadLargeWeightsInEveryStepHaveMoreSequences) {
  TwoSites Given(RNN_TEAM | RNN_SLICES);
  EXPECT_EQ(cost::minSliceRows(Given.Function), cost::MinSliceRows);
  Given.Sites[1] = {1024, 256, -1, RNN_F32};
  EXPECT_EQ(cost::minSliceRows(Given.Function), cost::LargeSliceRows);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(31, 2)), 1);
  EXPECT_EQ(cost::sliceCount(Given.Function, optionsOf(32, 2)), 2);
  Given.Sites[1].weight_type = RNN_BF16;
  EXPECT_EQ(cost::minSliceRows(Given.Function), cost::MinSliceRows);
  Given.Sites[1] = {1024, 256, 0, RNN_F32}; // read once a chunk
  EXPECT_EQ(cost::minSliceRows(Given.Function), cost::MinSliceRows);
}

TEST(CostModelTest, ProductsTakeTheirMultiplyAddsOrTheirWeights) {
  const cost::Machine Given(64, 4);
  const int64_t N = 1024, K = 256, Bytes = N * K * 4;
  EXPECT_DOUBLE_EQ(Given.product(1, N, K, Bytes), Given.reading(Bytes));
  EXPECT_DOUBLE_EQ(Given.product(100, N, K, Bytes),
                   200.0 * N * K / Given.speed.peak * 1e-9);
  EXPECT_DOUBLE_EQ(cost::Machine(64, 8).product(100, N, K, Bytes),
                   2 * Given.product(100, N, K, Bytes));
  EXPECT_LT(Given.reading(Given.caches.second),
            Given.reading(Given.caches.second + 1));
  EXPECT_EQ(cost::weightBytes({N, K, -1, RNN_BF16}, 4), 2 * N * K);
  EXPECT_EQ(cost::weightBytes({N, K, -1, RNN_INT8}, 4), N * K);
  EXPECT_EQ(cost::weightBytes({N, K, -1, RNN_F32}, 4), 4 * N * K);
}

} // namespace
