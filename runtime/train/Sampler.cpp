//===- Sampler.cpp - Sampling from a model --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One record and the loop's two halves, for programs that show each token.
//===----------------------------------------------------------------------===//
#include "runtime/train/Sampler.h"

#include "runtime/lib/Error.h"

#include <string>

using namespace rnn;
using namespace rnn::train;

static void checkReset(const rnn_model &Model) {
  if (!Model.stream->reset && Model.stream->state_bytes > 0)
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name +
                    "': its stream starts from what it reads of other inputs: "
                    "expected examples to encode");
}

Sampler::Sampler(const rnn_model &Model, const void *Params,
                 const SampleOptions &Given)
    : Of(Model, Given.Tokens), Given(Given), Draw(Given.Temperature),
      Numbers(Given.Seed, streamOf("sample")), Panels(Of.stream().panels_bytes),
      State(Of.stream().state_bytes) {
  if (!Given.MostLikely && !(Given.Temperature > 0))
    throw Error(RNN_ERROR_ARGUMENT, "expected a positive temperature, got " +
                                        std::to_string(Given.Temperature));
  checkReset(Model);
  clearError();
  check(settle(Of.stream().pack(Params, Panels.data())));
  check(settle(Of.stream().reset ? Of.stream().reset(Params, State.data())
                                 : RNN_OK));
}

void Sampler::feed(int32_t Token) {
  Next = &Of.step(Panels.data(), State.data(), Token);
}

int32_t Sampler::draw() {
  if (!Next)
    throw Error(RNN_ERROR_ARGUMENT, "expected a token to start from, got none");
  if (Given.MostLikely)
    return mostLikely(*Next);
  return Draw(*Next, Numbers.uniform(Drawn++));
}
