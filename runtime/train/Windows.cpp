//===- Windows.cpp - Windows of a text ------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The walk over the streams.
//===----------------------------------------------------------------------===//
#include "runtime/train/Windows.h"

#include "runtime/lib/Error.h"

#include <algorithm>
#include <string>

using namespace rnn;
using namespace rnn::train;

Windows::Windows(std::span<const int32_t> Tokens, int64_t Batch, int64_t Steps)
    : Tokens(Tokens), Batch(Batch), Steps(Steps),
      Length(static_cast<int64_t>(Tokens.size()) /
             std::max<int64_t>(Batch, 1)) {
  if (Batch < 1 || Steps < 1)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a batch and a window of 1 or more, got " +
                    std::to_string(Batch) + " and " + std::to_string(Steps));
  if (Steps + 1 >= Length)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a text of at least " +
                    std::to_string(Batch * (Steps + 2)) + " letters for " +
                    std::to_string(Batch) + " streams in windows of " +
                    std::to_string(Steps) + ", got " +
                    std::to_string(Tokens.size()));
}

bool Windows::next(int32_t *Inputs, int32_t *Targets) {
  const bool Anew = atEnd();
  if (Anew)
    Position = 0;
  for (int64_t Step = 0; Step < Steps; ++Step)
    for (int64_t Stream = 0; Stream < Batch; ++Stream) {
      const int64_t From = Stream * Length + Position + Step;
      Inputs[Step * Batch + Stream] = Tokens[From];
      Targets[Step * Batch + Stream] = Tokens[From + 1];
    }
  Position += Steps;
  return Anew;
}

int64_t Windows::perEpoch() const {
  // Window i starts at i T; it is the last if (i + 1) T + T + 1 >= L.
  return (Length - 2) / Steps;
}

void Windows::setPosition(int64_t Where) {
  if (Where < -1 || Where >= Length)
    throw Error(RNN_ERROR_MISMATCH,
                "expected a position below " + std::to_string(Length) +
                    " in the text, got " + std::to_string(Where));
  Position = Where;
}

int64_t Windows::fittingBatch(int64_t Tokens, int64_t Batch, int64_t Steps) {
  return std::min(Batch, Tokens / (Steps + 2));
}
