//===- SafeTensorsTest.cpp - Tests of files -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Files that are right, files that are wrong in each way, and parameters.
//===----------------------------------------------------------------------===//
#include "runtime/lib/SafeTensors.h"

#include "runtime/lib/Error.h"
#include "test/unit/runtime/HookModel.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

using namespace rnn;

namespace {

struct SafeTensorsTest : testing::Test {
  SafeTensorsTest() {
    std::string Template = testing::TempDir() + "rnncXXXXXX";
    Folder = mkdtemp(Template.data());
    Path = Folder + "/file.safetensors";
  }
  ~SafeTensorsTest() override { std::filesystem::remove_all(Folder); }

  /// Writes a header and so many bytes of data.
  void put(const std::string &Header, size_t DataBytes) {
    const uint64_t Length = Header.size();
    std::string Bytes(reinterpret_cast<const char *>(&Length), 8);
    putBytes(Bytes + Header + std::string(DataBytes, '\0'));
  }
  void putBytes(const std::string &Bytes) {
    std::ofstream(Path, std::ios::binary) << Bytes;
  }
  void expectError(const std::string &Part) {
    try {
      readTensors(Path);
      FAIL() << "expected an error with: " << Part;
    } catch (const Error &E) {
      EXPECT_EQ(E.status(), RNN_ERROR_FILE);
      EXPECT_NE(std::string(E.what()).find(Part), std::string::npos)
          << E.what();
    }
  }

