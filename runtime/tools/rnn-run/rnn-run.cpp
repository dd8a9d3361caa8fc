//===- rnn-run.cpp - Compiles a model and runs it -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The command line of rnn-run; the commands are in files of their own.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Commands.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rnn::run;

//===----------------------------------------------------------------------===//
// Commands and groups of options
//===----------------------------------------------------------------------===//

static cl::SubCommand InfoCommand("info", "say what a model is made of");
static cl::SubCommand InitCommand_("init", "write initial parameters");
static cl::SubCommand EvalCommand(
    "eval", "outputs, final states, loss and metrics, from tensors in a file");
static cl::SubCommand
    GradCommand("grad", "the loss and its gradients, from tensors in a file");
static cl::SubCommand TrainCommand_("train", "train on a text");
static cl::SubCommand SampleCommand_("sample", "write text from a checkpoint");

static cl::SubCommandGroup AllCommands{&InfoCommand,   &InitCommand_,
                                       &EvalCommand,   &GradCommand,
                                       &TrainCommand_, &SampleCommand_};
static cl::SubCommandGroup TensorCommands{&EvalCommand, &GradCommand};
static cl::SubCommandGroup Seeded{&InitCommand_, &TrainCommand_,
                                  &SampleCommand_};
static cl::SubCommandGroup WithParams{&EvalCommand, &GradCommand,
                                      &TrainCommand_, &SampleCommand_};
static cl::SubCommandGroup WithOutput{&InitCommand_, &EvalCommand,
                                      &GradCommand};

static cl::OptionCategory ModelGroup("Model options", "Which model, and how it "
                                                      "is compiled.");
static cl::OptionCategory FileGroup("File options");
static cl::OptionCategory
    BudgetGroup("Budget options",
                "Training ends at the first bound that it reaches; at "
                "least one is needed.");
static cl::OptionCategory
    LearningGroup("Learning options",
                  "With --resume, what is not given is as it was.");
static cl::OptionCategory SampleGroup("Sampling options");

//===----------------------------------------------------------------------===//
// Model options
//===----------------------------------------------------------------------===//

static cl::opt<std::string>
    ModelPath(cl::Positional, cl::Required, cl::sub(AllCommands),
              cl::cat(ModelGroup),
              cl::desc("<model: .rnn, or .o or .so that rnnc wrote>"));
static cl::list<std::string> Defines(
    "D", cl::Prefix, cl::value_desc("name=value"), cl::sub(AllCommands),
    cl::cat(ModelGroup),
    cl::desc("Set a compile-time size of the model. train sets V, if the model "
             "has it and it is not set, to the number of different letters of "
             "the text"));
static cl::opt<std::string>
    ModelName("model", cl::value_desc("name"), cl::sub(AllCommands),
              cl::cat(ModelGroup),
              cl::desc("Which model of the file, where it has several"));
enum class Element { F32, F64 };
static cl::opt<Element> ElementType(
    "element-type", cl::init(Element::F32), cl::sub(AllCommands),
    cl::cat(ModelGroup),
    cl::desc("Type of parameters and values; else that of the checkpoint:"),
    cl::values(clEnumValN(Element::F32, "f32", "single precision (default)"),
               clEnumValN(Element::F64, "f64", "double precision")));
static cl::opt<std::string> Cpu("cpu", cl::value_desc("name"),
                                cl::init("native"), cl::sub(AllCommands),
                                cl::cat(ModelGroup),
                                cl::desc("CPU to compile for (native)"));
static cl::opt<unsigned>
    OptLevel("O", cl::Prefix, cl::value_desc("0..3"), cl::init(2),
             cl::sub(AllCommands), cl::cat(ModelGroup),
             cl::desc("Optimisation level of the compiler (2)"));
