//===- Wave.h - Layers one behind another -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A team whose threads run stages of their own: the first its stages on a chunk
// of time, the next one those that follow on the chunk before.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_WAVE_H
#define RNNC_RUNTIME_LIB_WAVE_H

#include "rnn/rnn.h"

#include <vector>

namespace rnn {

/// Whether a function's layers run one behind another, or, on one thread, in
/// the chunks that they would then have. `Index` is RNN_FORWARD, ...
bool isForWave(int Index, const rnn_function &Function,
               const rnn_plan_options &Options);

/// Steps a chunk of an axis of functions that run so: as asked, else short
/// ones, since a thread waits for its first.
int64_t waveChunk(int Index, const rnn_plan_options &Options, uint64_t Axis);

/// The thread of each stage of a function. In each loop neighbours share one,
/// such that the most that a thread has to do is the least, and threads without
/// any come last.
std::vector<int32_t> ownersOf(const rnn_function &Function, int32_t Threads);

/// How many times as fast as one thread a function's loops run, by what its
/// stages cost and how many turns it takes until all threads have begun.
double waveSpeed(int Index, const rnn_function &Function,
                 const rnn_plan_options &Options);

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_WAVE_H
