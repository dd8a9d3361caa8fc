//===- OnnxRuntime.h - ONNX Runtime on the same layer -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// ONNX Runtime's LSTM or GRU.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ONNXRUNTIME_H
#define RNNC_BENCHMARKS_ONNXRUNTIME_H

#include "benchmarks/Layer.h"

#include <string>

namespace bench {

/// Members throw std::runtime_error with the library's message. What a session
/// holds stays until the program ends.
class OnnxRuntime {
public:
  /// `Library` is the path of libonnxruntime.so.1.
  OnnxRuntime(const std::string &Library, const LayerSizes &Sizes,
              const LayerData &Data, int32_t Threads);

  void forward();

  /// What the last call left, as ours: [T][B][H].
  const std::vector<float> &y() const { return Y; }

private:
  const void *const *Api; ///< the functions, in the order of their versions
  void *Session = nullptr, *X = nullptr, *Result = nullptr;
  std::vector<float> Y;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_ONNXRUNTIME_H
