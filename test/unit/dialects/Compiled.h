//===- Compiled.h - A model compiled in the test ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Takes a model the whole way to an object, links it into the test and calls
// its functions with the interpreter's calls.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_COMPILED_H
#define RNNC_TEST_UNIT_DIALECTS_COMPILED_H

#include "test/unit/dialects/Interpreter.h"

#include "compiler/lib/Transforms/Passes.h"
#include "rnn/rnn.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <memory>

namespace rnnc::test {

/// What a call does without.
struct Unwanted {
  bool outputs = false;
  bool inputGradients = false;
};

class Compiled {
public:
  /// A failure of the running test where the text does not compile; `model` is
  /// then null.
  explicit Compiled(llvm::StringRef text, const TransformOptions &options = {});

  /// Runs an entry point under a plan for at least the call's sizes, with
  /// chunks of the call's size. Results by role, as the interpreter has them.
  Results run(int function, const Call &call, Unwanted unwanted = {});
  /// Runs the streaming step once for each step of the call.
  Results stream(const Call &call);

  const rnn_model *model = nullptr;

private:
  void compile(llvm::StringRef text, const TransformOptions &options);

  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace rnnc::test

#endif
