//===- Train.cpp - rnn-run train ------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Trains on a text or on examples.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Parameters.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Output.h"
#include "runtime/tools/rnn-run/Support.h"
#include "runtime/tools/rnn-run/Symbols.h"
#include "runtime/train/DataSource.h"
#include "runtime/train/Loop.h"

#include <atomic>
#include <cmath>
#include <csignal>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;
using rnn::run::Metadata;

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
// Options
//===----------------------------------------------------------------------===//

static constexpr const char *FractionKey = "rnnc.valid_fraction";

/// An option that the method has no use for is an error.
static void checkForMethod(const TrainCommand &Do, Method Rule) {
  const bool HasFirst = Do.Rate || Do.Decay || Do.ClipValue || Do.ClipNorm;
  const bool HasSecond = Do.HfDamping || Do.HfStructural || Do.HfIterations ||
                         Do.HfPrecondition || Do.HfProducts;
  if (Rule == Method::HessianFree && HasFirst)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected no learning rate, decay of it or clipping with hf");
  if (Rule != Method::HessianFree && HasSecond)
    throw Error(RNN_ERROR_ARGUMENT,
                std::string("expected --optimizer hf with --hf options, got ") +
                    methodName(Rule));
}

/// What the user said, else what the checkpoint says, else the defaults.
static Options chooseOptions(const TrainCommand &Do,
                             const std::optional<TensorFile> &From,
                             int64_t Window) {
  Options Chosen;
  Chosen.Batch = 32;
  Chosen.Window = Window;
  Chosen.ClipNorm = 5;
  if (From)
    Chosen = checkpointOptions(*From);
  if (Do.Optimizer)
    Chosen.Rule = methodOf(*Do.Optimizer);
  if (!From) {
    Chosen.Rate = defaultRate(Chosen.Rule);
    Chosen.Momentum = defaultMomentum(Chosen.Rule);
  }
  Chosen.Momentum = Do.Momentum.value_or(Chosen.Momentum);
  Chosen.WeightDecay = Do.WeightDecay.value_or(Chosen.WeightDecay);
  Chosen.Rate = Do.Rate.value_or(Chosen.Rate);
  Chosen.Decay = Do.Decay.value_or(Chosen.Decay);
  Chosen.ClipValue = Do.ClipValue.value_or(Chosen.ClipValue);
  Chosen.ClipNorm = Do.ClipNorm.value_or(Chosen.ClipNorm);
  Chosen.Batch = Do.Batch.value_or(Chosen.Batch);
  Chosen.Window = Do.Window.value_or(Chosen.Window);
  Chosen.Seed = Do.Seed.value_or(Chosen.Seed);
  Chosen.Gemm = Do.Source.Gemm;
  Chosen.Threads = Do.Source.Threads;
  Chosen.Slices = Do.Source.Slices;
  Chosen.Wave = Do.Source.Wave;
  HessianFreeOptions &Curvature = Chosen.Curvature;
  Curvature.Damping = Do.HfDamping.value_or(Curvature.Damping);
  Curvature.Structural = Do.HfStructural.value_or(Curvature.Structural);
  Curvature.MaxIterations = Do.HfIterations.value_or(Curvature.MaxIterations);
  Curvature.Precondition = Do.HfPrecondition.value_or(Curvature.Precondition);
  Chosen.Products = Do.HfProducts.value_or(Chosen.Products);
  checkForMethod(Do, Chosen.Rule);
  return Chosen;
}

