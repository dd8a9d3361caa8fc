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
#include "runtime/lib/TokenDraw.h"
#include "runtime/lib/TokenStream.h"

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

  /// What the stream starts with; -1 if that is open.
  int32_t start() const { return Of.start(); }
  /// Reads a token, from 0 to the vocabulary's size - 1. Throws Error; so where
  /// the output is no distribution.
  void feed(int32_t Token);
  /// Draws the token that follows those fed, once a token; does not feed it.
  /// Throws Error if nothing was fed.
  int32_t draw();

private:
  TokenStream Of;
  SampleOptions Given;
  TokenDraw Draw;
  Random Numbers;
  uint64_t Drawn = 0;
  Buffer Panels, State;
  const std::vector<double> *Next = nullptr; // probabilities
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_SAMPLER_H
