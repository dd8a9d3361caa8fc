//===- SampleOptions.cpp - The options of rnn-run sample and ridge ------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sampling, and fitting a read-out.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/CommandLine.h"
#include "runtime/tools/rnn-run/Commands.h"

using namespace llvm;
using namespace rnn::run;

static cl::opt<std::string> Prefix("prefix", cl::value_desc("text"),
                                   cl::sub(sampleCommand()),
                                   cl::cat(sampleGroup()),
                                   cl::desc("Text or symbols to go on from"));
static cl::opt<std::string>
    End("end", cl::value_desc("token"), cl::sub(sampleCommand()),
        cl::cat(sampleGroup()),
        cl::desc("The letter, symbol or number of a token that ends it"));
static cl::opt<double>
    Temperature("temperature", cl::value_desc("number"), cl::init(1),
                cl::sub(sampleCommand()), cl::cat(sampleGroup()),
                cl::desc("Below 1 is bolder, above 1 more random (1)"));
static cl::opt<bool> MostLikely("most-likely", cl::sub(sampleCommand()),
                                cl::cat(sampleGroup()),
                                cl::desc("Always the most likely token"));
static cl::opt<int64_t>
    Beam("beam", cl::value_desc("width"), cl::init(0), cl::sub(sampleCommand()),
         cl::cat(sampleGroup()),
         cl::desc("Search for the most likely sequence with so many "
                  "hypotheses (0: draw)"));
static cl::opt<int64_t>
    Length("length", cl::value_desc("tokens"), cl::init(0),
           cl::sub(sampleCommand()), cl::cat(sampleGroup()),
           cl::desc("Most tokens after the prefix (500 letters of a text, 100 "
                    "symbols)"));
static cl::opt<int64_t> Count("count", cl::value_desc("lines"), cl::init(1),
                              cl::sub(sampleCommand()), cl::cat(sampleGroup()),
                              cl::desc("Lines to write, without --data (1)"));
static cl::opt<bool>
    Score("score", cl::sub(sampleCommand()), cl::cat(sampleGroup()),
          cl::desc("Write no lines, but the share of examples whose line is "
                   "exactly the data set's"));
static cl::opt<std::string>
    Features("features", cl::value_desc("output"), cl::Required,
             cl::sub(ridgeCommand()), cl::cat(learningGroup()),
             cl::desc("The output of the model that is the features"));
static cl::opt<std::string>
    Target("target", cl::value_desc("target"), cl::Required,
           cl::sub(ridgeCommand()), cl::cat(learningGroup()),
           cl::desc("The target to fit; a token counts as one-hot"));
static cl::opt<std::string>
    Readout("readout", cl::value_desc("parameter"), cl::Required,
            cl::sub(ridgeCommand()), cl::cat(learningGroup()),
            cl::desc("The parameter [target, features] that is fitted"));
static cl::opt<std::string>
    Bias("bias", cl::value_desc("parameter"), cl::sub(ridgeCommand()),
         cl::cat(learningGroup()),
         cl::desc("A parameter [target] that is fitted along, free of charge"));
static cl::opt<double>
    Lambda("lambda", cl::value_desc("number"), cl::init(1e-6),
           cl::sub(ridgeCommand()), cl::cat(learningGroup()),
           cl::desc("Weight of the squared weights beside the sum of squared "
                    "errors (1e-6)"));
static cl::opt<int64_t>
    Washout("washout", cl::value_desc("steps"), cl::init(0),
            cl::sub(ridgeCommand()), cl::cat(learningGroup()),
            cl::desc("First steps of each sequence that are left out (0)"));

int rnn::run::runSample(const CommonOptions &Common) {
  if (Common.Params.empty())
    return usageError("sample: expected --params with a checkpoint, got none");
  if (MostLikely + (Beam > 0) + (Temperature.getNumOccurrences() > 0) > 1)
    return usageError("expected --most-likely, --beam or --temperature, got "
                      "more than one");
  SampleCommand Do;
  Do.Source = Common.Source;
  Do.HasElementType = Common.HasElementType;
  Do.Params = Common.Params;
  Do.Data = Common.Data;
  Do.Prefix = Prefix;
  Do.End = End;
  Do.Temperature = given(Temperature);
  Do.MostLikely = MostLikely;
  Do.Beam = Beam;
  Do.Seed = Common.seed();
  Do.Length = given(Length);
  Do.Count = Count;
  Do.Score = Score;
  return sample(Do);
}

int rnn::run::runRidge(const CommonOptions &Common) {
  if (Common.Data.empty() || Common.Output.empty())
    return usageError("ridge: expected --data with a data set and -o, got " +
                      Twine(Common.Data.empty() ? "no data" : "no -o"));
  RidgeCommand Do;
  Do.On = {Common.Source, Common.HasElementType, Common.Data,
           Common.Params, Common.seed(),         "",
           Common.Batch};
  Do.Features = Features;
  Do.Target = Target;
  Do.Weights = Readout;
  Do.Bias = Bias;
  Do.Lambda = Lambda;
  Do.Washout = Washout;
  Do.Output = Common.Output;
  return ridge(Do);
}
