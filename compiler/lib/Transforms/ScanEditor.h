//===- ScanEditor.h - A scan being rewritten --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Adds inputs and stacked results to a scan: what moves into or out of the step
// is handed over as whole sequences.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_SCANEDITOR_H
#define RNNC_COMPILER_TRANSFORMS_SCANEDITOR_H

#include "dialects/RNN/RNN.h"

namespace rnnc {

/// Stacks values of a step after all that a scan stacks already. Results cannot
/// be added in place: returns the scan that takes the given one's place.
rnn::ScanOp stackValues(rnn::ScanOp scan, llvm::ArrayRef<mlir::Value> values);

/// A scan being rewritten: hands out whole sequences for values of a step, and
/// takes new inputs and stacked results.
class ScanEditor {
public:
  explicit ScanEditor(rnn::ScanOp scan) : scan(scan) {}

  mlir::Block *getBody() { return scan.getBodyBlock(); }
  bool isOutside(mlir::Value value) {
    return value.getParentBlock() != getBody();
  }

  /// The input that a step's argument is taken from, or null.
  mlir::Value getInputOf(mlir::Value value);

  /// Adds an input; returns its argument in the step.
  mlir::Value addInput(mlir::Value sequence);

  /// The sequence of a step's value, to be used after the scan.
  mlir::Value stack(mlir::Value value);

  rnn::ScanOp getScan() { return scan; }

private:
  rnn::ScanOp scan;
};

} // namespace rnnc

#endif
