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
    {"sigmoid", Function::Sigmoid},
    {"tanh", Function::Tanh},
    {"relu", Function::Relu},
    {"exp", Function::Exp},
    {"log", Function::Log},
    {"sqrt", Function::Sqrt},
    {"square", Function::Square},
    {"abs", Function::Abs},
    {"softplus", Function::Softplus},
    {"max", Function::Max, 2, 2},
    {"min", Function::Min, 2, 2},
    {"softmax", Function::Softmax},
    {"argmax", Function::Argmax},
    {"sum", Function::Sum},
    {"mean", Function::Mean, 1, 2},
    {"cross_entropy", Function::CrossEntropy, 2, 2},
    {"negative_log_likelihood", Function::NegativeLogLikelihood, 2, 2},
    {"binary_cross_entropy", Function::BinaryCrossEntropy, 2, 2},
    {"split", Function::Split, 2, 2},
    {"fill", Function::Fill, 2, 2},
    {"dropout", Function::Dropout, 2, 2},
    {"sequence_dropout", Function::SequenceDropout, 2, 2},
    {"first", Function::First},
    {"last", Function::Last},
    {"reverse", Function::Reverse},
    {"shift", Function::Shift, 2, 2},
    {"position", Function::Position},
    {"remaining", Function::Remaining},
    {"repeat", Function::Repeat, 2, 2},
};

static const Initialiser initialisers[] = {
    {"zeros", 0, 0},  {"constant", 1, 1}, {"uniform", 2, 2},
    {"normal", 2, 2}, {"glorot", 0, 1},   {"orthogonal", 0, 1},
    {"sparse", 2, 2}, {"identity", 0, 1},
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
