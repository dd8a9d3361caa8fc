//===- TangentsExecutionTest.cpp - Compiled tangents and products ---------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// @tangent and @gauss_newton, compiled, against the interpreter on what their
// passes alone make: over several sizes of time, batch and chunk, with and
// without lengths, and with forward values computed again.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "test/unit/dialects/Compiled.h"
#include "test/unit/dialects/Models.h"
#include "test/unit/dialects/Support.h"

#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

namespace {

const CallSizes AllSizes[] = {
    {1, 1, 1, false},
    {5, 1, 2, true},
    {4, 3, 2, false},
    {17, 5, 4, true},
    {6, 5, 3, true, {2, 6, 1, 4, 3}},
    {5, 4, 2, false, {0, 5, 0, 2}},
};

/// A model compiled, and what the passes alone make of it.
class Pair {
public:
  Pair(const std::string &text, const TransformOptions &options)
      : reference(parse(text)), compiled(text, options) {
    PassManager manager(getContext());
    OpPassManager &model = manager.nest<rnn::ModelOp>();
    if (options.withTangent)
      model.addPass(createDifferentiateForward());
    if (options.withGaussNewton)
      model.addPass(createGaussNewton());
    EXPECT_TRUE(succeeded(manager.run(*reference)));
  }

  Call makeRandomCall(const CallSizes &sizes) {
    rnn::ModelOp model = getModel(*reference);
    Call call = makeCall(model, random, sizes);
    giveDirections(model, random, call);
    call.damping = 0.3;
    return call;
  }

  /// The compiled function gives what the interpreted one does; it need not
  /// give states that the caller did not.
  void expectSameResults(StringRef name, int function) {
    ASSERT_TRUE(compiled.model->functions[function]) << name.str();
    for (const CallSizes &sizes : AllSizes) {
      SCOPED_TRACE(name.str() + ", " + describe(sizes));
      Call call = makeRandomCall(sizes);
      Results got = compiled.run(function, call);
      for (const auto &[role, tensor] :
           interpret(getModel(*reference).lookupFunction(name), call)) {
        if (StringRef(role).starts_with("state ") && !sizes.givesStates)
          continue;
        ASSERT_TRUE(got.count(role)) << role;
        expectSame(role, tensor, got.at(role), 1e-10);
      }
    }
  }

private:
  Random random;
  OwningOpRef<ModuleOp> reference;
  Compiled compiled;
};

class TangentsExecutionTest : public testing::TestWithParam<std::string> {};
class ProductExecutionTest : public testing::TestWithParam<std::string> {};
class RecomputedProductTest : public testing::TestWithParam<std::string> {};

} // namespace

TEST_P(TangentsExecutionTest, ForwardModeComputesWhatItsPassSays) {
  TransformOptions options;
  options.withGradient = false;
  options.withTangent = true;
  Pair(readModel(GetParam()), options)
      .expectSameResults("tangent", RNN_TANGENT);
}

TEST_P(ProductExecutionTest, ProductsAreWhatTheirPassSays) {
  TransformOptions options;
  options.withGradient = false;
  options.withGaussNewton = true;
  Pair(readModel(GetParam()), options)
      .expectSameResults("gauss_newton", RNN_GAUSS_NEWTON);
}

TEST_P(RecomputedProductTest, ProductsAreTheSameWhereValuesAreComputedAgain) {
  TransformOptions options;
  options.withGradient = false;
  options.withGaussNewton = true;
  options.checkpoint.emplace();
  Pair(readModel(GetParam()), options)
      .expectSameResults("gauss_newton", RNN_GAUSS_NEWTON);
}

static std::string getName(const testing::TestParamInfo<std::string> &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Models, TangentsExecutionTest,
                         testing::ValuesIn(listModels()), getName);
INSTANTIATE_TEST_SUITE_P(Models, ProductExecutionTest,
                         testing::Values("accumulator", "broadcasts", "frozen",
                                         "gru", "lstm", "tied", "two-axes",
                                         "vanilla", "weights"),
                         getName);
INSTANTIATE_TEST_SUITE_P(Models, RecomputedProductTest,
                         testing::Values("frozen", "lstm", "two-axes"),
                         getName);
