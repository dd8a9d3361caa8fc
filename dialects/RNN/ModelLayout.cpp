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

ModelLayout::ModelLayout(ModelOp model) {
  constexpr int64_t RecordAlignment = 64;
  int64_t stateSize = 0;
  for (Operation &op : *model.getBodyBlock()) {
    if (auto param = dyn_cast<ParamOp>(op)) {
      number(parameters, param.getSymName());
      parameterOffsets.push_back(parameterSize);
      parameterSize += countElements(param.getType());
    } else if (auto state = dyn_cast<StateOp>(op)) {
      number(states, state.getSymName());
      stateOffsets.push_back(stateSize);
      stateSize += countElements(state.getType());
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
  int64_t elementBytes = model.getElementType().getIntOrFloatBitWidth() / 8;
  stateBytes = llvm::alignTo(stateSize * elementBytes, RecordAlignment);
}
