//===- rnn-run.cpp - Compiles a model and runs it -------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The command line of rnn-run; the commands are in files of their own.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/CommandLine.h"
#include "runtime/tools/rnn-run/Commands.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/WithColor.h"

using namespace llvm;
using namespace rnn::run;

//===----------------------------------------------------------------------===//
// Commands with an option in common
//===----------------------------------------------------------------------===//

static cl::SubCommandGroup AllCommands{
    &infoCommand(),  &initCommand(),   &evalCommand(), &gradCommand(),
    &trainCommand(), &sampleCommand(), &ridgeCommand()};
static cl::SubCommandGroup TensorCommands{&evalCommand(), &gradCommand()};
static cl::SubCommandGroup Seeded{&initCommand(), &trainCommand(),
                                  &sampleCommand(), &ridgeCommand()};
static cl::SubCommandGroup WithParams{&evalCommand(), &gradCommand(),
                                      &trainCommand(), &sampleCommand(),
                                      &ridgeCommand()};
static cl::SubCommandGroup WithData{&evalCommand(), &trainCommand(),
                                    &sampleCommand(), &ridgeCommand()};
static cl::SubCommandGroup WithBatch{&evalCommand(), &trainCommand(),
                                     &ridgeCommand()};
static cl::SubCommandGroup WithOutput{&initCommand(), &evalCommand(),
                                      &gradCommand(), &ridgeCommand()};

//===----------------------------------------------------------------------===//
// Model options
//===----------------------------------------------------------------------===//

static cl::opt<std::string>
    ModelPath(cl::Positional, cl::Required, cl::sub(AllCommands),
              cl::cat(modelGroup()),
              cl::desc("<model: .rnn, or .o or .so that rnnc wrote>"));
static cl::list<std::string> Defines(
    "D", cl::Prefix, cl::value_desc("name=value"), cl::sub(AllCommands),
    cl::cat(modelGroup()),
    cl::desc("Set a compile-time size of the model. train sets V, if the model "
             "has it and it is not set, to the number of different letters of "
             "the text"));
static cl::opt<std::string>
    ModelName("model", cl::value_desc("name"), cl::sub(AllCommands),
              cl::cat(modelGroup()),
              cl::desc("Which model of the file, where it has several"));
enum class Element { F32, F64 };
static cl::opt<Element> ElementType(
    "element-type", cl::init(Element::F32), cl::sub(AllCommands),
    cl::cat(modelGroup()),
    cl::desc("Type of parameters and values; else that of the checkpoint:"),
    cl::values(clEnumValN(Element::F32, "f32", "single precision (default)"),
               clEnumValN(Element::F64, "f64", "double precision")));
static cl::opt<std::string> Cpu("cpu", cl::value_desc("name"),
                                cl::init("native"), cl::sub(AllCommands),
                                cl::cat(modelGroup()),
                                cl::desc("CPU to compile for (native)"));
static cl::opt<unsigned>
    OptLevel("O", cl::Prefix, cl::value_desc("0..3"), cl::init(2),
             cl::sub(AllCommands), cl::cat(modelGroup()),
             cl::desc("Optimisation level of the compiler (2)"));
static cl::opt<rnn_gemm> GemmChoice(
    "gemm", cl::init(RNN_GEMM_AUTO), cl::sub(AllCommands),
    cl::cat(modelGroup()), cl::desc("Which GEMM kernels run"),
    cl::values(
        clEnumValN(RNN_GEMM_AUTO, "auto", "oneDNN's where they win (default)"),
        clEnumValN(RNN_GEMM_GENERATED, "generated", "generated ones only"),
        clEnumValN(RNN_GEMM_LIBRARY, "library", "oneDNN's from four rows on")));

static cl::opt<rnn_type> WeightType(
    "weights", cl::init(RNN_F32), cl::sub(AllCommands), cl::cat(modelGroup()),
    cl::desc("What products keep the weights as, but for gradients:"),
    cl::values(clEnumValN(RNN_F32, "f32", "as they are (default)"),
               clEnumValN(RNN_BF16, "bf16", "rounded to bf16"),
               clEnumValN(RNN_INT8, "int8", "8 bits and a scale an output")));

