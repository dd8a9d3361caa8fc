//===- Wave.cpp - Layers one behind another -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Which thread runs which stage, and whether that is worth while.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Wave.h"

#include "runtime/lib/CostModel.h"

#include <numeric>

using namespace rnn;

namespace {
/// The stages of one loop.
struct Loop {
  const rnn_stage *First, *End;

  int64_t total() const {
    return std::accumulate(
        First, End, int64_t(0),
        [](int64_t Sum, const rnn_stage &Stage) { return Sum + Stage.cost; });
  }
};
} // namespace

static std::vector<Loop> loopsOf(const rnn_function &Function) {
  std::vector<Loop> Loops;
  const rnn_stage *End = Function.stages + Function.stage_count;
  for (const rnn_stage *Stage = Function.stages; Stage != End; ++Stage)
    if (Stage == Function.stages || Stage->loop != Stage[-1].loop)
      Loops.push_back({Stage, Stage + 1});
    else
      Loops.back().End = Stage + 1;
  return Loops;
}

/// The owners when no part may cost more than `Most`, from the last stage back:
/// what the first thread has beside its own, the packing of a call, comes on
/// top of the smallest part.
static std::vector<int32_t> divide(const Loop &Of, int64_t Most) {
  std::vector<int32_t> Owners;
  int32_t Part = 0;
  int64_t Cost = 0;
  for (const rnn_stage *Stage = Of.End; Stage-- != Of.First;) {
    if (Cost > 0 && Cost + Stage->cost > Most) {
      ++Part;
      Cost = 0;
    }
    Cost += Stage->cost;
    Owners.push_back(Part);
  }
  std::reverse(Owners.begin(), Owners.end());
  for (int32_t &Owner : Owners)
    Owner = Part - Owner;
  return Owners;
}

/// The least that the most of a thread can be.
static int64_t largestPart(const Loop &Of, int32_t Threads) {
  int64_t Low = 0, High = Of.total();
  for (const rnn_stage *Stage = Of.First; Stage != Of.End; ++Stage)
    Low = std::max(Low, Stage->cost);
  while (Low < High) {
    const int64_t Middle = Low + (High - Low) / 2;
    if (divide(Of, Middle).back() < Threads)
      High = Middle;
    else
      Low = Middle + 1;
  }
  return Low;
}

std::vector<int32_t> rnn::ownersOf(const rnn_function &Function,
                                   int32_t Threads) {
  std::vector<int32_t> Owners;
  for (const Loop &Each : loopsOf(Function)) {
    const std::vector<int32_t> Own = divide(Each, largestPart(Each, Threads));
    Owners.insert(Owners.end(), Own.begin(), Own.end());
  }
  return Owners;
}

int64_t rnn::waveChunk(int Index, const rnn_plan_options &Options,
                       uint64_t Axis) {
  const int64_t Steps = std::max<int64_t>(Options.axes[Axis], 1);
  return Options.chunk > 0
             ? std::min(Options.chunk, Steps)
             : cost::waveSteps(Index, Steps,
                               std::max<int64_t>(Options.batch, 1));
}

double rnn::waveSpeed(int Index, const rnn_function &Function,
                      const rnn_plan_options &Options) {
  const int32_t Threads = std::max(Options.threads, 1);
  double Alone = 0, Together = 0;
  for (const Loop &Each : loopsOf(Function)) {
    const int32_t Axis = Each.First->axis;
    const int64_t Steps = std::max<int64_t>(Options.axes[Axis], 1);
    const int64_t Chunk = waveChunk(Index, Options, Axis);
    const int64_t Chunks = (Steps - 1) / Chunk + 1;
    const int64_t Most = largestPart(Each, Threads);
    const int32_t Lag = divide(Each, Most).back();
    Alone += static_cast<double>(Each.total()) * Chunks;
    Together += static_cast<double>(Most) * (Chunks + Lag);
  }
  return Together > 0 ? Alone / Together : 1;
}

/// Whether the threads' turns are long enough to wait for each other.
static bool hasLongTurns(int Index, const rnn_function &Function,
                         const rnn_plan_options &Options) {
  const std::vector<Loop> Loops = loopsOf(Function);
  return std::all_of(Loops.begin(), Loops.end(), [&](const Loop &Each) {
    return largestPart(Each, Options.threads) *
               waveChunk(Index, Options, Each.First->axis) >=
           cost::waveProducts(Index);
  });
}

bool rnn::isForWave(int Index, const rnn_function &Function,
                    const rnn_plan_options &Options) {
  if (!(Function.flags & RNN_WAVE) || Options.wave == RNN_WAVE_NEVER)
    return false;
  if (Options.wave == RNN_WAVE_ALWAYS)
    return true;
  const int64_t Batch = std::max<int64_t>(Options.batch, 1);
  const bool MaySlice = Function.flags & RNN_SLICES &&
                        Batch >= Options.threads * cost::minSliceRows(Function);
  return Options.threads > 1 && Options.slices == 0 && !MaySlice &&
         cost::fitsWave(Function) && hasLongTurns(Index, Function, Options) &&
         waveSpeed(Index, Function, Options) >=
             cost::WaveShare * Options.threads;
}
