//===- Ragged.h - Sequences of different lengths ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Turns the lengths of a call into runs: which rows of the batch each step is
// to work on. Compiled code then needs no test a row. Nothing here allocates
// but allocateRuns.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_RAGGED_H
#define RNNC_RUNTIME_LIB_RAGGED_H

#include "runtime/lib/Plan.h"

namespace rnn {

/// The lengths of one axis of a call; null where all sequences are whole.
inline const int32_t *lengthsOf(const rnn_call &Call, int32_t Axis) {
  return Axis >= 0 && Call.lengths ? Call.lengths[Axis] : nullptr;
}

/// Makes room in a plan for the runs of any call. Throws Error.
void allocateRuns(Plan &P);

/// Checks that the lengths are from 0 to the axis's steps.
rnn_status checkLengths(const Plan &P, const rnn_call &Call) noexcept;

/// Fills P.ragged, and the steps of each axis that compiled code is to see:
/// the largest length, though at least 1. Valid rows are those of the whole
/// call.
void setRuns(Plan &P, const rnn_call &Call, const Extent &Of,
             int64_t *Steps) noexcept;

/// Zeroes what the results of a call have beyond the lengths.
void zeroPadding(const Plan &P, int Function, const rnn_call &Call) noexcept;

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_RAGGED_H