static cl::opt<rnn_gemm>
    GemmChoice("gemm", cl::init(RNN_GEMM_AUTO), cl::sub(AllCommands),
               cl::cat(ModelGroup), cl::desc("Which GEMM kernels run"),
               cl::values(clEnumValN(RNN_GEMM_AUTO, "auto",
                                     "oneDNN's where they win (default)"),
                          clEnumValN(RNN_GEMM_GENERATED, "generated",
                                     "generated ones only")));

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static cl::opt<std::string>
    Input(cl::Positional, cl::Required, cl::sub(TensorCommands),
          cl::cat(FileGroup),
          cl::desc("<tensors: .safetensors with inputs [T, B, F] or tokens "
                   "[T, B], targets, states [B, F], parameters>"));
static cl::opt<std::string> Output("o", cl::Required, cl::value_desc("file"),
                                   cl::sub(WithOutput), cl::cat(FileGroup),
                                   cl::desc("Where the tensors go"));
static cl::opt<std::string>
    Params("params", cl::value_desc("file"), cl::sub(WithParams),
           cl::cat(FileGroup),
           cl::desc("Parameters, or a checkpoint. eval and grad: else they are "
                    "among the tensors. train: to start from. sample: must be "
                    "a checkpoint, which has vocabulary and sizes"));
static cl::opt<std::string> Data("data", cl::Required, cl::value_desc("file"),
                                 cl::sub(TrainCommand_), cl::cat(FileGroup),
                                 cl::desc("The text"));
static cl::opt<double>
    ValidFraction("valid-fraction", cl::value_desc("share"), cl::init(0.1),
                  cl::sub(TrainCommand_), cl::cat(FileGroup),
                  cl::desc("The end of the text that is kept for validation "
                           "(0.1)"));
static cl::opt<std::string> Checkpoint(
    "checkpoint", cl::value_desc("file"), cl::sub(TrainCommand_),
    cl::cat(FileGroup),
    cl::desc("Write parameters and all that training needs to go on: at the "
             "end, when interrupted, and at intervals"));
static cl::opt<std::string> Resume(
    "resume", cl::value_desc("file"), cl::sub(TrainCommand_),
    cl::cat(FileGroup),
    cl::desc("Go on from a checkpoint, as if never interrupted; writes there "
             "too, unless --checkpoint is given"));
static cl::opt<int64_t> CheckpointSteps(
    "checkpoint-steps", cl::value_desc("count"), cl::init(0),
    cl::sub(TrainCommand_), cl::cat(FileGroup),
    cl::desc("Steps between checkpoints (0: none at intervals of steps)"));
static cl::opt<double> CheckpointSeconds(
    "checkpoint-seconds", cl::value_desc("seconds"), cl::init(60),
    cl::sub(TrainCommand_), cl::cat(FileGroup),
    cl::desc("Seconds between checkpoints (60; 0: none at intervals of time)"));
static cl::opt<std::string> LogPath(
    "log", cl::value_desc("file"), cl::sub(TrainCommand_), cl::cat(FileGroup),
    cl::desc("A line of JSON for each step and each validation; appended to "
             "with --resume"));
static cl::opt<int64_t>
    ValidSteps("valid-steps", cl::value_desc("count"), cl::init(0),
               cl::sub(TrainCommand_), cl::cat(FileGroup),
               cl::desc("Steps between validations (0: only at the end)"));
static cl::opt<int64_t>
    Chunk("chunk", cl::value_desc("steps"), cl::init(0),
          cl::sub(TensorCommands), cl::cat(ModelGroup),
          cl::desc("Steps that are worked on at once (0: chosen for the sizes; "
                   "results differ by rounding only)"));

//===----------------------------------------------------------------------===//
// Training and sampling
//===----------------------------------------------------------------------===//

static cl::opt<int64_t>
    Steps("steps", cl::value_desc("count"), cl::init(0), cl::sub(TrainCommand_),
          cl::cat(BudgetGroup),
          cl::desc("Windows, counted from the start of training"));
static cl::opt<int64_t>
    Epochs("epochs", cl::value_desc("count"), cl::init(0),
           cl::sub(TrainCommand_), cl::cat(BudgetGroup),
           cl::desc("Times through the text, from the start of training"));
