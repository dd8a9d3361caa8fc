//===- Names.h - Names in C -------------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How a model's names become symbols, members and macros of C and C++.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_NAMES_H
#define RNNC_COMPILER_LIB_DRIVER_NAMES_H

#include "dialects/RNN/RNN.h"

#include "llvm/ADT/StringSet.h"
#include <string>

namespace rnnc {

/// The symbol that a compiled model exports: its name in lower case. An error
/// at the model where that is no identifier, a keyword of C or C++, a name of
/// the standard library or of the runtime.
mlir::FailureOr<std::string> getModelSymbol(rnn::ModelOp model);

/// A name with what C identifiers cannot hold replaced by '_'.
std::string toIdentifier(llvm::StringRef name);

/// Names of one scope in C: gives each a spelling of its own that is neither
/// a keyword nor a macro that every program has.
class NameScope {
public:
  /// The identifier for a name; with '_' and a number after it where that is
  /// taken.
  std::string add(llvm::StringRef name);

private:
  llvm::StringSet<> taken;
};

} // namespace rnnc

#endif
