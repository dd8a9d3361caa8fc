//===- TextSource.h - Batches of a text -------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The windows of a text as batches whose states are carried on.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_TEXTSOURCE_H
#define RNNC_RUNTIME_TRAIN_TEXTSOURCE_H

#include "runtime/train/Corpus.h"
#include "runtime/train/Source.h"
#include "runtime/train/Windows.h"

#include <memory>

namespace rnn::train {

/// Throws Error unless the model has one time axis, one token input and one
/// token target over it, both of one vocabulary that holds the text's.
void checkReadsText(const rnn_model &Model, const Vocabulary &Letters);

class TextSource : public Source {
public:
  /// Of `Part`, which is one of the corpus's; both must outlive this. Throws
  /// Error.
  TextSource(const rnn_model &Model, const Corpus &Text,
             std::span<const int32_t> Part, int64_t Streams, int64_t Steps);
  /// Of the part for validation, with fewer streams where it is short; null if
  /// it is empty. Throws Error.
  static std::unique_ptr<TextSource> validation(const rnn_model &Model,
                                                const Corpus &Text,
                                                int64_t Streams, int64_t Steps);

  const Batch &next() override;
  bool atEpochEnd() const override { return Walk.atEnd(); }
  void rewind() override { Walk.setPosition(-1); }
  int64_t perEpoch() const override { return Walk.perEpoch(); }
  int64_t position() const override { return Walk.position(); }
  void setPosition(int64_t Where) override { Walk.setPosition(Where); }
  void addSizes(rnn_plan_options &Sizes) const override;
  bool carriesState() const override { return true; }
  std::vector<Identity> identity() const override;
  const char *itemName() const override { return "chars"; }

private:
  const Corpus &Text;
  Windows Walk;
  std::vector<int32_t> Inputs, Targets;
  Batch Current;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_TEXTSOURCE_H
