//===- Names.cpp - Names in C ---------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reserved words, and the spelling of names around them.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/Names.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"

using namespace mlir;
using namespace rnnc;

/// Keywords of C99 to C23 and of C++20, and the object-like macros that
/// compilers and the headers included by a generated one define.
static const llvm::StringSet<> &getReservedWords() {
  static const llvm::StringSet<> words = [] {
    constexpr StringRef list =
        "alignas alignof and and_eq asm auto bitand bitor bool break case "
        "catch char char8_t char16_t char32_t class co_await co_return "
        "co_yield compl concept const const_cast consteval constexpr "
        "constinit continue decltype default delete do double dynamic_cast "
        "else enum explicit export extern false float for friend goto if "
        "inline int long mutable namespace new noexcept not not_eq nullptr "
        "operator or or_eq private protected public register "
        "reinterpret_cast requires restrict return short signed sizeof static "
        "static_assert static_cast struct switch template this thread_local "
        "throw true try typedef typeid typename typeof typeof_unqual union "
        "unsigned using virtual void volatile wchar_t while xor xor_eq "
        "NULL linux unix i386 errno stdin stdout stderr int32_t int64_t "
        "uint64_t size_t rnn_model rnn_plan rnn_call rnn_status";
    llvm::StringSet<> set;
    for (StringRef word : llvm::split(list, ' '))
      set.insert(word);
    return set;
  }();
  return words;
}

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// A global of such a name would take the place of the C library's.
static bool isLibraryName(StringRef name) {
  llvm::LibFunc function;
  llvm::TargetLibraryInfoImpl library{llvm::Triple("x86_64-unknown-linux-gnu")};
  return name == "main" || library.getLibFunc(name, function);
}

FailureOr<std::string> rnnc::getModelSymbol(rnn::ModelOp model) {
  StringRef name = model.getSymName();
  std::string symbol = name.lower();
  if (!isIdentifier(name))
    return model.emitError("expected a model name that is an identifier of C, "
                           "got '")
           << name << "'";
  if (getReservedWords().contains(symbol))
    return model.emitError("expected a model name other than a keyword of C or "
                           "C++ in any case, got '")
           << name << "', whose symbol would be '" << symbol << "'";
  if (isLibraryName(symbol) || StringRef(symbol).starts_with("rnn_"))
    return model.emitError("expected a model name other than a function of the "
                           "C library or of the runtime, got '")
           << name << "', whose symbol would be '" << symbol << "'";
  return symbol;
}

/// Leading digits are no identifiers; names with a leading '_' belong to C's
/// implementation.
std::string rnnc::toIdentifier(StringRef name) {
  std::string identifier = name.str();
  for (char &c : identifier)
    if (!llvm::isAlnum(c))
      c = '_';
  if (identifier.empty() || !llvm::isAlpha(identifier.front()))
    identifier.insert(0, "n");
  return identifier;
}

std::string NameScope::add(StringRef name) {
  std::string identifier = toIdentifier(name);
  if (getReservedWords().contains(identifier))
    identifier += '_';
  std::string candidate = identifier;
  for (unsigned i = 2; !taken.insert(candidate).second; ++i)
    candidate = identifier + "_" + std::to_string(i);
  return candidate;
}
