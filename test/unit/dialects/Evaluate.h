//===- Evaluate.h - The arithmetic of the rnn dialect -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations without regions on tensors.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_EVALUATE_H
#define RNNC_TEST_UNIT_DIALECTS_EVALUATE_H

#include "test/unit/dialects/Interpreter.h"

namespace rnnc::test {

/// Computes an operation's result into a zero tensor of the result's shape; of
/// a mean, the sum. False for an unknown operation.
bool evaluateOnTensors(mlir::Operation *op, const std::vector<Tensor> &operands,
                       Tensor &result);

} // namespace rnnc::test

#endif
