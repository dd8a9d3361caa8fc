//===- Dependence.cpp - What depends on which declarations --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Follows declarations through the operations of a function and the steps of
// its recurrences.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Differentiate.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::rnn;

namespace {

class Dependence {
public:
  Dependence(ModelOp model, llvm::function_ref<bool(Operation *)> isSource)
      : model(model), isSource(isSource) {}

  void visit(Block &block) {
    for (Operation &op : block.without_terminator())
      visit(&op);
  }

  DependentValues dependent;

private:
  void visit(Operation *op);
  void visitScan(ScanOp scan);
  bool readsSource(Operation *op);
  bool contains(Value value) { return dependent.contains(value); }

  ModelOp model;
  llvm::function_ref<bool(Operation *)> isSource;
};

} // namespace

bool Dependence::readsSource(Operation *op) {
  if (!isa<GetOp, InitialStateOp>(op))
    return false;
  auto symbol = op->getAttrOfType<FlatSymbolRefAttr>("symbol");
  Operation *declaration = SymbolTable::lookupSymbolIn(model, symbol);
  return declaration && isSource(declaration);
}

void Dependence::visit(Operation *op) {
  if (auto scan = dyn_cast<ScanOp>(op))
    return visitScan(scan);
  bool depends = readsSource(op);
  op->walk([&](Operation *inner) {
    depends |= llvm::any_of(inner->getOperands(),
                            [&](Value operand) { return contains(operand); });
  });
  if (depends)
    dependent.insert_range(op->getResults());
}

/// A state depends on what its initial or its next value does: steps are
/// visited until no state is added.
void Dependence::visitScan(ScanOp scan) {
  for (auto [argument, source] :
       llvm::zip(scan.getBodyBlock()->getArguments(), scan.getOperands()))
    if (contains(source))
      dependent.insert(argument);
  for (bool isComplete = false; !isComplete;) {
    isComplete = true;
    visit(*scan.getBodyBlock());
    for (auto [argument, next] :
         llvm::zip(scan.getStateArgs(), scan.getNextStates()))
      if (contains(next) && dependent.insert(argument).second)
        isComplete = false;
  }
  for (auto [argument, final] :
       llvm::zip(scan.getStateArgs(), scan.getFinalStates()))
    if (contains(argument))
      dependent.insert(final);
  for (auto [yielded, stacked] :
       llvm::zip(scan.getStackedYields(), scan.getStacked()))
    if (contains(yielded))
      dependent.insert(stacked);
}

DependentValues
rnnc::findDependent(FuncOp function,
                    llvm::function_ref<bool(Operation *)> isSource) {
  Dependence dependence(function->getParentOfType<ModelOp>(), isSource);
  dependence.visit(*function.getBodyBlock());
  return std::move(dependence.dependent);
}
