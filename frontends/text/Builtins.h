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
  Softplus,
  Max,
  Min,
  Softmax,
  Argmax,
  Sum,
  Mean,
  CrossEntropy,
  NegativeLogLikelihood,
  BinaryCrossEntropy,
  Split,
  Fill,
  Dropout,
  SequenceDropout,
  First,
  Last,
  Reverse,
  Shift,
  Position,
  Remaining,
  Repeat,
};

struct Builtin {
  llvm::StringRef name;
  Function function;
  unsigned minArgs = 1, maxArgs = 1;
  /// Looks along the time axis: has its place in models only.
  bool isOfSequence() const { return function >= Function::First; }
  /// The second argument is a size.
  bool takesSize() const {
    return function == Function::Split || function == Function::Fill;
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
