//===- Plan.cpp - Making plans --------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Checks what is asked of a plan, and allocates everything that running it
// takes.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Plan.h"

#include "runtime/lib/CostModel.h"
#include "runtime/lib/Error.h"
#include "runtime/lib/Guards.h"
#include "runtime/lib/Pool.h"
#include "runtime/lib/Ragged.h"
#include "runtime/lib/Slices.h"
#include "runtime/lib/Team.h"
#include "runtime/lib/Wave.h"

#include <algorithm>
#include <cmath>

using namespace rnn;

static constexpr int32_t MaxThreads = 1024;

Plan::Plan() : rnn_plan() {}
Plan::~Plan() = default;

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

static uint64_t multiply(uint64_t A, uint64_t B) {
  uint64_t Product;
  if (__builtin_mul_overflow(A, B, &Product) || Product > INT64_MAX)
    throw Error(RNN_ERROR_CAPACITY, "the sizes asked of the plan overflow");
  return Product;
}

static uint64_t add(uint64_t A, uint64_t B) {
  uint64_t Sum;
  if (__builtin_add_overflow(A, B, &Sum) || Sum > INT64_MAX)
    throw Error(RNN_ERROR_CAPACITY, "the sizes asked of the plan overflow");
  return Sum;
}

/// Steps a chunk: what was asked for, else what the cost model says of `Rows`
/// rows.
static int64_t chunkSteps(int64_t Asked, int64_t Steps, int64_t Batch,
                          int64_t Rows) {
  return Asked > 0 ? std::min(Asked, Steps)
                   : cost::chunkSteps(Steps, Batch, Rows);
}

/// Steps a chunk where every chunk keeps the states it begins with: as the
/// function was compiled for, else so many that what is kept of the sequence
/// takes as much memory as a chunk, about the square root of its length, but no
/// fewer than otherwise.
static int64_t checkpointSteps(const rnn_function &Function, uint64_t Axis,
                               int64_t Steps, int64_t Batch) {
  if (Function.checkpoint_interval > 0)
    return std::min(Function.checkpoint_interval, Steps);
  const int64_t Usual = chunkSteps(0, Steps, Batch, cost::ChunkRows);
  const uint64_t *Coefficients = Function.arena_coefficients;
  const double Kept = Coefficients[RNN_CLASS_CHECKPOINT(Axis)];
  const double Chunk = std::max<double>(Coefficients[RNN_CLASS_CHUNK(Axis)], 1);
  return std::clamp<int64_t>(std::sqrt(Steps * Kept / Chunk), Usual, Steps);
}

/// How many chunks keep the states they begin with: all, or the first and two
/// for each doubling of their number.
static int64_t checkpointSlots(const rnn_function &Function, int64_t Chunks) {
  if (Function.checkpoint_mode != RNN_CHECKPOINT_LOG)
    return Chunks;
  int64_t Slots = 1;
  for (int64_t Reached = 1; Reached < Chunks; Reached *= 2)
    Slots += 2;
  return Slots;
}

static void setCheckpoints(const Plan &P, const rnn_function &Function,
                           rnn_frame &Frame, uint64_t Axis, bool ChunkAsked) {
  const int64_t Steps = P.axes[Axis];
  int64_t &Chunk = Frame.chunk[Axis];
  if (Function.checkpoint_mode == RNN_CHECKPOINT_EVERY && !ChunkAsked)
    Chunk = checkpointSteps(Function, Axis, Steps, P.batch);
  Frame.checkpoints[Axis] = checkpointSlots(Function, (Steps - 1) / Chunk + 1);
  Frame.rows[RNN_CLASS_CHECKPOINT(Axis)] =
      multiply(Frame.checkpoints[Axis], P.batch);
}

static void setRows(const Plan &P, int Index, rnn_frame &Frame,
                    const rnn_plan_options &Options) {
  const rnn_function &Function = *P.Model->functions[Index];
  const int64_t Rows = cost::chunkRows(Index), Chunk = Options.chunk;
  const bool IsWave = isForWave(Index, Function, Options);
  // Threads are at chunks of their own.
  const int64_t Copies = IsWave ? std::max(Options.threads, 1) : 1;
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis) {
    const int64_t Steps = P.axes[Axis];
    Frame.chunk[Axis] = IsWave ? waveChunk(Index, Options, Axis)
                               : chunkSteps(Chunk, Steps, P.batch, Rows);
    if (Function.arena_coefficients[RNN_CLASS_CHECKPOINT(Axis)] > 0)
      setCheckpoints(P, Function, Frame, Axis, Chunk > 0);
    // A trajectory has a row more than steps: its first is the initial state.
    Frame.rows[RNN_CLASS_SEQUENCE(Axis)] = multiply(add(Steps, 1), P.batch);
    const uint64_t ChunkRows = multiply(add(Frame.chunk[Axis], 1), P.batch);
    Frame.rows[RNN_CLASS_CHUNK(Axis)] = ChunkRows;
    Frame.rows[RNN_CLASS_STAGE(Axis)] = ChunkRows;
    Frame.rows[RNN_CLASS_HANDED_ON(Axis)] = multiply(ChunkRows, Copies);
  }
  Frame.rows[RNN_CLASS_BATCH] = Frame.rows[RNN_CLASS_STAGE_BATCH] = P.batch;
  Frame.rows[RNN_CLASS_STATIC] = 1;
}

