//===- CostModel.h - What runs fastest --------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The rules by which a plan chooses the kernel of a GEMM site and how much of
// time it works on at once. Most of what they read is known to the compiler,
// which shows them (`rnnc --emit=schedule`), so they stand in a header. The
// numbers are measured; `benchmarks` has suites that measure them again.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_COSTMODEL_H
#define RNNC_RUNTIME_LIB_COSTMODEL_H

#include "rnn/rnn.h"

#include <algorithm>

namespace rnn::cost {

//===----------------------------------------------------------------------===//
// Caches
//===----------------------------------------------------------------------===//

/// Bytes of the caches of a core: what CPUs with such vectors have at least.
struct Caches {
  int64_t first, second;
};

/// 48 KiB and 1 MiB with vectors of 64 bytes (Zen 4, Ice Lake), 32 and 256 KiB
/// with those of 32 (Haswell to Coffee Lake; Zen 2 has more), 32 and 512 KiB
/// with those of 16 (Neoverse, Cortex-A7x).
constexpr Caches cachesOf(int64_t VectorBytes) {
  if (VectorBytes >= 64)
    return {48 << 10, 1 << 20};
  return {32 << 10, VectorBytes == 32 ? 256 << 10 : 512 << 10};
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

/// oneDNN has nothing for fewer rows.
inline constexpr int64_t LibraryRows = 4;
/// Thresholds measured with LSTM and GRU layers of 256 to 2048 units, 16 and 64
/// sequences, one thread with AVX-512. Up to 4M weights the generated kernels
/// win by 1 to 7 %, above oneDNN does by 1 to 3 %, as long as its packing,
/// which costs a gradient 7 %, need not be paid.
inline constexpr int64_t LibraryWeights = int64_t(1) << 23;
/// At weight gradients oneDNN is 2 to 6 % faster from 4M elements on, and as
/// much slower below.
inline constexpr int64_t LibraryGradient = int64_t(1) << 22;

/// Whether the runtime packs a function's weights anew in every call: inference
/// packs once.
constexpr bool packsEachCall(int Function) {
  return Function == RNN_GRADIENT || Function == RNN_TANGENT ||
         Function == RNN_GAUSS_NEWTON;
}

/// Whether oneDNN can be asked for a product of so many rows.
constexpr bool libraryTakes(int64_t Rows) { return Rows >= LibraryRows; }

/// Whether its products win at a site with a weight [N, K] where it takes them.
constexpr bool libraryWins(int Function, int64_t N, int64_t K) {
  return !packsEachCall(Function) && N >= LibraryWeights / K;
}

/// Whether they win at weight gradients of up to so many elements.
constexpr bool libraryWinsGradients(int64_t Elements) {
  return Elements >= LibraryGradient;
}

//===----------------------------------------------------------------------===//
// Chunks of time
//===----------------------------------------------------------------------===//

/// Products over a chunk of time have about so many rows: enough for full
/// speed, few enough for a chunk's buffers to stay in the second-level cache.
inline constexpr int64_t ChunkRows = 256;
/// Each chunk reads and writes weight gradients, which may be larger than the
/// cache, as a whole: at H = 512 400 rows take 4 to 7 % less time than 200, at
/// H = 256 as much.
inline constexpr int64_t GradientChunkRows = 448;

/// The rows that chunks of a function should have.
constexpr int64_t chunkRows(int Function) {
  return Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON
             ? GradientChunkRows
             : ChunkRows;
}

/// Steps a chunk where nobody asks for a number: chunks of equal length with
/// about so many rows, at least one step each.
constexpr int64_t chunkSteps(int64_t Steps, int64_t Batch,
                             int64_t Rows = ChunkRows) {
  const int64_t Most = std::clamp<int64_t>(Rows / Batch, 1, Steps);
  const int64_t Chunks = (Steps - 1) / Most + 1;
  return (Steps - 1) / Chunks + 1;
}

//===----------------------------------------------------------------------===//
// Threads
//===----------------------------------------------------------------------===//

/// With fewer sequences a slice, threads are better a team: each then reads its
/// share of the weights instead of all of them for hardly any rows.
inline constexpr int64_t MinSliceRows = 4;
/// A team's barrier takes some 0.3 us. The products of one step by this many
/// weights take as long on one thread, so that half of them are worth one.
inline constexpr int64_t TeamProducts = int64_t(1) << 15;

/// Whether a step of a function is long enough to be divided among threads.
inline bool paysTeam(const rnn_function &Function, int64_t Batch) {
  return std::any_of(Function.sites, Function.sites + Function.site_count,
                     [&](const rnn_site &Site) {
                       return Site.n * Site.k >= TeamProducts / Batch;
                     });
}

} // namespace rnn::cost

#endif // RNNC_RUNTIME_LIB_COSTMODEL_H
