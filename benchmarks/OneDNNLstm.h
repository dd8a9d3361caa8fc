//===- OneDNNLstm.h - oneDNN's LSTM primitive -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// oneDNN's own LSTM primitive on the same data as ours, in its three modes,
// with weights in the layouts that it asks for.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ONEDNNLSTM_H
#define RNNC_BENCHMARKS_ONEDNNLSTM_H

#include "benchmarks/Lstm.h"

#include <memory>

namespace bench {

/// Members throw dnnl::error. One thread only: see rnn::SingleThread.
class OneDNNLstm {
public:
  OneDNNLstm(const LstmSizes &Sizes, const LstmData &Data);
  ~OneDNNLstm();

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
  LstmResults results() const;

private:
  struct Implementation;
  std::unique_ptr<Implementation> I;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_ONEDNNLSTM_H