static cl::opt<double> Seconds("seconds", cl::value_desc("seconds"),
                               cl::init(0), cl::sub(TrainCommand_),
                               cl::cat(BudgetGroup),
                               cl::desc("Time of this run"));

static cl::opt<std::string>
    Optimizer("optimizer", cl::value_desc("name"), cl::init("adam"),
              cl::sub(TrainCommand_), cl::cat(LearningGroup),
              cl::desc("sgd, adagrad, rmsprop or adam (adam)"));
static cl::opt<double>
    Rate("lr", cl::value_desc("rate"), cl::init(0), cl::sub(TrainCommand_),
         cl::cat(LearningGroup),
         cl::desc("Learning rate (sgd and adagrad 0.1, others 0.002)"));
static cl::opt<double> Decay("lr-decay", cl::value_desc("factor"), cl::init(1),
                             cl::sub(TrainCommand_), cl::cat(LearningGroup),
                             cl::desc("Multiplies the rate after each epoch "
                                      "(1)"));
static cl::opt<double>
    ClipValue("clip-value", cl::value_desc("bound"), cl::init(0),
              cl::sub(TrainCommand_), cl::cat(LearningGroup),
              cl::desc("Bound of each element of the gradient (0: none)"));
static cl::opt<double>
    ClipNorm("clip-norm", cl::value_desc("bound"), cl::init(5),
             cl::sub(TrainCommand_), cl::cat(LearningGroup),
             cl::desc("Bound of the gradient's norm (5; 0: none)"));
static cl::opt<int64_t>
    Batch("batch", cl::value_desc("streams"), cl::init(32),
          cl::sub(TrainCommand_), cl::cat(LearningGroup),
          cl::desc("Streams that the text is cut into (32)"));
static cl::opt<int64_t>
    Window("window", cl::value_desc("steps"), cl::init(50),
           cl::sub(TrainCommand_), cl::cat(LearningGroup),
           cl::desc("Steps of each stream in one update (50)"));
static cl::opt<uint64_t>
    Seed("seed", cl::value_desc("number"), cl::init(42), cl::sub(Seeded),
         cl::cat(ModelGroup),
         cl::desc("Seed of initial parameters and of samples (42)"));

static cl::opt<std::string> Prefix("prefix", cl::value_desc("text"),
                                   cl::sub(SampleCommand_),
                                   cl::cat(SampleGroup),
                                   cl::desc("Text to go on from"));
static cl::opt<double>
    Temperature("temperature", cl::value_desc("number"), cl::init(1),
                cl::sub(SampleCommand_), cl::cat(SampleGroup),
                cl::desc("Below 1 is bolder, above 1 more random (1)"));
static cl::opt<bool> MostLikely("most-likely", cl::sub(SampleCommand_),
                                cl::cat(SampleGroup),
                                cl::desc("Always the most likely letter"));
static cl::opt<int64_t> Length("length", cl::value_desc("letters"),
                               cl::init(500), cl::sub(SampleCommand_),
                               cl::cat(SampleGroup),
                               cl::desc("Letters after the prefix (500)"));

//===----------------------------------------------------------------------===//
// From options to commands
//===----------------------------------------------------------------------===//

static int usageError(const Twine &Text) {
  WithColor::error(errs(), "rnn-run") << Text << '\n';
  return 1;
}

/// Nothing if it was not given.
template <typename Value>
static std::optional<Value> given(cl::opt<Value> &Of) {
  if (Of.getNumOccurrences() == 0)
    return std::nullopt;
  return Of.getValue();
}

/// Reads -D name=value, with the messages of rnnc. False after an error.
static bool readDefine(StringRef Text,
                       std::map<std::string, int64_t> &Defines) {
  const auto [Name, Value] = Text.split('=');
  const bool IsName =
      !Name.empty() && !isDigit(Name.front()) &&
      all_of(Name, [](char C) { return isAlnum(C) || C == '_'; });
  int64_t Number;
  if (!IsName || !Text.contains('='))
    usageError("expected -D name=value, got '" + Text + "'");
  else if (Value.getAsInteger(10, Number))
    usageError("expected a whole number for '" + Name + "' in -D " + Text +
               ", got '" + Value + "'");
  else if (!Defines.emplace(Name.str(), Number).second)
    usageError("expected one -D for '" + Name + "', got another: '" + Text +
               "'");
  else
    return true;
  return false;
}

