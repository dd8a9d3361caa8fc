//===- Evaluate.h - A model on a source of batches --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Losses, metrics and outputs over one epoch of a source, without dropout.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_EVALUATE_H
#define RNNC_RUNTIME_TRAIN_EVALUATE_H

#include "rnn/rnn.h"
#include "runtime/train/Source.h"

#include <functional>
#include <memory>
#include <vector>

namespace rnn::train {

struct DestroyPlan {
  void operator()(rnn_plan *Plan) const { rnn_plan_destroy(Plan); }
};
using PlanPtr = std::unique_ptr<rnn_plan, DestroyPlan>;

/// Throws Error.
PlanPtr makePlan(const rnn_model &Model, const rnn_plan_options &Wanted);

/// A call with a batch's sizes, inputs, targets and lengths.
rnn_call callOf(const Batch &Of);

/// The mean over batches, by their weights, of the model's loss and metrics.
struct Evaluation {
  double Loss = 0;
  std::vector<double> Metrics;
};

/// The source from its start on, with the parameters that the plan was packed
/// with; these also give the initial states. Throws Error.
Evaluation evaluate(rnn_plan *Plan, const rnn_model &Model, const void *Params,
                    Source &From);

/// The outputs of each batch, in descriptor order; see `evaluate`.
void forward(rnn_plan *Plan, const rnn_model &Model, const void *Params,
             Source &From,
             const std::function<void(const Batch &,
                                      const std::vector<void *> &)> &Take);

/// The records of the model's stream for each batch, as its inputs make them;
/// see `evaluate`.
void encode(rnn_plan *Plan, const rnn_model &Model, Source &From,
            const std::function<void(const Batch &, const char *)> &Take);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_EVALUATE_H