static cl::opt<int32_t>
    Threads("threads", cl::value_desc("count"), cl::init(1),
            cl::sub(AllCommands), cl::cat(modelGroup()),
            cl::desc("Threads that share the work of a batch (1)"));
static cl::opt<int32_t> Slices(
    "slices", cl::value_desc("count"), cl::init(0), cl::sub(AllCommands),
    cl::cat(modelGroup()),
    cl::desc("Parts that a batch is cut into for the threads; results are the "
             "same bits for any number of threads where it is given (0: as "
             "many as threads)"));

static cl::opt<rnn_wave> Wave(
    "wave", cl::init(RNN_WAVE_AUTO), cl::sub(AllCommands),
    cl::cat(modelGroup()),
    cl::desc("Whether threads run layers one behind another, in chunks of time "
             "that are the same for any number of threads:"),
    cl::values(clEnumValN(RNN_WAVE_AUTO, "auto",
                          "where it is fastest (default)"),
               clEnumValN(RNN_WAVE_ALWAYS, "always", "where it can be"),
               clEnumValN(RNN_WAVE_NEVER, "never", "nowhere")));

static cl::list<int64_t> PlanFor(
    "plan", cl::value_desc("steps,sequences"), cl::CommaSeparated,
    cl::sub(infoCommand()), cl::cat(modelGroup()),
    cl::desc("Say what a plan for so many steps and sequences chooses"));

static cl::opt<std::string> CheckpointStates(
    "checkpoint-states", cl::value_desc("none|every[:steps]|log"),
    cl::init("none"), cl::sub(AllCommands), cl::cat(modelGroup()),
    cl::desc("What gradients keep of long sequences, as rnnc --checkpoint "
             "(none)"));

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static cl::opt<std::string>
    Input(cl::Positional, cl::Optional, cl::sub(TensorCommands),
          cl::cat(fileGroup()),
          cl::desc("<tensors: .safetensors with inputs [T, B, F] or tokens "
                   "[T, B], targets, states [B, F], parameters>"));
static cl::opt<std::string> Output("o", cl::value_desc("file"),
                                   cl::sub(WithOutput), cl::cat(fileGroup()),
                                   cl::desc("Where the tensors go"));
static cl::opt<std::string>
    Params("params", cl::value_desc("file"), cl::sub(WithParams),
           cl::cat(fileGroup()),
           cl::desc("Parameters, or a checkpoint. eval and grad: else they are "
                    "among the tensors. train, ridge: to start from. sample: "
                    "a checkpoint, which has vocabulary and sizes"));
static cl::opt<std::string>
    Data("data", cl::value_desc("file"), cl::sub(WithData),
         cl::cat(fileGroup()),
         cl::desc("A data set: .safetensors with inputs and targets [N, T, F], "
                  "tokens [N, T], once a sequence [N, F], and <axis>.lengths "
                  "[N] where sequences differ. train: or a text. sample: "
                  "writes a line for each example"));
static cl::opt<int64_t>
    Batch("batch", cl::value_desc("count"), cl::init(32), cl::sub(WithBatch),
          cl::cat(learningGroup()),
          cl::desc("Examples at once, or streams that a text is cut into (32; "
                   "eval and ridge: as many as fit)"));
static cl::opt<int64_t>
    Chunk("chunk", cl::value_desc("steps"), cl::init(0),
          cl::sub(TensorCommands), cl::cat(modelGroup()),
          cl::desc("Steps that are worked on at once (0: chosen for the sizes; "
                   "results differ by rounding only)"));

static cl::opt<uint64_t>
    Seed("seed", cl::value_desc("number"), cl::init(42), cl::sub(Seeded),
         cl::cat(modelGroup()),
         cl::desc("Seed of initial parameters, order, dropout and samples "
                  "(42)"));