uint64_t rnn::classBytes(const Plan &P, int Function, int Class) {
  const uint64_t Elements =
      multiply(P.Model->functions[Function]->arena_coefficients[Class],
               P.frames[Function].rows[Class]);
  const uint64_t Bytes = multiply(Elements, elementSize(*P.Model));
  return add(Bytes, RNN_ALIGNMENT - 1) / RNN_ALIGNMENT * RNN_ALIGNMENT;
}

//===----------------------------------------------------------------------===//
// What was asked for
//===----------------------------------------------------------------------===//

static void checkOptions(const rnn_model &Model,
                         const rnn_plan_options &Options) {
  if (Options.batch < 0)
    throw Error(RNN_ERROR_ARGUMENT, "expected a batch of 1 or more, got " +
                                        std::to_string(Options.batch));
  for (uint64_t Axis = 0; Axis < RNN_MAX_AXES; ++Axis) {
    const int64_t Steps = Options.axes[Axis];
    if (Steps < 0)
      throw Error(RNN_ERROR_ARGUMENT,
                  "expected 1 step or more, got " + std::to_string(Steps));
    if (Steps > 0 && Axis >= Model.axis_count)
      throw Error(RNN_ERROR_ARGUMENT,
                  "expected steps for " + std::to_string(Model.axis_count) +
                      " time axes, got some for axis " + std::to_string(Axis));
  }
  if (Options.chunk < 0)
    throw Error(RNN_ERROR_ARGUMENT, "expected a chunk of 1 step or more, got " +
                                        std::to_string(Options.chunk));
  if (Options.threads < 0 || Options.threads > MaxThreads)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected 1 to " + std::to_string(MaxThreads) +
                    " threads, got " + std::to_string(Options.threads));
  if (Options.slices < 0)
    throw Error(RNN_ERROR_ARGUMENT, "expected 0 slices or more, got " +
                                        std::to_string(Options.slices));
  if (Options.wave < RNN_WAVE_AUTO || Options.wave > RNN_WAVE_NEVER)
    throw Error(RNN_ERROR_ARGUMENT, "expected RNN_WAVE_AUTO, RNN_WAVE_ALWAYS "
                                    "or RNN_WAVE_NEVER, got " +
                                        std::to_string(Options.wave));
  if (Options.gemm != RNN_GEMM_AUTO && Options.gemm != RNN_GEMM_GENERATED &&
      Options.gemm != RNN_GEMM_LIBRARY)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected RNN_GEMM_AUTO, RNN_GEMM_GENERATED or "
                "RNN_GEMM_LIBRARY, got " +
                    std::to_string(Options.gemm));
}

static uint32_t wantedFunctions(const rnn_model &Model, uint32_t Asked) {
  uint32_t Present = 0;
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function)
    if (Model.functions[Function])
      Present |= 1u << Function;
  if (Asked == 0)
    return Present;
  if (Asked >> RNN_FUNCTIONS)
    throw Error(RNN_ERROR_ARGUMENT,
                "rnn_plan_options.functions names an unknown function");
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function)
    if ((Asked & ~Present) >> Function & 1)
      throw Error(RNN_ERROR_UNSUPPORTED,
                  std::string("model '") + Model.name + "' has no function '" +
                      functionName(Function) + "'" + missingReason(Function));
  return Asked;
}

//===----------------------------------------------------------------------===//
// The parts of a plan
//===----------------------------------------------------------------------===//

static void makeArena(Plan &P) {
  uint64_t Bytes = 0;
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    uint64_t Total = 0;
    for (int Class = 0; serves(P, Function) && Class < RNN_MAX_CLASSES; ++Class)
      Total = add(Total, classBytes(P, Function, Class));
    Bytes = std::max(Bytes, Total);
  }
  P.Arena = Buffer(Bytes);
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    char *Next = P.Arena.data();
    for (int Class = 0; serves(P, Function) && Class < RNN_MAX_CLASSES;
         ++Class) {
      P.frames[Function].arena[Class] = Next;
      Next += classBytes(P, Function, Class);
    }
  }
}

