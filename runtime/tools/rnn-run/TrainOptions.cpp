//===- TrainOptions.cpp - The options of rnn-run train ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Budgets, learning and the files of training.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/CommandLine.h"
#include "runtime/tools/rnn-run/Commands.h"

using namespace llvm;
using namespace rnn::run;

static cl::opt<double>
    ValidFraction("valid-fraction", cl::value_desc("share"), cl::init(0.1),
                  cl::sub(trainCommand()), cl::cat(fileGroup()),
                  cl::desc("The end of the text or data set that is kept for "
                           "validation (0.1 and 0)"));
static cl::opt<std::string>
    Valid("valid", cl::value_desc("file"), cl::sub(trainCommand()),
          cl::cat(fileGroup()),
          cl::desc("Another data set, for validation; without one, and "
                   "without --valid-fraction, losses are those of training"));
static cl::opt<std::string> Checkpoint(
    "checkpoint", cl::value_desc("file"), cl::sub(trainCommand()),
    cl::cat(fileGroup()),
    cl::desc("Write parameters and all that training needs to go on: at the "
             "end, when interrupted, and at intervals"));
static cl::opt<std::string> Resume(
    "resume", cl::value_desc("file"), cl::sub(trainCommand()),
    cl::cat(fileGroup()),
    cl::desc("Go on from a checkpoint, as if never interrupted; writes there "
             "too, unless --checkpoint is given"));
static cl::opt<int64_t> CheckpointSteps(
    "checkpoint-steps", cl::value_desc("count"), cl::init(0),
    cl::sub(trainCommand()), cl::cat(fileGroup()),
    cl::desc("Steps between checkpoints (0: none at intervals of steps)"));
static cl::opt<double> CheckpointSeconds(
    "checkpoint-seconds", cl::value_desc("seconds"), cl::init(60),
    cl::sub(trainCommand()), cl::cat(fileGroup()),
    cl::desc("Seconds between checkpoints (60; 0: none at intervals of time)"));
static cl::opt<std::string> LogPath(
    "log", cl::value_desc("file"), cl::sub(trainCommand()),
    cl::cat(fileGroup()),
    cl::desc("A line of JSON for each step and each validation; appended to "
             "with --resume"));
static cl::opt<int64_t>
    ValidSteps("valid-steps", cl::value_desc("count"), cl::init(0),
               cl::sub(trainCommand()), cl::cat(fileGroup()),
               cl::desc("Steps between validations (0: only at the end)"));
static cl::opt<int64_t>
    Steps("steps", cl::value_desc("count"), cl::init(0),
          cl::sub(trainCommand()), cl::cat(budgetGroup()),
          cl::desc("Updates, counted from the start of training"));
static cl::opt<int64_t>
    Epochs("epochs", cl::value_desc("count"), cl::init(0),
           cl::sub(trainCommand()), cl::cat(budgetGroup()),
           cl::desc("Times through the data, from the start of training"));
static cl::opt<double> Seconds("seconds", cl::value_desc("seconds"),
                               cl::init(0), cl::sub(trainCommand()),
                               cl::cat(budgetGroup()),
                               cl::desc("Time of this run"));

static cl::opt<std::string> Until(
    "until", cl::value_desc("name=value"), cl::sub(trainCommand()),
    cl::cat(budgetGroup()),
    cl::desc("End when, at a validation, the loss has fallen or a metric has "
             "risen to the value (name<value, name>value: say which). There is "
             "one an epoch unless --valid-steps says otherwise. An error if "
             "training ends before"));

static cl::opt<std::string>
    Optimizer("optimizer", cl::value_desc("name"), cl::init("adam"),
              cl::sub(trainCommand()), cl::cat(learningGroup()),
              cl::desc("sgd, momentum, nesterov, adagrad, rmsprop, adam or "
                       "hf, which is Hessian-free (adam)"));
static cl::alias Optimiser("optimiser", cl::desc("Alias of --optimizer"),
                           cl::cat(learningGroup()), cl::aliasopt(Optimizer));
static cl::opt<double>
    Momentum("momentum", cl::value_desc("share"), cl::init(0),
             cl::sub(trainCommand()), cl::cat(learningGroup()),
             cl::desc("Of the step before, that momentum, nesterov and rmsprop "
                      "keep (0.9, 0.9, 0)"));
static cl::opt<double>
    WeightDecay("weight-decay", cl::value_desc("factor"), cl::init(0),
                cl::sub(trainCommand()), cl::cat(learningGroup()),
                cl::desc("Takes so many times the rate off each parameter in "
                         "an update (0)"));
