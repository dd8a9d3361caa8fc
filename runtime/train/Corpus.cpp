//===- Corpus.cpp - Texts as tokens ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Vocabularies and splits.
//===----------------------------------------------------------------------===//
#include "runtime/train/Corpus.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Philox.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

using namespace rnn;
using namespace rnn::train;

Vocabulary::Vocabulary(const std::array<bool, 256> &Used) : Vocabulary() {
  for (int Byte = 0; Byte < 256; ++Byte) {
    if (!Used[Byte])
      continue;
    Ids[Byte] = size();
    Letters.push_back(static_cast<char>(Byte));
  }
}

Vocabulary Vocabulary::ofText(std::string_view Text) {
  std::array<bool, 256> Used{};
  for (const char Letter : Text)
    Used[static_cast<unsigned char>(Letter)] = true;
  return Vocabulary(Used);
}

Vocabulary Vocabulary::ofHex(const std::string &Hex) {
  std::array<bool, 256> Used{};
  if (Hex.size() % 2 != 0 ||
      Hex.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw Error(RNN_ERROR_FILE,
                "expected a vocabulary in hexadecimal, got '" + Hex + "'");
  for (size_t Index = 0; Index < Hex.size(); Index += 2)
    Used[std::stoi(Hex.substr(Index, 2), nullptr, 16)] = true;
  return Vocabulary(Used);
}

std::string Vocabulary::hex() const {
  std::string Hex;
  for (const char Letter : Letters)
    for (const int Digit : {(Letter >> 4) & 15, Letter & 15})
      Hex.push_back("0123456789abcdef"[Digit]);
  return Hex;
}

/// A byte for people.
static std::string quoted(char Letter) {
  if (Letter >= ' ' && Letter <= '~')
    return std::string("'") + Letter + "'";
  char Text[8];
  std::snprintf(Text, sizeof(Text), "0x%02x",
                static_cast<unsigned char>(Letter));
  return Text;
}

std::vector<int32_t> Vocabulary::encode(std::string_view Text) const {
  std::vector<int32_t> Tokens;
  Tokens.reserve(Text.size());
  for (const char Letter : Text) {
    if (id(Letter) < 0)
      throw Error(RNN_ERROR_TOKEN, "expected letters of the vocabulary, got " +
                                       quoted(Letter) + " at position " +
                                       std::to_string(Tokens.size()));
    Tokens.push_back(id(Letter));
  }
  return Tokens;
}

Corpus train::makeCorpus(std::string_view Text, double ValidFraction) {
  if (Text.empty())
    throw Error(RNN_ERROR_FILE, "expected a text, got an empty one");
  if (!(ValidFraction >= 0 && ValidFraction < 1))
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a validation fraction in [0, 1), got " +
                    std::to_string(ValidFraction));
  Corpus Made;
  Made.Letters = Vocabulary::ofText(Text);
  Made.Hash = streamOf(Text);
  const auto ForValid = static_cast<size_t>(
      std::floor(static_cast<double>(Text.size()) * ValidFraction));
  Made.Train = Made.Letters.encode(Text.substr(0, Text.size() - ForValid));
  Made.Valid = Made.Letters.encode(Text.substr(Text.size() - ForValid));
  return Made;
}

std::string train::readText(const std::string &Path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE *)> File(
      std::fopen(Path.c_str(), "rb"), std::fclose);
  std::string Text;
  std::vector<char> Block(1 << 16);
  size_t Got = 0;
  while (File && (Got = std::fread(Block.data(), 1, Block.size(), File.get())))
    Text.append(Block.data(), Got);
  if (!File || std::ferror(File.get()))
    throw Error(RNN_ERROR_FILE,
                Path + ": could not read: " + std::strerror(errno));
  if (Text.empty())
    throw Error(RNN_ERROR_FILE, Path + ": expected a text, got an empty file");
  return Text;
}
