//===- MergeGemms.cpp - One product over stacked weights ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Merges products that share their right operand.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Transforms/Passes.h"

#include "mlir/IR/Dominance.h"
#include "llvm/ADT/MapVector.h"

namespace rnnc {
#define GEN_PASS_DEF_MERGEGEMMS
#include "compiler/lib/Transforms/Passes.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc::rnn;

namespace {

class MergeGemms : public rnnc::impl::MergeGemmsBase<MergeGemms> {
public:
  void runOnOperation() override {
    getOperation().walk([&](Block *block) { mergeBlock(*block); });
  }

private:
  void mergeBlock(Block &block) {
    llvm::MapVector<Value, SmallVector<MatmulOp>> byInput;
    for (auto matmul : block.getOps<MatmulOp>())
      if (isDefinedAbove(matmul.getWeight(), block))
        byInput[matmul.getInput()].push_back(matmul);
    for (auto &[input, products] : byInput)
      if (products.size() > 1)
        merge(input, products);
  }

  /// Weights from outside the block (or, at the top of a function, any
  /// expression of parameters before the first product) can be stacked first.
  static bool isDefinedAbove(Value weight, Block &block) {
    return weight.getParentBlock() != &block ||
           isa<FuncOp>(block.getParentOp());
  }

  /// The stacked weight stands where it is made once: outside of a scan.
  static void setInsertionForWeights(OpBuilder &builder,
                                     ArrayRef<MatmulOp> products) {
    Operation *anchor = products.front();
    if (auto scan = anchor->getParentOfType<ScanOp>())
      anchor = scan;
    builder.setInsertionPoint(anchor);
  }

  void merge(Value input, ArrayRef<MatmulOp> products) {
    MatmulOp first = products.front();
    DominanceInfo dominance(getOperation());
    if (llvm::any_of(products, [&](MatmulOp product) {
          return !dominance.properlyDominates(product.getWeight(), first);
        }))
      return;
    OpBuilder builder(first);
    SmallVector<Value> weights;
    for (MatmulOp product : products)
      weights.push_back(product.getWeight());
    setInsertionForWeights(builder, products);
    Value stacked = ConcatOp::create(builder, first.getLoc(), 0, weights);
    builder.setInsertionPoint(first);
    Value merged = MatmulOp::create(builder, first.getLoc(), stacked, input);
    int64_t offset = 0;
    for (MatmulOp product : products) {
      int64_t size = getFeatureSize(product.getType());
      product.replaceAllUsesWith(
          SliceOp::create(builder, product.getLoc(), merged, 0, offset, size)
              .getResult());
      offset += size;
    }
    for (MatmulOp product : products)
      product.erase();
    numMerged += products.size() - 1;
  }
};

} // namespace
