//===- TrainerTest.cpp - Tests of the trainer -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Training, resuming and sampling, with a model written by hand.
//===----------------------------------------------------------------------===//
#include "runtime/train/Trainer.h"

#include "runtime/lib/Error.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Loop.h"
#include "runtime/train/Sampler.h"
#include "test/unit/runtime/CharModel.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>

using namespace rnn;
using namespace rnn::train;

namespace {

std::string repeat(const std::string &Part, int Times) {
  std::string Text;
  while (Times-- > 0)
    Text += Part;
  return Text;
}

struct TrainerTest : testing::Test {
  TrainerTest() {
    std::string Template = testing::TempDir() + "rnncXXXXXX";
    Folder = mkdtemp(Template.data());
    Path = Folder + "/checkpoint.safetensors";
    Given.Window = 4;
    Given.Batch = 3;
    Given.Rate = 0.01;
  }
  ~TrainerTest() override { std::filesystem::remove_all(Folder); }

  static std::string bytes(const Trainer &Of) {
    return {Of.parameters().data(), Of.parameters().size()};
  }

  Corpus Text = makeCorpus(repeat("abcad", 60), 0.2);
  Options Given;
  std::string Folder, Path;
};

TEST_F(TrainerTest, TheModelItselfIsRight) {
  // The other tests lean on its gradient.
  const rnn_model &Model = charModel(RNN_F64);
  rnn_plan_options Wanted{};
  Wanted.axes[0] = 3;
  Wanted.batch = 2;
  rnn_plan *Plan = nullptr;
  ASSERT_EQ(rnn_plan_create(&Model, &Wanted, &Plan), RNN_OK);
  std::vector<double> Params(Model.parameter_size), G(Model.parameter_size);
  ASSERT_EQ(rnn_init(&Model, Params.data(), 1), RNN_OK);
  const int32_t X[] = {0, 1, 2, 3, 4, 0}, Y[] = {1, 2, 3, 4, 0, 1};
  const void *Inputs[] = {X}, *Targets[] = {Y};
  const int64_t Axes[] = {3};
  double Loss = 0;
  rnn_call Call{};
  Call.struct_size = sizeof(Call);
  Call.batch = 2;
  Call.axes = Axes;
  Call.inputs = Inputs;
  Call.targets = Targets;
  Call.loss = &Loss;
  Call.gradient = G.data();
  ASSERT_EQ(rnn_gradient(Plan, Params.data(), &Call), RNN_OK);
  const auto LossAt = [&](size_t I, double Shift) {
    Params[I] += Shift;
    EXPECT_EQ(rnn_plan_pack(Plan, Params.data()), RNN_OK);
    EXPECT_EQ(rnn_loss(Plan, &Call), RNN_OK);
    Params[I] -= Shift;
    return Loss;
  };
  for (size_t I = 0; I < Params.size(); ++I)
    ASSERT_NEAR(G[I], (LossAt(I, 1e-5) - LossAt(I, -1e-5)) / 2e-5, 1e-8) << I;
  rnn_plan_destroy(Plan);
}

TEST_F(TrainerTest, LearnsAndSamples) {
  for (const rnn_type Type : {RNN_F32, RNN_F64}) {
    const rnn_model &Model = charModel(Type);
    Trainer What(Model, Text, Given);
    const double Before = What.evaluate()->Loss;
    EXPECT_NEAR(Before, std::log(5), 0.6);
    for (int Step = 0; Step < 1500; ++Step)
      What.step();
    const Evaluation After = *What.evaluate();
    EXPECT_LT(After.Loss, 0.1);
    EXPECT_GT(After.Metrics[0], 0.9);
    SampleOptions Likely;
    Likely.MostLikely = true;
    Sampler From(Model, What.params(), Likely);
    std::string Written = "ab";
    for (const int32_t Token : Text.Letters.encode(Written))
      From.feed(Token);
    while (Written.size() < 15) {
      const int32_t Token = From.draw();
      Written += Text.Letters.letter(Token);
      From.feed(Token);
    }
    EXPECT_EQ(Written, "abcadabcadabcad");
  }
}

TEST_F(TrainerTest, LearnsTheInitialState) {
  Trainer What(charModel(RNN_F64), Text, Given);
  const auto *H0 = static_cast<const double *>(What.params()) +
                   What.model().parameters[4].offset;
  EXPECT_EQ(H0[0], 0);
  What.step();
  EXPECT_NE(H0[0], 0);
}

TEST_F(TrainerTest, CarriesTheState) {
  // A walk of two windows leaves the state that one window of both leaves.
  Given.Rate = 1e-300;
  Given.Rule = Method::SGD;
  Trainer Short(charModel(RNN_F64), Text, Given);
  Given.Window *= 2;
  Trainer Long(charModel(RNN_F64), Text, Given);
  Short.step();
  Short.step();
  Long.step();
  EXPECT_EQ(
      std::memcmp(Short.State.data(), Long.State.data(), Short.State.size()),
      0);
}

TEST_F(TrainerTest, ResumesBitForBit) {
  for (const rnn_type Type : {RNN_F32, RNN_F64})
    for (const Method Rule : {Method::SGD, Method::Momentum, Method::Nesterov,
                              Method::Adagrad, Method::RMSprop, Method::Adam}) {
      Given.Rule = Rule;
      Given.Momentum = Rule == Method::RMSprop ? 0.5 : defaultMomentum(Rule);
      Given.WeightDecay = 0.01;
      Given.ClipNorm = 0.5;
      Given.ClipValue = 0.1;
      Given.Decay = 0.9;
      Trainer Whole(charModel(Type), Text, Given);
      for (int Step = 0; Step < 100; ++Step) {
        if (Step == 37)
          saveCheckpoint(Whole, Path);
        if (Step % 10 == 0)
          Whole.evaluate(); // leaves no trace
        Whole.step();
      }
      Given.Seed = 7; // Nothing may depend on how the new trainer began.
      Trainer Resumed(charModel(Type), Text, Given);
      loadCheckpoint(Resumed, readTensors(Path));
      while (Resumed.Now.Steps < 100)
        Resumed.step();
      EXPECT_EQ(bytes(Resumed), bytes(Whole)) << methodName(Rule);
      EXPECT_EQ(Resumed.Now.Loss, Whole.Now.Loss);
      EXPECT_EQ(Resumed.Now.Smoothed, Whole.Now.Smoothed);
      EXPECT_EQ(Resumed.Now.Epochs, Whole.Now.Epochs);
      EXPECT_GT(Whole.Now.Epochs, 2);
    }
}

TEST_F(TrainerTest, ACheckpointIsAParameterFile) {
  Trainer What(charModel(RNN_F32), Text, Given);
  What.step();
  saveCheckpoint(What, Path, {{"note", "hello"}});
  std::vector<float> Loaded(What.model().parameter_size);
  ASSERT_EQ(rnn_load(&What.model(), Path.c_str(), Loaded.data()), RNN_OK)
      << rnn_last_error();
  EXPECT_EQ(std::memcmp(Loaded.data(), What.params(), Loaded.size() * 4), 0);
  const TensorFile File = readTensors(Path);
  EXPECT_EQ(File.Metadata.at("note"), "hello");
  EXPECT_EQ(checkpointVocabulary(File).hex(), "61626364");
  const Options Read = checkpointOptions(File);
  EXPECT_EQ(Read.Rate, Given.Rate);
  EXPECT_EQ(Read.Window, Given.Window);
}

TEST_F(TrainerTest, CheckpointsOfOtherTrainingAreRefused) {
  {
    Trainer What(charModel(RNN_F32), Text, Given);
    saveCheckpoint(What, Path);
  }
  const auto ExpectError = [&](const Corpus &With, rnn_type Type,
                               const char *Part) {
    Trainer What(charModel(Type), With, Given);
    try {
      loadCheckpoint(What, readTensors(Path));
      FAIL() << "expected an error with: " << Part;
    } catch (const Error &E) {
      EXPECT_EQ(E.status(), RNN_ERROR_MISMATCH);
      EXPECT_NE(std::strstr(E.what(), Part), nullptr) << E.what();
    }
  };
  ExpectError(makeCorpus(repeat("abcda", 60), 0.2), RNN_F32, "another text");
  ExpectError(makeCorpus(repeat("abcad", 60), 0.3), RNN_F32,
              "validation split");
  ExpectError(Text, RNN_F64, "expected type F64, got F32");
  Given.Window = 5;
  ExpectError(Text, RNN_F32, "another window: expected 4, got 5");
  Given.Window = 4;
  Given.Rule = Method::SGD;
  ExpectError(Text, RNN_F32, "expected \"adam\", got \"sgd\"");
  Given.Rule = Method::Adam;
  ASSERT_EQ(rnn_save(&charModel(RNN_F32), Path.c_str(),
                     Trainer(charModel(RNN_F32), Text, Given).params()),
            RNN_OK);
  ExpectError(Text, RNN_F32, "expected a training checkpoint");
}

TEST_F(TrainerTest, WhatCannotBeTrained) {
  const Corpus Wide = makeCorpus(repeat("abcdefg", 20), 0);
  try {
    Trainer(charModel(RNN_F32), Wide, Given);
    FAIL();
  } catch (const Error &E) {
    EXPECT_STREQ(E.what(),
                 "model 'char': the text has 7 different letters: expected a "
                 "vocabulary as large of input 'x', got 5");
  }
  rnn_model Lossless = charModel(RNN_F32);
  Lossless.functions[RNN_GRADIENT] = nullptr;
  EXPECT_THROW(Trainer(Lossless, Text, Given), Error);
  Options Bad = Given;
  Bad.Rate = -1;
  EXPECT_THROW(Trainer(charModel(RNN_F32), Text, Bad), Error);
  Bad = Given;
  Bad.Window = 1000;
  EXPECT_THROW(Trainer(charModel(RNN_F32), Text, Bad), Error);
}

TEST_F(TrainerTest, ALossThatIsNotFiniteStopsIt) {
  Trainer What(charModel(RNN_F32), Text, Given);
  static_cast<float *>(What.params())[0] = NAN;
  EXPECT_THROW(What.step(), Error);
}

TEST_F(TrainerTest, BudgetsAcrossResumptions) {
  Trainer What(charModel(RNN_F32), Text, Given);
  Schedule How;
  How.Until.Steps = 10;
  int Calls = 0;
  How.OnStep = [&](const Report &) { ++Calls; };
  train::train(What, How);
  EXPECT_EQ(What.Now.Steps, 10);
  train::train(What, How);
  EXPECT_EQ(Calls, 10);
  How.Until = {0, 2, 0};
  train::train(What, How);
  EXPECT_EQ(What.Now.Steps, 2 * What.training().perEpoch());
  How.Until = {0, 0, 0.01};
  train::train(What, How);
  EXPECT_GT(What.Now.Steps, 2 * What.training().perEpoch());
}

TEST_F(TrainerTest, StopsAndSaves) {
  Trainer What(charModel(RNN_F32), Text, Given);
  std::atomic<bool> Stop{false};
  Schedule How;
  How.CheckpointPath = Path;
  How.Stop = &Stop;
  How.OnStep = [&](const Report &At) { Stop = At.Of.Now.Steps == 17; };
  train::train(What, How);
  EXPECT_EQ(What.Now.Steps, 17);
  Trainer Resumed(charModel(RNN_F32), Text, Given);
  loadCheckpoint(Resumed, readTensors(Path));
  EXPECT_EQ(Resumed.Now.Steps, 17);
}

TEST_F(TrainerTest, ProgressLine) {
  Trainer What(charModel(RNN_F32), Text, Given);
  What.Now = {1234, 1, 1.5, 2.25};
  EXPECT_EQ(progressLine({What, 1, 152340, 61.2}),
            "step 1234  loss 1.5000  smoothed 2.2500  accuracy 0.0000  152.3k "
            "chars/s  "
            "1:02 left");
  EXPECT_EQ(progressLine({What, 1, 152340, -1}),
            "step 1234  loss 1.5000  smoothed 2.2500  accuracy 0.0000  152.3k "
            "chars/s");
}

struct SamplerTest : TrainerTest {
  rnn_model Model = charModel(RNN_F64);
  std::vector<double> Params = std::vector<double>(Model.parameter_size);
};

TEST_F(SamplerTest, DrawsFromTheDistribution) {
  // All weights are zero but one of b and one of Wy: p is known.
  Params[Model.parameters[2].offset] = 100;           // h[0] = tanh(100) = 1
  Params[Model.parameters[3].offset] = std::log(4.0); // p = 4/8, 1/8, ...
  const auto Share = [&](double Temperature, uint64_t Seed) {
    SampleOptions Cool;
    Cool.Temperature = Temperature;
    Cool.Seed = Seed;
    Sampler From(Model, Params.data(), Cool);
    From.feed(0);
    int Zeros = 0;
    for (int Draw = 0; Draw < 10000; ++Draw)
      Zeros += From.draw() == 0;
    return Zeros / 10000.0;
  };
  EXPECT_NEAR(Share(1, 1), 0.5, 0.02);
  EXPECT_NEAR(Share(0.5, 1), 16.0 / 20, 0.02);
  EXPECT_NEAR(Share(1e-3, 1), 1, 0);
  EXPECT_EQ(Share(1, 2), Share(1, 2));
  EXPECT_NE(Share(1, 2), Share(1, 3));
}

TEST_F(SamplerTest, Errors) {
  Sampler From(Model, Params.data(), {});
  EXPECT_THROW(From.draw(), Error);
  EXPECT_THROW(From.feed(5), Error);
  EXPECT_THROW(From.feed(-1), Error);
  SampleOptions Bad;
  Bad.Temperature = 0;
  EXPECT_THROW(Sampler(Model, Params.data(), Bad), Error);
  Bad = {};
  Bad.Tokens = 6;
  EXPECT_THROW(Sampler(Model, Params.data(), Bad), Error);
  Params[0] = NAN;
  Sampler Broken(Model, Params.data(), {});
  EXPECT_THROW(Broken.feed(0), Error);
  Model.stream = nullptr;
  EXPECT_THROW(Sampler(Model, Params.data(), {}), Error);
}

} // namespace
