//===- Trainer.h - Training a model -----------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Trains any compiled model through its descriptor alone, on batches of any
// source; states are carried from batch to batch where the source asks for it
// (truncated backpropagation). What a step does depends on the options, the
// data and the steps before it, never on time or machine load.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_TRAINER_H
#define RNNC_RUNTIME_TRAIN_TRAINER_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/train/Corpus.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/HessianFree.h"
#include "runtime/train/Optimiser.h"
#include "runtime/train/Source.h"

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
  int64_t Batch = 1;    ///< streams of a text, or examples a batch
  int64_t Window = 25;  ///< steps that backpropagation goes back; 0: all
  uint64_t Seed = 42;   ///< of initial parameters, dropout and order
  rnn_gemm Gemm = RNN_GEMM_AUTO;
  int32_t Threads = 1, Slices = 0; ///< see rnn_plan_options
  rnn_wave Wave = RNN_WAVE_AUTO;
  HessianFreeOptions Curvature;    ///< of Method::HessianFree
  int64_t Products = 0; ///< sequences of a batch for its products; 0: all

  UpdateRule update() const { return {Rule, Momentum, WeightDecay}; }
};

/// Where training stands.
struct Progress {
  int64_t Steps = 0;   ///< batches trained on
  int64_t Epochs = 0;  ///< times that the data was gone through
  double Loss = 0;     ///< of the last batch, before the update
  double Smoothed = 0; ///< .999 Smoothed + .001 Loss, from the first loss on
};

class Trainer {
public:
  /// Fills the parameters by the model's initialisers. `Validation` may be
  /// null. Throws Error.
  Trainer(const rnn_model &Model, std::unique_ptr<Source> Training,
          std::unique_ptr<Source> Validation, const Options &Given);
  /// On a text, which must outlive the trainer. Throws Error.
  Trainer(const rnn_model &Model, const Corpus &Text, const Options &Given);

  /// Trains on the next batch. Throws Error; a loss that is not finite is one,
  /// and leaves the parameters as they were.
  void step();
  /// The validation data from the initial state on; nothing if there is none.
  std::optional<Evaluation> evaluate();

  const rnn_model &model() const { return Model; }
  const Options &options() const { return Given; }
  Source &training() { return *Training; }
  const Source &training() const { return *Training; }
  void *params() { return Params.data(); }
  const void *params() const { return Params.data(); }
  const Buffer &parameters() const { return Params; }
  /// Of the last batch, before the update.
  const std::vector<double> &metrics() const { return Metrics; }
  /// How the last step of Hessian-free optimisation went.
  const HessianFree::Result &secondOrder() const { return LastSecond; }
  /// Letters or examples that this object has trained on.
  int64_t items() const { return Items; }
  /// Goes on with another seed, as a checkpoint may have one.
  void setSeed(uint64_t Seed) { Given.Seed = Seed; }

  /// All that changes while training goes on, for checkpoints; the source's
  /// position besides.
  Progress Now;
  Optimiser Update;
  std::unique_ptr<HessianFree> Second; ///< null for first-order methods
  Buffer State; ///< records that are carried from batch to batch

private:
  void preparePlans();
  void startStates(rnn_call Call);
  void runGradient(const Batch &Of);
  void firstOrderStep(const Batch &Of);
  void secondOrderStep(const Batch &Of);
  void advanceStates(const Batch &Of, uint64_t Seed);
  void checkLoss() const;

  const rnn_model &Model;
  Options Given;
  std::unique_ptr<Source> Training, Validation;
  PlanPtr Plan, ValidationPlan;
  Buffer Params, Gradient;
  std::vector<double> Metrics;
  HessianFree::Result LastSecond;
  int64_t Items = 0;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_TRAINER_H
