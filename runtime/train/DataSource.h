//===- DataSource.h - Batches of examples -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Walks a data set in batches, in another order each epoch. Examples of like
// lengths go together, longest first, so that little is padding; long sequences
// may be cut into windows whose states are carried on.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_DATASOURCE_H
#define RNNC_RUNTIME_TRAIN_DATASOURCE_H

#include "runtime/train/DataSet.h"
#include "runtime/train/Source.h"

#include <memory>

namespace rnn::train {

struct DataOptions {
  int64_t Batch = 32; ///< examples, at most
  int64_t Window = 0; ///< steps of a batch; 0: whole sequences
  uint64_t Seed = 42; ///< of the order
  bool Shuffled = true;
  /// The examples [First, First + Count) of the data set; Count 0: to its end.
  int64_t First = 0, Count = 0;
};

/// How many examples to evaluate at once: all where they have no more than
/// 65,536 steps together. A mean over one batch is the model's own; over
/// several it is weighted by steps, whatever the model counts.
int64_t evaluationBatch(const DataSet &Of);

class DataSource : public Source {
public:
  /// Throws Error; so where windows are asked for and the model has not one
  /// time axis, or a target that is not over it.
  DataSource(std::shared_ptr<const DataSet> From, const DataOptions &Given);

  const Batch &next() override;
  bool atEpochEnd() const override { return IsFresh || Next == Windows.size(); }
  void rewind() override;
  int64_t perEpoch() const override {
    return static_cast<int64_t>(Windows.size());
  }
  /// The epoch times 2^32 plus the batches of it that are gone.
  int64_t position() const override;
  void setPosition(int64_t Where) override;
  void addSizes(rnn_plan_options &Sizes) const override;
  bool carriesState() const override { return Given.Window > 0; }
  std::vector<Identity> identity() const override;
  const char *itemName() const override { return "examples"; }

  const DataSet &data() const { return *From; }
  int64_t count() const { return Given.Count; } ///< examples

private:
  /// Steps from Start of the examples Order[Begin] to Order[End - 1].
  struct Window {
    int64_t Begin, End, Start;
  };

  void startEpoch(int64_t Number);
  void shuffle(std::vector<int64_t> &Values, const char *What) const;
  void sortByLength();
  void addWindows(int64_t Begin, int64_t End);
  bool isLonger(int64_t A, int64_t B) const;
  void fill(const Window &Of);
  void setLengths(const Window &Of, uint64_t Axis);
  const void *gather(const Window &Of, const rnn_tensor &Tensor, uint64_t Index,
                     bool IsTarget, Buffer &Into);

  std::shared_ptr<const DataSet> From;
  DataOptions Given;
  bool HasLengths = false;
  int64_t Epoch = 0;
  bool IsFresh = true; // nothing was walked yet
  size_t Next = 0;
  std::vector<int64_t> Order;
  std::vector<Window> Windows;
  std::vector<Buffer> Inputs, Targets;
  std::vector<int32_t> Lengths[RNN_MAX_AXES];
  Batch Current;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_DATASOURCE_H
