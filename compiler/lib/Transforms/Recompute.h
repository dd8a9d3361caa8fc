//===- Recompute.h - What a reverse pass can compute again ------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Decides for each sequence that a chunk of time yields whether it is kept for
// all time or computed again, chunk by chunk, where it is read.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_RECOMPUTE_H
#define RNNC_COMPILER_TRANSFORMS_RECOMPUTE_H

#include "dialects/RNN/RNN.h"

#include "llvm/ADT/SetVector.h"

namespace rnnc {

/// Operations of one chunk's body.
using Slice = llvm::SetVector<mlir::Operation *>;

/// The choice for the chunks of a function.
class Recomputation {
public:
  /// Chooses for a chunk that already computes for itself what is computed
  /// again of those before it.
  void choose(rnn::ChunkOp chunk);

  /// Whether a chunk's result is computed again by all that read it.
  bool contains(mlir::Value result) const { return chosen.contains(result); }

  /// Adds what a value of a chunk's body is made from, up to sequences that are
  /// kept. False if that cannot be computed in another chunk: it depends on a
  /// scan that is computed again itself, or that carries sums.
  bool collect(rnn::ChunkOp chunk, mlir::Value value, Slice &slice) const;

  /// The result of the chunk by which a kept sequence leaves it, or null.
  mlir::Value findKept(rnn::ChunkOp chunk, mlir::Value value) const;

  /// Results of a chunk that take the place of others.
  void replace(mlir::ValueRange before, mlir::ValueRange after);

  /// The operations between chunks, and the chunks, that read a value.
  static Slice findReaders(mlir::Value result);

private:
  bool isKeptWithAnother(rnn::ChunkOp chunk, mlir::Value value) const;
  bool isRecomputable(rnn::ChunkOp chunk, unsigned index) const;
  bool collectOperand(rnn::ChunkOp chunk, mlir::Value value,
                      Slice &slice) const;

  llvm::DenseSet<mlir::Value> chosen;
};

} // namespace rnnc

#endif
