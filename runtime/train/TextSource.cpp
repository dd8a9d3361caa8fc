//===- TextSource.cpp - Batches of a text ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which models read a text, and the windows as batches.
//===----------------------------------------------------------------------===//
#include "runtime/train/TextSource.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"

#include <algorithm>

using namespace rnn;
using namespace rnn::train;

static void checkTokens(const rnn_model &Model, const char *Kind,
                        const rnn_tensor *Tensors, uint64_t Count,
                        const Vocabulary &Letters) {
  const std::string Subject = std::string("model '") + Model.name + "': ";
  if (Count != 1 || Tensors->type != RNN_TOKEN || Tensors->axis != 0 ||
      Tensors->size != 1)
    throw Error(RNN_ERROR_UNSUPPORTED,
                Subject + "training on text takes one " + Kind +
                    " of the form seq[T] token[V]; train on a .safetensors "
                    "file of examples");
  if (Tensors->vocabulary < Letters.size())
    throw Error(RNN_ERROR_MISMATCH,
                Subject + "the text has " + std::to_string(Letters.size()) +
                    " different letters: expected a vocabulary as large of " +
                    Kind + " '" + Tensors->name + "', got " +
                    std::to_string(Tensors->vocabulary));
}

void train::checkReadsText(const rnn_model &Model, const Vocabulary &Letters) {
  checkModel(&Model);
  if (Model.axis_count != 1)
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name +
                    "': training on text takes one time axis, got " +
                    std::to_string(Model.axis_count));
  checkTokens(Model, "input", Model.inputs, Model.input_count, Letters);
  checkTokens(Model, "target", Model.targets, Model.target_count, Letters);
}

TextSource::TextSource(const rnn_model &Model, const Corpus &Text,
                       std::span<const int32_t> Part, int64_t Streams,
                       int64_t Steps)
    : Text((checkReadsText(Model, Text.Letters), Text)),
      Walk(Part, Streams, Steps), Inputs(Streams * Steps),
      Targets(Inputs.size()) {
  Current.Size = Streams;
  Current.Axes[0] = Steps;
  Current.Inputs = {Inputs.data()};
  Current.Targets = {Targets.data()};
  Current.GoesOn = true;
  Current.Items = Streams * Steps;
}

std::unique_ptr<TextSource> TextSource::validation(const rnn_model &Model,
                                                   const Corpus &Text,
                                                   int64_t Streams,
                                                   int64_t Steps) {
  if (Text.Valid.empty())
    return nullptr;
  const auto Count = static_cast<int64_t>(Text.Valid.size());
  const int64_t Fitting = Windows::fittingBatch(Count, Streams, Steps);
  if (Fitting < 1)
    throw Error(RNN_ERROR_ARGUMENT, "expected a validation text of at least " +
                                        std::to_string(Steps + 2) +
                                        " letters, got " +
                                        std::to_string(Count));
  return std::make_unique<TextSource>(Model, Text, Text.Valid, Fitting, Steps);
}

const Batch &TextSource::next() {
  Current.Anew = Walk.next(Inputs.data(), Targets.data());
  Current.StartsEpoch = Current.Anew;
  return Current;
}

void TextSource::addSizes(rnn_plan_options &Sizes) const {
  Sizes.axes[0] = std::max(Sizes.axes[0], Current.Axes[0]);
  Sizes.batch = std::max(Sizes.batch, Current.Size);
}

std::vector<Identity> TextSource::identity() const {
  // Tells texts and their splits apart.
  const std::string Key =
      std::to_string(Text.Hash) + "/" + std::to_string(Text.Train.size());
  return {{VocabularyKey, Text.Letters.hex(), "vocabulary"},
          {"rnnc.text", Key, "text or validation split"}};
}