static void makePacked(Plan &P, const Plan *Lender) {
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    if (!serves(P, Function))
      continue;
    const rnn_function &Of = *P.Model->functions[Function];
    if (!Lender)
      P.Packed[Function] = Buffer(Of.packed_bytes);
    P.frames[Function].packed = (Lender ? *Lender : P).Packed[Function].data();
  }
}

/// The sizes that follow from those that were asked for.
static std::unique_ptr<Plan> makeEmpty(const rnn_model &Model,
                                       const rnn_plan_options &Options,
                                       uint32_t Functions) {
  auto P = std::make_unique<Plan>();
  P->table = &Table;
  P->Model = &Model;
  P->Functions = Functions;
  P->batch = std::max<int64_t>(Options.batch, 1);
  P->threads = 1;
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    P->axes[Axis] = std::max<int64_t>(Options.axes[Axis], 1);
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function)
    if (Model.functions[Function])
      setRows(*P, Function, P->frames[Function], Options);
  return P;
}

std::unique_ptr<Plan> rnn::makePart(const rnn_model &Model,
                                    const rnn_plan_options &Options,
                                    uint32_t Functions, const Plan *Lender) {
  auto P = makeEmpty(Model, Options, Functions);
  P->Metrics.resize(Model.metric_count);
  allocateRuns(*P);
  makeArena(*P);
  makePacked(*P, Lender);
  makeSites(*P, static_cast<rnn_gemm>(Options.gemm), Lender);
  return P;
}

std::unique_ptr<Plan> rnn::makeMember(const rnn_model &Model,
                                      const rnn_plan_options &Options,
                                      const Plan &Leader) {
  auto P = makeEmpty(Model, Options, Leader.Functions);
  makeSites(*P, static_cast<rnn_gemm>(Options.gemm), &Leader);
  return P;
}

/// What of a model's functions runs on slices, and on how many at most.
static std::pair<uint32_t, int64_t>
slicedFunctions(const rnn_model &Model, const rnn_plan_options &Options,
                uint32_t Functions) {
  uint32_t Sliced = 0;
  int64_t Most = 1;
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function) {
    if (!(Functions >> Function & 1))
      continue;
    const rnn_function &Each = *Model.functions[Function];
    const int64_t Count = isForWave(Function, Each, Options)
                              ? 1
                              : cost::sliceCount(Each, Options);
    if (Count > 1)
      Sliced |= 1u << Function;
    Most = std::max(Most, Count);
  }
  return {Sliced, Most};
}

/// Has a function run by a team, by itself or as a wave, where that pays.
static void chooseTeam(Plan &P, int Index, const rnn_plan_options &Options) {
  const rnn_function &Function = *P.Model->functions[Index];
  const bool IsWave = isForWave(Index, Function, Options);
  if (IsWave) {
    P.Waved |= 1u << Index;
    P.Owners[Index] = ownersOf(Function, Options.threads);
    P.frames[Index].owners = P.Owners[Index].data();
  }
  if (IsWave || cost::isForTeam(Function, Options))
    P.Teamed |= 1u << Index;
}

static std::unique_ptr<Plan> makePlan(const rnn_model &Model,
                                      const rnn_plan_options &Options) {
  checkOptions(Model, Options);
  const uint32_t Functions = wantedFunctions(Model, Options.functions);
  const auto [Sliced, Count] = slicedFunctions(Model, Options, Functions);
  auto P = makePart(Model, Options, Functions & ~Sliced, nullptr);
  const int32_t Threads = std::max(Options.threads, 1);
  if (Sliced || Threads > 1)
    P->Threads = std::make_unique<Pool>(Threads, Options.parallel,
                                        Options.parallel_context);
  if (Sliced)
    P->Cut = std::make_unique<Slices>(Model, Options, Sliced, Count, Threads);
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function)
    if (serves(*P, Function) && Threads > 1)
      chooseTeam(*P, Function, Options);
  if (P->Teamed)
    P->Members = std::make_unique<Team>(Model, Options, *P, Threads);
  P->Functions = Functions;
  P->Sliced = Sliced;
  return P;
}

rnn_status rnn_plan_create(const rnn_model *Model,
                           const rnn_plan_options *Options,
                           rnn_plan **Made) noexcept {
  return guarded([&] {
    if (!Made)
      throw Error(RNN_ERROR_ARGUMENT, "expected a place for the plan, got a "
                                      "null pointer");
    *Made = nullptr;
    if (!Options)
      throw Error(RNN_ERROR_ARGUMENT, "expected options, got a null pointer");
    checkModel(Model);
    checkFeatures(*Model);
    *Made = makePlan(*Model, *Options).release();
    return RNN_OK;
  });
}

void rnn_plan_destroy(rnn_plan *Made) noexcept {
  delete static_cast<Plan *>(Made);
}
