//===- ModelObjective.h - A model's loss on one batch -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What Hessian-free optimisation needs of a compiled model, on the data of one
// step: a large batch for losses and gradients, perhaps a part of it for the
// many products.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_MODELOBJECTIVE_H
#define RNNC_RUNTIME_TRAIN_MODELOBJECTIVE_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/train/HessianFree.h"
#include "runtime/train/Source.h"

namespace rnn::train {

/// Some sequences of a batch, copied, with the states that they start from.
class BatchPart {
public:
  /// The given sequences; `States` may be null.
  BatchPart(const rnn_model &Model, const Batch &Of, const char *States,
            const std::vector<int64_t> &Sequences);

  const Batch &batch() const { return Part; }
  /// Null where the batch starts from the model's initial state.
  const char *states() const { return States.data(); }

private:
  void copy(const rnn_model &Model, const Batch &Of, const rnn_tensor &Tensor,
            const void *From, const std::vector<int64_t> &Sequences,
            std::vector<const void *> &Into);

  Batch Part;
  std::vector<Buffer> Data;
  std::vector<int32_t> Lengths[RNN_MAX_AXES];
  Buffer States;
};

class ModelObjective : public Objective {
public:
  /// `States` are the records that the batch starts from; null stands for the
  /// model's initial state. `Products` sequences, spread over the batch, serve
  /// for products; 0: all. The plan has loss, gradient and product. All must
  /// outlive this.
  ModelObjective(const rnn_model &Model, rnn_plan *Plan, const Batch &Of,
                 const char *States, int64_t Products, uint64_t Seed);

  double loss(const Vector &At) override;
  double gradient(const Vector &At, Vector &Into) override;
  void product(const Vector &At, const Vector &Direction, double Damping,
               Vector &Into) override;
  void squares(const Vector &At, Vector &Into) override;

  /// Of the last gradient.
  const std::vector<double> &metrics() const { return Metrics; }

private:
  rnn_call call(const Batch &Of, const char *From);
  double runGradient(const Vector &At, const Batch &Of, const char *From,
                     Vector &Into);

  const rnn_model &Model;
  rnn_plan *Plan;
  const Batch &Whole;
  const char *WholeStates;
  BatchPart Part;
  uint64_t Seed;
  Buffer Params, Direction, Result, States;
  std::vector<double> Metrics;
};

/// Between vectors and a model's elements.
void toElements(const rnn_model &Model, const Vector &From, void *Into);
void toVector(const rnn_model &Model, const void *From, Vector &Into);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_MODELOBJECTIVE_H
