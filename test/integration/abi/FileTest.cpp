//===- FileTest.cpp - Tests of parameter files ----------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Files of other models get a message, and damaged ones never crash; in neither
// case are parameters touched.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Models.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <unistd.h>

namespace {

class ParameterFiles : public testing::Test {
protected:
  void SetUp() override {
    // A whole small file: header and data.
    ASSERT_EQ(rnn_init(&grustack, Params.data(), 3), RNN_OK);
    ASSERT_EQ(rnn_save(&grustack, Path.c_str(), Params.data()), RNN_OK)
        << rnn_last_error();
    std::ifstream Stream(Path, std::ios::binary);
    File.assign(std::istreambuf_iterator<char>(Stream), {});
    std::memcpy(&HeaderSize, File.data(), sizeof(HeaderSize));
  }
  void TearDown() override { std::remove(Path.c_str()); }

  rnn_status load(const std::string &Contents) {
    std::ofstream(Path, std::ios::binary) << Contents;
    Loaded.assign(Params.size(), -77);
    return rnn_load(&grustack, Path.c_str(), Loaded.data());
  }
  void expectUntouched() {
    EXPECT_EQ(Loaded, std::vector<double>(Params.size(), -77));
  }
  /// The file with part of its header replaced by a text of the same length.
  std::string edited(const std::string &From, const std::string &To) {
    EXPECT_EQ(From.size(), To.size());
    std::string Copy = File;
    const size_t Where = Copy.find(From);
    EXPECT_NE(Where, std::string::npos) << From;
    return Copy.replace(Where, From.size(), To);
  }
  void expectMismatch(const std::string &From, const std::string &To,
                      const std::string &Text) {
    EXPECT_EQ(load(edited(From, To)), RNN_ERROR_MISMATCH) << To;
    EXPECT_NE(std::string(rnn_last_error()).find(Text), std::string::npos)
        << rnn_last_error() << "\nis expected to say: " << Text;
    expectUntouched();
  }

  std::string Path =
      testing::TempDir() + "rnnc-" + std::to_string(getpid()) + ".safetensors";
  std::vector<double> Params = std::vector<double>(grustack.parameter_size);
  std::vector<double> Loaded;
  std::string File;
  uint64_t HeaderSize = 0;
};

TEST_F(ParameterFiles, WhatWasSavedIsLoaded) {
  EXPECT_EQ(load(File), RNN_OK) << rnn_last_error();
  EXPECT_EQ(Loaded, Params);
}

TEST_F(ParameterFiles, OfOtherNamesTypesAndShapes) {
  expectMismatch("\"rnn.1.Whz\"", "\"rnn.1.Vhz\"",
                 "got 'rnn.1.Vhz'; did you mean 'rnn.1.Whz'?");
  expectMismatch("[7,5]", "[5,7]", "expected [7, 5], got [5, 7]");
  expectMismatch("\"F64\"", "\"I64\"", "expected type F64, got I64");
}

TEST_F(ParameterFiles, OfAnotherModel) {
  std::vector<float> Small(vanillastack.parameter_size);
  ASSERT_EQ(rnn_save(&vanillastack, Path.c_str(), Small.data()), RNN_OK);
  Loaded.assign(Params.size(), -77);
  EXPECT_EQ(rnn_load(&grustack, Path.c_str(), Loaded.data()),
            RNN_ERROR_MISMATCH);
  expectUntouched();
}

TEST_F(ParameterFiles, TruncatedAnywhere) {
  Loaded.assign(Params.size(), -77);
  for (size_t Size = File.size(); Size-- > 0;) {
    std::filesystem::resize_file(Path, Size);
    ASSERT_EQ(rnn_load(&grustack, Path.c_str(), Loaded.data()), RNN_ERROR_FILE)
        << Size << " of " << File.size() << " bytes";
    ASSERT_STRNE(rnn_last_error(), "");
  }
  expectUntouched();
}

TEST_F(ParameterFiles, WithBytesChanged) {
  std::mt19937_64 Random(1);
  int Refused = 0;
  for (int Round = 0; Round < 1500; ++Round) {
    std::string Copy = File;
    // Up to four bytes, of the header and the lengths before it.
    for (uint64_t Left = Random() % 4 + 1; Left > 0; --Left)
      Copy[Random() % (8 + HeaderSize)] = static_cast<char>(Random());
    const rnn_status Status = load(Copy);
    if (Status == RNN_OK)
      continue; // Say, in the padding of the header.
    ++Refused;
    ASSERT_TRUE(Status == RNN_ERROR_FILE || Status == RNN_ERROR_MISMATCH)
        << rnn_last_error();
    ASSERT_EQ(Loaded, std::vector<double>(Params.size(), -77));
  }
  EXPECT_GT(Refused, 500);
}

} // namespace
