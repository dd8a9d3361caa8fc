//===- Sampler.h - Sampling from a model ------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a model's stream function token by token and draws the next token from
// the distribution it puts out.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_SAMPLER_H
#define RNNC_RUNTIME_TRAIN_SAMPLER_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Philox.h"

#include <cstdint>
#include <vector>

namespace rnn::train {

struct SampleOptions {
  /// Probabilities are raised to 1 / Temperature: below 1 is bolder.
  double Temperature = 1;
  bool MostLikely = false; ///< always the most likely token; no temperature
  uint64_t Seed = 42;
  int32_t Tokens = 0; ///< draws from the first so many; 0: from all
};

class Sampler {
public:
  /// The model needs a stream function from one token to probabilities of all
  /// tokens. Starts at the initial state. Throws Error.
  Sampler(const rnn_model &Model, const void *Params,
          const SampleOptions &Given);

  /// Reads a token, from 0 to the vocabulary's size - 1. Throws Error.
  void feed(int32_t Token);
  /// Draws the token that follows those fed; does not feed it. Throws Error if
  /// nothing was fed or the output is no distribution.
  int32_t draw();

private:
  template <typename Element> void readProbabilities();

  const rnn_model &Model;
  SampleOptions Given;
  Random Numbers;
  uint64_t Drawn = 0;
  bool WasFed = false;
  Buffer Panels, State;
  std::vector<Buffer> Outputs;
  std::vector<void *> OutputPointers;
  size_t Distribution = 0; // which output it is
  std::vector<double> Weights;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_SAMPLER_H
