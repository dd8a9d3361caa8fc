//===- ModelLayout.h - Where parameters and states lie ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The flat parameter vector and the state record, as the lowering addresses
// them and the descriptor and the header describe them.
//===----------------------------------------------------------------------===//

#ifndef RNNC_DIALECTS_RNN_MODELLAYOUT_H
#define RNNC_DIALECTS_RNN_MODELLAYOUT_H

#include "dialects/RNN/RNN.h"

#include "llvm/ADT/StringMap.h"

namespace rnnc::rnn {

/// Parameters stand back to back in the order of their declarations; so do
/// states in a record, whose size is rounded up to 64 bytes.
struct ModelLayout {
  explicit ModelLayout(ModelOp model);

  llvm::SmallVector<int64_t> parameterOffsets; ///< elements
  int64_t parameterSize = 0;                   ///< elements
  llvm::SmallVector<int64_t> stateOffsets;     ///< elements in a record
  int64_t stateBytes = 0;                      ///< of one record of the model
  int64_t streamBytes = 0; ///< of one of the stream: the model's, then its own

  /// Position of a declaration among those of its kind, by symbol name.
  llvm::StringMap<unsigned> parameters, inputs, targets, states, outputs,
      metrics;

private:
  void placeStates(ModelOp model);
};

} // namespace rnnc::rnn

#endif
