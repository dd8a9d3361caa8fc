//===- OutlineStages.cpp - A function for each stage ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The stages of a function's loop over chunks share few values and are as long
// as functions of their own. Apart, each gets registers for what it uses, and
// the allocator, whose work grows faster than a function, is done sooner.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/Passes.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/RegionUtils.h"

namespace rnnc {
#define GEN_PASS_DEF_OUTLINESTAGES
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;

/// Whether an operation is made again where a stage uses it: what folds, and
/// views of memory, which as arguments would be a number for each size and
/// stride.
static bool isMadeAgain(Operation *op) {
  if (op->hasTrait<OpTrait::ConstantLike>())
    return true;
  return op->getNumResults() == 1 && op->getNumRegions() == 0 && isPure(op) &&
         isa<MemRefType>(op->getResult(0).getType());
}

namespace {

class Outliner {
public:
  explicit Outliner(ModuleOp module) : symbols(module) {}

  void outline(scf::IfOp stage) {
    collect(stage.getThenRegion());
    func::FuncOp function = makeFunction(stage);
    OpBuilder builder = OpBuilder::atBlockBegin(stage.thenBlock());
    func::CallOp::create(builder, stage.getLoc(), function,
                         arguments.getArrayRef());
  }

private:
  /// Finds what the region uses from outside: `arguments`, and `remade`, in
  /// order.
  void collect(Region &region) {
    arguments.clear();
    remade.clear();
    rooms.clear();
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(region, used);
    for (size_t i = 0; i < used.size(); ++i) {
      Operation *op = used[i].getDefiningOp();
      if (op && isOnlyUsedIn(op, region)) {
        rooms.push_back(op);
      } else if (op && isMadeAgain(op)) {
        remade.insert(op);
        used.insert_range(op->getOperands());
      } else {
        arguments.insert(used[i]);
      }
    }
    remade = topologicalSort(remade);
  }

  /// Whether an operation is room on the stack that the region alone uses.
  static bool isOnlyUsedIn(Operation *op, Region &region) {
    return isa<memref::AllocaOp>(op) && op->getNumOperands() == 0 &&
           llvm::all_of(op->getUsers(), [&](Operation *user) {
             return region.isAncestor(user->getParentRegion());
           });
  }

  /// A private function with the region's code, which is left empty.
  func::FuncOp makeFunction(scf::IfOp stage) {
    auto parent = stage->getParentOfType<func::FuncOp>();
    SmallVector<Type> inputs;
    for (Value argument : arguments)
      inputs.push_back(argument.getType());
    auto number = stage->getAttrOfType<IntegerAttr>(dnn::StageAttrName);
    std::string name = (parent.getName() + "_stage" +
                        llvm::Twine(number.getValue().getZExtValue()))
                           .str();
    func::FuncOp function = makePrivateFunction(stage.getLoc(), name, inputs);
    symbols.insert(function, std::next(parent->getIterator()));
    fill(function, stage);
    return function;
  }

  void fill(func::FuncOp function, scf::IfOp stage) {
    Block *body = function.addEntryBlock();
    OpBuilder builder = OpBuilder::atBlockBegin(body);
    Region &region = stage.getThenRegion();
    IRMapping map;
    map.map(arguments.getArrayRef(), body->getArguments());
    for (Operation *room : rooms)
      room->moveBefore(body, body->end());
    for (Operation *op : remade)
      builder.clone(*op, map);
    for (auto [from, to] : map.getValueMap())
      replaceAllUsesInRegionWith(from, to, region);
    Block *block = stage.thenBlock();
    body->getOperations().splice(body->end(), block->getOperations(),
                                 block->begin(),
                                 block->getTerminator()->getIterator());
    func::ReturnOp::create(builder, stage.getLoc());
  }

  SymbolTable symbols;
  llvm::SetVector<Value> arguments;
  llvm::SetVector<Operation *> remade;
  SmallVector<Operation *> rooms;
};

class OutlineStages : public rnnc::impl::OutlineStagesBase<OutlineStages> {
public:
  using OutlineStagesBase::OutlineStagesBase;

  void runOnOperation() override {
    SmallVector<scf::IfOp> stages;
    getOperation().walk([&](scf::IfOp op) {
      if (op->hasAttr(dnn::StageAttrName))
        stages.push_back(op);
    });
    Outliner outliner(getOperation());
    for (scf::IfOp stage : stages)
      outliner.outline(stage);
  }
};

} // namespace
