//===- GaussNewton.cpp - Gauss-Newton products ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes @gauss_newton from @loss. The loss is L(z(parameters)) with a convex L:
// G v = J' H J v, J the derivative of z and H the second derivative of L. From
// right to left: forward mode up to z, the change of L's gradient along it
// (Schraudolph 2002), reverse mode from z. The structural term of Martens &
// Sutskever (2011) enters the same reverse pass as more cotangents.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Differentiate.h"
#include "compiler/lib/Transforms/DifferentiateForward.h"
#include "compiler/lib/Transforms/Passes.h"
#include "compiler/lib/Transforms/ScanEditor.h"

#include "llvm/ADT/TypeSwitch.h"

namespace rnnc {
#define GEN_PASS_DEF_GAUSSNEWTON
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

//===----------------------------------------------------------------------===//
// Curvature of the loss
//===----------------------------------------------------------------------===//

namespace {

/// Walks from the loss back through what is linear in values that depend on
/// parameters, to the first functions that are not: their operands are z. The
/// operands' cotangents in `seeds` are H J v.
class Curvature {
public:
  Curvature(FuncOp function, Tangents &tangents, Cotangents &seeds)
      : function(function), builder(function.getReturn()), tangents(tangents),
        seeds(seeds) {}

  /// False where the loss has no convex function that is found this way.
  bool find();

private:
  void visit(Operation *op);
  SmallVector<Value> getChanges(ValueRange outgoing, Operation *before);
  void passOn(Operation *op, ValueRange outgoing);

  FuncOp function;
  OpBuilder builder;
  Tangents &tangents;
  Cotangents &seeds;
  /// Of the loss, in the linear part.
  Cotangents linear;
  /// Whether a value adds to the loss (1), is taken from it (-1), or both (0).
  llvm::DenseMap<Value, int> signs;
  llvm::DenseSet<Value> cut;
};

} // namespace

/// Whether the loss is convex in the operands of a function, given the sign
/// with which the function enters it. Weights that the data give are taken to
/// be positive.
static bool isConvex(Operation *op, int sign) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<CrossEntropyOp, ExpOp, SoftplusOp>([&](auto) { return sign > 0; })
      .Case([&](MulOp mul) { return mul.getLhs() == mul.getRhs() && sign > 0; })
      .Case<LogOp, SqrtOp>([&](auto) { return sign < 0; })
      .Default(false);
}

static bool isNegative(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().isNegative();
}

/// The sign with which a linear operation passes on one of its operands.
static int getSign(Operation *op, unsigned operand) {
  bool flips = isa<NegOp>(op) || (isa<SubOp>(op) && operand == 1);
  if (isa<MulOp, DivOp>(op))
    flips = isNegative(op->getOperand(1 - operand));
  return flips ? -1 : 1;
}

/// How the cotangents of the operands move along the direction, that of the
/// result held: forward mode over the operations of the reverse pass.
SmallVector<Value> Curvature::getChanges(ValueRange outgoing,
                                         Operation *before) {
  SmallVector<Operation *> made;
  for (Operation *op = before->getNextNode(); op != function.getReturn();
       op = op->getNextNode())
    made.push_back(op);
  for (Operation *op : made) {
    [[maybe_unused]] LogicalResult pushed = pushForward(builder, op, tangents);
    assert(succeeded(pushed) && "derivatives are made of what has one");
  }
  builder.setInsertionPoint(function.getReturn());
  SmallVector<Value> changes;
  for (Value value : outgoing)
    changes.push_back(value ? tangents.lookup(value) : Value());
  return changes;
}

void Curvature::passOn(Operation *op, ValueRange outgoing) {
  int sign = signs.lookup(op->getResult(0));
  for (auto [i, operand] : llvm::enumerate(op->getOperands())) {
    if (!tangents.contains(operand))
      continue;
    linear.add(builder, operand, outgoing[i]);
    int passed = sign * getSign(op, i);
    auto [known, isNew] = signs.try_emplace(operand, passed);
    if (!isNew && known->second != passed)
      known->second = 0;
  }
}

void Curvature::visit(Operation *op) {
  auto differentiable = dyn_cast<DifferentiableOpInterface>(op);
  if (!differentiable || op->getNumResults() != 1)
    return;
  Value result = op->getResult(0);
  Value incoming = linear.lookup(result);
  if (!incoming || !tangents.contains(result) || cut.contains(result))
    return;
  Operation *before = function.getReturn()->getPrevNode();
  SmallVector<Value> outgoing = differentiable.vjp(builder, incoming);
  for (auto [operand, value] : llvm::zip(op->getOperands(), outgoing))
    if (!tangents.contains(operand))
      value = {};
  SmallVector<Value> changes = getChanges(outgoing, before);
  if (llvm::none_of(changes, [](Value change) { return change; }))
    return passOn(op, outgoing);
  if (!isConvex(op, signs.lookup(result)))
    return;
  for (auto [operand, change] : llvm::zip(op->getOperands(), changes)) {
    seeds.add(builder, operand, change);
    cut.insert(operand);
  }
}

bool Curvature::find() {
  ReturnOp terminator = function.getReturn();
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues())) {
    if (role.getKind() != RoleKind::Loss)
      continue;
    signs[value] = 1;
    linear.add(builder, value,
               ConstantOp::create(builder, value.getLoc(), value.getType(),
                                  builder.getF64FloatAttr(1.0)));
  }
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBodyBlock()->without_terminator())
    ops.push_back(&op);
  for (Operation *op : llvm::reverse(ops))
    visit(op);
  return !cut.empty();
}

//===----------------------------------------------------------------------===//
// Structural damping
//===----------------------------------------------------------------------===//

