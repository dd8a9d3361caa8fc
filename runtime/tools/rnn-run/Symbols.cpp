//===- Symbols.cpp - Names of tokens --------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From names to tokens and back.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Symbols.h"

#include "runtime/lib/Error.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <sstream>

using namespace rnn;
using namespace rnn::run;

static constexpr const char *Prefix = "symbols.";

/// The bytes of the character that begins a text in UTF-8.
static size_t characterBytes(const std::string &Text, size_t At) {
  size_t Bytes = 1;
  while (At + Bytes < Text.size() && (Text[At + Bytes] & 0xC0) == 0x80)
    ++Bytes;
  return Bytes;
}

Symbols Symbols::find(const std::string &Tensor,
                      std::initializer_list<const Metadata *> Places) {
  Symbols Made;
  for (const Metadata *Place : Places) {
    const auto Found = Place->find(Prefix + Tensor);
    if (Found == Place->end())
      continue;
    try {
      Made.Names =
          nlohmann::json::parse(Found->second).get<std::vector<std::string>>();
    } catch (const nlohmann::json::exception &E) {
      throw Error(RNN_ERROR_FILE, "'" + Found->first +
                                      "' in the metadata: expected a JSON "
                                      "array of strings: " +
                                      E.what());
    }
    break;
  }
  // Special tokens, such as START, may have longer names.
  const auto IsLong = [](const std::string &Name) {
    return characterBytes(Name, 0) < Name.size();
  };
  const auto Long = std::count_if(Made.Names.begin(), Made.Names.end(), IsLong);
  Made.AreCharacters = Long * 2 < static_cast<int64_t>(Made.Names.size());
  return Made;
}

std::string Symbols::text(std::span<const int32_t> Tokens) const {
  std::string Text;
  for (const int32_t Token : Tokens) {
    if (!Text.empty() && !AreCharacters)
      Text += ' ';
    const bool HasName =
        Token >= 0 && static_cast<size_t>(Token) < Names.size();
    Text += HasName ? Names[Token] : std::to_string(Token);
  }
  return Text;
}

std::optional<int32_t> Symbols::find(const std::string &Symbol) const {
  const auto Found = std::find(Names.begin(), Names.end(), Symbol);
  if (Found != Names.end())
    return static_cast<int32_t>(Found - Names.begin());
  int32_t Number;
  const char *End = Symbol.data() + Symbol.size();
  const auto [Last, Failure] = std::from_chars(Symbol.data(), End, Number);
  if (Failure != std::errc() || Last != End || Symbol.empty())
    return std::nullopt;
  return Number;
}

int32_t Symbols::token(const std::string &Text) const {
  if (const auto Token = find(Text))
    return *Token;
  throw Error(RNN_ERROR_TOKEN,
              "expected a number or a symbol of the data set, got '" + Text +
                  "'");
}

std::vector<int32_t> Symbols::tokens(const std::string &Text) const {
  std::vector<int32_t> Made;
  if (!AreCharacters) {
    std::istringstream Words(Text);
    for (std::string Word; Words >> Word;)
      Made.push_back(token(Word));
    return Made;
  }
  for (size_t At = 0; At < Text.size();) {
    const size_t Bytes = characterBytes(Text, At);
    Made.push_back(token(Text.substr(At, Bytes)));
    At += Bytes;
  }
  return Made;
}

Metadata run::symbolEntries(const Metadata &Of) {
  Metadata Kept;
  for (const auto &[Key, Value] : Of)
    if (Key.starts_with(Prefix))
      Kept[Key] = Value;
  return Kept;
}
