//===- PhaseFunctions.cpp - Functions for phases of products --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A function is built around a copy of the operation, with an argument for each
// value that it uses. Two operations share one if their copies are alike, which
// is a comparison of texts.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/PhaseFunctions.h"

#include "compiler/lib/CodeGen/KernelCalls.h"
#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

namespace {

/// A function with a copy of an operation, and the values to call it with.
class PhaseFunction {
public:
  PhaseFunction(KernelBuilder &caller, GemmPhaseOp op, StringRef name,
                const PhaseSite &site)
      : caller(caller), op(op), b(op.getLoc(), op.getContext()),
        function(makePrivateFunction(op.getLoc(), name, {})),
        body(function.addEntryBlock()) {
    b.setInsertionPointToStart(body);
    this->site.shape = site.shape;
    this->site.panels = add(site.panels);
    if (site.isOdd)
      this->site.isOdd = add(site.isOdd);
    rows = add(caller.rows(op.getA()));
    for (Value operand : op->getOperands())
      mapOperand(operand);
    mapBody();
    enterShare();
    copy = cast<GemmPhaseOp>(b.clone(*op, map));
    copy.setSite(site.shape);
    b.setInsertionPointToEnd(body);
    func::ReturnOp::create(b);
    function.setType(b.getFunctionType(body->getArgumentTypes(), {}));
  }

  std::string text() {
    std::string text;
    llvm::raw_string_ostream os(text);
    function.print(os, OpPrintingFlags().useLocalScope());
    return text;
  }

  void emit(PhaseFunctions::Emit emit) {
    KernelBuilder inside(op.getLoc(), copy.getOperation());
    emit(inside, copy, site);
    copy.erase();
  }

  func::FuncOp getFunction() { return function; }
  ArrayRef<Value> getArguments() const { return arguments; }

private:
  /// A new argument for a value of the caller.
  Value add(Value value) {
    arguments.push_back(value);
    return body->addArgument(value.getType(), op.getLoc());
  }

  void mapOperand(Value operand) {
    if (map.contains(operand))
      return;
    if (auto type = dyn_cast<MemRefType>(operand.getType()))
      map.map(operand, mapBuffer(operand, type));
    else if (operand == op.getPacked())
      map.map(operand, site.panels);
    else
      map.map(operand, add(operand));
  }

  /// A buffer is handed on as its address; what has several rows has those of
  /// the product.
  Value mapBuffer(Value buffer, MemRefType type) {
    Value start = add(address(caller, buffer));
    auto layout =
        StridedLayoutAttr::get(b.getContext(), 0, {rowStride(buffer), 1});
    auto plain =
        MemRefType::get(type.getShape(), type.getElementType(), layout);
    Value count = type.isDynamicDim(0) ? rows : b.index(type.getDimSize(0));
    Value zero = arith::ConstantIntOp::create(b, 0, 64);
    return BufferOp::create(b, plain, start, zero, count);
  }

  void mapBody() {
    llvm::SetVector<Value> used;
    getUsedValuesDefinedAbove(op.getBody(), used);
    for (Value value : used) {
      Operation *made = value.getDefiningOp();
      if (made && made->hasTrait<OpTrait::ConstantLike>())
        b.clone(*made, map);
      else
        mapOperand(value);
    }
  }

  void enterShare() {
    ShareOp share = getShare(op);
    if (!share)
      return;
    for (Value operand : share->getOperands())
      mapOperand(operand);
    auto own = cast<ShareOp>(b.insert(share->cloneWithoutRegions(map)));
    b.setInsertionPointToStart(&own.getBody().emplaceBlock());
  }

  KernelBuilder &caller;
  GemmPhaseOp op, copy;
  KernelBuilder b;
  func::FuncOp function;
  Block *body;
  PhaseSite site;
  Value rows;
  IRMapping map;
  SmallVector<Value> arguments;
};

} // namespace

void PhaseFunctions::call(KernelBuilder &b, GemmPhaseOp op, StringRef name,
                          const PhaseSite &site, Emit emit) {
  PhaseFunction made(b, op, name, site);
  auto [entry, isNew] = functions.try_emplace(made.text(), made.getFunction());
  if (isNew) {
    std::string full =
        (name + "_" + site.shape + "_" + Twine(functions.size())).str();
    made.getFunction().setName(full);
    module.push_back(made.getFunction());
    made.emit(emit);
  } else {
    made.getFunction().erase();
  }
  func::CallOp::create(b, entry->second, made.getArguments());
}
