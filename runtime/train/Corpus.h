//===- Corpus.h - Texts as tokens -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A text, its vocabulary of bytes, and its split into training and validation.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_CORPUS_H
#define RNNC_RUNTIME_TRAIN_CORPUS_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rnn::train {

/// The bytes that a text uses, numbered in order of their values. Bytes, not
/// characters: any file is a text, and one of other scripts still trains.
class Vocabulary {
public:
  Vocabulary() { Ids.fill(-1); }
  /// The bytes of a text.
  static Vocabulary ofText(std::string_view Text);
  /// From what `hex` gave. Throws Error.
  static Vocabulary ofHex(const std::string &Hex);

  int32_t size() const { return static_cast<int32_t>(Letters.size()); }
  /// -1 if the text has no such byte.
  int32_t id(char Letter) const {
    return Ids[static_cast<unsigned char>(Letter)];
  }
  char letter(int32_t Id) const { return Letters[Id]; }
  /// Throws Error if a byte is not in the vocabulary.
  std::vector<int32_t> encode(std::string_view Text) const;
  /// The bytes in hexadecimal, for files.
  std::string hex() const;

private:
  explicit Vocabulary(const std::array<bool, 256> &Used);

  std::string Letters;
  std::array<int32_t, 256> Ids;
};

/// Where a checkpoint's metadata has the vocabulary.
inline constexpr const char *VocabularyKey = "rnnc.vocabulary";

struct Corpus {
  Vocabulary Letters;
  std::vector<int32_t> Train, Valid;
  /// Tells texts apart when training resumes.
  uint64_t Hash = 0;
};

/// The last `ValidFraction` of the text, in [0, 1), is for validation. Throws
/// Error for an empty text or a bad fraction.
Corpus makeCorpus(std::string_view Text, double ValidFraction);

/// A whole file. Throws Error.
std::string readText(const std::string &Path);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_CORPUS_H
