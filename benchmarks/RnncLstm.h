//===- RnncLstm.h - The compiled LSTM ---------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// lstm.rnn, as rnnc compiled it, behind the interface that its peers have.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_RNNCLSTM_H
#define RNNC_BENCHMARKS_RNNCLSTM_H

#include "benchmarks/Lstm.h"
#include "rnn/rnn.h"

namespace bench {

/// How plans are made.
struct PlanChoice {
  rnn_gemm Gemm = RNN_GEMM_AUTO;
  int64_t Chunk = 0; ///< steps; 0: the runtime chooses
};

/// The compiled model with H units; null where none was compiled.
const rnn_model *findModel(int64_t H);

/// A compiled LSTM with a plan for exactly these sizes. Members throw
/// std::runtime_error with the runtime's message.
class RnncLstm {
public:
  RnncLstm(const LstmSizes &Sizes, const LstmData &Data,
           const PlanChoice &Choice);
  ~RnncLstm();
  RnncLstm(const RnncLstm &) = delete;
  RnncLstm &operator=(const RnncLstm &) = delete;

  /// Ends sequence b after Lengths[b] steps from now on.
  void setLengths(const std::vector<int32_t> &Lengths);
  /// Y, with the weights that the constructor packed.
  void forward();
  /// The loss's gradient in parameters and x; packs the weights.
  void gradient();

  const LstmResults &results() const { return Results; }

private:
  const LstmData &Data;
  LstmResults Results;
  rnn_plan *Plan = nullptr;
  int64_t Axes[1];
  std::vector<int32_t> Lengths;
  const int32_t *LengthsOfAxes[1];
  const void *Inputs[1], *Targets[1];
  void *Outputs[1], *InputGradients[1];
  double Loss = 0;
  rnn_call Forward = {}, Gradient = {};
};

} // namespace bench

#endif // RNNC_BENCHMARKS_RNNCLSTM_H