static double chooseFraction(const TrainCommand &Do,
                             const std::optional<TensorFile> &From,
                             double Usual) {
  if (Do.ValidFraction)
    return *Do.ValidFraction;
  if (!From || !From->Metadata.contains(FractionKey))
    return Usual;
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

/// Runs with a display and a log. `Held` is what validations are on.
static int runTraining(Trainer &What, Schedule &How, const TrainCommand &Do,
                       const std::string &Held) {
  Display Screen;
  Log Lines(Do.Log, !Do.Resume.empty());
  How.ProgressSeconds = Screen.interval();
  How.OnStep = [&](const Report &At) { Lines.step(At.Of); };
  How.OnProgress = [&](const Report &At) { Screen.progress(At); };
  How.OnValid = [&](const Report &At, const Evaluation &Result) {
    Lines.valid(At.Of, Result);
    Screen.line(evaluationText(Held, At.Of.model(), Result));
  };
  std::signal(SIGINT, onSignal);
  std::signal(SIGTERM, onSignal);
  const bool Reached = train::train(What, How);
  Lines.flush();
  if (!How.CheckpointPath.empty())
    Screen.line("wrote " + How.CheckpointPath);
  if (Interrupted)
    return 130;
  if (Reached)
    return 0;
  Screen.line("rnn-run: error: training ended before it reached " + Do.Until);
  return 1;
}

/// What training begins with: of a checkpoint, or anew.
struct Resumed {
  std::optional<TensorFile> From;
  ModelSource Source;
  Options Given;
};

static Resumed resume(const TrainCommand &Do, int64_t Window) {
  Resumed Made{std::nullopt, Do.Source, {}};
  if (!Do.Resume.empty()) {
    Made.From = readTensors(Do.Resume);
    applyOrigin(Made.Source, Do.HasElementType, *Made.From);
  }
  Made.Given = chooseOptions(Do, Made.From, Window);
  Made.Source.NeedsProducts = Made.Given.Rule == Method::HessianFree;
  return Made;
}

static int finish(Trainer &What, const TrainCommand &Do, const Resumed &Old,
                  double Fraction, const std::string &Held,
                  const Metadata &Kept) {
  begin(What, Do, Old.From);
  Schedule How = makeSchedule(Do, Old.Source, Fraction);
  How.CheckpointMetadata.insert(Kept.begin(), Kept.end());
  if (!Do.Until.empty())
    How.Aim = goalOf(Do.Until, What.model());
  return runTraining(What, How, Do, Held);
}

//===----------------------------------------------------------------------===//
// Texts
//===----------------------------------------------------------------------===//

static int trainOnText(const TrainCommand &Do) {
  Resumed Old = resume(Do, 50);
  const double Fraction = chooseFraction(Do, Old.From, 0.1);
  const Corpus Text = makeCorpus(readText(Do.Data), Fraction);
  if (!Do.Valid.empty())
    throw Error(RNN_ERROR_ARGUMENT,
                "--valid: expected --valid-fraction to train on a text");
  const auto Loaded = loadFor(Old.Source, Text.Letters);
  const rnn_model &Model = Loaded->model();
  Trainer What(Model, Text, Old.Given);
  fmt::print(stderr,
             "model {} with {} parameters; {} letters to train on, {} for "
             "validation; {} steps an epoch\n",
             Model.name, Model.parameter_size, Text.Train.size(),
             Text.Valid.size(), What.training().perEpoch());
  return finish(What, Do, Old, Fraction, "validation", {});
}

//===----------------------------------------------------------------------===//
// Examples
//===----------------------------------------------------------------------===//

static std::shared_ptr<const DataSet> readData(const rnn_model &Model,
                                               const std::string &Path) {
  auto Read = std::make_shared<const DataSet>(Model, Path);
  for (const std::string &Name : Read->unused())
    fmt::print(stderr, "rnn-run: note: {}: model '{}' has no use for '{}'\n",
               Path, Model.name, Name);
  return Read;
}

namespace {
/// What is trained on, and what else it is tried on.
struct Split {
  std::unique_ptr<Source> Training, Validation;
  int64_t TrainCount = 0, ValidCount = 0; // 0: tried on what it is trained on
  Metadata Kept;
};
} // namespace

static Split splitData(const rnn_model &Model, const TrainCommand &Do,
                       const Options &Given, double Fraction) {
  if (!(Fraction >= 0 && Fraction < 1))
    throw Error(RNN_ERROR_ARGUMENT,
                fmt::format("expected a fraction for validation in [0, 1), got "
                            "{}",
                            Fraction));
  if (!Do.Valid.empty() && Fraction > 0)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected --valid or --valid-fraction, got both");
  const auto Data = readData(Model, Do.Data);
  Split Made;
  Made.Kept = symbolEntries(Data->file().Metadata);
  if (Do.Valid.empty())
    Made.ValidCount = std::llround(Fraction * double(Data->size()));
  Made.TrainCount = Data->size() - Made.ValidCount;
  const DataOptions Training{Given.Batch, Given.Window,   Given.Seed, true,
                             0,           Made.TrainCount};
  DataOptions Held = Training;
  Held.Shuffled = false;
  Held.Window = 0;
  auto HeldData = Data;
  if (!Do.Valid.empty()) {
    HeldData = readData(Model, Do.Valid);
    Held.Count = Made.ValidCount = HeldData->size();
  } else if (Made.ValidCount > 0) {
    Held.First = Made.TrainCount;
    Held.Count = Made.ValidCount;
  }
  Held.Batch = evaluationBatch(*HeldData);
  Made.Training = std::make_unique<DataSource>(Data, Training);
  Made.Validation = std::make_unique<DataSource>(HeldData, Held);
  return Made;
}

static int trainOnExamples(const TrainCommand &Do) {
  const Resumed Old = resume(Do, 0);
  const double Fraction = chooseFraction(Do, Old.From, 0);
  const Options &Given = Old.Given;
  const auto Loaded = loadModel(Old.Source);
  const rnn_model &Model = Loaded->model();
  Split Data = splitData(Model, Do, Given, Fraction);
  Trainer What(Model, std::move(Data.Training), std::move(Data.Validation),
               Given);
  fmt::print(stderr,
             "model {} with {} parameters; {} examples to train on, {} for "
             "validation; {} steps an epoch\n",
             Model.name, Model.parameter_size, Data.TrainCount, Data.ValidCount,
             What.training().perEpoch());
  return finish(What, Do, Old, Fraction,
                Data.ValidCount > 0 ? "validation" : "training", Data.Kept);
}

int run::train(const TrainCommand &Do) noexcept {
  return command([&] {
    checkBudget(Do);
    return isTensorFile(Do.Data) ? trainOnExamples(Do) : trainOnText(Do);
  });
}