/// The states that the next value of a state is computed from.
static SmallVector<unsigned> findSources(ScanOp scan, unsigned state) {
  SmallVector<unsigned> sources;
  llvm::SmallDenseSet<Value> seen;
  SmallVector<Value> worklist{scan.getNextStates()[state]};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    if (Operation *op = value.getDefiningOp()) {
      if (op->getBlock() == scan.getBodyBlock())
        llvm::append_range(worklist, op->getOperands());
      continue;
    }
    for (auto [i, argument] : llvm::enumerate(scan.getStateArgs()))
      if (argument == value)
        sources.push_back(i);
  }
  return sources;
}

/// Whether a state depends on its own past: a delay line's do not.
static bool isRecurrent(ScanOp scan, unsigned state) {
  llvm::SmallDenseSet<unsigned> reached;
  SmallVector<unsigned> worklist = findSources(scan, state);
  while (!worklist.empty()) {
    unsigned source = worklist.pop_back_val();
    if (reached.insert(source).second)
      llvm::append_range(worklist, findSources(scan, source));
  }
  return reached.contains(state);
}

/// Stacks the next values of states; returns them all, over time.
static SmallVector<Value> stackStates(ScanOp scan, ArrayRef<unsigned> states) {
  if (states.empty())
    return {};
  SmallVector<Value> next;
  for (unsigned state : states)
    next.push_back(scan.getNextStates()[state]);
  ScanOp stacked = stackValues(scan, next);
  return SmallVector<Value>(stacked.getStacked().take_back(states.size()));
}

/// The hidden states over time of every recurrence of a function.
static SmallVector<Value> stackHiddenStates(FuncOp function) {
  SmallVector<Value> hidden;
  for (auto scan :
       llvm::make_early_inc_range(function.getBodyBlock()->getOps<ScanOp>())) {
    SmallVector<unsigned> states;
    for (auto [i, init] : llvm::enumerate(scan.getInits()))
      if (isBatch(init.getType()) && isRecurrent(scan, i))
        states.push_back(i);
    llvm::append_range(hidden, stackStates(scan, states));
  }
  return hidden;
}

/// The cotangent damping / rows * h-dot of hidden states: the product with the
/// second derivative of damping / (2 rows) * sum |h(parameters) - h|^2.
static void addDamping(OpBuilder &builder, Value hidden,
                       const Tangents &tangents, Cotangents &seeds) {
  Value tangent = tangents.lookup(hidden);
  if (!tangent)
    return;
  Location loc = hidden.getLoc();
  auto type = cast<RankedTensorType>(hidden.getType());
  Value damping = CallNumberOp::create(
      builder, loc, RankedTensorType::get({1}, type.getElementType()),
      "damping");
  Value perRow = BroadcastOp::create(builder, loc, withFeatures(type, {1}),
                                     damping, /*mean=*/true);
  Value weight =
      getFeatureSize(type) == 1
          ? perRow
          : BroadcastOp::create(builder, loc, type, perRow, /*mean=*/false);
  seeds.add(builder, hidden,
            MulOp::create(builder, loc, type, tangent, weight));
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class GaussNewton : public rnnc::impl::GaussNewtonBase<GaussNewton> {
public:
  void runOnOperation() override {
    FuncOp loss = getOperation().lookupFunction("loss");
    if (loss && failed(build(loss)))
      signalPassFailure();
  }

private:
  LogicalResult build(FuncOp loss);
};

} // namespace

/// Leaves the loss alone in what is returned, and of the function what it
/// needs.
static void keepLoss(FuncOp function) {
  ReturnOp terminator = function.getReturn();
  OpBuilder builder(terminator);
  SmallVector<Attribute> roles;
  SmallVector<Value> values;
  for (auto [role, value] :
       llvm::zip(terminator.getRoles().getAsRange<RoleAttr>(),
                 terminator.getValues()))
    if (role.getKind() == RoleKind::Loss) {
      roles.push_back(role);
      values.push_back(value);
    }
  terminator.setRolesAttr(builder.getArrayAttr(roles));
  terminator.getValuesMutable().assign(values);
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(*function.getBodyBlock())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

/// Forward mode; hidden states follow it by way of the return, for scans become
/// others.
static LogicalResult differentiateForward(FuncOp function, Tangents &tangents,
                                          SmallVectorImpl<Value> &hidden) {
  ReturnOp terminator = function.getReturn();
  terminator.getValuesMutable().append(hidden);
  LogicalResult result = pushForwardAll(function, tangents);
  SmallVector<Value> values(terminator.getValues());
  hidden.assign(values.end() - hidden.size(), values.end());
  values.resize(values.size() - hidden.size());
  terminator.getValuesMutable().assign(values);
  return result;
}

LogicalResult GaussNewton::build(FuncOp loss) {
  OpBuilder builder(loss);
  builder.setInsertionPointAfter(loss);
  auto function = cast<FuncOp>(builder.clone(*loss));
  function.setSymName("gauss_newton");
  keepLoss(function);
  SmallVector<Value> hidden = stackHiddenStates(function);
  Tangents tangents;
  if (failed(differentiateForward(function, tangents, hidden)))
    return failure();
  Cotangents seeds;
  if (!Curvature(function, tangents, seeds).find())
    return emitError(
        function.getReturn().getValues().front().getLoc(),
        "expected a loss that ends in a convex function (a cross-entropy, a "
        "square, a negative logarithm) for a Gauss-Newton product, got none");
  builder.setInsertionPoint(function.getReturn());
  for (Value state : hidden)
    addDamping(builder, state, tangents, seeds);
  if (failed(pullBackAll(function, seeds)))
    return failure();
  returnGradients(function, seeds, llvm::IsaPred<ParamOp>);
  return success();
}
