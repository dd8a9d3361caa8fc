//===- CheckpointTest.cpp - Gradients that compute again ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With checkpoints of every chunk or of few, a model's gradient is the one that
// keeps everything: interpreted and compiled, over sizes at which chunks, slots
// and steps do and do not fit, with and without lengths. Memory is less.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "test/unit/dialects/Compiled.h"
#include "test/unit/dialects/Models.h"

#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

namespace {

/// Up to 40 chunks: the logarithmic stack is emptied and filled several times.
const CallSizes AllSizes[] = {{1, 1, 1, false},
                              {2, 3, 1, true},
                              {5, 2, 9, false},
                              {9, 1, 2, true},
                              {17, 5, 4, false},
                              {40, 2, 1, true},
                              {37, 1, 3, false},
                              {9, 4, 2, true, {9, 0, 5, 2}},
                              {40, 3, 1, false, {17, 38, 40}},
                              {23, 3, 5, true, {23, 20, 3}}};

class CheckpointTest
    : public testing::TestWithParam<std::tuple<std::string, bool>> {
protected:
  CheckpointTest() : text(readModel(std::get<0>(GetParam()))) {
    options.checkpoint.emplace();
    options.checkpoint->logarithmic = std::get<1>(GetParam());
  }

  bool hasLoss() {
    auto original = parse(text);
    return bool(getModel(*original).lookupFunction("loss"));
  }
  Call makeCallOf(const CallSizes &sizes) {
    auto original = parse(text);
    return makeCall(getModel(*original), random, sizes);
  }

  std::string text;
  TransformOptions options;
  Random random;
};

} // namespace

static OwningOpRef<ModuleOp> transform(StringRef text,
                                       const TransformOptions &options) {
  OwningOpRef<ModuleOp> module = parse(text);
  PassManager manager(getContext());
  buildTransformPipeline(manager, options);
  EXPECT_TRUE(succeeded(manager.run(*module)));
  return module;
}

TEST_P(CheckpointTest, InterpretedGradientIsTheSame) {
  if (!hasLoss())
    GTEST_SKIP() << "no loss, so no gradient";
  auto plain = transform(text, {}), checkpointed = transform(text, options);
  for (const CallSizes &sizes : AllSizes) {
    SCOPED_TRACE(describe(sizes));
    Call call = makeCallOf(sizes);
    expectSame(
        interpret(getModel(*plain).lookupFunction("gradient"), call),
        interpret(getModel(*checkpointed).lookupFunction("gradient"), call));
  }
}

TEST_P(CheckpointTest, CompiledGradientIsTheSame) {
  if (!hasLoss())
    GTEST_SKIP() << "no loss, so no gradient";
  Compiled plain(text), checkpointed(text, options);
  ASSERT_TRUE(plain.model && checkpointed.model);
  for (const CallSizes &sizes : AllSizes) {
    SCOPED_TRACE(describe(sizes));
    Call call = makeCallOf(sizes);
    expectSame(plain.run(RNN_GRADIENT, call),
               checkpointed.run(RNN_GRADIENT, call));
  }
}

/// Elements of the gradient's arena for so many steps of four sequences.
static uint64_t countArena(const Compiled &compiled, int64_t steps) {
  rnn_plan_options options = {};
  options.axes[0] = steps;
  options.batch = 4;
  options.functions = 1 << RNN_GRADIENT;
  rnn_plan *plan = nullptr;
  EXPECT_EQ(rnn_plan_create(compiled.model, &options, &plan), RNN_OK)
      << rnn_last_error();
  const rnn_function &function = *compiled.model->functions[RNN_GRADIENT];
  uint64_t elements = 0;
  for (int i = 0; plan && i < RNN_MAX_CLASSES; ++i)
    elements +=
        function.arena_coefficients[i] * plan->frames[RNN_GRADIENT].rows[i];
  rnn_plan_destroy(plan);
  return elements;
}

/// Every chunk's states grow as the square root of the length, those of few
/// as its logarithm, and both are little beside the whole tape.
TEST(CheckpointMemoryTest, GrowsSlowly) {
  std::string text = readModel("lstm");
  TransformOptions every, few;
  every.checkpoint.emplace();
  few.checkpoint.emplace().logarithmic = true;
  Compiled whole(text), root(text, every), logarithm(text, few);
  ASSERT_TRUE(whole.model && root.model && logarithm.model);
  EXPECT_LT(10 * countArena(root, 4096), countArena(whole, 4096));
  EXPECT_LT(10 * countArena(logarithm, 4096), countArena(whole, 4096));
  EXPECT_GT(countArena(whole, 64 * 4096), 60 * countArena(whole, 4096));
  EXPECT_LT(countArena(root, 64 * 4096), 10 * countArena(root, 4096));
  EXPECT_LT(2 * countArena(logarithm, 64 * 4096),
            3 * countArena(logarithm, 4096));
}

/// What a function was compiled for decides how long its chunks are, unless the
/// plan is asked for others.
TEST(CheckpointMemoryTest, IntervalIsTheChunk) {
  TransformOptions options;
  options.checkpoint.emplace().interval = 7;
  Compiled compiled(readModel("vanilla"), options);
  ASSERT_TRUE(compiled.model);
  for (int64_t asked : {0, 5}) {
    rnn_plan_options wanted = {};
    wanted.axes[0] = 40;
    wanted.chunk = asked;
    rnn_plan *plan = nullptr;
    ASSERT_EQ(rnn_plan_create(compiled.model, &wanted, &plan), RNN_OK);
    int64_t chunk = asked == 0 ? 7 : asked;
    EXPECT_EQ(plan->frames[RNN_GRADIENT].chunk[0], chunk);
    EXPECT_EQ(plan->frames[RNN_GRADIENT].checkpoints[0],
              (40 + chunk - 1) / chunk);
    rnn_plan_destroy(plan);
  }
}

static std::string
nameTest(const testing::TestParamInfo<std::tuple<std::string, bool>> &info) {
  auto [name, isLog] = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name + (isLog ? "_log" : "_every");
}

INSTANTIATE_TEST_SUITE_P(Models, CheckpointTest,
                         testing::Combine(testing::ValuesIn(listModels()),
                                          testing::Bool()),
                         nameTest);
