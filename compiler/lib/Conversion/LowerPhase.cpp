//===- LowerPhase.cpp - Elementwise phases --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A phase becomes one loop over scalar arithmetic, or the epilogue of the
// product whose gates it consumes.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Conversion/FunctionLowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

/// Scalar arithmetic for elementwise operations. Products may contract with
/// sums, nothing else is relaxed.
class Scalars {
public:
  Scalars(ImplicitLocOpBuilder &b, Type element) : b(b), element(element) {}

  Value constant(double value) {
    return arith::ConstantOp::create(b, b.getFloatAttr(element, value));
  }
  Value emit(Operation *op, ValueRange operands);

private:
  template <typename Op> Value arith(ValueRange operands) {
    auto flags = arith::FastMathFlagsAttr::get(b.getContext(),
                                               arith::FastMathFlags::contract);
    auto op = Op::create(b, operands[0], operands[1]);
    op.setFastmathAttr(flags);
    return op;
  }
  Value sigmoid(Value x) {
    Value one = constant(1.0);
    Value exp = math::ExpOp::create(b, arith::NegFOp::create(b, x));
    Value sum = arith::AddFOp::create(b, one, exp);
    return arith::DivFOp::create(b, one, sum);
  }
  /// `value` where `condition` compares so with zero, else zero.
  Value where(arith::CmpFPredicate predicate, Value condition, Value value) {
    Value zero = constant(0.0);
    Value holds = arith::CmpFOp::create(b, predicate, condition, zero);
    return arith::SelectOp::create(b, holds, value, zero);
  }
  /// max(x, 0) + log(1 + exp(-|x|)): nothing overflows.
  Value softplus(Value x) {
    Value size = math::AbsFOp::create(b, x);
    Value rest = math::Log1pOp::create(
        b, math::ExpOp::create(b, arith::NegFOp::create(b, size)));
    Value most = where(arith::CmpFPredicate::UGT, x, x);
    return arith::AddFOp::create(b, most, rest);
  }
  /// 1 where the comparison holds, else 0.
  Value compare(arith::CmpFPredicate predicate, Value lhs, Value rhs) {
    Value holds = arith::CmpFOp::create(b, predicate, lhs, rhs);
    return arith::SelectOp::create(b, holds, constant(1.0), constant(0.0));
  }

  ImplicitLocOpBuilder &b;
  Type element;
};

} // namespace

Value Scalars::emit(Operation *op, ValueRange x) {
  using Predicate = arith::CmpFPredicate;
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](NegOp) { return arith::NegFOp::create(b, x[0]); })
      .Case([&](ExpOp) { return math::ExpOp::create(b, x[0]); })
      .Case([&](LogOp) { return math::LogOp::create(b, x[0]); })
      .Case([&](SqrtOp) { return math::SqrtOp::create(b, x[0]); })
      .Case([&](SigmoidOp) { return sigmoid(x[0]); })
      .Case([&](TanhOp) { return math::TanhOp::create(b, x[0]); })
      // Unordered: NaN stays NaN.
      .Case([&](ReluOp) { return where(Predicate::UGT, x[0], x[0]); })
      .Case([&](WherePositiveOp) { return where(Predicate::OGT, x[0], x[1]); })
      .Case([&](EqualOp) { return compare(Predicate::OEQ, x[0], x[1]); })
      .Case([&](LessOp) { return compare(Predicate::OLT, x[0], x[1]); })
      .Case([&](SoftplusOp) { return softplus(x[0]); })
      .Case([&](AddOp) { return arith<arith::AddFOp>(x); })
      .Case([&](SubOp) { return arith<arith::SubFOp>(x); })
      .Case([&](MulOp) { return arith<arith::MulFOp>(x); })
      .Case([&](DivOp) { return arith<arith::DivFOp>(x); })
      .Default([](Operation *) { return Value(); });
}

namespace {

/// The values a phase reads from memory: each once.
struct PhaseInputs {
  SmallVector<Value> values;