/// False after an error, which has been printed.
static bool readSource(ModelSource &Source) {
  Source.Path = ModelPath;
  Source.Name = ModelName;
  Source.Cpu = Cpu;
  Source.OptLevel = OptLevel;
  Source.Gemm = GemmChoice;
  Source.DoublePrecision = ElementType == Element::F64;
  if (OptLevel > 3) {
    usageError("expected -O0 to -O3, got -O" + Twine(OptLevel));
    return false;
  }
  return all_of(Defines, [&](const std::string &Define) {
    return readDefine(Define, Source.Defines);
  });
}

static int runTensors(const ModelSource &Source) {
  const TensorCommand Do{Source, Input, Params, Output, Chunk};
  return GradCommand ? grad(Do) : eval(Do);
}

static int runTrain(const ModelSource &Source) {
  if (!Params.empty() && !Resume.empty())
    return usageError("expected --params or --resume, got both: a checkpoint "
                      "has its parameters");
  TrainCommand Do;
  Do.Source = Source;
  Do.HasElementType = ElementType.getNumOccurrences() > 0;
  Do.Data = Data;
  Do.ValidFraction = given(ValidFraction);
  Do.Steps = Steps;
  Do.Epochs = Epochs;
  Do.Seconds = Seconds;
  Do.Optimizer = given(Optimizer);
  Do.Rate = given(Rate);
  Do.Decay = given(Decay);
  Do.ClipValue = given(ClipValue);
  Do.ClipNorm = given(ClipNorm);
  Do.Batch = given(Batch);
  Do.Window = given(Window);
  Do.Seed = given(Seed);
  Do.Params = Params;
  Do.Checkpoint = Checkpoint;
  Do.Resume = Resume;
  Do.CheckpointSteps = CheckpointSteps;
  Do.CheckpointSeconds = CheckpointSeconds;
  Do.Log = LogPath;
  Do.ValidSteps = ValidSteps;
  return train(Do);
}

static int runSample(const ModelSource &Source) {
  if (Params.empty())
    return usageError("sample: expected --params with a checkpoint, got none");
  if (MostLikely && Temperature.getNumOccurrences() > 0)
    return usageError("expected --most-likely or --temperature, got both");
  return sample({Source, ElementType.getNumOccurrences() > 0, Params, Prefix,
                 Temperature, MostLikely, Seed, Length});
}

int main(int Count, char **Arguments) {
  const InitLLVM Setup(Count, Arguments);
  for (cl::SubCommand *Command : AllCommands.getSubCommands())
    cl::HideUnrelatedOptions(
        {&ModelGroup, &FileGroup, &BudgetGroup, &LearningGroup, &SampleGroup},
        *Command);
  cl::HideUnrelatedOptions({&ModelGroup});
  cl::ParseCommandLineOptions(
      Count, Arguments,
      "rnn-run: compiles a recurrent model in this process and runs it\n\n"
      "  rnn-run <command> --help says what each command takes.\n");
  ModelSource Source;
  const bool HasCommand = any_of(AllCommands.getSubCommands(),
                                 [](cl::SubCommand *C) { return bool(*C); });
  if (!HasCommand)
    return usageError("expected a command: info, init, eval, grad, train or "
                      "sample; see rnn-run --help");
  if (!readSource(Source))
    return 1;
  if (InfoCommand)
    return info(Source);
  if (InitCommand_)
    return init({Source, Seed, Output});
  if (EvalCommand || GradCommand)
    return runTensors(Source);
  return TrainCommand_ ? runTrain(Source) : runSample(Source);
}
