//===- Builtins.h - The functions of the language ---------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One table of functions and one of initialisers, shared by name resolution
// and evaluation.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_BUILTINS_H
#define RNNC_FRONTENDS_TEXT_BUILTINS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace rnnc::text {

enum class Function {
  Sigmoid,
  Tanh,
  Relu,
  Exp,
  Log,
  Sqrt,
  Square,
  Abs,
  Softmax,
  CrossEntropy,
  Argmax,
  Sum,
  Mean,
  Split,
};

struct Builtin {
  llvm::StringRef name;
  Function function;
  unsigned arguments;
  /// Adds over time and the batch: has its place in models only.
  bool isReduction() const {
    return function == Function::Sum || function == Function::Mean;
  }
};

/// Null when there is no such function.
const Builtin *findBuiltin(llvm::StringRef name);
llvm::SmallVector<llvm::StringRef> builtinNames();

struct Initialiser {
  llvm::StringRef name;
  unsigned minArgs, maxArgs;
};

/// Null when there is no such initialiser.
const Initialiser *findInitialiser(llvm::StringRef name);
llvm::SmallVector<llvm::StringRef> initialiserNames();

} // namespace rnnc::text

#endif
