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

} // namespace