static cl::opt<double> Rate(
    "lr", cl::value_desc("rate"), cl::init(0), cl::sub(trainCommand()),
    cl::cat(learningGroup()),
    cl::desc("Learning rate (sgd and adagrad 0.1, momentum and nesterov 0.01, "
             "others 0.002)"));
static cl::opt<double> Decay("lr-decay", cl::value_desc("factor"), cl::init(1),
                             cl::sub(trainCommand()), cl::cat(learningGroup()),
                             cl::desc("Multiplies the rate after each epoch "
                                      "(1)"));
static cl::opt<double>
    ClipValue("clip-value", cl::value_desc("bound"), cl::init(0),
              cl::sub(trainCommand()), cl::cat(learningGroup()),
              cl::desc("Bound of each element of the gradient (0: none)"));
static cl::opt<double>
    ClipNorm("clip-norm", cl::value_desc("bound"), cl::init(5),
             cl::sub(trainCommand()), cl::cat(learningGroup()),
             cl::desc("Bound of the gradient's norm (5; 0: none)"));
static cl::opt<int64_t>
    Window("window", cl::value_desc("steps"), cl::init(50),
           cl::sub(trainCommand()), cl::cat(learningGroup()),
           cl::desc("Steps of each stream of a text in one update (50). Of a "
                    "data set: cut sequences that are longer, carrying the "
                    "states on (0: whole sequences)"));
static cl::opt<double>
    HfDamping("hf-damping", cl::value_desc("number"), cl::init(1),
              cl::sub(trainCommand()), cl::cat(learningGroup()),
              cl::desc("hf: lambda at first, which then adapts itself (1)"));
static cl::opt<double> HfStructural(
    "hf-structural", cl::value_desc("number"), cl::init(0),
    cl::sub(trainCommand()), cl::cat(learningGroup()),
    cl::desc("hf: weight mu of the damping of hidden states, beside lambda "
             "(0)"));
static cl::opt<int64_t>
    HfIterations("hf-iterations", cl::value_desc("count"), cl::init(100),
                 cl::sub(trainCommand()), cl::cat(learningGroup()),
                 cl::desc("hf: most conjugate gradients of a step (100)"));
static cl::opt<int64_t> HfProducts(
    "hf-products", cl::value_desc("count"), cl::init(0),
    cl::sub(trainCommand()), cl::cat(learningGroup()),
    cl::desc("hf: sequences of a batch that serve for products (0: all)"));
static cl::opt<bool> HfPrecondition(
    "hf-precondition", cl::sub(trainCommand()), cl::cat(learningGroup()),
    cl::desc("hf: precondition by the squares of each sequence's gradient"));

int rnn::run::runTrain(const CommonOptions &Common) {
  if (!Common.Params.empty() && !Resume.empty())
    return usageError("expected --params or --resume, got both: a checkpoint "
                      "has its parameters");
  if (Common.Data.empty())
    return usageError("train: expected --data with a text or a data set, got "
                      "none");
  TrainCommand Do;
  Do.Source = Common.Source;
  Do.HasElementType = Common.HasElementType;
  Do.Data = Common.Data;
  Do.Valid = Valid;
  Do.ValidFraction = given(ValidFraction);
  Do.Until = Until;
  Do.Steps = Steps;
  Do.Epochs = Epochs;
  Do.Seconds = Seconds;
  Do.Optimizer = given(Optimizer);
  Do.Momentum = given(Momentum);
  Do.WeightDecay = given(WeightDecay);
  Do.Rate = given(Rate);
  Do.Decay = given(Decay);
  Do.ClipValue = given(ClipValue);
  Do.ClipNorm = given(ClipNorm);
  Do.Batch = Common.Batch;
  Do.Window = given(Window);
  Do.HfDamping = given(HfDamping);
  Do.HfStructural = given(HfStructural);
  Do.HfIterations = given(HfIterations);
  Do.HfProducts = given(HfProducts);
  Do.HfPrecondition = given(HfPrecondition);
  Do.Seed = Common.Seed;
  Do.Params = Common.Params;
  Do.Checkpoint = Checkpoint;
  Do.Resume = Resume;
  Do.CheckpointSteps = CheckpointSteps;
  Do.CheckpointSeconds = CheckpointSeconds;
  Do.Log = LogPath;
  Do.ValidSteps = ValidSteps;
  return train(Do);
}
