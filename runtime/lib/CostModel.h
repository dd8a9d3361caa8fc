//===- CostModel.h - What runs fastest --------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The rules by which a plan chooses the kernel of a GEMM site, how much of time
// it works on at once and what its threads share. Most of what they read is
// known to the compiler, which shows them (`rnnc --emit=schedule`), so they
// stand in a header. The numbers are measured; `benchmarks` has suites that
// measure them again.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_COSTMODEL_H
#define RNNC_RUNTIME_LIB_COSTMODEL_H

#include "rnn/rnn.h"

#include <algorithm>
#include <cmath>

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

/// Whether it packs a weight of products over time block by block, where they
/// are multiplied by: where one product is all. Several would each pack it; one
/// takes 3 to 5 % off the gradient of a layer of 512 units.
constexpr bool packsLate(int Function, int64_t Steps, int64_t Chunk) {
  return packsEachCall(Function) && Steps <= Chunk;
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
/// So many where a step reads a weight of a mebibyte or more, which comes from
/// beyond the second cache in each slice. With 8 a slice a team takes 2 to 5 %
/// less time (LSTM of 256 to 512 units, GRU of 512), with 16 as much.
inline constexpr int64_t LargeSliceRows = 16;
inline constexpr int64_t LargeWeightBytes = 1 << 20;
/// A team's barrier takes some 0.3 us. The products of one step by this many
/// weights take as long on one thread, so that half of them are worth one.
inline constexpr int64_t TeamProducts = int64_t(1) << 15;

/// Bytes of the panels of a site, but for what fills their last columns.
constexpr int64_t weightBytes(const rnn_site &Site, int64_t ElementBytes) {
  const int64_t Size = Site.weight_type == RNN_BF16   ? 2
                       : Site.weight_type == RNN_INT8 ? 1
                                                      : ElementBytes;
  return Site.n * Site.k * Size;
}

/// The site whose products take longest, by which a step is judged: one with
/// the largest weight. -1: there are none.
inline int64_t longestSite(const rnn_function &Function) {
  const rnn_site *End = Function.sites + Function.site_count;
  const rnn_site *Found = std::max_element(
      Function.sites, End, [](const rnn_site &A, const rnn_site &B) {
        return A.n * A.k < B.n * B.k;
      });
  return Found == End ? -1 : Found - Function.sites;
}

/// The fewest sequences whose step by such a weight is worth a barrier.
constexpr int64_t teamBatch(const rnn_site &Site) {
  return (TeamProducts - 1) / (Site.n * Site.k) + 1;
}

/// Whether a step of a function is long enough to be divided among threads.
inline bool paysTeam(const rnn_function &Function, int64_t Batch) {
  const int64_t Longest = longestSite(Function);
  return Longest >= 0 && Batch >= teamBatch(Function.sites[Longest]);
}

/// Whether threads work on each step of a function together, where its batch is
/// not cut: where the caller has said that it is not, or a step is long enough.
inline bool isForTeam(const rnn_function &Function,
                      const rnn_plan_options &Options) {
  const int64_t Batch = std::max<int64_t>(Options.batch, 1);
  return Options.threads > 1 && Function.flags & RNN_TEAM &&
         (Options.slices > 0 || paysTeam(Function, Batch));
}

/// How many sequences a slice of a function should have at least, if a team is
/// the alternative.
inline int64_t minSliceRows(const rnn_function &Function) {
  const bool ReadsLarge = std::any_of(
      Function.sites, Function.sites + Function.site_count,
      [](const rnn_site &Site) {
        const int64_t Element = Site.weight_type == RNN_F64 ? 8 : 4;
        return Site.axis < 0 && weightBytes(Site, Element) >= LargeWeightBytes;
      });
  return ReadsLarge ? LargeSliceRows : MinSliceRows;
}

/// How many slices a plan cuts batches into for one of its functions: as asked,
/// else one a thread where that leaves each enough sequences or nothing else
/// can use the threads. 1: it is not cut.
inline int64_t sliceCount(const rnn_function &Function,
                          const rnn_plan_options &Options) {
  const int64_t Batch = std::max<int64_t>(Options.batch, 1);
  if (!(Function.flags & RNN_SLICES))
    return 1;
  if (Options.slices > 0)
    return std::min<int64_t>(Options.slices, Batch);
  const int64_t Threads = std::max(Options.threads, 1);
  if (isForTeam(Function, Options) && Batch < Threads * minSliceRows(Function))
    return 1;
  return std::min(Threads, Batch);
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

/// What a core with such vectors does at best, to tell beforehand what the time
/// goes to: multiply-adds of f32 in GFLOP/s (one counts as two), and reading in
/// GB/s from its caches and from what lies beyond them.
struct Speed {
  double peak, first, second, beyond;
};

/// With vectors of 64 bytes as a Zen 5 at 4 GHz measures (`rnn-bench limits`);
/// otherwise what two multiply-adds and two loads a cycle make at 3.5 and 3
/// GHz, with a quarter of these loads from the second cache.
constexpr Speed speedOf(int64_t VectorBytes) {
  if (VectorBytes >= 64)
    return {250, 400, 200, 110};
  return VectorBytes == 32 ? Speed{112, 220, 56, 28} : Speed{48, 96, 24, 16};
}

/// What is known of a machine and of a model's numbers.
struct Machine {
  Speed speed;
  Caches caches;
  int64_t elementBytes;

  constexpr Machine(int64_t VectorBytes, int64_t ElementBytes)
      : speed(speedOf(VectorBytes)), caches(cachesOf(VectorBytes)),
        elementBytes(ElementBytes) {}

  /// Seconds of reading from the nearest cache that holds so many bytes.
  constexpr double reading(int64_t Bytes) const {
    return 1e-9 * static_cast<double>(Bytes) /
           (Bytes <= caches.first    ? speed.first
            : Bytes <= caches.second ? speed.second
                                     : speed.beyond);
  }
  /// Seconds of `Rows` rows times a weight [n, k] that takes so many bytes: the
  /// multiply-adds, unless reading the weight takes longer.
  constexpr double product(int64_t Rows, int64_t N, int64_t K,
                           int64_t Bytes) const {
    const double Flops = 2.0 * static_cast<double>(Rows) *
                         static_cast<double>(N) * static_cast<double>(K);
    const double Peak = speed.peak * 4 / static_cast<double>(elementBytes);
    return std::max(1e-9 * Flops / Peak, reading(Bytes));
  }
  /// Seconds of adding to the gradient of such a weight what `Rows` rows give,
  /// which reads and writes it.
  constexpr double gradient(int64_t Rows, int64_t N, int64_t K) const {
    return product(Rows, N, K, 2 * N * K * elementBytes);
  }
};

//===----------------------------------------------------------------------===//
// Waves
//===----------------------------------------------------------------------===//

/// What a chunk costs of its own, in steps of a layer: weights of products over
/// time are read again, and where there are gradients these are read and
/// written.
inline constexpr double ChunkCost = 0.5, GradientChunkCost = 2.5;
/// Turns must be worth waiting for each other: multiplications of the longest
/// part of one. A gradient packs before it wakes its threads.
inline constexpr int64_t WaveProducts = int64_t(1) << 17;
inline constexpr int64_t GradientWaveProducts = int64_t(1) << 21;
/// Each thread of a wave reads all weights of its layers' steps. Where one
/// layer's do not stay in the second cache, a team is faster: it has a part of
/// them in each cache.
inline constexpr int64_t WaveWeights = int64_t(1) << 17;
/// What a wave must give of what so many threads could do at most.
inline constexpr double WaveShare = 0.7;

constexpr int64_t waveProducts(int Function) {
  return Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON
             ? GradientWaveProducts
             : WaveProducts;
}

/// Whether the weights of a function's steps are such that threads do better
/// with layers of their own than with a part of each step.
inline bool fitsWave(const rnn_function &Function) {
  return std::all_of(Function.sites, Function.sites + Function.site_count,
                     [](const rnn_site &Site) {
                       return Site.axis >= 0 || Site.n * Site.k <= WaveWeights;
                     });
}

/// Steps a chunk of functions whose layers run one behind another, whatever the
/// number of threads: with n chunks of T steps, and two parts, n + 1 turns take
/// T / n steps and c each, least for n = sqrt(T / c).
inline int64_t waveSteps(int Function, int64_t Steps, int64_t Batch) {
  const bool HasGradient =
      Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON;
  const double Cost = HasGradient ? GradientChunkCost : ChunkCost;
  const auto Best = static_cast<int64_t>(std::sqrt(Cost * Steps));
  const int64_t Most = chunkSteps(Steps, Batch, chunkRows(Function));
  const int64_t Chunk = std::clamp<int64_t>(Best, 1, Most);
  return (Steps - 1) / ((Steps - 1) / Chunk + 1) + 1;
}

} // namespace rnn::cost

#endif // RNNC_RUNTIME_LIB_COSTMODEL_H
