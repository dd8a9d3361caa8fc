//===- OnnxModel.h - A layer as an ONNX model -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes the one model that the benchmarks need, so they need no library of
// ONNX.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ONNXMODEL_H
#define RNNC_BENCHMARKS_ONNXMODEL_H

#include "benchmarks/Layer.h"

#include <string>

namespace bench {

/// A serialised ModelProto (opset 14) with one LSTM or GRU node and its
/// weights; input x [T][B][H], output y [T][1][B][H]. `Parameters` as Layer.h
/// says.
std::string makeOnnxModel(const LayerSizes &Sizes,
                          const std::vector<float> &Parameters);

} // namespace bench

#endif // RNNC_BENCHMARKS_ONNXMODEL_H
