//===- DerivativesTest.cpp - VJP and JVP of each operation ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A function of one operation: its JVP against central differences, its VJP
// against its JVP by <u, J v> = <J^T u, v>, for every choice of which
// (co)tangents are null.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/DerivativeCases.h"
#include "test/unit/dialects/Support.h"

#include "mlir/IR/Verifier.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace rnnc;
using namespace rnnc::test;

namespace {

struct Sizes {
  int64_t steps, batch;
  std::vector<int64_t> lengths;
};

/// The operation in a model, with its derivatives built on request.
class Derivatives {
public:
  Derivatives(const OpCase &op, const Sizes &sizes);

  Tensor evaluate(const std::vector<Tensor> &operands);
  /// J v, with null for the tangents that are empty; empty for null.
  Tensor pushForward(const std::vector<Tensor> &tangents);
  /// J^T u for each operand.
  std::vector<Tensor> pullBack(const Tensor &cotangent);

  std::vector<Tensor> operands;
  std::vector<bool> isDifferentiable;
  Tensor result;
  Random random;

private:
  /// The operation between its declarations and a return; null in `op` where
  /// the operation was built already.
  Operation *build(OwningOpRef<ModuleOp> &module);
  Value read(OpBuilder &builder, Type type, const std::string &name,
             const Tensor &tensor);
  std::vector<Tensor> finish(ModuleOp module, ArrayRef<Value> values);

  OpCase op;
  Call call;
};

} // namespace

Operation *Derivatives::build(OwningOpRef<ModuleOp> &module) {
  std::string text = "rnn.model @M axes [\"T\"] element f64 {\n"
                     "rnn.state @s : tensor<?x6xf64>\n";
  std::string gets;
  for (size_t i = 0; i < op.operands.size(); ++i) {
    const std::string &type = op.operands[i], n = std::to_string(i);
    bool isParameter = type.find('?') == std::string::npos;
    text += (isParameter ? "rnn.param @x" : "rnn.input @x") + n + " : " + type +
            (isParameter ? " init \"zeros\"\n" : "\n");
    gets += "%" + n + " = rnn.get @x" + n + " : " + type + "\n";
  }
  text += "rnn.func @forward {\n" + gets + "%y = " + op.text +
          "\nrnn.return []\n}\n}\n";
  module = parse(text);
  if (!module)
    return nullptr;
  Block *body = getModel(*module).lookupFunction("forward").getBodyBlock();
  return body->getTerminator()->getPrevNode();
}

/// A tensor as a value: a declaration of its own, and its value in the call.
Value Derivatives::read(OpBuilder &builder, Type type, const std::string &name,
                        const Tensor &tensor) {
  auto model =
      builder.getBlock()->getParentOp()->getParentOfType<rnn::ModelOp>();
  OpBuilder declarations = OpBuilder::atBlockBegin(model.getBodyBlock());
  Location loc = builder.getUnknownLoc();
  if (rnn::isStatic(type))
    rnn::ParamOp::create(declarations, loc, name, type, "zeros",
                         builder.getArrayAttr({}));
  else
    rnn::InputOp::create(declarations, loc, name, type, IntegerAttr());
  call.values[name] = tensor;
  return rnn::GetOp::create(builder, loc, type, name);
}

/// Evaluates a function whose body is complete but for its return; empty
/// tensors for null values.
std::vector<Tensor> Derivatives::finish(ModuleOp module,
                                        ArrayRef<Value> values) {
  rnn::FuncOp function = getModel(module).lookupFunction("forward");
  SmallVector<Attribute> roles;
  SmallVector<Value> returned;
  for (auto [index, value] : llvm::enumerate(values))
    if (value) {
      returned.push_back(value);
      roles.push_back(rnn::RoleAttr::get(
          getContext(), rnn::RoleKind::Output,
          FlatSymbolRefAttr::get(getContext(), "y" + std::to_string(index))));
    }
  rnn::ReturnOp terminator = function.getReturn();
  terminator.setRolesAttr(ArrayAttr::get(getContext(), roles));
  terminator.getValuesMutable().assign(returned);
  EXPECT_TRUE(succeeded(verify(module)));
  Results results = interpret(function, call);
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < values.size(); ++i)
    tensors.push_back(values[i] ? results["output y" + std::to_string(i)]
                                : Tensor());
  return tensors;
}

Derivatives::Derivatives(const OpCase &op, const Sizes &sizes) : op(op) {
  call.batch = sizes.batch;
  call.axes["T"] = sizes.steps;
  if (!sizes.lengths.empty())
    call.lengths["T"] = sizes.lengths;
  OwningOpRef<ModuleOp> module;
  Operation *built = build(module);
  for (size_t i = 0; i < op.operands.size(); ++i) {
    Type type = getModel(*module)
                    .lookupSymbol("x" + std::to_string(i))
                    ->getAttrOfType<TypeAttr>("type")
                    .getValue();
    isDifferentiable.push_back(rnn::isDifferentiable(type));
    operands.push_back(call.make(type));
    random.fill(operands.back(), op.positive, isDifferentiable.back() ? 0 : 6);
  }
  result = call.make(built->getResult(0).getType());
}

Tensor Derivatives::evaluate(const std::vector<Tensor> &operands) {
  for (size_t i = 0; i < operands.size(); ++i)
    call.values["x" + std::to_string(i)] = operands[i];
  OwningOpRef<ModuleOp> module;
  Operation *built = build(module);
  return finish(*module, {built->getResult(0)}).front();
}