  void add(Value value) {
    if (!llvm::is_contained(values, value))
      values.push_back(value);
  }
};

/// What a phase makes: `values` of its body, first those that go to `outs`,
/// then those that are summed.
struct PhaseResults {
  SmallVector<Value> values, outs, rowSums, columnSums;
  SmallVector<double> scales; ///< of row sums
};

/// Which mask a dropout has here: its key, and the number of the phase's first
/// element.
struct DropoutMask {
  Value key, first;
};
using DropoutMasks = llvm::SmallDenseMap<Operation *, DropoutMask>;

} // namespace

static MatmulOp findProduct(PhaseOp phase) {
  auto products = phase.getBodyBlock()->getOps<MatmulOp>();
  return products.empty() ? MatmulOp() : *products.begin();
}

/// Operands from outside, but for constants and the product's own.
static PhaseInputs findInputs(PhaseOp phase) {
  PhaseInputs inputs;
  for (Operation &op : phase.getBodyBlock()->without_terminator()) {
    if (isa<MatmulOp>(op))
      continue;
    for (Value operand : op.getOperands())
      if (operand.getParentBlock() != phase.getBodyBlock() &&
          !operand.getDefiningOp<ConstantOp>())
        inputs.add(operand);
  }
  for (Value yielded : phase.getYield().getValues())
    if (yielded.getParentBlock() != phase.getBodyBlock())
      inputs.add(yielded);
  return inputs;
}

/// Fills a kernel's region with the phase's arithmetic on scalars. Dropout
/// without a mask is the identity.
static void emitBody(PhaseOp phase, MatmulOp product, ArrayRef<Value> inputs,
                     ArrayRef<Value> results, const DropoutMasks &masks,
                     Region &region, int64_t gates, Type element,
                     ImplicitLocOpBuilder &b) {
  OpBuilder::InsertionGuard guard(b);
  int64_t width = getWidth(phase.getResultTypes().front());
  SmallVector<Type> types(gates + inputs.size(), element);
  SmallVector<Location> locs(types.size(), b.getLoc());
  Block *body = b.createBlock(&region, {}, types, locs);
  Scalars scalars(b, element);
  IRMapping mapping;
  for (auto [index, input] : llvm::enumerate(inputs))
    mapping.map(input, body->getArgument(gates + index));
  if (product && gates == 1)
    mapping.map(product.getResult(), body->getArgument(0));
  auto lookup = [&](Value value) -> Value {
    if (Value known = mapping.lookupOrNull(value))
      return known;
    return scalars.constant(
        value.getDefiningOp<ConstantOp>().getValue().convertToDouble());
  };
  auto drop = [&](DropoutOp op, Value value) -> Value {
    auto mask = masks.find(op);
    if (mask == masks.end())
      return value;
    return dnn::DropoutOp::create(b, value.getType(), value, mask->second.key,
                                  mask->second.first, op.getRateAttr());
  };
  for (Operation &op : phase.getBodyBlock()->without_terminator()) {
    b.setLoc(op.getLoc());
    if (isa<MatmulOp, ConstantOp, SumToOp>(op))
      continue;
    auto slice = dyn_cast<SliceOp>(op);
    if (slice && slice.getOperand().getDefiningOp() == product) {
      mapping.map(slice.getResult(),
                  body->getArgument(slice.getOffset() / width));
      continue;
    }
    if (isa<BroadcastOp>(op)) {
      mapping.map(op.getResult(0), lookup(op.getOperand(0)));
      continue;
    }
    SmallVector<Value> operands;
    for (Value operand : op.getOperands())
      operands.push_back(lookup(operand));
    Value result = isa<DropoutOp>(op) ? drop(cast<DropoutOp>(op), operands[0])
                                      : scalars.emit(&op, operands);
    mapping.map(op.getResult(0), result);
  }
  SmallVector<Value> yields;
  for (Value value : results)
    yields.push_back(lookup(value));
  dnn::YieldOp::create(b, yields);
}

/// The row of the phase's first element in the whole batch, which masks go by:
/// t * B + b of a step, else b.
Value FunctionLowering::getMaskRow(Type type) {
  Value step = isSequence(type) ? scope.firstStep : scope.step;
  Value row = b.createOrFold<arith::AddIOp>(sliceStart, getFirstSequence());
  if (!step)
    return row;
  Value before = b.createOrFold<arith::MulIOp>(step, wholeBatch);
  return b.createOrFold<arith::AddIOp>(before, row);
}

