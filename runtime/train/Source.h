//===- Source.h - Where training data comes from ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// An endless row of batches, the same each time it is walked, so that training
// can go on from any place in it.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_SOURCE_H
#define RNNC_RUNTIME_TRAIN_SOURCE_H

#include "rnn/rnn.h"

#include <span>
#include <string>
#include <vector>

namespace rnn::train {

/// What one call is given. The pointers hold until the next batch.
struct Batch {
  int64_t Size = 0; ///< sequences
  int64_t Axes[RNN_MAX_AXES] = {};
  std::vector<const void *> Inputs, Targets; ///< in descriptor order
  const int32_t *Lengths[RNN_MAX_AXES] = {}; ///< null: all steps
  /// Starts from the model's initial state; otherwise its sequences go on where
  /// the first ones of the batch before ended.
  bool Anew = true;
  /// Another batch goes on where this one ends.
  bool GoesOn = false;
  bool StartsEpoch = false;
  /// What it counts for in a mean over batches: letters, or valid steps.
  double Weight = 1;
  /// Letters or examples, to measure speed with.
  int64_t Items = 0;
  /// Which examples the sequences are; empty for a text.
  std::span<const int64_t> Examples;
};

/// What must be the same when training goes on from a checkpoint.
struct Identity {
  std::string Key;   ///< of the checkpoint's metadata
  std::string Value; ///< to compare
  std::string What;  ///< for the message
};

class Source {
public:
  virtual ~Source() = default;

  /// The next batch. Throws Error.
  virtual const Batch &next() = 0;
  /// The batch after this one starts an epoch; true at first.
  virtual bool atEpochEnd() const = 0;
  /// Back to the start of the first epoch.
  virtual void rewind() = 0;
  /// Batches of the epoch under way; others may have a few more or less.
  virtual int64_t perEpoch() const = 0;
  /// A number for checkpoints, from which the walk goes on. The setter throws
  /// Error for a place that there is not.
  virtual int64_t position() const = 0;
  virtual void setPosition(int64_t Where) = 0;

  /// Makes a plan's sizes as large as any batch needs.
  virtual void addSizes(rnn_plan_options &Sizes) const = 0;
  /// Some batches go on where others end.
  virtual bool carriesState() const = 0;
  virtual std::vector<Identity> identity() const = 0;
  virtual const char *itemName() const = 0; ///< "chars", "examples"
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_SOURCE_H
