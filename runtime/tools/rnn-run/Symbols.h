//===- Symbols.h - Names of tokens ------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A data set may say what its tokens stand for: the entry "symbols.<tensor>" of
// its metadata is a JSON array of strings. Training keeps it in checkpoints.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_SYMBOLS_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_SYMBOLS_H

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rnn::run {

using Metadata = std::map<std::string, std::string>;

class Symbols {
public:
  /// Of a token tensor, from the first metadata that has them; numbers if none
  /// has. Throws Error.
  static Symbols find(const std::string &Tensor,
                      std::initializer_list<const Metadata *> Places);

  /// Joined without a space where every symbol is one character, else with.
  std::string text(std::span<const int32_t> Tokens) const;
  /// The token of a number or a symbol. Throws Error.
  int32_t token(const std::string &Text) const;
  /// The tokens of a text: words, or characters where all symbols are such.
  /// Throws Error.
  std::vector<int32_t> tokens(const std::string &Text) const;

private:
  std::optional<int32_t> find(const std::string &Symbol) const;

  std::vector<std::string> Names;
  bool AreCharacters = false;
};

/// The entries of a data set's metadata that a checkpoint keeps.
Metadata symbolEntries(const Metadata &Of);

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_SYMBOLS_H
