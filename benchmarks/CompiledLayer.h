//===- CompiledLayer.h - The compiled model ---------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A shared object that rnnc wrote, behind the interface that its peers have.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_COMPILEDLAYER_H
#define RNNC_BENCHMARKS_COMPILEDLAYER_H

#include "benchmarks/Layer.h"
#include "rnn/rnn.h"

#include <string>

namespace bench {

/// The descriptor `Symbol` of the shared object at `Path`, which stays loaded.
/// Throws std::runtime_error where there is none.
const rnn_model &loadModel(const std::string &Path, const std::string &Symbol);

/// How plans are made.
struct PlanChoice {
  rnn_gemm Gemm = RNN_GEMM_AUTO;
  int64_t Chunk = 0; ///< steps; 0: the runtime chooses
  int32_t Threads = 1;
  int32_t Slices = 0; ///< of the batch; 0: the runtime chooses
};

/// A model of one layer, with the input x, the target dy and the output y, and
/// a plan for exactly these sizes. Members throw std::runtime_error with the
/// runtime's message. `Data` outlives it.
class CompiledLayer {
public:
  CompiledLayer(const rnn_model &Model, const LayerSizes &Sizes,
                const LayerData &Data, const PlanChoice &Choice);
  ~CompiledLayer();
  CompiledLayer(const CompiledLayer &) = delete;
  CompiledLayer &operator=(const CompiledLayer &) = delete;

  /// Ends sequence b after Lengths[b] steps from now on.
  void setLengths(const std::vector<int32_t> &Lengths);

  /// The outputs, with weights that the constructor packed.
  void forward();
  /// Loss, gradients of the parameters and of x; packs the weights first.
  void gradient();

  /// What the last calls left.
  const LayerResults &results() const { return Results; }

private:
  const LayerData &Data;
  LayerResults Results;
  int64_t Axes[1];
  const void *Inputs[1], *Targets[1];
  void *Outputs[1], *InputGradients[1];
  std::vector<int32_t> Lengths;
  const int32_t *LengthsOfAxes[1] = {};
  double Loss = 0;
  rnn_call Forward = {}, Gradient = {};
  rnn_plan *Plan = nullptr;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_COMPILEDLAYER_H