//===----------------------------------------------------------------------===//
// From options to commands
//===----------------------------------------------------------------------===//

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
  Source.CheckpointStates = CheckpointStates;
  Source.Gemm = GemmChoice;
  if (WeightType.getNumOccurrences() > 0)
    Source.Weights = WeightType;
  Source.Threads = Threads;
  Source.Slices = Slices;
  Source.Wave = Wave;
  Source.DoublePrecision = ElementType == Element::F64;
  if (OptLevel > 3) {
    usageError("expected -O0 to -O3, got -O" + Twine(OptLevel));
    return false;
  }
  return all_of(Defines, [&](const std::string &Define) {
    return readDefine(Define, Source.Defines);
  });
}

static int runTensors(const CommonOptions &Common) {
  if (Common.Output.empty() || Input.empty())
    return usageError("expected tensors and -o, or eval with --data; got " +
                      Twine(Input.empty() ? "no tensors" : "no -o"));
  const TensorCommand Do{Common.Source, Input, Common.Params, Common.Output,
                         Chunk};
  return gradCommand() ? grad(Do) : eval(Do);
}

static int runEvalData(const CommonOptions &Common) {
  if (!Input.empty() || Common.Params.empty())
    return usageError("eval --data: expected --params and no tensors, got " +
                      Twine(Input.empty() ? "no --params" : "tensors"));
  return evalData({Common.Source, Common.HasElementType, Common.Data,
                   Common.Params, Common.seed(), Common.Output, Common.Batch});
}

static int runInit(const CommonOptions &Common) {
  if (Common.Output.empty())
    return usageError("init: expected -o with a file, got none");
  return init({Common.Source, Common.seed(), Common.Output});
}

static int runInfo(const CommonOptions &Common) {
  if (PlanFor.empty() &&
      (Threads.getNumOccurrences() || Slices.getNumOccurrences() ||
       Wave.getNumOccurrences()))
    return usageError("info: expected --plan with --threads, --slices or "
                      "--wave, got none");
  if (PlanFor.empty())
    return info(Common.Source, std::nullopt);
  if (PlanFor.size() != 2 || PlanFor[0] < 1 || PlanFor[1] < 1)
    return usageError("--plan: expected numbers of steps and of sequences, "
                      "such as 35,16");
  return info(Common.Source, PlanSizes{PlanFor[0], PlanFor[1]});
}

static int runCommand(const CommonOptions &Common) {
  if (infoCommand())
    return runInfo(Common);
  if (initCommand())
    return runInit(Common);
  if (trainCommand())
    return runTrain(Common);
  if (sampleCommand())
    return runSample(Common);
  if (ridgeCommand())
    return runRidge(Common);
  return Common.Data.empty() ? runTensors(Common) : runEvalData(Common);
}

int main(int Count, char **Arguments) {
  const InitLLVM Setup(Count, Arguments);
  for (cl::SubCommand *Command : AllCommands.getSubCommands())
    cl::HideUnrelatedOptions({&modelGroup(), &fileGroup(), &budgetGroup(),
                              &learningGroup(), &sampleGroup()},
                             *Command);
  cl::HideUnrelatedOptions({&modelGroup()});
  cl::ParseCommandLineOptions(
      Count, Arguments,
      "rnn-run: compiles a recurrent model in this process and runs it\n\n"
      "  rnn-run <command> --help says what each command takes.\n");
  const bool HasCommand = any_of(AllCommands.getSubCommands(),
                                 [](cl::SubCommand *C) { return bool(*C); });
  if (!HasCommand)
    return usageError("expected a command: info, init, eval, grad, train, "
                      "sample or ridge; see rnn-run --help");
  CommonOptions Common;
  if (!readSource(Common.Source))
    return 1;
  Common.HasElementType = ElementType.getNumOccurrences() > 0;
  Common.Params = Params;
  Common.Data = Data;
  Common.Output = Output;
  Common.Batch = given(Batch);
  Common.Seed = given(Seed);
  return runCommand(Common);
}
