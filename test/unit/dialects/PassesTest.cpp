//===- PassesTest.cpp - Passes keep what a model means --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Interprets the functions of models before and after passes, the gradient
// against central differences of the loss, and the step against the forward
// function.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "test/unit/dialects/Models.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

namespace {

struct Sizes {
  int64_t steps, batch;
  bool givesStates;
  std::vector<int64_t> lengths = {};
};

const Sizes AllSizes[] = {{1, 1, false},           {2, 3, true},
                          {2, 1, false},           {5, 1, true},
                          {5, 3, false},           {5, 3, true, {2, 5, 0}},
                          {4, 3, false, {3, 3, 1}}};

class PassesTest : public testing::TestWithParam<std::string> {
protected:
  PassesTest() : text(readModel(GetParam())), original(parse(text)) {}

  /// A copy of the model after the passes that `add` adds.
  OwningOpRef<ModuleOp>
  transform(llvm::function_ref<void(OpPassManager &)> add) {
    OwningOpRef<ModuleOp> module = parse(text);
    PassManager manager(getContext());
    add(manager.nest<rnn::ModelOp>());
    EXPECT_TRUE(succeeded(manager.run(*module)));
    return module;
  }

  Call makeRandomCall(const Sizes &sizes, bool givesStates) {
    rnn::ModelOp model = getModel(*original);
    Call call = makeCall(model, random, sizes.steps, sizes.batch);
    if (givesStates)
      giveStates(model, random, call);
    if (!sizes.lengths.empty())
      giveLengths(model, sizes.lengths, call);
    return call;
  }

  void expectSameFunctions(ModuleOp module);
  void expectGradient(ModuleOp module);

  std::string text;
  OwningOpRef<ModuleOp> original;
  Random random;
};

} // namespace

static void simplify(OpPassManager &model) {
  model.addPass(createCanonicalizerPass());
  model.addPass(createCSEPass());
}

/// Every function of the model gives the same numbers, for every size.
void PassesTest::expectSameFunctions(ModuleOp module) {
  for (const Sizes &sizes : AllSizes) {
    SCOPED_TRACE("T = " + std::to_string(sizes.steps) +
                 ", B = " + std::to_string(sizes.batch) +
                 ", lengths = " + testing::PrintToString(sizes.lengths));
    Call call = makeRandomCall(sizes, sizes.givesStates);
    for (auto function : getModel(*original).getOps<rnn::FuncOp>()) {
      SCOPED_TRACE(function.getSymName().str());
      expectSame(
          interpret(function, call),
          interpret(getModel(module).lookupFunction(function.getSymName()),
                    call));
    }
  }
}

/// The slope of the loss, summed over all losses, in one element.
static double differentiate(rnn::FuncOp loss, const Call &call,
                            double &element) {
  constexpr double Step = 1e-5;
  auto evaluate = [&] {
    double sum = 0.0;
    for (auto &[role, value] : interpret(loss, call))
      if (StringRef(role).starts_with("loss "))
        sum += value.data.front();
    return sum;
  };
  double saved = element;
  element = saved + Step;
  double above = evaluate();
  element = saved - Step;
  double below = evaluate();
  element = saved;
  return (above - below) / (2 * Step);
}

/// The gradient in every element of every parameter, real input and given
/// state is the slope of the loss.
void PassesTest::expectGradient(ModuleOp module) {
  rnn::FuncOp loss = getModel(*original).lookupFunction("loss");
  rnn::FuncOp gradient = getModel(module).lookupFunction("gradient");
  ASSERT_TRUE(gradient);
  for (const Sizes &sizes : {Sizes{1, 3, true}, Sizes{5, 1, false},
                             Sizes{2, 3, true}, Sizes{3, 3, true, {3, 0, 2}}}) {
    Call call = makeRandomCall(sizes, sizes.givesStates);
    Results results = interpret(gradient, call);
    expectSame(interpret(loss, call), results);
    for (auto *values : {&call.values, &call.states})
      for (auto &[name, value] : *values) {
        Operation *declaration = getModel(*original).lookupSymbol(name);
        Type type = declaration->getAttrOfType<TypeAttr>("type").getValue();
        if (!rnn::isDifferentiable(type) || isa<rnn::TargetOp>(declaration))
          continue;
        auto found = results.find("gradient " + name);
        ASSERT_NE(found, results.end()) << name;
        ASSERT_TRUE(found->second.hasShapeOf(value)) << name;
        auto param = dyn_cast<rnn::ParamOp>(declaration);
        bool isFrozen = param && param.getFrozen();
        for (size_t i = 0; i < value.data.size(); ++i)
          ASSERT_NEAR(isFrozen ? 0.0 : differentiate(loss, call, value.data[i]),
                      found->second.data[i], 2e-8)
              << name << ", element " << i << ", T = " << sizes.steps
              << ", B = " << sizes.batch;
      }
  }
}

TEST_P(PassesTest, CanonicaliseKeepsMeaning) {
  auto module = transform(simplify);
  expectSameFunctions(*module);
}

