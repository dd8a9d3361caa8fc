//===- GenerateTest.cpp - Tests of generation -----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Draws and searches of a character model against walks over all sequences.
//===----------------------------------------------------------------------===//
#include "rnn/generate.h"

#include "runtime/lib/Buffer.h"
#include "test/unit/runtime/CharModel.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <map>

using namespace rnn;

namespace {

struct GenerateTest : testing::Test {
  GenerateTest() {
    EXPECT_EQ(rnn_init(&Model, Params.data(), 3), RNN_OK);
    for (double &Value : Params)
      Value *= 2; // surer of itself
    Panels = Buffer(Model.stream->panels_bytes);
    EXPECT_EQ(Model.stream->pack(Params.data(), Panels.data()), RNN_OK);
    Given.struct_size = sizeof(Given);
    Given.end = 4;
    Given.length = 4;
  }

  std::vector<double> start() {
    std::vector<double> State(Model.state_bytes / sizeof(double));
    EXPECT_EQ(Model.reset(Params.data(), State.data()), RNN_OK);
    return State;
  }
  rnn_status generate(std::vector<int32_t> Prefix = {0}) {
    auto State = start();
    int64_t Count = -1;
    Tokens.assign(16, -1);
    const rnn_status Status =
        rnn_generate(&Model, Panels.data(), State.data(), Prefix.data(),
                     static_cast<int64_t>(Prefix.size()), &Given, Tokens.data(),
                     &Count, &LogProbability);
    if (Status == RNN_OK)
      Tokens.resize(Count);
    return Status;
  }
  /// Of each sequence up to the end token or the length, after token 0.
  void walk(std::vector<double> State, int32_t Fed, std::vector<int32_t> Said,
            double Sum) {
    const void *Inputs[] = {&Fed};
    double P[5];
    void *Outputs[] = {P};
    EXPECT_EQ(Model.stream->step(Panels.data(), State.data(), Inputs, Outputs),
              RNN_OK);
    Said.push_back(0);
    for (int32_t Token = 0; Token < 5; ++Token) {
      Said.back() = Token;
      const double Now = Sum + std::log(P[Token]);
      if (Token == Given.end ||
          Said.size() == static_cast<size_t>(Given.length))
        All[Said] = Now;
      else
        walk(State, Token, Said, Now);
    }
  }

  rnn_model Model = charModel(RNN_F64);
  std::vector<double> Params = std::vector<double>(Model.parameter_size);
  Buffer Panels;
  rnn_generate_options Given{};
  std::vector<int32_t> Tokens;
  double LogProbability = 0;
  std::map<std::vector<int32_t>, double> All;
};

TEST_F(GenerateTest, AWideBeamFindsTheMostLikelySequence) {
  walk(start(), 0, {}, 0);
  std::pair<double, std::vector<int32_t>> Best{-INFINITY, {}};
  double Total = 0;
  for (const auto &[Said, Sum] : All) {
    Total += std::exp(Sum);
    if (Said.back() == Given.end)
      Best = std::max(Best, {Sum, Said});
  }
  EXPECT_NEAR(Total, 1, 1e-12);
  Given.beam = 1000;
  ASSERT_EQ(generate(), RNN_OK) << rnn_last_error();
  EXPECT_EQ(Tokens, Best.second);
  EXPECT_NEAR(LogProbability, Best.first, 1e-12);
}

TEST_F(GenerateTest, ABeamOfOneIsGreedy) {
  Given.beam = 1;
  ASSERT_EQ(generate({2, 1}), RNN_OK);
  const auto Found = Tokens;
  const double Sum = LogProbability;
  Given.beam = 0;
  Given.most_likely = 1;
  ASSERT_EQ(generate({2, 1}), RNN_OK);
  EXPECT_EQ(Tokens, Found);
  EXPECT_NEAR(LogProbability, Sum, 1e-12);
}

TEST_F(GenerateTest, DrawsFollowTheProbabilities) {
  Given.length = 2;
  walk(start(), 0, {}, 0);
  std::map<std::vector<int32_t>, int> Counts;
  const int Draws = 8000;
  for (int Draw = 0; Draw < Draws; ++Draw) {
    Given.sequence = Draw;
    ASSERT_EQ(generate(), RNN_OK);
    ASSERT_NEAR(LogProbability, All.at(Tokens), 1e-12);
    ++Counts[Tokens];
  }
  for (const auto &[Said, Sum] : All)
    EXPECT_NEAR(Counts[Said] / double(Draws), std::exp(Sum), 0.025);
}

TEST_F(GenerateTest, EndsAtTheLengthOrTheEndToken) {
  Given.most_likely = 1;
  Given.length = 16;
  Given.end = -1;
  ASSERT_EQ(generate(), RNN_OK);
  EXPECT_EQ(Tokens.size(), 16u);
  Given.end = Tokens[0];
  ASSERT_EQ(generate(), RNN_OK);
  EXPECT_EQ(Tokens, std::vector<int32_t>{Given.end});
}

TEST_F(GenerateTest, TheStreamsOwnStartIsFedFirst) {
  Given.most_likely = 1;
  ASSERT_EQ(generate({3, 1}), RNN_OK);
  const auto Expected = Tokens;
  rnn_stream Stream = *Model.stream;
  const int32_t Starts[] = {3};
  Stream.starts = Starts;
  Model.stream = &Stream;
  ASSERT_EQ(generate({1}), RNN_OK);
  EXPECT_EQ(Tokens, Expected);
  ASSERT_EQ(generate({}), RNN_OK);
}

TEST_F(GenerateTest, Errors) {
  const auto Expect = [&](rnn_status Status, const char *Part,
                          std::vector<int32_t> Prefix = {0}) {
    EXPECT_EQ(generate(std::move(Prefix)), Status);
    EXPECT_NE(std::strstr(rnn_last_error(), Part), nullptr) << rnn_last_error();
  };
  Expect(RNN_ERROR_ARGUMENT, "expected a token to start from, got none", {});
  Expect(RNN_ERROR_TOKEN, "expected a token of 0 to 4, got 5", {5});
  Given.temperature = -1;
  Expect(RNN_ERROR_ARGUMENT, "expected a positive temperature, got -1");
  Given.temperature = 1;
  Given.beam = 3;
  Expect(RNN_ERROR_ARGUMENT, "got more than one");
  Given.temperature = 0;
  Given.beam = -3;
  Expect(RNN_ERROR_ARGUMENT, "expected a beam of 0 or more, got -3");
  Given.beam = 0;
  Given.length = 0;
  Expect(RNN_ERROR_ARGUMENT, "expected a length of 1 or more, got 0");
  Given.length = 1;
  Given.tokens = 6;
  Expect(RNN_ERROR_MISMATCH, "expected a vocabulary of at most 5");
  Given.tokens = 0;
  Given.struct_size = 4;
  Expect(RNN_ERROR_VERSION, "rnn_generate_options");
  Given.struct_size = sizeof(Given);
  Model.stream = nullptr;
  Expect(RNN_ERROR_UNSUPPORTED, "sampling takes a stream function");
}

} // namespace
