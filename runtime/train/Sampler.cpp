//===- Sampler.cpp - Sampling from a model --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The stream function needs no plan; this is the loop around it.
//===----------------------------------------------------------------------===//
#include "runtime/train/Sampler.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

using namespace rnn;
using namespace rnn::train;

[[noreturn]] static void unsupported(const rnn_model &Model,
                                     const std::string &Text) {
  throw Error(RNN_ERROR_UNSUPPORTED,
              std::string("model '") + Model.name + "': " + Text);
}

static const rnn_stream &streamOfModel(const rnn_model &Model) {
  checkModel(&Model);
  if (!Model.stream)
    unsupported(Model, "sampling takes a stream function; declare one, as in "
                       "'stream step(x) -> p'");
  if (Model.stream->struct_size < sizeof(rnn_stream))
    throw Error(RNN_ERROR_VERSION, "rnn_stream is too short; compile the model "
                                   "again");
  return *Model.stream;
}

static const rnn_tensor &tokenInput(const rnn_model &Model) {
  const rnn_stream &Stream = streamOfModel(Model);
  if (Stream.input_count != 1 ||
      Model.inputs[Stream.inputs[0]].type != RNN_TOKEN ||
      Model.inputs[Stream.inputs[0]].size != 1)
    unsupported(Model, "sampling takes a stream function of one token");
  return Model.inputs[Stream.inputs[0]];
}

static void checkCompiled(int32_t Status) { check(settle(Status)); }

Sampler::Sampler(const rnn_model &Model, const void *Params,
                 const SampleOptions &Given)
    : Model(Model), Given(Given), Numbers(Given.Seed, streamOf("sample")),
      Panels(streamOfModel(Model).panels_bytes), State(Model.state_bytes) {
  const rnn_stream &Stream = *Model.stream;
  const int32_t Vocabulary = tokenInput(Model).vocabulary;
  if (!Given.MostLikely && !(Given.Temperature > 0))
    throw Error(RNN_ERROR_ARGUMENT, "expected a positive temperature, got " +
                                        std::to_string(Given.Temperature));
  Distribution = Stream.output_count;
  for (size_t Index = 0; Index < Stream.output_count; ++Index) {
    const rnn_tensor &Output = Model.outputs[Stream.outputs[Index]];
    if (Distribution == Stream.output_count &&
        Output.size == static_cast<uint64_t>(Vocabulary))
      Distribution = Index;
    Outputs.emplace_back(Output.size * elementSize(Model));
    OutputPointers.push_back(Outputs.back().data());
  }
  if (Distribution == Stream.output_count)
    unsupported(Model, "expected an output of the stream function of size " +
                           std::to_string(Vocabulary) +
                           ", the vocabulary's, got none");
  const int32_t Tokens = Given.Tokens > 0 ? Given.Tokens : Vocabulary;
  if (Tokens > Vocabulary)
    throw Error(RNN_ERROR_MISMATCH, "expected a vocabulary of at most " +
                                        std::to_string(Vocabulary) +
                                        " tokens, got " +
                                        std::to_string(Tokens));
  Weights.resize(Tokens);
  clearError();
  checkCompiled(Stream.pack(Params, Panels.data()));
  checkCompiled(Stream.reset ? Stream.reset(Params, State.data()) : RNN_OK);
}

void Sampler::feed(int32_t Token) {
  const int32_t Vocabulary = tokenInput(Model).vocabulary;
  if (Token < 0 || Token >= Vocabulary)
    throw Error(RNN_ERROR_TOKEN, "expected a token of 0 to " +
                                     std::to_string(Vocabulary - 1) + ", got " +
                                     std::to_string(Token));
  const void *Inputs[] = {&Token};
  clearError();
  checkCompiled(Model.stream->step(Panels.data(), State.data(), Inputs,
                                   OutputPointers.data()));
  WasFed = true;
}

template <typename Element> void Sampler::readProbabilities() {
  const rnn_tensor &Output = Model.outputs[Model.stream->outputs[Distribution]];
  const auto *Values =
      static_cast<const Element *>(OutputPointers[Distribution]);
  double Sum = 0;
  bool Negative = false;
  for (uint64_t Index = 0; Index < Output.size; ++Index) {
    Sum += Values[Index];
    Negative |= Values[Index] < 0;
  }
  if (Negative || !(std::abs(Sum - 1) < 1e-3))
    unsupported(Model, std::string("expected probabilities in output '") +
                           Output.name + "', got values with the sum " +
                           std::to_string(Sum) + "; put out a softmax");
  std::copy_n(Values, Weights.size(), Weights.begin());
}

int32_t Sampler::draw() {
  if (!WasFed)
    throw Error(RNN_ERROR_ARGUMENT, "expected a token to start from, got none");
  if (Model.element_type == RNN_F64)
    readProbabilities<double>();
  else
    readProbabilities<float>();
  const auto Largest = std::max_element(Weights.begin(), Weights.end());
  if (Given.MostLikely)
    return static_cast<int32_t>(Largest - Weights.begin());
  // Relative to the largest, so that a low temperature does not underflow.
  const double Most = *Largest;
  for (double &Weight : Weights)
    Weight = std::pow(Weight / Most, 1 / Given.Temperature);
  const double Total = std::accumulate(Weights.begin(), Weights.end(), 0.0);
  double Left = Numbers.uniform(Drawn++) * Total;
  for (size_t Token = 0; Token < Weights.size(); ++Token) {
    Left -= Weights[Token];
    if (Left < 0)
      return static_cast<int32_t>(Token);
  }
  return static_cast<int32_t>(Largest - Weights.begin()); // Rounding.
}
