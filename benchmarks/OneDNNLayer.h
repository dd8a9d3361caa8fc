//===- OneDNNLayer.h - oneDNN's own LSTM and GRU ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// oneDNN's recurrent primitives on the same data as ours, in their three modes,
// with weights in the layouts that they ask for. The GRU is vanilla_gru: ours
// resets the state before the product, as it does (lbr_gru resets after it).
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ONEDNNLAYER_H
#define RNNC_BENCHMARKS_ONEDNNLAYER_H

#include "benchmarks/Layer.h"

#include <memory>

namespace bench {

/// As many threads for oneDNN as for all: its OpenMP library is in the process.
void setOpenMPThreads(int Threads);

/// Members throw dnnl::error. On as many threads as OpenMP is set to.
class OneDNNLayer {
public:
  OneDNNLayer(const LayerSizes &Sizes, const LayerData &Data);
  ~OneDNNLayer();

  /// forward_inference, with weights that the constructor packed.
  void inference();
  /// forward_training, with weights that the constructor packed.
  void training();
  /// forward_training and backward, with weights that the constructor packed.
  /// oneDNN adds to the gradients of weights, so they are set to zero first.
  void gradient();
  /// The same, but packs the weights for both directions first: what a step of
  /// training costs, where weights change each time.
  void packAndGradient();

  /// What the last calls left, in rnnc's layouts.
  LayerResults results() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> I;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_ONEDNNLAYER_H
