//===- Support.h - Models and random calls for tests ------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What the tests of derivatives and of passes share.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_SUPPORT_H
#define RNNC_TEST_UNIT_DIALECTS_SUPPORT_H

#include "test/unit/dialects/Interpreter.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <random>

namespace rnnc::test {

/// A context with the dialect, for the length of the program.
mlir::MLIRContext *getContext();
/// Parses and verifies; a mistake is a failure of the running test.
mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text);
/// The only model of a module.
rnn::ModelOp getModel(mlir::ModuleOp module);

class Random {
public:
  /// A magnitude between 0.2 and 1, far from kinks and poles, of either sign
  /// unless `positive`.
  double draw(bool positive);
  /// Fills a tensor of reals, or of tokens below `vocabulary`.
  void fill(Tensor &tensor, bool positive = false, int64_t vocabulary = 0);

private:
  std::mt19937 engine{20240607};
};

/// Random parameters, inputs and targets of a model.
Call makeCall(rnn::ModelOp model, Random &random, int64_t steps, int64_t batch);
/// What calls of compiled functions differ in.
struct CallSizes {
  int64_t steps, batch, chunk;
  bool givesStates;
  std::vector<int64_t> lengths = {};
};

/// For messages: "T = 5, B = 3, ...".
std::string describe(const CallSizes &sizes);
/// A random call of these sizes.
Call makeCall(rnn::ModelOp model, Random &random, const CallSizes &sizes);
/// Gives sequences lengths: those of the first axis as they are, those of
/// another moved by one sequence. What lies beyond is NaN, or a token that no
/// vocabulary has.
void giveLengths(rnn::ModelOp model, const std::vector<int64_t> &lengths,
                 Call &call);
/// Random states given by the caller.
void giveStates(rnn::ModelOp model, Random &random, Call &call);

/// A random direction in the space of the parameters.
void giveDirections(rnn::ModelOp model, Random &random, Call &call);
/// The call with its parameters moved along its direction.
Call move(const Call &call, double step);

/// Checks that every result of `expected` is in `got`, within a tolerance
/// relative to one.
void expectSame(const Results &expected, const Results &got,
                double tolerance = 1e-12);
void expectSame(const std::string &what, const Tensor &expected,
                const Tensor &got, double tolerance);

} // namespace rnnc::test

#endif
