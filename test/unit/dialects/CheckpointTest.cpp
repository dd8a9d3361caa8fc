//===- CheckpointTest.cpp - Gradients that compute again ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// With checkpoints of every chunk or of few, a model's gradient is the one that
// keeps everything: interpreted and compiled, over sizes at which chunks, slots
// and steps do and do not fit.
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

struct Sizes {
  int64_t steps, batch, chunk;
  bool givesStates;
};

/// Up to 40 chunks: the logarithmic stack is emptied and filled several times.
const Sizes AllSizes[] = {{1, 1, 1, false}, {2, 3, 1, true},   {5, 2, 9, false},
                          {9, 1, 2, true},  {17, 5, 4, false}, {40, 2, 1, true},
                          {37, 1, 3, false}};

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
  Call makeCallOf(Sizes sizes) {
    auto original = parse(text);
    rnn::ModelOp model = getModel(*original);
    Call call = makeCall(model, random, sizes.steps, sizes.batch);
    if (sizes.givesStates)
      giveStates(model, random, call);
    call.chunk = sizes.chunk;
    return call;
  }
  static std::string name(Sizes sizes) {
    return "T = " + std::to_string(sizes.steps) +
           ", B = " + std::to_string(sizes.batch) +
           ", chunk = " + std::to_string(sizes.chunk);
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
  for (Sizes sizes : AllSizes) {
    SCOPED_TRACE(name(sizes));
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
  for (Sizes sizes : AllSizes) {
    SCOPED_TRACE(name(sizes));
    Call call = makeCallOf(sizes);
    expectSame(plain.run(RNN_GRADIENT, call),
               checkpointed.run(RNN_GRADIENT, call));
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
