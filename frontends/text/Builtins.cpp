//===- Builtins.cpp - The functions of the language -----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The tables.
//===----------------------------------------------------------------------===//

#include "frontends/text/Builtins.h"

using namespace llvm;

namespace rnnc::text {

static const Builtin builtins[] = {
    {"sigmoid", Function::Sigmoid, 1},
    {"tanh", Function::Tanh, 1},
    {"relu", Function::Relu, 1},
    {"exp", Function::Exp, 1},
    {"log", Function::Log, 1},
    {"sqrt", Function::Sqrt, 1},
    {"square", Function::Square, 1},
    {"abs", Function::Abs, 1},
    {"softmax", Function::Softmax, 1},
    {"cross_entropy", Function::CrossEntropy, 2},
    {"argmax", Function::Argmax, 1},
    {"sum", Function::Sum, 1},
    {"mean", Function::Mean, 1},
    {"split", Function::Split, 2},
};

static const Initialiser initialisers[] = {
    {"zeros", 0, 0},  {"constant", 1, 1}, {"uniform", 2, 2},
    {"normal", 2, 2}, {"glorot", 0, 1},   {"orthogonal", 0, 1},
};

template <typename T>
static const T *findByName(ArrayRef<T> table, StringRef name) {
  const T *found = find_if(table, [&](const T &t) { return t.name == name; });
  return found == table.end() ? nullptr : found;
}

template <typename T>
static SmallVector<StringRef> allNames(ArrayRef<T> table) {
  SmallVector<StringRef> names;
  for (const T &entry : table)
    names.push_back(entry.name);
  return names;
}

const Builtin *findBuiltin(StringRef name) {
  return findByName(ArrayRef<Builtin>(builtins), name);
}
SmallVector<StringRef> builtinNames() {
  return allNames(ArrayRef<Builtin>(builtins));
}
const Initialiser *findInitialiser(StringRef name) {
  return findByName(ArrayRef<Initialiser>(initialisers), name);
}
SmallVector<StringRef> initialiserNames() {
  return allNames(ArrayRef<Initialiser>(initialisers));
}

} // namespace rnnc::text
