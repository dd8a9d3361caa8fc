//===- TokenStream.cpp - Streams from token to token ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The stream function needs no plan; this is what goes into it and comes out.
//===----------------------------------------------------------------------===//
#include "runtime/lib/TokenStream.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/TokenDraw.h"

#include <algorithm>
#include <cmath>
#include <string>

using namespace rnn;

[[noreturn]] static void unsupported(const rnn_model &Model,
                                     const std::string &Text) {
  throw Error(RNN_ERROR_UNSUPPORTED,
              std::string("model '") + Model.name + "': " + Text);
}

static const rnn_tensor &tokenInput(const rnn_model &Model) {
  checkModel(&Model);
  if (!Model.stream)
    unsupported(Model, "sampling takes a stream function; declare one, as in "
                       "'stream step(x) -> p'");
  const rnn_stream &Stream = *Model.stream;
  if (Stream.struct_size < sizeof(rnn_stream))
    throw Error(RNN_ERROR_VERSION, "rnn_stream is too short; compile the model "
                                   "again");
  if (Stream.input_count != 1 ||
      Model.inputs[Stream.inputs[0]].type != RNN_TOKEN ||
      Model.inputs[Stream.inputs[0]].size != 1)
    unsupported(Model, "sampling takes a stream function of one token");
  return Model.inputs[Stream.inputs[0]];
}

TokenStream::TokenStream(const rnn_model &Model, int32_t Tokens)
    : Model(Model), Vocabulary(tokenInput(Model).vocabulary) {
  const rnn_stream &Stream = *Model.stream;
  Distribution = Stream.output_count;
  for (size_t Index = 0; Index < Stream.output_count; ++Index) {
    const rnn_tensor &Output = Model.outputs[Stream.outputs[Index]];
    if (Distribution == Stream.output_count && Output.type != RNN_TOKEN &&
        Output.size == static_cast<uint64_t>(Vocabulary))
      Distribution = Index;
    Outputs.emplace_back(Output.size * elementSize(Model));
    OutputPointers.push_back(Outputs.back().data());
  }
  if (Distribution == Stream.output_count)
    unsupported(Model, "expected an output of the stream function of size " +
                           std::to_string(Vocabulary) +
                           ", the vocabulary's, got none");
  if (Tokens < 0 || Tokens > Vocabulary)
    throw Error(RNN_ERROR_MISMATCH, "expected a vocabulary of at most " +
                                        std::to_string(Vocabulary) +
                                        " tokens, got " +
                                        std::to_string(Tokens));
  this->Tokens = Tokens > 0 ? Tokens : Vocabulary;
  Probabilities.reserve(Vocabulary);
}

int32_t TokenStream::start() const {
  return Model.stream->starts ? Model.stream->starts[0] : -1;
}

template <typename Element> void TokenStream::readProbabilities() {
  const rnn_tensor &Output = Model.outputs[Model.stream->outputs[Distribution]];
  const auto *Values =
      static_cast<const Element *>(OutputPointers[Distribution]);
  Probabilities.resize(Output.size);
  const double Sum =
      rnn::readProbabilities(Values, Output.size, Probabilities.data());
  if (!(std::abs(Sum - 1) < 1e-3))
    unsupported(Model, std::string("expected probabilities in output '") +
                           Output.name + "', got values with the sum " +
                           std::to_string(Sum) + "; put out a softmax");
  Probabilities.resize(Tokens);
}

const std::vector<double> &TokenStream::step(const void *Panels, void *State,
                                             int32_t Token) {
  if (Token < 0 || Token >= Vocabulary)
    throw Error(RNN_ERROR_TOKEN, "expected a token of 0 to " +
                                     std::to_string(Vocabulary - 1) + ", got " +
                                     std::to_string(Token));
  const void *Inputs[] = {&Token};
  clearError();
  check(
      settle(Model.stream->step(Panels, State, Inputs, OutputPointers.data())));
  if (Model.element_type == RNN_F64)
    readProbabilities<double>();
  else
    readProbabilities<float>();
  return Probabilities;
}
