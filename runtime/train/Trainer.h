//===- Trainer.h - Training on a text ---------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Trains any compiled model that reads tokens and predicts tokens, through its
// descriptor alone: truncated backpropagation with the state carried from
// window to window. What a step does depends on the options, the text and the
// steps before it, never on time or machine load.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_TRAINER_H
#define RNNC_RUNTIME_TRAIN_TRAINER_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/train/Corpus.h"
#include "runtime/train/Optimiser.h"
#include "runtime/train/Windows.h"

#include <memory>
#include <optional>
#include <vector>

namespace rnn::train {

struct Options {
  Method Rule = Method::Adam;
  double Momentum = 0;    ///< see UpdateRule
  double WeightDecay = 0; ///< see UpdateRule
  double Rate = 0.002;
  double Decay = 1;     ///< multiplies the rate after each epoch
  double ClipValue = 0; ///< bound of each element of the gradient; 0: none
  double ClipNorm = 0;  ///< bound of the gradient's norm; 0: none
  int64_t Batch = 1;    ///< streams of the text
  int64_t Window = 25;  ///< steps that backpropagation goes back
  uint64_t Seed = 42;   ///< of the initial parameters
  rnn_gemm Gemm = RNN_GEMM_AUTO;

  UpdateRule update() const { return {Rule, Momentum, WeightDecay}; }
};

/// Where training stands.
struct Progress {
  int64_t Steps = 0;   ///< windows trained on
  int64_t Epochs = 0;  ///< times that the text was gone through
  double Loss = 0;     ///< of the last window, before the update
  double Smoothed = 0; ///< .999 Smoothed + .001 Loss, from the first loss on
};

/// The mean over windows of the model's loss and metrics.
struct Evaluation {
  double Loss = 0;
  std::vector<double> Metrics;
};

/// Throws Error unless the model has one time axis, one token input and one
/// token target over it, both of one vocabulary that holds the text's, and a
/// gradient.
void checkTrainable(const rnn_model &Model, const Vocabulary &Letters);

class Trainer {
public:
  /// Fills the parameters by the model's initialisers. `Text` must outlive the
  /// trainer. Throws Error.
  Trainer(const rnn_model &Model, const Corpus &Text, const Options &Given);

  /// Trains on the next window. Throws Error; a loss that is not finite is one,
  /// and leaves the parameters as they were.
  void step();
  /// The validation split from the initial state on; nothing if it is empty.
  std::optional<Evaluation> evaluate();

  const rnn_model &model() const { return Model; }
  const Corpus &text() const { return Text; }
  const Options &options() const { return Given; }
  /// Steps that are an epoch.
  int64_t stepsPerEpoch() const { return Training.perEpoch(); }
  void *params() { return Params.data(); }
  const void *params() const { return Params.data(); }

  /// All that changes while training goes on, for checkpoints.
  Progress Now;
  Optimiser Update;
  Windows Training;
  Buffer State; ///< B records, carried from window to window
  const Buffer &parameters() const { return Params; }

private:
  struct Destroy {
    void operator()(rnn_plan *Plan) const { rnn_plan_destroy(Plan); }
  };

  void makePlan();
  rnn_call call(int64_t Batch, void *States, double &Loss);
  void startStreams(rnn_call Call);

  const rnn_model &Model;
  const Corpus &Text;
  Options Given;
  std::unique_ptr<rnn_plan, Destroy> Plan;
  Buffer Params, Gradient;
  std::vector<int32_t> Inputs, Targets;
  const void *InputPointers[1], *TargetPointers[1];
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_TRAINER_H
