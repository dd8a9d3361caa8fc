//===- Sample.cpp - rnn-run sample ----------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes what a trained model generates to the standard output: a text from one
// that was trained on a text, else lines of symbols.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Examples.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Support.h"
#include "runtime/tools/rnn-run/Symbols.h"
#include "runtime/train/Sampler.h"

#include "rnn/generate.h"

#include <cerrno>
#include <cstring>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

static void put(const std::string &Text) {
  if (std::fputs(Text.c_str(), stdout) == EOF || std::fflush(stdout) != 0)
    throw Error(RNN_ERROR_FILE,
                std::string("could not write: ") + std::strerror(errno));
}

/// A model with its parameters packed for the stream.
namespace {
struct Trained {
  explicit Trained(const SampleCommand &Do, const TensorFile &File);

  ModelSource Source;
  std::unique_ptr<LoadedModel> Loaded;
  const rnn_model &model() const { return Loaded->model(); }
  Buffer Params;
};
} // namespace

Trained::Trained(const SampleCommand &Do, const TensorFile &File)
    : Source(Do.Source) {
  applyOrigin(Source, Do.HasElementType, File);
  Loaded = loadModel(Source);
  checkModel(&model());
  Params = Buffer(model().parameter_size * elementSize(model()));
  loadParameters(model(), File, Params.data());
}

//===----------------------------------------------------------------------===//
// Texts, letter by letter
//===----------------------------------------------------------------------===//

/// Feeds the prefix, or what a text may begin after: what the stream starts
/// with, a line's end, else the first letter there is.
static void feedPrefix(Sampler &From, const Vocabulary &Letters,
                       const std::string &Prefix) {
  if (From.start() >= 0)
    From.feed(From.start());
  else if (Prefix.empty())
    From.feed(std::max(Letters.id('\n'), 0));
  for (const int32_t Token : Letters.encode(Prefix)) {
    From.feed(Token);
    put({Letters.letter(Token)});
  }
}

static int sampleText(const SampleCommand &Do, const TensorFile &File) {
  const Vocabulary Letters = checkpointVocabulary(File);
  const Trained Of(Do, File);
  Sampler From(
      Of.model(), Of.Params.data(),
      {Do.Temperature.value_or(1), Do.MostLikely, Do.Seed, Letters.size()});
  const int32_t End = Do.End.size() == 1 ? Letters.id(Do.End[0]) : -1;
  if (!Do.End.empty() && End < 0)
    throw Error(RNN_ERROR_TOKEN, "expected a letter of the vocabulary to end "
                                 "at, got '" +
                                     Do.End + "'");
  feedPrefix(From, Letters, Do.Prefix);
  for (int64_t Written = 0; Written < Do.Length.value_or(500); ++Written) {
    const int32_t Token = From.draw();
    if (Token == End)
      break;
    put({Letters.letter(Token)});
    From.feed(Token);
  }
  put("\n");
  return 0;
}

//===----------------------------------------------------------------------===//
// Lines of symbols
//===----------------------------------------------------------------------===//

namespace {
/// Generates lines from records of a stream.
class Lines {
public:
  Lines(const SampleCommand &Do, const rnn_model &Model, const Buffer &Params,
        const Symbols &Names);

  /// The tokens without the end.
  std::vector<int32_t> next(char *Record);
  int32_t end() const { return Options.end; }

private:
  const rnn_model &Model;
  Buffer Panels;
  rnn_generate_options Options{};
  std::vector<int32_t> Prefix, Tokens;
};
} // namespace

static const rnn_stream &streamOf(const rnn_model &Model) {
  if (!Model.stream)
    throw Error(RNN_ERROR_UNSUPPORTED,
                std::string("model '") + Model.name +
                    "': sampling takes a stream function; declare one, as in "
                    "'stream step(x) -> p'");
  return *Model.stream;
}

Lines::Lines(const SampleCommand &Do, const rnn_model &Model,
             const Buffer &Params, const Symbols &Names)
    : Model(Model), Panels(streamOf(Model).panels_bytes),
      Prefix(Names.tokens(Do.Prefix)), Tokens(Do.Length.value_or(100)) {
  Options.struct_size = sizeof(Options);
  Options.end = Do.End.empty() ? -1 : Names.token(Do.End);
  Options.length = static_cast<int64_t>(Tokens.size());
  Options.most_likely = Do.MostLikely;
  Options.beam = static_cast<int32_t>(Do.Beam);
  Options.temperature = Do.Temperature.value_or(0);
  Options.seed = Do.Seed;
  check(settle(Model.stream->pack(Params.data(), Panels.data())));
}

std::vector<int32_t> Lines::next(char *Record) {
  int64_t Count = 0;
  check(rnn_generate(&Model, Panels.data(), Record, Prefix.data(),
                     static_cast<int64_t>(Prefix.size()), &Options,
                     Tokens.data(), &Count, nullptr));
  ++Options.sequence;
  if (Count > 0 && Tokens[Count - 1] == Options.end)
    --Count;
  std::vector<int32_t> Made = Prefix;
  Made.insert(Made.end(), Tokens.begin(), Tokens.begin() + Count);
  return Made;
}

/// What the data set has an example's line to be, without the end.
static std::vector<int32_t> expectedLine(const DataSet &Data, int64_t Example,
                                         int32_t End) {
  const uint32_t Index = Data.model().stream->inputs[0];
  const rnn_tensor &Input = Data.model().inputs[Index];
  const auto *Tokens =
      reinterpret_cast<const int32_t *>(Data.input(Index, Example));
  if (!Tokens)
    throw Error(RNN_ERROR_MISMATCH,
                Data.file().Path + ": --score: expected input '" + Input.name +
                    "' to compare with, got no such tensor");
  const int32_t *Last =
      Tokens + (Input.axis >= 0 ? Data.length(Input.axis, Example) : 1);
  return {Tokens, std::find(Tokens, Last, End)};
}

static int sampleExamples(const SampleCommand &Do) {
  DataCommand On{Do.Source, Do.HasElementType, Do.Data, Do.Params, Do.Seed, "",
                 32};
  Examples Given(On, DataSet::Needs::Context);
  const rnn_model &Model = Given.model();
  const std::string Name = Model.inputs[streamOf(Model).inputs[0]].name;
  const Symbols Names =
      Symbols::find(Name, {&Given.data().file().Metadata, &Given.metadata()});
  Lines From(Do, Model, Given.params(), Names);
  const Buffer Records = Given.encode();
  const size_t Bytes = streamOf(Model).state_bytes;
  int64_t Right = 0;
  for (int64_t Example = 0; Example < Given.data().size(); ++Example) {
    const auto Line = From.next(Records.data() + Example * Bytes);
    if (Do.Score)
      Right += Line == expectedLine(Given.data(), Example, From.end());
    else
      put(Names.text(Line) + "\n");
  }
  if (Do.Score)
    fmt::print("exact {:.8g}\n", static_cast<double>(Right) /
                                     static_cast<double>(Given.data().size()));
  return 0;
}

static int sampleLines(const SampleCommand &Do, const TensorFile &File) {
  const Trained Of(Do, File);
  const rnn_stream &Stream = streamOf(Of.model());
  const Symbols Names =
      Symbols::find(Of.model().inputs[Stream.inputs[0]].name, {&File.Metadata});
  if (!Stream.reset && Stream.state_bytes > 0)
    throw Error(RNN_ERROR_UNSUPPORTED,
                fmt::format("model '{}': its stream starts from what it reads "
                            "of other inputs: expected --data with them",
                            Of.model().name));
  Lines From(Do, Of.model(), Of.Params, Names);
  for (int64_t Index = 0; Index < Do.Count; ++Index) {
    const Buffer Record(Stream.state_bytes);
    if (Stream.reset)
      check(settle(Stream.reset(Of.Params.data(), Record.data())));
    put(Names.text(From.next(Record.data())) + "\n");
  }
  return 0;
}

static void checkCommand(const SampleCommand &Do, bool IsText) {
  const auto Bad = [](const std::string &Text) {
    throw Error(RNN_ERROR_ARGUMENT, Text);
  };
  if (Do.Length.value_or(1) < (IsText ? 0 : 1))
    Bad(fmt::format("expected a length of {} or more, got {}", IsText ? 0 : 1,
                    *Do.Length));
  if (Do.Beam < 0 || Do.Beam > 1000000)
    Bad(fmt::format("expected a beam of 0 to 1000000, got {}", Do.Beam));
  if (Do.Score && Do.Data.empty())
    Bad("--score: expected --data with examples to compare with");
  if (IsText && (!Do.Data.empty() || Do.Beam > 0 || Do.Count != 1))
    Bad("expected a checkpoint of training on a data set with --data, --beam "
        "or --count, got one of training on a text");
  if (!(Do.Temperature.value_or(1) > 0))
    Bad(fmt::format("expected a positive temperature, got {}",
                    *Do.Temperature));
}

int run::sample(const SampleCommand &Do) noexcept {
  return command([&] {
    const TensorFile File = readTensors(Do.Params);
    const bool IsText = File.Metadata.contains(VocabularyKey);
    checkCommand(Do, IsText);
    if (IsText)
      return sampleText(Do, File);
    return Do.Data.empty() ? sampleLines(Do, File) : sampleExamples(Do);
  });
}
