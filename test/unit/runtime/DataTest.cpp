//===- DataTest.cpp - Tests of data sets and their batches ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What is read, in what order, and that training goes on from any place.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Convert.h"
#include "runtime/train/DataSource.h"
#include "runtime/train/Ridge.h"
#include "runtime/train/Trainer.h"
#include "test/unit/runtime/CharModel.h"
#include "test/unit/runtime/HookModel.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>

using namespace rnn;
using namespace rnn::train;

namespace {

template <typename Element>
TensorView view(DType Type, std::vector<int64_t> Shape,
                const std::vector<Element> &Data) {
  return {Type, std::move(Shape), Data.data()};
}

//===----------------------------------------------------------------------===//
// Conversions
//===----------------------------------------------------------------------===//

template <typename To, typename From>
std::vector<To> converted(DType Into, DType Type, std::vector<From> Given) {
  const Buffer Made = convert(
      view(Type, {static_cast<int64_t>(Given.size())}, Given), Into, "x");
  const auto *Values = reinterpret_cast<const To *>(Made.data());
  return {Values, Values + Given.size()};
}

TEST(Convert, WhatFits) {
  EXPECT_EQ(
      (converted<float, double>(DType::F32, DType::F64, {0.5, -3, 0x1p-126})),
      (std::vector<float>{0.5f, -3, 0x1p-126f}));
  EXPECT_EQ((converted<float, int64_t>(DType::F32, DType::I64, {1 << 24, -7})),
            (std::vector<float>{1 << 24, -7}));
  EXPECT_EQ((converted<int32_t, uint8_t>(DType::I32, DType::U8, {0, 255})),
            (std::vector<int32_t>{0, 255}));
  EXPECT_EQ(
      (converted<int32_t, double>(DType::I32, DType::F64, {-2147483647, 4})),
      (std::vector<int32_t>{-2147483647, 4}));
  EXPECT_TRUE(std::isnan(
      converted<float, double>(DType::F32, DType::F64, {NAN}).at(0)));
  EXPECT_TRUE(std::isinf(
      converted<float, double>(DType::F32, DType::F64, {INFINITY}).at(0)));
}

TEST(Convert, WhatDoesNot) {
  EXPECT_THROW((converted<float, double>(DType::F32, DType::F64, {0.1})),
               Error);
  EXPECT_THROW((converted<float, double>(DType::F32, DType::F64, {1e300})),
               Error);
  EXPECT_THROW(
      (converted<float, int32_t>(DType::F32, DType::I32, {(1 << 24) + 1})),
      Error);
  EXPECT_THROW(
      (converted<double, int64_t>(DType::F64, DType::I64, {INT64_MAX})), Error);
  EXPECT_THROW(
      (converted<int32_t, int64_t>(DType::I32, DType::I64, {int64_t(1) << 31})),
      Error);
  EXPECT_THROW((converted<int32_t, float>(DType::I32, DType::F32, {0.5f})),
               Error);
  EXPECT_THROW((converted<int32_t, float>(DType::I32, DType::F32, {NAN})),
               Error);
  EXPECT_THROW((converted<int32_t, double>(DType::I32, DType::F64, {1e30})),
               Error);
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

/// A file of N examples for the character model: token t of example i is
/// (i + t) % 5, the target one more.
struct DataTest : testing::Test {
  DataTest() {
    std::string Template = testing::TempDir() + "rnncXXXXXX";
    Folder = mkdtemp(Template.data());
    Path = Folder + "/data.safetensors";
  }
  ~DataTest() override { std::filesystem::remove_all(Folder); }

  void write(std::vector<int32_t> Given, int64_t Steps) {
    Lengths = std::move(Given);
    const auto Count = static_cast<int64_t>(Lengths.size());
    std::vector<int32_t> X, Y;
    for (int64_t I = 0; I < Count; ++I)
      for (int64_t T = 0; T < Steps; ++T) {
        X.push_back(static_cast<int32_t>((I + T) % 5));
        Y.push_back(static_cast<int32_t>((I + T + 1) % 5));
      }
    std::vector<NamedTensor> Tensors{
        {"x", view(DType::I32, {Count, Steps}, X)},
        {"y", view(DType::I32, {Count, Steps}, Y)}};
    if (!Lengths.empty() && Lengths[0] >= 0)
      Tensors.push_back({"T.lengths", view(DType::I32, {Count}, Lengths)});
    writeTensors(Path, Tensors);
    Data = std::make_shared<const DataSet>(charModel(RNN_F64), Path);
  }
  void expectError(const char *Part) {
    try {
      DataSet(charModel(RNN_F64), Path);
      FAIL() << "expected an error with: " << Part;
    } catch (const Error &E) {
      EXPECT_NE(std::strstr(E.what(), Part), nullptr) << E.what();
    }
  }

  std::string Folder, Path;
  std::vector<int32_t> Lengths;
  std::shared_ptr<const DataSet> Data;
};

TEST_F(DataTest, EveryExampleOnceAnEpochInAnotherOrder) {
  write(std::vector<int32_t>(23, -1), 4);
  DataSource From(Data, {.Batch = 5});
  EXPECT_EQ(From.perEpoch(), 5);
  std::vector<std::vector<int64_t>> Orders;
  for (int Epoch = 0; Epoch < 3; ++Epoch) {
    std::vector<int64_t> Order;
    for (int I = 0; I < 5; ++I) {
      EXPECT_EQ(From.atEpochEnd(), I == 0);
      const Batch &Of = From.next();
      EXPECT_EQ(Of.StartsEpoch, I == 0);
      EXPECT_EQ(Of.Size, I == 4 ? 3 : 5);
      EXPECT_TRUE(Of.Anew && !Of.GoesOn && !Of.Lengths[0]);
      const auto *X = static_cast<const int32_t *>(Of.Inputs[0]);
      const auto *Y = static_cast<const int32_t *>(Of.Targets[0]);
      for (int64_t T = 0; T < 4; ++T)
        for (int64_t B = 0; B < Of.Size; ++B) {
          ASSERT_EQ(X[T * Of.Size + B], (Of.Examples[B] + T) % 5);
          ASSERT_EQ(Y[T * Of.Size + B], (Of.Examples[B] + T + 1) % 5);
        }
      Order.insert(Order.end(), Of.Examples.begin(), Of.Examples.end());
    }
    EXPECT_EQ(std::set<int64_t>(Order.begin(), Order.end()).size(), 23u);
    Orders.push_back(Order);
  }
  EXPECT_NE(Orders[0], Orders[1]);
  EXPECT_NE(Orders[1], Orders[2]);
  From.rewind();
  EXPECT_EQ(From.next().Examples[0], Orders[0][0]);
  DataSource Other(Data, {.Batch = 23, .Seed = 7});
  const auto Got = Other.next().Examples;
  EXPECT_NE(std::vector<int64_t>(Got.begin(), Got.end()), Orders[0]);
}

TEST_F(DataTest, LikeLengthsTogetherLongestFirst) {
  std::vector<int32_t> Given;
  for (int I = 0; I < 40; ++I)
    Given.push_back(I * 7 % 11);
  write(Given, 10);
  DataSource From(Data, {.Batch = 8});
  for (int Epoch = 0; Epoch < 2; ++Epoch)
    do {
      const Batch &Of = From.next();
      int32_t Least = 99, Most = 0;
      for (int64_t B = 0; B < Of.Size; ++B) {
        const int32_t Length = Given[Of.Examples[B]];
        if (Of.Lengths[0])
          ASSERT_EQ(Of.Lengths[0][B], Length);
        if (B > 0)
          EXPECT_LE(Length, Given[Of.Examples[B - 1]]);
        Least = std::min(Least, Length);
        Most = std::max(Most, Length);
      }
      EXPECT_LE(Most - Least, 3);
      EXPECT_EQ(Of.Axes[0], std::max(Most, 1));
      EXPECT_EQ(Of.Lengths[0] == nullptr, Least == Most && Most > 0);
    } while (!From.atEpochEnd());
}

TEST_F(DataTest, WindowsGoOnAndShrink) {
  write({5, 9, 2, 9, 4}, 9);
  DataSource From(Data, {.Batch = 5, .Window = 4, .Shuffled = false});
  const std::vector<std::vector<int64_t>> Examples{
      {1, 3, 0, 4, 2}, {1, 3, 0}, {1, 3}};
  const std::vector<std::vector<int32_t>> Expected{
      {4, 4, 4, 4, 2}, {4, 4, 1}, {1, 1}};
  for (int Window = 0; Window < 3; ++Window) {
    const Batch &Of = From.next();
    ASSERT_EQ(std::vector<int64_t>(Of.Examples.begin(), Of.Examples.end()),
              Examples[Window]);
    EXPECT_EQ(Of.Anew, Window == 0);
    EXPECT_EQ(Of.GoesOn, Window < 2);
    EXPECT_EQ(Of.Axes[0], Window < 2 ? 4 : 1);
    const auto *X = static_cast<const int32_t *>(Of.Inputs[0]);
    double Weight = 0;
    for (int64_t B = 0; B < Of.Size; ++B) {
      const int32_t Length = Expected[Window][B];
      Weight += Length;
      if (Window < 2)
        EXPECT_EQ(Of.Lengths[0][B], Length);
      for (int64_t T = 0; T < Length; ++T)
        EXPECT_EQ(X[T * Of.Size + B], (Of.Examples[B] + Window * 4 + T) % 5);
    }
    EXPECT_EQ(Of.Weight, Weight);
  }
  EXPECT_TRUE(From.atEpochEnd());
}

TEST_F(DataTest, GoesOnFromAnyPlace) {
  write({5, 9, 2, 9, 4, 1, 7}, 9);
  for (const int64_t Window : {0, 3}) {
    DataSource Whole(Data, {.Batch = 2, .Window = Window});
    for (int Step = 0; Step < 40; ++Step) {
      DataSource Resumed(Data, {.Batch = 2, .Window = Window});
      Resumed.setPosition(Whole.position());
      EXPECT_EQ(Resumed.atEpochEnd(), Whole.atEpochEnd());
      const Batch &A = Whole.next(), &B = Resumed.next();
      ASSERT_EQ(A.Size, B.Size);
      ASSERT_EQ(A.Anew, B.Anew);
      ASSERT_EQ(A.StartsEpoch, B.StartsEpoch);
      ASSERT_TRUE(std::ranges::equal(A.Examples, B.Examples));
    }
  }
  DataSource Bad(Data, {.Batch = 2});
  EXPECT_THROW(Bad.setPosition(99), Error);
}

TEST_F(DataTest, TrainingResumesBitForBit) {
  write({5, 9, 9, 9, 4, 1, 7, 8}, 9);
  for (const int64_t Window : {0, 4}) {
    Options Given;
    Given.Batch = 3;
    Given.Window = Window;
    const auto Make = [&] {
      const DataOptions Walk{.Batch = 3, .Window = Window};
      return Trainer(charModel(RNN_F64),
                     std::make_unique<DataSource>(Data, Walk), nullptr, Given);
    };
    Trainer Whole = Make();
    for (int Step = 0; Step < 30; ++Step) {
      if (Step == 11)
        saveCheckpoint(Whole, Folder + "/half");
      Whole.step();
    }
    Trainer Resumed = Make();
    loadCheckpoint(Resumed, readTensors(Folder + "/half"));
    while (Resumed.Now.Steps < 30)
      Resumed.step();
    EXPECT_EQ(std::memcmp(Resumed.params(), Whole.params(),
                          Whole.parameters().size()),
              0);
    EXPECT_EQ(Resumed.Now.Epochs, Whole.Now.Epochs);
    write({5, 9, 9, 9, 4, 1, 7, 9}, 9);
    Trainer Other = Make();
    EXPECT_THROW(loadCheckpoint(Other, readTensors(Folder + "/half")), Error);
    write({5, 9, 9, 9, 4, 1, 7, 8}, 9);
  }
}

TEST_F(DataTest, FilesThatDoNotFit) {
  const std::vector<int32_t> Tokens(12), Three{1, 2, 3};
  const auto X = view(DType::I32, {3, 4}, Tokens);
  const auto Write = [&](std::vector<NamedTensor> Tensors) {
    writeTensors(Path, Tensors);
  };
  Write({{"x", X}});
  expectError("expected target 'y', got no such tensor");
  Write({{"y", X}});
  expectError("expected input 'x', got no such tensor");
  Write({{"x", X}, {"y", view(DType::I32, {4, 3}, Tokens)}});
  expectError("'y': expected 3 examples, as in 'x', got 4");
  Write({{"x", X}, {"y", view(DType::I32, {3, 2}, Tokens)}});
  expectError("'y': expected 4 steps, as in 'x', got 2");
  Write({{"x", view(DType::I32, {12}, Tokens)}, {"y", X}});
  expectError("'x': expected [N, T], got [12]");
  Write({{"x", X}, {"y", X}, {"T.lengths", view(DType::I32, {4}, Tokens)}});
  expectError("'T.lengths': expected [3], got [4]");
  const std::vector<int32_t> Long{1, 5, 3};
  Write({{"x", X}, {"y", X}, {"T.lengths", view(DType::I32, {3}, Long)}});
  expectError("'T.lengths': expected lengths of 0 to 4, got 5 for example 1");
  Write({{"x", X}, {"y", X}, {"z", X}});
  EXPECT_EQ(DataSet(charModel(RNN_F64), Path).unused(),
            std::vector<std::string>{"z"});
  Write({{"x", view(DType::I32, {0, 4}, Tokens)},
         {"y", view(DType::I32, {0, 4}, Tokens)}});
  expectError("expected an example or more, got none");
}

//===----------------------------------------------------------------------===//
// Ridge regression
//===----------------------------------------------------------------------===//

TEST(RidgeTest, FindsThePlaneThatThereIs) {
  Ridge Sums(3, 2, true);
  for (int Row = 0; Row < 512; ++Row) { // whole blocks
    const double X[] = {std::sin(Row), std::cos(1.7 * Row),
                        std::sin(0.3 * Row)};
    const double Y[] = {2 * X[0] - X[1] + 5, 0.5 * X[2] - 1};
    Sums.add(X, Y);
  }
  const auto Found = Sums.solve(0);
  const double W[] = {2, -1, 0, 0, 0, 0.5};
  for (int I = 0; I < 6; ++I)
    EXPECT_NEAR(Found.Weights[I], W[I], 1e-12);
  EXPECT_NEAR(Found.Bias[0], 5, 1e-12);
  EXPECT_NEAR(Found.Bias[1], -1, 1e-12);
  EXPECT_NEAR(Found.Error, 0, 1e-6);
}

TEST(RidgeTest, LambdaShrinksTheWeightsAlone) {
  // One feature of +-1: w = sum(x y) / (N + lambda), b = mean(y).
  Ridge Sums(1, 1, true);
  for (int Row = 0; Row < 100; ++Row) {
    const double X = Row % 2 ? 1 : -1, Y = 3 * X + 7;
    Sums.add(&X, &Y);
  }
  const auto Found = Sums.solve(50);
  EXPECT_NEAR(Found.Weights[0], 300.0 / 150, 1e-12);
  EXPECT_NEAR(Found.Bias[0], 7, 1e-12);
  EXPECT_NEAR(Found.Error, 1, 1e-9);
}

TEST(RidgeTest, OpenWeightsAreAnError) {
  Ridge Sums(2, 1, false);
  EXPECT_THROW(Sums.solve(1), Error);
  const double X[] = {1, 1}, Y = 1;
  for (int Row = 0; Row < 9; ++Row)
    Sums.add(X, &Y);
  EXPECT_THROW(Sums.solve(0), Error);
  EXPECT_NEAR(Sums.solve(1e-3).Weights[0], 0.5, 1e-3);
}

} // namespace
