//===- TangentsTest.cpp - Forward mode and Gauss-Newton products ----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// @tangent against central differences and against @gradient, @gauss_newton
// against the curvature of the loss along the tangents of what it is convex in:
// after the passes alone, and after the whole pipeline.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"
#include "test/unit/dialects/Models.h"

#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

namespace {

struct Sizes {
  int64_t steps, batch;
  bool givesStates;
};

const Sizes AllSizes[] = {{1, 3, true}, {5, 1, false}, {2, 3, true}};

/// A model with the functions that passes made of it.
class Made {
public:
  Made(const std::string &text,
       llvm::function_ref<void(OpPassManager &)> addPasses)
      : original(parse(text)), module(parse(text)) {
    PassManager manager(getContext());
    addPasses(manager);
    EXPECT_TRUE(succeeded(manager.run(*module)));
  }

  /// A random call, with a direction.
  Call makeRandomCall(Sizes sizes) {
    rnn::ModelOp model = getModel(*original);
    Call call = makeCall(model, random, sizes.steps, sizes.batch);
    giveDirections(model, random, call);
    if (sizes.givesStates)
      giveStates(model, random, call);
    return call;
  }
  bool has(StringRef name) {
    return bool(getModel(*module).lookupFunction(name));
  }
  Results run(StringRef name, const Call &call) {
    return interpret(getModel(*module).lookupFunction(name), call);
  }
  /// What the model as it was written gives.
  Results runOriginal(StringRef name, const Call &call) {
    rnn::FuncOp function = getModel(*original).lookupFunction(name);
    return function ? interpret(function, call) : Results();
  }

  Random random;

private:
  OwningOpRef<ModuleOp> original, module;
};

} // namespace

static double dot(const Tensor &a, const Tensor &b) {
  EXPECT_TRUE(a.hasShapeOf(b));
  double sum = 0.0;
  for (auto [x, y] : llvm::zip(a.data, b.data))
    sum += x * y;
  return sum;
}

/// The gradient, or a product laid out as one, along a direction.
static double dot(const Results &results,
                  const std::map<std::string, Tensor> &directions) {
  double sum = 0.0;
  for (const auto &[name, direction] : directions)
    sum += dot(results.at("gradient " + name), direction);
  return sum;
}

static void addPassesAlone(OpPassManager &manager) {
  OpPassManager &model = manager.nest<rnn::ModelOp>();
  model.addPass(createDifferentiate());
  model.addPass(createDifferentiateForward());
}

static void addPipeline(OpPassManager &manager) {
  TransformOptions options;
  options.withTangent = true;
  buildTransformPipeline(manager, options);
}

//===----------------------------------------------------------------------===//
// Forward mode
//===----------------------------------------------------------------------===//

namespace {

class TangentsTest
    : public testing::TestWithParam<std::tuple<std::string, bool>> {
protected:
  TangentsTest()
      : made(readModel(std::get<0>(GetParam())),
             std::get<1>(GetParam()) ? addPipeline : addPassesAlone) {}

  Made made;
};

} // namespace

/// Values are those of @forward and @loss, tangents the limits of differences.
TEST_P(TangentsTest, TangentIsTheSlopeAlongTheDirection) {
  constexpr double Step = 1e-5;
  for (Sizes sizes : AllSizes) {
    Call call = made.makeRandomCall(sizes);
    Results results = made.run("tangent", call);
    Call above = move(call, Step), below = move(call, -Step);
    for (const char *function : {"forward", "loss"}) {
      expectSame(made.runOriginal(function, call), results);
      Results high = made.runOriginal(function, above),
              low = made.runOriginal(function, below);
      for (auto &[role, value] : high) {
        auto [kind, symbol] = StringRef(role).split(' ');
        if (kind != "output" && kind != "loss")
          continue;
        const Tensor &tangent = results.at((kind + "_tangent " + symbol).str());
        for (size_t i = 0; i < value.data.size(); ++i)
          ASSERT_NEAR((value.data[i] - low[role].data[i]) / (2 * Step),
                      tangent.data[i],
                      5e-8 * std::max(1.0, std::abs(tangent.data[i])))
              << role << ", element " << i << ", T = " << sizes.steps;
      }
    }
  }
}

TEST_P(TangentsTest, LossTangentIsTheGradientAlongTheDirection) {
  if (!made.has("gradient"))
    GTEST_SKIP() << "no loss";
  for (Sizes sizes : AllSizes) {
    Call call = made.makeRandomCall(sizes);
    double slope = made.run("tangent", call).at("loss_tangent loss").data[0];
    ASSERT_NEAR(slope, dot(made.run("gradient", call), call.directions),
                1e-10 * std::max(1.0, std::abs(slope)));
  }
}

