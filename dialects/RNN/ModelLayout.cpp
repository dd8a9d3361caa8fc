//===- ModelLayout.cpp - Where parameters and states lie ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Offsets in the flat parameter vector and in a state record.
//===----------------------------------------------------------------------===//

#include "dialects/RNN/ModelLayout.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace rnnc::rnn;

static int64_t countElements(Type type) {
  int64_t count = 1;
  for (unsigned i = 0, e = getFeatureRank(type); i < e; ++i)
    count *= getFeatureSize(type, i);
  return count;
}

static void number(llvm::StringMap<unsigned> &map, StringRef name) {
  unsigned next = map.size();
  map.try_emplace(name, next);
}

/// Records begin at multiples of a cache line.
static int64_t getRecordBytes(ModelOp model, int64_t elements) {
  constexpr int64_t Alignment = 64;
  int64_t elementBytes = model.getElementType().getIntOrFloatBitWidth() / 8;
  return llvm::alignTo(elements * elementBytes, Alignment);
}

/// The model's own states, then those of the stream alone.
void ModelLayout::placeStates(ModelOp model) {
  int64_t size = 0;
  auto place = [&](bool ofStream) {
    for (auto state : model.getBodyBlock()->getOps<StateOp>())
      if (state.getOfStream() == ofStream) {
        number(states, state.getSymName());
        stateOffsets.push_back(size);
        size += countElements(state.getType());
      }
    return getRecordBytes(model, size);
  };
  stateBytes = place(/*ofStream=*/false);
  streamBytes = place(/*ofStream=*/true);
}

ModelLayout::ModelLayout(ModelOp model) {
  placeStates(model);
  for (Operation &op : *model.getBodyBlock()) {
    if (auto param = dyn_cast<ParamOp>(op)) {
      number(parameters, param.getSymName());
      parameterOffsets.push_back(parameterSize);
      parameterSize += countElements(param.getType());
    } else if (auto input = dyn_cast<InputOp>(op)) {
      number(inputs, input.getSymName());
    } else if (auto target = dyn_cast<TargetOp>(op)) {
      number(targets, target.getSymName());
    } else if (auto output = dyn_cast<OutputOp>(op)) {
      number(outputs, output.getSymName());
    } else if (auto metric = dyn_cast<MetricOp>(op)) {
      number(metrics, metric.getSymName());
    }
  }
}
