//===- Diagnostics.h - Errors, warnings and notes ---------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reports what is wrong with a file, each message with the rule of
// docs/language.md that it rests on. A rule is cited once for one place: a cell
// is checked anew for every layer made from it.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_DIAGNOSTICS_H
#define RNNC_FRONTENDS_TEXT_DIAGNOSTICS_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/SourceMgr.h"
#include <set>
#include <string>

namespace rnnc::text {

/// The rules of docs/language.md that messages cite, by number.
enum class Rule : unsigned {
  Name = 2,
  Number = 3,
  Line = 4,
  Limit = 5,
  Structure = 6,
  SizeExpr = 7,
  SizeRange = 8,
  ModelSize = 9,
  LayerSize = 10,
  Declared = 12,
  Redeclared = 13,
  Reserved = 14,
  For = 15,
  CellInput = 16,
  Param = 17,
  State = 18,
  NextOnce = 19,
  NextRead = 20,
  Advanced = 21,
  Result = 22,
  Recursive = 23,
  NestedState = 24,
  Layer = 25,
  Call = 26,
  Destructure = 27,
  Initial = 28,
  Level = 31,
  Elementwise = 32,
  MatMul = 33,
  Concat = 34,
  Slice = 35,
  Split = 36,
  Transpose = 37,
  Token = 38,
  Axis = 39,
  Function = 40,
  CrossEntropy = 41,
  Compare = 42,
  Reduce = 43,
  Input = 44,
  Output = 45,
  Loss = 46,
  Metric = 47,
  Stream = 48,
  Unused = 49,
  Choice = 50,
  Sequence = 51,
  Dropout = 52,
};

class Diagnostics {
public:
  explicit Diagnostics(llvm::SourceMgr &sources) : sources(sources) {}

  void error(llvm::SMLoc loc, Rule rule, const llvm::Twine &message,
             llvm::ArrayRef<llvm::SMRange> ranges = {},
             llvm::ArrayRef<llvm::SMFixIt> fixIts = {});
  void error(llvm::SMRange range, Rule rule, const llvm::Twine &message,
             llvm::ArrayRef<llvm::SMFixIt> fixIts = {}) {
    error(range.Start, rule, message, range, fixIts);
  }
  void warning(llvm::SMLoc loc, Rule rule, const llvm::Twine &message,
               llvm::ArrayRef<llvm::SMRange> ranges = {});
  /// Belongs to the error or warning before it, and is dropped with it.
  void note(llvm::SMLoc loc, const llvm::Twine &message,
            llvm::ArrayRef<llvm::SMRange> ranges = {});

  bool hasErrors() const { return errors > 0; }
  unsigned errorCount() const { return errors; }
  /// After this many errors the rest is not shown.
  bool full() const { return errors >= maxErrors; }
  llvm::SourceMgr &getSources() { return sources; }

private:
  static constexpr unsigned maxErrors = 20;
  bool isNew(llvm::SMLoc loc, Rule rule);

  llvm::SourceMgr &sources;
  std::set<std::pair<const char *, Rule>> shown;
  unsigned errors = 0;
  bool lastShown = false;
};

/// ", did you mean 'x'?" for the candidate nearest to the name, or nothing when
/// none is near.
std::string suggest(llvm::StringRef name,
                    llvm::ArrayRef<llvm::StringRef> candidates);

/// "a", "a and b", "a, b and c".
std::string joinNames(llvm::ArrayRef<llvm::StringRef> names);

/// "1 argument", "2 arguments".
std::string counted(size_t count, llvm::StringRef what);

} // namespace rnnc::text

#endif
