//===- TextTest.cpp - Tests of texts and windows --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Vocabularies, splits, and the walk of min-char-rnn.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/train/Corpus.h"
#include "runtime/train/Windows.h"

#include <gtest/gtest.h>
#include <numeric>

using namespace rnn;
using namespace rnn::train;

namespace {

TEST(Vocabulary, SortedUniqueBytes) {
  const Vocabulary Letters = Vocabulary::ofText("banana\n\xc3\xa9");
  EXPECT_EQ(Letters.size(), 6);
  EXPECT_EQ(Letters.hex(), "0a61626ea9c3");
  EXPECT_EQ(Letters.encode("nab"), (std::vector<int32_t>{3, 1, 2}));
  EXPECT_EQ(Letters.letter(3), 'n');
  EXPECT_EQ(Letters.id('z'), -1);
  EXPECT_EQ(Vocabulary::ofHex(Letters.hex()).hex(), Letters.hex());
}

TEST(Vocabulary, Errors) {
  const Vocabulary Letters = Vocabulary::ofText("ab");
  try {
    (void)Letters.encode("abz");
    FAIL();
  } catch (const Error &E) {
    EXPECT_EQ(E.status(), RNN_ERROR_TOKEN);
    EXPECT_STREQ(E.what(), "expected letters of the vocabulary, got 'z' at "
                           "position 2");
  }
  EXPECT_THROW((void)Letters.encode("\xff"), Error);
  EXPECT_THROW(Vocabulary::ofHex("0"), Error);
  EXPECT_THROW(Vocabulary::ofHex("zz"), Error);
}

TEST(Corpus, TheEndIsForValidation) {
  const Corpus Made = makeCorpus("aaaaaaaabb", 0.25);
  EXPECT_EQ(Made.Train, std::vector<int32_t>(8, 0));
  EXPECT_EQ(Made.Valid, std::vector<int32_t>(2, 1));
  EXPECT_TRUE(makeCorpus("ab", 0).Valid.empty());
  EXPECT_NE(Made.Hash, makeCorpus("aaaaaaaabc", 0.25).Hash);
  EXPECT_THROW(makeCorpus("", 0), Error);
  EXPECT_THROW(makeCorpus("ab", 1), Error);
  EXPECT_THROW(makeCorpus("ab", -0.5), Error);
}

TEST(Corpus, FilesThatCannotBeRead) {
  EXPECT_THROW(readText("/nonexistent"), Error);
  EXPECT_THROW(readText("/tmp"), Error);
  EXPECT_THROW(readText("/dev/null"), Error);
}

std::vector<int32_t> countTo(int32_t End) {
  std::vector<int32_t> Tokens(End);
  std::iota(Tokens.begin(), Tokens.end(), 0);
  return Tokens;
}

TEST(Windows, WalkOfMinCharRnn) {
  const std::vector<int32_t> Tokens = countTo(103);
  const int64_t T = 25;
  Windows Walk(Tokens, 1, T);
  std::vector<int32_t> X(T), Y(T);
  int64_t P = 0, PerEpoch = 0;
  for (int N = 0; N < 20; ++N) {
    const bool Anew = N == 0 || P + T + 1 >= 103; // as in min-char-rnn.py
    if (Anew)
      P = 0;
    EXPECT_EQ(Walk.next(X.data(), Y.data()), Anew) << N;
    for (int64_t I = 0; I < T; ++I) {
      ASSERT_EQ(X[I], P + I);
      ASSERT_EQ(Y[I], P + I + 1);
    }
    P += T;
    PerEpoch = std::max(PerEpoch, P / T);
  }
  EXPECT_EQ(Walk.perEpoch(), PerEpoch);
}

TEST(Windows, AnEpochOfEveryLength) {
  for (int32_t Length = 7; Length < 40; ++Length) {
    const std::vector<int32_t> Tokens = countTo(Length);
    Windows Walk(Tokens, 1, 5);
    std::vector<int32_t> X(5), Y(5);
    int64_t Count = 0;
    EXPECT_TRUE(Walk.next(X.data(), Y.data()));
    do
      ++Count;
    while (!Walk.next(X.data(), Y.data()));
    EXPECT_EQ(Walk.perEpoch(), Count) << Length;
  }
}

TEST(Windows, Streams) {
  const std::vector<int32_t> Tokens = countTo(32); // streams of 10, 2 left over
  Windows Walk(Tokens, 3, 2);
  std::vector<int32_t> X(6), Y(6);
  EXPECT_TRUE(Walk.next(X.data(), Y.data()));
  EXPECT_EQ(X, (std::vector<int32_t>{0, 10, 20, 1, 11, 21}));
  EXPECT_EQ(Y, (std::vector<int32_t>{1, 11, 21, 2, 12, 22}));
  EXPECT_FALSE(Walk.next(X.data(), Y.data()));
  EXPECT_EQ(X[1], 12);
  const int64_t Where = Walk.position();
  Windows Other(Tokens, 3, 2);
  Other.setPosition(Where);
  std::vector<int32_t> U(6), W(6);
  EXPECT_EQ(Walk.next(X.data(), Y.data()), Other.next(U.data(), W.data()));
  EXPECT_EQ(X, U);
  EXPECT_EQ(Y, W);
  EXPECT_THROW(Other.setPosition(10), Error);
}

TEST(Windows, TextsTooShort) {
  const std::vector<int32_t> Tokens = countTo(20);
  EXPECT_NO_THROW(Windows(Tokens, 2, 8));
  EXPECT_THROW(Windows(Tokens, 2, 9), Error);
  EXPECT_THROW(Windows(Tokens, 0, 2), Error);
  EXPECT_THROW(Windows(Tokens, 2, 0), Error);
  EXPECT_EQ(Windows::fittingBatch(20, 64, 8), 2);
  EXPECT_EQ(Windows::fittingBatch(20, 1, 8), 1);
  EXPECT_EQ(Windows::fittingBatch(9, 1, 8), 0);
}

} // namespace