  std::string Folder, Path;
};

std::string entry(const std::string &Name, const std::string &Type,
                  const std::string &Shape, const std::string &Offsets) {
  return "\"" + Name + "\":{\"dtype\":\"" + Type + "\",\"shape\":" + Shape +
         ",\"data_offsets\":" + Offsets + "}";
}

TEST_F(SafeTensorsTest, WhatIsWrittenIsRead) {
  const float F32[] = {1, 2, 3, 4, 5, 6};
  const double F64[] = {0.1};
  const int32_t I32[] = {-1, 7};
  const int64_t I64[] = {int64_t(1) << 40};
  const std::vector<NamedTensor> Tensors = {
      {"a", {DType::F32, {2, 3}, F32}},
      {"scalar", {DType::F64, {}, F64}},
      {"tokens", {DType::I32, {2}, I32}},
      {"wide", {DType::I64, {1}, I64}},
      {"empty", {DType::F32, {0, 5}, nullptr}}};
  writeTensors(Path, Tensors, {{"vocabulary", "a\"b\n\u00e9"}});
  const TensorFile File = readTensors(Path);
  EXPECT_EQ(File.Metadata.at("vocabulary"), "a\"b\n\u00e9");
  ASSERT_EQ(File.Tensors.size(), Tensors.size());
  for (const auto &[Name, View] : Tensors) {
    const TensorView *Got = File.find(Name);
    ASSERT_NE(Got, nullptr) << Name;
    EXPECT_EQ(Got->Type, View.Type);
    EXPECT_EQ(Got->Shape, View.Shape);
    if (View.bytes() > 0)
      EXPECT_EQ(std::memcmp(Got->Data, View.Data, View.bytes()), 0) << Name;
  }
  EXPECT_EQ(File.find("b"), nullptr);
}

TEST_F(SafeTensorsTest, DataStartsAligned) {
  const float One[] = {1};
  writeTensors(Path, std::vector<NamedTensor>{{"abc", {DType::F32, {1}, One}}});
  EXPECT_EQ(std::filesystem::file_size(Path) % 8, 4u);
}

TEST_F(SafeTensorsTest, FilesThatAreNoFiles) {
  expectError("could not open: No such file");
  Path = Folder;
  expectError("expected a regular file");
}

TEST_F(SafeTensorsTest, EmptyAndTruncatedFiles) {
  putBytes("");
  expectError("got 0 bytes");
  putBytes("abc");
  expectError("got 3 bytes");
  putBytes(std::string("\x10\0\0\0\0\0\0\0{}", 10));
  expectError("expected a header of 16 bytes, got 2: the file is truncated");
  put("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 7);
  expectError("tensor 'a': expected 8 bytes of data, got 7: the file is "
              "truncated");
}

TEST_F(SafeTensorsTest, AHeaderTooLong) {
  putBytes("this is a text file of some length");
  expectError("expected a header of at most 100 MB");
}

TEST_F(SafeTensorsTest, BrokenHeaders) {
  put("{\"a\":", 0);
  expectError("expected a header in JSON");
  put("[]", 0);
  expectError("expected a JSON object as header, got array");
  put("{\"\xff\":1}", 0);
  expectError("expected a header in JSON");
  put("{" + entry("a", "F32", "[1]", "[0,4]") + "," +
          entry("a", "F32", "[1]", "[4,8]") + "}",
      8);
  expectError("expected each name once in the header, got 'a' twice");
  put("{\"a\":3}", 0);
  expectError("tensor 'a': expected an object, got number");
  put("{\"__metadata__\":{\"a\":3}}", 0);
  expectError("__metadata__: 'a': expected a string, got number");
}

TEST_F(SafeTensorsTest, BrokenEntries) {
  const auto Bad = [&](const char *Type, const char *Shape, const char *Offsets,
                       const char *Part) {
    put("{" + entry("a", Type, Shape, Offsets) + "}", 16);
    expectError(Part);
  };
  Bad("BF16", "[8]", "[0,16]", "expected dtype F32, F64, I32, I64 or U8, got BF16");
  Bad("F32", "[-4]", "[0,16]", "expected sizes of 0 or more, got -4");
  Bad("F32", "[1.5]", "[0,16]", "got 1.5");
  Bad("F32", "4", "[0,16]", "expected an array 'shape'");
  Bad("F32", "[4]", "[16,0]", "expected offsets in order");
  Bad("F32", "[4]", "[0]", "expected two offsets");
  Bad("F32", "[4]", "[0,-1]", "expected two offsets");
  Bad("F32", "[3]", "[0,16]", "expected 12 bytes, got 16");
  Bad("F32", "[4611686018427387904,4]", "[0,16]", "expected more than 2^64");
  Bad("F32", "[3]", "[4,16]", "there is a hole");
  Bad("F32", "[3]", "[0,12]", "expected 12 bytes of data, got 16");
}

TEST_F(SafeTensorsTest, Overlaps) {
  put("{" + entry("a", "F32", "[2]", "[0,8]") + "," +
          entry("b", "F32", "[2]", "[4,12]") + "}",
      12);
  expectError(
      "tensor 'b': expected data from offset 8, got 4: tensors overlap");
}

TEST_F(SafeTensorsTest, NothingIsLeftWhereWritingFails) {
  const float One[] = {1};
  const std::vector<NamedTensor> Tensors = {{"a", {DType::F32, {1}, One}}};
  std::filesystem::create_directory(Path);
  EXPECT_THROW(writeTensors(Path, Tensors), Error);
  EXPECT_THROW(writeTensors(Folder + "/none/file", Tensors), Error);
  const std::filesystem::directory_iterator Left(Folder);
  EXPECT_EQ(std::distance(begin(Left), end(Left)), 1); // Path itself
}

TEST_F(SafeTensorsTest, DevicesAreWrittenToAndStay) {
  Path = Folder + "/full";
  std::filesystem::create_symlink("/dev/full", Path);
  const float One[] = {1};
  const std::vector<NamedTensor> Tensors = {{"a", {DType::F32, {1}, One}}};
  EXPECT_THROW(writeTensors(Path, Tensors), Error);
  EXPECT_TRUE(std::filesystem::is_character_file(Path));
}

TEST_F(SafeTensorsTest, NamesTwice) {
  const float One[] = {1};
  const TensorView View = {DType::F32, {1}, One};
  EXPECT_THROW(
      writeTensors(Path, std::vector<NamedTensor>{{"a", View}, {"a", View}}),
      Error);
}

struct ParametersTest : SafeTensorsTest {
  void expectLoadError(rnn_status Status, const std::string &Part) {
    EXPECT_EQ(rnn_load(&Hook.Model, Path.c_str(), Params), Status);
    EXPECT_NE(std::string(rnn_last_error()).find(Part), std::string::npos)
        << rnn_last_error();
  }
  void write(const std::string &Name, DType Type, std::vector<int64_t> Shape) {
    const double Zeros[8] = {};
    writeTensors(Path, std::vector<NamedTensor>{{Name, {Type, Shape, Zeros}}});
  }

  HookModel Hook;
  float Params[8] = {1, 2, 3, 4, 5, 6, 7, 8};
};

TEST_F(ParametersTest, SaveAndLoad) {
  ASSERT_EQ(rnn_save(&Hook.Model, Path.c_str(), Params), RNN_OK)
      << rnn_last_error();
  float Loaded[8] = {};
  ASSERT_EQ(rnn_load(&Hook.Model, Path.c_str(), Loaded), RNN_OK)
      << rnn_last_error();
  EXPECT_EQ(std::memcmp(Loaded, Params, sizeof(Params)), 0);
}

TEST_F(ParametersTest, WrongShapeTypeAndName) {
  write("W", DType::F32, {4, 2});
  expectLoadError(RNN_ERROR_MISMATCH,
                  "parameter 'W': expected [2, 4], got [4, 2]");
  write("W", DType::F64, {2, 4});
  expectLoadError(RNN_ERROR_MISMATCH,
                  "parameter 'W': expected type F32, got F64");
  Hook.Parameter.name = "lstm.1.W";
  write("lstm.2.W", DType::F32, {2, 4});
  expectLoadError(RNN_ERROR_MISMATCH, "got 'lstm.2.W'; did you mean "
                                      "'lstm.1.W'?");
  write("@adam.m", DType::F32, {2, 4});
  expectLoadError(RNN_ERROR_MISMATCH,
                  "expected parameter 'lstm.1.W', got no such tensor");
  EXPECT_EQ(Params[0], 1); // and none of it was taken over
}

TEST_F(ParametersTest, FilesAndArguments) {
  expectLoadError(RNN_ERROR_FILE, "could not open");
  EXPECT_EQ(rnn_load(&Hook.Model, nullptr, Params), RNN_ERROR_ARGUMENT);
  EXPECT_EQ(rnn_save(&Hook.Model, (Folder + "/none/f").c_str(), Params),
            RNN_ERROR_FILE);
  EXPECT_EQ(rnn_save(nullptr, Path.c_str(), Params), RNN_ERROR_ARGUMENT);
}

} // namespace
