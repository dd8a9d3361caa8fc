//===- Sample.cpp - rnn-run sample ----------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes text from a trained model to the standard output.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Support.h"
#include "runtime/train/Sampler.h"

#include <cerrno>
#include <cstring>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

static void write(char Letter) {
  if (std::fputc(Letter, stdout) == EOF || std::fflush(stdout) != 0)
    throw Error(RNN_ERROR_FILE,
                std::string("could not write: ") + std::strerror(errno));
}

/// Feeds the prefix, or what a text may begin after: a line's end, else the
/// first letter there is.
static void feedPrefix(Sampler &From, const Vocabulary &Letters,
                       const std::string &Prefix) {
  if (Prefix.empty())
    return From.feed(std::max(Letters.id('\n'), 0));
  for (const int32_t Token : Letters.encode(Prefix)) {
    From.feed(Token);
    write(Letters.letter(Token));
  }
}

int run::sample(const SampleCommand &Do) noexcept {
  return command([&] {
    if (Do.Length < 0)
      throw Error(
          RNN_ERROR_ARGUMENT,
          fmt::format("expected a length of 0 or more, got {}", Do.Length));
    const TensorFile File = readTensors(Do.Params);
    const Vocabulary Letters = checkpointVocabulary(File);
    ModelSource Source = Do.Source;
    applyOrigin(Source, Do.HasElementType, File);
    const auto Loaded = loadModel(Source);
    const rnn_model &Model = Loaded->model();
    checkModel(&Model);
    const Buffer Params(Model.parameter_size * elementSize(Model));
    loadParameters(Model, File, Params.data());
    Sampler From(Model, Params.data(),
                 {Do.Temperature, Do.MostLikely, Do.Seed, Letters.size()});
    feedPrefix(From, Letters, Do.Prefix);
    for (int64_t Written = 0; Written < Do.Length; ++Written) {
      const int32_t Token = From.draw();
      write(Letters.letter(Token));
      From.feed(Token);
    }
    write('\n');
    return 0;
  });
}
