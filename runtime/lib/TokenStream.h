//===- TokenStream.h - Streams from token to token --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A model's stream as a function from a token to the probabilities of the next.
// Functions throw Error.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_TOKENSTREAM_H
#define RNNC_RUNTIME_LIB_TOKENSTREAM_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Philox.h"

#include <vector>

namespace rnn {

class TokenStream {
public:
  /// The model needs a stream function from one token to probabilities of all
  /// tokens; `Tokens` of these are looked at, or all if it is 0.
  TokenStream(const rnn_model &Model, int32_t Tokens);

  const rnn_model &model() const { return Model; }
  const rnn_stream &stream() const { return *Model.stream; }
  /// What the first step is fed; -1 if that is open.
  int32_t start() const;
  /// Feeds a token; gives the probabilities of those that may follow. They hold
  /// until the next step.
  const std::vector<double> &step(const void *Panels, void *State,
                                  int32_t Token);

private:
  template <typename Element> void readProbabilities();

  const rnn_model &Model;
  int32_t Vocabulary;
  int32_t Tokens;          // of them that are looked at
  size_t Distribution = 0; // which output it is
  std::vector<Buffer> Outputs;
  std::vector<void *> OutputPointers;
  std::vector<double> Probabilities;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_TOKENSTREAM_H