Tensor Derivatives::pushForward(const std::vector<Tensor> &tangents) {
  OwningOpRef<ModuleOp> module;
  Operation *built = build(module);
  OpBuilder builder(built->getBlock()->getTerminator());
  SmallVector<Value> values;
  for (Value operand : built->getOperands()) {
    size_t i =
        cast<rnn::GetOp>(operand.getDefiningOp()).getSymbol().back() - '0';
    values.push_back(tangents[i].data.empty()
                         ? Value()
                         : read(builder, operand.getType(),
                                "d" + std::to_string(values.size()),
                                tangents[i]));
  }
  auto derivatives =
      cast<rnn::DifferentiableOpInterface>(built).jvp(builder, values);
  EXPECT_EQ(derivatives.size(), 1u);
  return finish(*module, derivatives).front();
}

std::vector<Tensor> Derivatives::pullBack(const Tensor &cotangent) {
  OwningOpRef<ModuleOp> module;
  Operation *built = build(module);
  OpBuilder builder(built->getBlock()->getTerminator());
  Value incoming;
  if (!cotangent.data.empty())
    incoming = read(builder, built->getResult(0).getType(), "u", cotangent);
  auto outgoing =
      cast<rnn::DifferentiableOpInterface>(built).vjp(builder, incoming);
  EXPECT_EQ(outgoing.size(), built->getNumOperands());
  // An operand used twice collects both contributions.
  SmallVector<Value> sums(operands.size());
  for (auto [operand, value] : llvm::zip(built->getOperands(), outgoing)) {
    size_t i =
        cast<rnn::GetOp>(operand.getDefiningOp()).getSymbol().back() - '0';
    sums[i] = rnn::addOrNull(builder, built->getLoc(), sums[i], value);
  }
  return finish(*module, sums);
}

static double dot(const Tensor &a, const Tensor &b) {
  if (a.data.empty() || b.data.empty())
    return 0.0;
  EXPECT_TRUE(a.hasShapeOf(b));
  double sum = 0.0;
  for (auto [x, y] : llvm::zip(a.data, b.data))
    sum += x * y;
  return sum;
}

namespace {

class DerivativesTest
    : public testing::TestWithParam<std::tuple<OpCase, Sizes>> {
protected:
  Derivatives make() {
    auto [op, sizes] = GetParam();
    return Derivatives(op, sizes);
  }

  /// Calls `check` with random tangents for each choice of null ones.
  template <typename Check> void forEachTangents(Derivatives &op, Check check) {
    for (unsigned mask = 0; mask < 1u << op.operands.size(); ++mask) {
      std::vector<Tensor> tangents;
      bool isPossible = true;
      for (size_t i = 0; i < op.operands.size(); ++i) {
        bool isNull = (mask >> i & 1) == 0;
        isPossible &= isNull || op.isDifferentiable[i];
        tangents.push_back(isNull ? Tensor() : op.operands[i]);
        op.random.fill(tangents.back());
      }
      if (isPossible)
        check(tangents);
    }
  }
};

} // namespace

TEST_P(DerivativesTest, ForwardIsTheLimitOfDifferences) {
  Derivatives op = make();
  constexpr double Step = 1e-5;
  forEachTangents(op, [&](const std::vector<Tensor> &tangents) {
    auto moved = [&](double step) {
      std::vector<Tensor> operands = op.operands;
      for (auto [operand, tangent] : llvm::zip(operands, tangents))
        for (size_t i = 0; i < tangent.data.size(); ++i)
          operand.data[i] += step * tangent.data[i];
      return op.evaluate(operands);
    };
    Tensor above = moved(Step), below = moved(-Step);
    op.evaluate(op.operands);
    Tensor derivative = op.pushForward(tangents);
    for (size_t i = 0; i < above.data.size(); ++i)
      ASSERT_NEAR((above.data[i] - below.data[i]) / (2 * Step),
                  derivative.data.empty() ? 0.0 : derivative.data[i], 1e-7);
  });
}

TEST_P(DerivativesTest, ReverseIsTheTransposeOfForward) {
  Derivatives op = make();
  op.evaluate(op.operands);
  Tensor cotangent = op.result;
  op.random.fill(cotangent);
  std::vector<Tensor> pulled = op.pullBack(cotangent);
  forEachTangents(op, [&](const std::vector<Tensor> &tangents) {
    double byOperands = 0.0;
    for (auto [tangent, gradient] : llvm::zip(tangents, pulled))
      byOperands += dot(tangent, gradient);
    EXPECT_NEAR(dot(cotangent, op.pushForward(tangents)), byOperands, 1e-10);
  });
}

TEST_P(DerivativesTest, NullCotangentGivesNull) {
  Derivatives op = make();
  op.evaluate(op.operands);
  for (const Tensor &gradient : op.pullBack(Tensor()))
    EXPECT_TRUE(gradient.data.empty());
}

using DerivativesParam = DerivativesTest::ParamType;

static std::string
nameTest(const testing::TestParamInfo<DerivativesParam> &info) {
  auto [op, sizes] = info.param;
  return std::string(op.name) + "_T" + std::to_string(sizes.steps) + "_B" +
         std::to_string(sizes.batch) +
         (sizes.lengths.empty() ? "" : "_lengths");
}

INSTANTIATE_TEST_SUITE_P(
    Ops, DerivativesTest,
    testing::Combine(testing::ValuesIn(getDerivativeCases()),
                     testing::Values(Sizes{1, 1, {}}, Sizes{3, 2, {}},
                                     Sizes{4, 3, {2, 0, 3}})),
    nameTest);