Value FunctionLowering::getDropoutKey(DropoutOp op) {
  constexpr uint32_t Weyl = 0x9E3779B9;
  auto site = static_cast<uint32_t>(Weyl * (op.getSite() + 1));
  Value number =
      arith::ConstantIntOp::create(b, static_cast<int32_t>(site), 32);
  return arith::XOrIOp::create(b, seed, number);
}

/// Dropout branches here, once a phase: without it a call pays nothing.
void FunctionLowering::emitPhase(PhaseOp phase) {
  bool drops = !phase.getBodyBlock()->getOps<DropoutOp>().empty();
  if (!drops || !isTraining)
    return emitKernel(phase, /*drops=*/false);
  auto branch = scf::IfOp::create(b, isTraining, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  emitDropping(phase);
  b.setInsertionPointToStart(branch.elseBlock());
  emitKernel(phase, /*drops=*/false);
}

/// Rows of one step at a time: those of several stand apart where the batch is
/// a slice, and so do their masks.
void FunctionLowering::emitDropping(PhaseOp phase) {
  if (!isSequence(phase.getResultTypes().front()))
    return emitKernel(phase, /*drops=*/true);
  forEachStep([&] {
    scope.firstStep = scope.step;
    scope.localFirst = scope.localStep;
    scope.steps = constantIndex(1);
    scope.step = scope.localStep = Value();
    emitKernel(phase, /*drops=*/true);
  });
}

static PhaseResults findResults(PhaseOp phase, const Storage &storage,
                                function_ref<Value(Value)> getBuffer,
                                function_ref<Value(View)> getSum) {
  PhaseResults found;
  SmallVector<Value> values(phase.getYield().getValues()), sums;
  for (auto [value, result] : llvm::zip_equal(values, phase.getResults())) {
    if (auto sum = value.getDefiningOp<SumToOp>()) {
      Value operand = sum.getOperand();
      sums.push_back(operand);
      found.rowSums.push_back(getBuffer(result));
      found.scales.push_back(
          sum.getMean() ? 1.0 / static_cast<double>(getWidth(operand.getType()))
                        : 1.0);
    } else if (storage.lookup(result)) {
      found.values.push_back(value);
      found.outs.push_back(getBuffer(result));
    }
  }
  llvm::append_range(found.values, sums);
  for (const auto &[number, view] : storage.getPhaseSums(phase)) {
    found.values.push_back(values[number]);
    found.columnSums.push_back(getSum(view));
  }
  return found;
}

void FunctionLowering::emitKernel(PhaseOp phase, bool drops) {
  MatmulOp product = findProduct(phase);
  PhaseInputs inputs = findInputs(phase);
  Type type = phase.getResultTypes().front();
  SmallVector<Value> ins;
  for (Value input : inputs.values)
    ins.push_back(getBuffer(input));
  PhaseResults results = findResults(
      phase, storage, [&](Value value) { return getBuffer(value); },
      [&](View view) {
        return getBuffer(
            view, RankedTensorType::get(view.width, model.getElementType()));
      });
  DropoutMasks masks;
  for (auto op : phase.getBodyBlock()->getOps<DropoutOp>()) {
    if (!drops)
      break;
    Value first = b.createOrFold<arith::MulIOp>(getMaskRow(type),
                                                constantIndex(getWidth(type)));
    first = b.createOrFold<arith::IndexCastOp>(b.getI64Type(), first);
    masks[op] = {getDropoutKey(op), first};
  }
  Region *body;
  int64_t gates = 0;
  if (product) {
    gates = getWidth(product.getType()) / getWidth(type);
    auto kernel = dnn::GemmPhaseOp::create(
        b, makeSite(product, gates), getBuffer(product.getInput()),
        getBuffer(product.getResult()), packed, ins, results.outs, plan);
    body = &kernel.getBody();
  } else {
    auto kernel = dnn::PhaseOp::create(b, getRows(type), ins, results.outs,
                                       results.rowSums, results.columnSums,
                                       results.scales);
    body = &kernel.getBody();
  }
  emitBody(phase, product, inputs.values, results.values, masks, *body, gates,
           model.getElementType(), b);
}