TEST_P(PassesTest, MergeKeepsMeaning) {
  auto module = transform([](OpPassManager &model) {
    model.addNestedPass<rnn::FuncOp>(createMergeGemms());
  });
  expectSameFunctions(*module);
}

TEST_P(PassesTest, HoistKeepsMeaning) {
  auto module = transform([](OpPassManager &model) {
    model.addNestedPass<rnn::FuncOp>(createHoist());
  });
  expectSameFunctions(*module);
}

TEST_P(PassesTest, ChunkKeepsMeaning) {
  auto module = transform([](OpPassManager &model) {
    model.addNestedPass<rnn::FuncOp>(createChunkTime());
  });
  expectSameFunctions(*module);
}

TEST_P(PassesTest, FuseKeepsMeaning) {
  auto module = transform([](OpPassManager &model) {
    model.addNestedPass<rnn::FuncOp>(createFusePhases());
  });
  expectSameFunctions(*module);
}

TEST_P(PassesTest, GradientIsTheSlopeOfTheLoss) {
  if (!getModel(*original).lookupFunction("loss"))
    GTEST_SKIP() << "no loss";
  auto module = transform(
      [](OpPassManager &model) { model.addPass(createDifferentiate()); });
  expectGradient(*module);
}

TEST_P(PassesTest, PipelineKeepsMeaning) {
  OwningOpRef<ModuleOp> module = parse(text);
  PassManager manager(getContext());
  buildTransformPipeline(manager, {});
  ASSERT_TRUE(succeeded(manager.run(*module)));
  expectSameFunctions(*module);
  if (getModel(*original).lookupFunction("loss"))
    expectGradient(*module);
}

/// The records of a stream before its first step, where inputs that it is not
/// fed decide.
static void beginStream(rnn::ModelOp model, const Call &call, Call &one) {
  rnn::FuncOp encode = model.lookupFunction("encode");
  if (!encode)
    return;
  for (auto &[role, value] : interpret(encode, call))
    one.states[StringRef(role).drop_front(strlen("state ")).str()] = value;
}

/// What a step is fed: the inputs' own step, or, where the stream is fed what
/// the model shifts, the token before.
static void feedStream(rnn::ModelOp model, const Call &call, int64_t step,
                       Call &one) {
  rnn::StreamOp stream = *model.getOps<rnn::StreamOp>().begin();
  for (auto [i, symbol] :
       llvm::enumerate(stream.getInputs().getAsRange<FlatSymbolRefAttr>())) {
    std::string name = symbol.getValue().str();
    auto input = cast<rnn::InputOp>(model.lookupSymbol(name));
    if (!rnn::isSequence(input.getType()))
      continue;
    int64_t start = stream.getStarts() ? (*stream.getStarts())[i] : -1;
    const Tensor &whole = call.values.at(name);
    Tensor &fed = one.values[name];
    fed = whole.slice(start < 0 ? step : std::max<int64_t>(step - 1, 0), 1);
    if (start >= 0 && step == 0)
      fed.data.assign(fed.data.size(), start);
  }
}

static std::string getOutput(rnn::ModelOp model) {
  rnn::StreamOp stream = *model.getOps<rnn::StreamOp>().begin();
  return cast<FlatSymbolRefAttr>(stream.getOutputs()[0]).getValue().str();
}

/// One step after another, the states carried by hand, gives what the forward
/// function gives for the sequence.
TEST_P(PassesTest, StepsAreTheForwardFunction) {
  rnn::ModelOp model = getModel(*original);
  if (model.getOps<rnn::StreamOp>().empty())
    GTEST_SKIP() << "no stream";
  OwningOpRef<ModuleOp> module = parse(text);
  PassManager manager(getContext());
  buildTransformPipeline(manager, {});
  ASSERT_TRUE(succeeded(manager.run(*module)));
  rnn::FuncOp step = getModel(*module).lookupFunction("step");
  ASSERT_TRUE(step);
  for (const Sizes &sizes : AllSizes) {
    if (!sizes.lengths.empty())
      continue;
    Call call = makeRandomCall(sizes, sizes.givesStates);
    call.isTraining = false;
    Results whole = interpret(model.lookupFunction("forward"), call);
    Call one = call;
    beginStream(getModel(*module), call, one);
    int64_t steps = whole.at("output " + getOutput(model)).steps;
    for (int64_t t = 0; t < steps; ++t) {
      feedStream(getModel(*module), call, t, one);
      Results now = interpret(step, one);
      for (auto output : model.getOps<rnn::OutputOp>()) {
        std::string role = "output " + output.getSymName().str();
        expectSame(role, whole.at(role).slice(t, 1), now.at(role), 1e-12);
      }
      for (auto state : getModel(*module).getOps<rnn::StateOp>()) {
        std::string name = state.getSymName().str();
        if (auto found = now.find("state " + name); found != now.end())
          one.states[name] = found->second;
      }
    }
    for (auto state : model.getOps<rnn::StateOp>()) {
      std::string name = state.getSymName().str();
      expectSame(name, whole.at("state " + name), one.states.at(name), 1e-12);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, PassesTest, testing::ValuesIn(listModels()),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });
