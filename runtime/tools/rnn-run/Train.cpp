//===- Train.cpp - rnn-run train ------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Trains on a text, with a line of progress and a log for machines.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Parameters.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Support.h"
#include "runtime/train/Loop.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <unistd.h>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

//===----------------------------------------------------------------------===//
// Interruption
//===----------------------------------------------------------------------===//

static std::atomic<bool> Interrupted;

/// The first signal ends training after its step and writes the checkpoint; a
/// second one ends the process.
static void onSignal(int Number) {
  Interrupted = true;
  std::signal(Number, SIG_DFL);
}

//===----------------------------------------------------------------------===//
// Output
//===----------------------------------------------------------------------===//

namespace {
/// Progress on the error stream: one line over and over on a terminal, a line
/// now and then elsewhere.
class Display {
public:
  double interval() const { return IsTerminal ? 0.5 : 5; }
  void progress(const Report &At) {
    const std::string Line = progressLine(At);
    std::fputs(((IsTerminal ? "\r\033[K" + Line : Line + "\n")).c_str(),
               stderr);
    std::fflush(stderr);
    IsOpen = IsTerminal;
  }
  void line(const std::string &Text) {
    fmt::print(stderr, "{}{}\n", IsOpen ? "\n" : "", Text);
    IsOpen = false;
  }
  ~Display() {
    if (IsOpen)
      std::fputc('\n', stderr);
  }

private:
  bool IsTerminal = isatty(STDERR_FILENO) != 0;
  bool IsOpen = false; // a line without its end is on the terminal
};

/// One JSON object a line; numbers read back to the same bits.
class Log {
public:
  Log(const std::string &Path, bool Append) : Path(Path) {
    if (Path.empty())
      return;
    File = std::fopen(Path.c_str(), Append ? "a" : "w");
    if (!File)
      error("open");
  }
  ~Log() {
    if (File)
      std::fclose(File);
  }
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;

  void step(const Progress &At) {
    if (File)
      put(fmt::format(
          "{{\"step\":{},\"epoch\":{},\"loss\":{},\"smoothed\":{}}}\n",
          At.Steps, At.Epochs, At.Loss, At.Smoothed));
  }
  void valid(const Trainer &Of, const Evaluation &Result) {
    if (!File)
      return;
    std::string Line = fmt::format("{{\"step\":{},\"valid_loss\":{}",
                                   Of.Now.Steps, Result.Loss);
    for (size_t I = 0; I < Result.Metrics.size(); ++I)
      Line += fmt::format(",\"valid_{}\":{}", Of.model().metrics[I],
                          Result.Metrics[I]);
    put(Line + "}\n");
    flush();
  }
  /// Writes out what is waiting to be written.
  void flush() {
    if (File && std::fflush(File) != 0)
      error("write");
  }

private:
  void put(const std::string &Line) {
    if (std::fputs(Line.c_str(), File) == EOF)
      error("write");
  }
  [[noreturn]] void error(const char *What) const {
    throw Error(RNN_ERROR_FILE, fmt::format("{}: could not {}: {}", Path, What,
                                            std::strerror(errno)));
  }

  std::string Path;
  std::FILE *File = nullptr;
};
} // namespace

static std::string validationText(const rnn_model &Model,
                                  const Evaluation &Result) {
  std::string Text = fmt::format("validation loss {:.4f}", Result.Loss);
  for (size_t I = 0; I < Result.Metrics.size(); ++I)
    Text += fmt::format("  {} {:.4f}", Model.metrics[I], Result.Metrics[I]);
  return Text;
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

static constexpr const char *FractionKey = "rnnc.valid_fraction";

/// What the user said, else what the checkpoint says, else the defaults.
static Options chooseOptions(const TrainCommand &Do,
                             const std::optional<TensorFile> &From) {
  Options Chosen;
  Chosen.Batch = 32;
  Chosen.Window = 50;
  Chosen.ClipNorm = 5;
  if (From)
    Chosen = checkpointOptions(*From);
  if (Do.Optimizer)
    Chosen.Rule = methodOf(*Do.Optimizer);
  if (!From)
    Chosen.Rate = defaultRate(Chosen.Rule);
  Chosen.Rate = Do.Rate.value_or(Chosen.Rate);
  Chosen.Decay = Do.Decay.value_or(Chosen.Decay);
  Chosen.ClipValue = Do.ClipValue.value_or(Chosen.ClipValue);
  Chosen.ClipNorm = Do.ClipNorm.value_or(Chosen.ClipNorm);
  Chosen.Batch = Do.Batch.value_or(Chosen.Batch);
  Chosen.Window = Do.Window.value_or(Chosen.Window);
  Chosen.Seed = Do.Seed.value_or(Chosen.Seed);
  Chosen.Gemm = Do.Source.Gemm;
  return Chosen;
}

static double chooseFraction(const TrainCommand &Do,
                             const std::optional<TensorFile> &From) {
  if (Do.ValidFraction)
    return *Do.ValidFraction;
  if (!From || !From->Metadata.contains(FractionKey))
    return 0.1;
  return std::strtod(From->Metadata.at(FractionKey).c_str(), nullptr);
}

static void checkBudget(const TrainCommand &Do) {
  if (Do.Steps < 0 || Do.Epochs < 0 || !(Do.Seconds >= 0))
    throw Error(RNN_ERROR_ARGUMENT, "expected a budget of 0 or more");
  if (Do.Steps == 0 && Do.Epochs == 0 && Do.Seconds == 0)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a budget, --steps, --epochs or --seconds, got none");
  if (Do.CheckpointSteps < 0 || !(Do.CheckpointSeconds >= 0) ||
      Do.ValidSteps < 0)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected intervals of 0 or more between checkpoints and "
                "validations");
}

/// The model for a text: compiled as asked, and again with V as the text's
/// number of letters if that does not fit and the user did not choose V.
static std::unique_ptr<LoadedModel> loadFor(ModelSource &Source,
                                            const Vocabulary &Letters) {
  auto Loaded = loadModel(Source);
  const rnn_model &Model = Loaded->model();
  const bool Fits = Model.input_count != 1 ||
                    Model.inputs[0].type != RNN_TOKEN ||
                    Model.inputs[0].vocabulary == Letters.size();
  if (Fits || Source.isCompiled() || Source.Defines.contains("V"))
    return Loaded;
  Source.Defines["V"] = Letters.size();
  Loaded = LoadedModel::load(Source);
  if (Loaded)
    return Loaded;
  fmt::print(stderr,
             "rnn-run: note: the model was compiled with -D V={}, because the "
             "text has as many different letters; choose its size with -D\n",
             Letters.size());
  throw Printed();
}

//===----------------------------------------------------------------------===//
// The command
//===----------------------------------------------------------------------===//

static void begin(Trainer &What, const TrainCommand &Do,
                  const std::optional<TensorFile> &From) {
  if (From)
    loadCheckpoint(What, *From);
  else if (!Do.Params.empty())
    check(rnn_load(&What.model(), Do.Params.c_str(), What.params()));
}

static Schedule makeSchedule(const TrainCommand &Do, const ModelSource &Source,
                             double Fraction) {
  Schedule How;
  How.Until = {Do.Steps, Do.Epochs, Do.Seconds};
  How.CheckpointPath = Do.Checkpoint.empty() ? Do.Resume : Do.Checkpoint;
  How.CheckpointMetadata = originOf(Source);
  How.CheckpointMetadata[FractionKey] = fmt::format("{}", Fraction);
  How.CheckpointSteps = Do.CheckpointSteps;
  How.CheckpointSeconds = Do.CheckpointSeconds;
  How.ValidSteps = Do.ValidSteps;
  How.Stop = &Interrupted;
  return How;
}

static int runTraining(Trainer &What, Schedule &How, Log &Lines) {
  Display Screen;
  How.ProgressSeconds = Screen.interval();
  How.OnStep = [&](const Report &At) { Lines.step(At.Of.Now); };
  How.OnProgress = [&](const Report &At) { Screen.progress(At); };
  How.OnValid = [&](const Report &At, const Evaluation &Result) {
    Lines.valid(At.Of, Result);
    Screen.line(validationText(At.Of.model(), Result));
  };
  Screen.line(fmt::format(
      "model {} with {} parameters; {} letters to train on, "
      "{} for validation; {} steps an epoch",
      What.model().name, What.model().parameter_size, What.text().Train.size(),
      What.text().Valid.size(), What.stepsPerEpoch()));
  std::signal(SIGINT, onSignal);
  std::signal(SIGTERM, onSignal);
  train::train(What, How);
  Lines.flush();
  if (!How.CheckpointPath.empty())
    Screen.line("wrote " + How.CheckpointPath);
  return Interrupted ? 130 : 0;
}

int run::train(const TrainCommand &Do) noexcept {
  return command([&] {
    checkBudget(Do);
    std::optional<TensorFile> From;
    ModelSource Source = Do.Source;
    if (!Do.Resume.empty()) {
      From = readTensors(Do.Resume);
      applyOrigin(Source, Do.HasElementType, *From);
    }
    const double Fraction = chooseFraction(Do, From);
    const Corpus Text = makeCorpus(readText(Do.Data), Fraction);
    const auto Loaded = loadFor(Source, Text.Letters);
    Trainer What(Loaded->model(), Text, chooseOptions(Do, From));
    begin(What, Do, From);
    From.reset();
    Schedule How = makeSchedule(Do, Source, Fraction);
    Log Lines(Do.Log, !Do.Resume.empty());
    return runTraining(What, How, Lines);
  });
}