INSTANTIATE_TEST_SUITE_P(Models, TangentsTest,
                         testing::Combine(testing::ValuesIn(listModels()),
                                          testing::Bool()),
                         [](const auto &info) {
                           std::string name = std::get<0>(info.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + (std::get<1>(info.param) ? "_pipeline"
                                                                  : "_alone");
                         });

//===----------------------------------------------------------------------===//
// Gauss-Newton products
//===----------------------------------------------------------------------===//

namespace {

/// v' G v of a mean over the output p, from the output and its tangent.
using CurvatureOf = double (*)(const Tensor &p, const Tensor &tangent);

struct ProductCase {
  const char *name;
  CurvatureOf curvature;
};

void PrintTo(const ProductCase &product, std::ostream *os) {
  *os << product.name;
}

class GaussNewtonTest
    : public testing::TestWithParam<std::tuple<ProductCase, bool>> {
protected:
  GaussNewtonTest()
      : made(readModel(std::get<0>(GetParam()).name), [](OpPassManager &m) {
          if (!std::get<1>(GetParam())) {
            OpPassManager &model = m.nest<rnn::ModelOp>();
            model.addPass(createDifferentiateForward());
            model.addPass(createGaussNewton());
            return;
          }
          TransformOptions options;
          options.withTangent = options.withGaussNewton = true;
          buildTransformPipeline(m, options);
        }) {}

  Made made;
};

/// The mean of squares has the second derivative 2 / elements.
double squares(const Tensor &, const Tensor &tangent) {
  return 2.0 * dot(tangent, tangent) / tangent.data.size();
}

/// With p = softmax(z) and p-dot = H z-dot, H = diag(p) - p p', the curvature
/// z-dot' H z-dot is the sum of p-dot^2 / p.
double crossEntropies(const Tensor &p, const Tensor &tangent) {
  double sum = 0.0;
  for (auto [value, moved] : llvm::zip(p.data, tangent.data))
    sum += moved * moved / value;
  return sum * p.columns / p.data.size();
}

const ProductCase Products[] = {{"vanilla", squares},
                                {"gru", squares},
                                {"two-axes", squares},
                                {"lstm", crossEntropies}};

} // namespace

TEST_P(GaussNewtonTest, ProductIsTheCurvatureAlongTheDirection) {
  CurvatureOf curvature = std::get<0>(GetParam()).curvature;
  for (Sizes sizes : AllSizes) {
    Call call = made.makeRandomCall(sizes);
    Results tangents = made.run("tangent", call);
    Results product = made.run("gauss_newton", call);
    expectSame("loss", tangents.at("loss loss"), product.at("loss loss"),
               1e-12);
    double expected =
        curvature(tangents.at("output p"), tangents.at("output_tangent p"));
    ASSERT_GT(expected, 1e-6);
    ASSERT_NEAR(dot(product, call.directions), expected, 1e-11 * expected);
  }
}

/// u' G v = v' G u, with structural damping as well.
TEST_P(GaussNewtonTest, MatrixIsSymmetric) {
  for (Sizes sizes : AllSizes) {
    Call call = made.makeRandomCall(sizes);
    call.damping = 0.7;
    Call other = call;
    other.directions = made.makeRandomCall(sizes).directions;
    double uGv = dot(made.run("gauss_newton", call), other.directions);
    double vGu = dot(made.run("gauss_newton", other), call.directions);
    ASSERT_NEAR(uGv, vGu, 1e-10 * std::max(1.0, std::abs(uGv)));
  }
}

/// At one step the hidden states are the final ones, whose tangents are the
/// limits of differences.
TEST_P(GaussNewtonTest, DampingIsTheMotionOfTheStates) {
  constexpr double Step = 1e-5;
  Call call = made.makeRandomCall({1, 3, true});
  if (call.states.empty())
    GTEST_SKIP() << "no states";
  double plain = dot(made.run("gauss_newton", call), call.directions);
  call.damping = 0.5;
  double damped = dot(made.run("gauss_newton", call), call.directions);
  Results above = made.runOriginal("forward", move(call, Step)),
          below = made.runOriginal("forward", move(call, -Step));
  double motion = 0.0;
  for (const auto &[role, high] : above)
    if (StringRef(role).starts_with("state "))
      for (auto [a, b] : llvm::zip(high.data, below.at(role).data))
        motion += (a - b) * (a - b) / (4 * Step * Step);
  ASSERT_NEAR(damped - plain, call.damping * motion / call.batch,
              1e-7 * motion);
}

INSTANTIATE_TEST_SUITE_P(Models, GaussNewtonTest,
                         testing::Combine(testing::ValuesIn(Products),
                                          testing::Bool()),
                         [](const auto &info) {
                           std::string name = std::get<0>(info.param).name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + (std::get<1>(info.param) ? "_pipeline"
                                                                  : "_alone");
                         });
