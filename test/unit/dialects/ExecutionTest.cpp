//===- ExecutionTest.cpp - Compiled models compute what they say ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every entry point of every model, compiled, against the interpreter on the
// model as it was written: in both element types, over several sizes of time,
// batch and chunk, with and without lengths.
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

const CallSizes AllSizes[] = {
    {1, 1, 1, false},
    {5, 1, 2, true},
    {4, 3, 2, false},
    {5, 3, 1, true},
    {5, 2, 9, false},
    {3, 4, 3, true},
    {17, 5, 4, true},
    // Sorted, not sorted, equal, some or all of them 0, shorter than the axis,
    // a chunk that is full in part.
    {5, 3, 2, false, {5, 3, 1}},
    {6, 5, 3, true, {2, 6, 1, 4, 3}},
    {4, 3, 2, false, {3, 3, 3}},
    {5, 4, 2, true, {0, 5, 0, 2}},
    {3, 2, 2, true, {0, 0}},
    {9, 4, 2, false, {5, 4, 4, 0}},
    {7, 5, 5, true, {7, 3, 7, 7, 6}},
    {6, 1, 4, false, {3}},
};

class ExecutionTest
    : public testing::TestWithParam<std::tuple<std::string, std::string>> {
protected:
  ExecutionTest() {
    auto [name, element] = GetParam();
    std::string text = readModel(name);
    original = parse(text);
    differentiated = parse(text);
    PassManager manager(getContext());
    manager.nest<rnn::ModelOp>().addPass(createDifferentiate());
    EXPECT_TRUE(succeeded(manager.run(*differentiated)));
    for (size_t at = text.find("f64"); at != std::string::npos;
         at = text.find("f64", at + 3))
      text.replace(at, 3, element);
    compiled = std::make_unique<Compiled>(text);
    tolerance = element == "f64" ? 1e-10 : 1e-4;
  }

  /// Checks what the compiled function gives; it need not give states that the
  /// caller did not.
  void expectSameResults(ModuleOp module, StringRef name, int function,
                         Unwanted unwanted = {}) {
    rnn::FuncOp reference = getModel(module).lookupFunction(name);
    ASSERT_EQ(bool(reference), compiled->model->functions[function] != nullptr);
    if (!reference)
      return;
    for (const CallSizes &sizes : AllSizes) {
      SCOPED_TRACE(name.str() + ", " + describe(sizes));
      Call call = makeCall(getModel(*original), random, sizes);
      Results expected = interpret(reference, call);
      Results got = compiled->run(function, call, unwanted);
      if (expected.count("loss loss") == 0)
        sumLosses(expected);
      for (const auto &[what, tensor] : got) {
        ASSERT_TRUE(expected.count(what)) << what;
        expectSame(what, expected.at(what), tensor, tolerance);
      }
    }
  }

  /// Four steps of the stream are the forward function over four steps.
  void expectSameStream() {
    SCOPED_TRACE("stream");
    bool isWanted = !getModel(*original).getOps<rnn::StreamOp>().empty();
    ASSERT_EQ(isWanted, compiled->model->stream != nullptr);
    for (bool givesStates : {false, true}) {
      if (!isWanted)
        return;
      CallSizes sizes = {4, 1, 1, givesStates};
      Call call = makeCall(getModel(*original), random, sizes);
      call.isTraining = false;
      Results expected =
          interpret(getModel(*original).lookupFunction("forward"), call);
      for (const auto &[what, tensor] : compiled->stream(call))
        expectSame(what, expected.at(what), tensor, tolerance);
    }
  }

  static void sumLosses(Results &results) {
    Tensor sum(1, 1, 1, 1);
    for (const auto &[what, tensor] : results)
      if (StringRef(what).starts_with("loss "))
        sum.data[0] += tensor.data[0];
    results["loss loss"] = sum;
  }

  OwningOpRef<ModuleOp> original, differentiated;
  std::unique_ptr<Compiled> compiled;
  Random random;
  double tolerance;
};

} // namespace

/// One test for all entry points: a model is compiled once.
TEST_P(ExecutionTest, EntryPointsComputeWhatTheModelSays) {
  ASSERT_TRUE(compiled->model);
  expectSameResults(*original, "forward", RNN_FORWARD);
  expectSameResults(*original, "forward", RNN_FORWARD, {.outputs = true});
  expectSameResults(*original, "loss", RNN_LOSS);
  expectSameResults(*differentiated, "gradient", RNN_GRADIENT);
  expectSameResults(*differentiated, "gradient", RNN_GRADIENT,
                    {.inputGradients = true});
  expectSameStream();
}

static std::string nameTest(
    const testing::TestParamInfo<std::tuple<std::string, std::string>> &info) {
  auto [name, element] = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name + "_" + element;
}

INSTANTIATE_TEST_SUITE_P(Models, ExecutionTest,
                         testing::Combine(testing::ValuesIn(listModels()),
                                          testing::Values("f64", "f32")),
                         nameTest);
