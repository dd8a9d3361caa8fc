//===- Interpreter.h - Reference evaluation of the rnn dialect --*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Evaluates a function of a model in double precision, operation by operation
// as their descriptions have it: the oracle for derivatives and passes.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_INTERPRETER_H
#define RNNC_TEST_UNIT_DIALECTS_INTERPRETER_H

#include "dialects/RNN/RNN.h"

#include <map>
#include <string>
#include <vector>

namespace rnnc::test {

/// A value of any level as `[steps, batch, rows, columns]`; a dimension that
/// its level lacks is one. Tokens are whole numbers.
struct Tensor {
  int64_t steps = 1, batch = 1, rows = 1, columns = 1;
  std::vector<double> data;

  Tensor() = default;
  Tensor(int64_t steps, int64_t batch, int64_t rows, int64_t columns,
         double value = 0.0)
      : steps(steps), batch(batch), rows(rows), columns(columns),
        data(steps * batch * rows * columns, value) {}

  double &at(int64_t t, int64_t b, int64_t r, int64_t c) {
    return data[((t * batch + b) * rows + r) * columns + c];
  }
  double at(int64_t t, int64_t b, int64_t r, int64_t c) const {
    return const_cast<Tensor *>(this)->at(t, b, r, c);
  }
  bool hasShapeOf(const Tensor &other) const {
    return steps == other.steps && batch == other.batch && rows == other.rows &&
           columns == other.columns;
  }
  /// Steps `first` to `first + count`.
  Tensor slice(int64_t first, int64_t count) const;
};

/// What a function is called with.
struct Call {
  int64_t batch = 1;
  std::map<std::string, int64_t> axes; ///< steps of each time axis
  /// Of each sequence, for axes whose sequences end at their own step.
  std::map<std::string, std::vector<int64_t>> lengths;
  /// Parameters, inputs and targets by symbol.
  std::map<std::string, Tensor> values;
  /// Whether dropout is on, and what its masks are drawn from.
  bool isTraining = false;
  uint64_t seed = 0;
  /// How parameters move, by symbol.
  std::map<std::string, Tensor> directions;
  /// Of a Gauss-Newton product.
  double damping = 0.0;
  /// The caller's states, all of them; empty for the model's own.
  std::map<std::string, Tensor> states;
  /// Steps in a chunk of time. Chunks are evaluated one after another, as the
  /// lowering does, so that a chunk with too much in it gives wrong numbers.
  int64_t chunk = 2;

  /// A tensor of a type's shape.
  Tensor make(mlir::Type type, double value = 0.0) const;
  /// The steps of one sequence.
  int64_t getLength(llvm::StringRef axis, int64_t b) const;
  /// The steps of the longest sequence, but at least one.
  int64_t countSteps(llvm::StringRef axis) const;
  /// The steps of all sequences together.
  int64_t countRows(llvm::StringRef axis) const;
};

/// Results of a function by role, written as in the IR: "output p".
using Results = std::map<std::string, Tensor>;

/// Evaluates a function. What lies beyond a sequence's end is NaN while it is
/// evaluated, so that one who reads it is found out, and zero in the results.
/// An operation without a meaning here is a failure of the running test, and
/// its results are missing.
Results interpret(rnn::FuncOp function, const Call &call);

} // namespace rnnc::test

#endif
