//===- Support.cpp - Models and random calls for tests --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Parsing, random numbers, comparison.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Support.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

MLIRContext *rnnc::test::getContext() {
  static MLIRContext *context = [] {
    auto *fresh = new MLIRContext(MLIRContext::Threading::DISABLED);
    fresh->loadDialect<rnn::RNNDialect>();
    return fresh;
  }();
  return context;
}

OwningOpRef<ModuleOp> rnnc::test::parse(StringRef text) {
  auto module = parseSourceString<ModuleOp>(text, getContext());
  EXPECT_TRUE(module) << text.str();
  return module;
}

rnn::ModelOp rnnc::test::getModel(ModuleOp module) {
  return *module.getOps<rnn::ModelOp>().begin();
}

double Random::draw(bool positive) {
  double unit = engine() / 4294967296.0;
  double sign = !positive && engine() % 2 ? -1.0 : 1.0;
  return sign * (0.2 + 0.8 * unit);
}

void Random::fill(Tensor &tensor, bool positive, int64_t vocabulary) {
  for (double &element : tensor.data)
    element = vocabulary ? engine() % vocabulary : draw(positive);
}

Call rnnc::test::makeCall(rnn::ModelOp model, Random &random, int64_t steps,
                          int64_t batch) {
  Call call;
  call.batch = batch;
  call.isTraining = true;
  call.seed = 0x0123456789ABCDEF + steps;
  // Axes differ, so that a mix-up of two is seen.
  for (auto axis : model.getAxes().getAsRange<StringAttr>())
    call.axes[axis.str()] = steps + call.axes.size();
  for (Operation &op : *model.getBodyBlock()) {
    if (!isa<rnn::ParamOp, rnn::InputOp, rnn::TargetOp>(op))
      continue;
    Type type = op.getAttrOfType<TypeAttr>("type").getValue();
    auto vocabulary = op.getAttrOfType<IntegerAttr>("vocabulary");
    Tensor &value = call.values[SymbolTable::getSymbolName(&op).str()];
    value = call.make(type);
    random.fill(value, false, vocabulary ? vocabulary.getInt() : 0);
  }
  return call;
}

std::string rnnc::test::describe(const CallSizes &sizes) {
  return "T = " + std::to_string(sizes.steps) +
         ", B = " + std::to_string(sizes.batch) +
         ", chunk = " + std::to_string(sizes.chunk) +
         ", lengths = " + testing::PrintToString(sizes.lengths);
}

Call rnnc::test::makeCall(rnn::ModelOp model, Random &random,
                          const CallSizes &sizes) {
  Call call = makeCall(model, random, sizes.steps, sizes.batch);
  if (sizes.givesStates)
    giveStates(model, random, call);
  if (!sizes.lengths.empty())
    giveLengths(model, sizes.lengths, call);
  call.chunk = sizes.chunk;
  return call;
}

void rnnc::test::giveLengths(rnn::ModelOp model,
                             const std::vector<int64_t> &lengths, Call &call) {
  std::vector<int64_t> next = lengths;
  for (auto axis : model.getAxes().getAsRange<StringAttr>()) {
    call.lengths[axis.str()] = next;
    std::rotate(next.begin(), next.begin() + 1, next.end());
  }
  for (Operation &op : *model.getBodyBlock()) {
    if (!isa<rnn::InputOp, rnn::TargetOp>(op))
      continue;
    Type type = op.getAttrOfType<TypeAttr>("type").getValue();
    if (!rnn::isSequence(type))
      continue;
    Tensor &value = call.values.at(SymbolTable::getSymbolName(&op).str());
    double padding = rnn::isDifferentiable(type) ? NAN : 1 << 20;
    for (int64_t t = 0; t < value.steps; ++t)
      for (int64_t b = 0; b < value.batch; ++b)
        for (int64_t c = 0; c < value.columns; ++c)
          if (t >= call.getLength(rnn::getAxis(type), b))
            value.at(t, b, 0, c) = padding;
  }
}

void rnnc::test::giveStates(rnn::ModelOp model, Random &random, Call &call) {
  for (auto state : model.getOps<rnn::StateOp>()) {
    Tensor &value = call.states[state.getSymName().str()];
    value = call.make(state.getType());
    random.fill(value);
  }
}

void rnnc::test::giveDirections(rnn::ModelOp model, Random &random,
                                Call &call) {
  for (auto param : model.getOps<rnn::ParamOp>()) {
    Tensor &value = call.directions[param.getSymName().str()];
    value = call.make(param.getType());
    if (!param.getFrozen())
      random.fill(value);
  }
}

Call rnnc::test::move(const Call &call, double step) {
  Call moved = call;
  for (auto &[name, direction] : call.directions) {
    Tensor &value = moved.values.at(name);
    for (size_t i = 0; i < value.data.size(); ++i)
      value.data[i] += step * direction.data[i];
  }
  return moved;
}

void rnnc::test::expectSame(const std::string &what, const Tensor &expected,
                            const Tensor &got, double tolerance) {
  ASSERT_TRUE(expected.hasShapeOf(got)) << what;
  for (size_t i = 0; i < expected.data.size(); ++i)
    ASSERT_NEAR(expected.data[i], got.data[i],
                tolerance * std::max(1.0, std::abs(expected.data[i])))
        << what << ", element " << i;
}

void rnnc::test::expectSame(const Results &expected, const Results &got,
                            double tolerance) {
  for (const auto &[what, tensor] : expected) {
    auto found = got.find(what);
    ASSERT_NE(found, got.end()) << "no " << what;
    expectSame(what, tensor, found->second, tolerance);
  }
}
