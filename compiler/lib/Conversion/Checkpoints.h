//===- Checkpoints.h - Scans that resume from checkpoints -------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a chunk of time keeps of its states, and what resumes from it. With
// checkpoints of some chunks only, a reader has the source's operations
// evaluated again to reach the others.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_CONVERSION_CHECKPOINTS_H
#define RNNC_COMPILER_CONVERSION_CHECKPOINTS_H

#include "dialects/RNN/RNN.h"

#include "llvm/ADT/SetVector.h"

namespace rnnc {

/// Whether a scan begins each chunk with kept states.
bool isResumed(rnn::ScanOp scan);

/// The chunk that kept the states of a resumed scan.
rnn::ChunkOp getSource(rnn::ScanOp resumed);

/// The chunks that the scans of a chunk resume from, in order.
llvm::SetVector<rnn::ChunkOp> getSources(rnn::ChunkOp reader);

/// Whether a chunk keeps the states of some chunks only.
bool keepsFew(rnn::ChunkOp source);

/// Whether a chunk resumes from one that keeps few.
bool resumesFromFew(rnn::ChunkOp reader);

/// The operations of a chunk that its kept states are made by, up to sequences
/// that leave the chunk and so are there for all time.
llvm::DenseSet<mlir::Operation *> getAdvance(rnn::ChunkOp source);

/// Copies the final states of chunks that keep few beside them: their
/// trajectories change again while a reader goes back to a checkpoint.
void detachFinalStates(rnn::FuncOp function);

} // namespace rnnc

#endif
