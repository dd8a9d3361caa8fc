//===- Slices.h - A batch in independent parts ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Cuts the batch of a call into slices, which threads run one by one, each from
// start to end. What is summed over the batch is summed over slices in their
// order, so results depend on how many they are and on nothing else. Nothing
// here allocates but construction.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_SLICES_H
#define RNNC_RUNTIME_LIB_SLICES_H

#include "runtime/lib/Barrier.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Pool.h"

#include <atomic>
#include <memory>
#include <vector>

namespace rnn {

/// Tensors of a slice: those over time lie apart in the whole batch, so that
/// they are copied; others are part of the caller's.
class StagedTensors {
public:
  StagedTensors() = default;
  /// Room for tensors of as many steps and sequences as the plan has.
  StagedTensors(const Plan &Of, const rnn_tensor *Tensors, uint64_t Count);

  struct Place {
    int64_t First, Rows; ///< of the slice
    int64_t Batch;       ///< of the whole
  };
  /// The slice's pointers for the caller's; null where those are. `Call` is the
  /// slice's: of tensors that are read, it says how many steps are.
  void *const *stage(const rnn_call &Call, const Place &At, void *const *Whole,
                     bool IsRead) noexcept;
  /// Copies what was written over time into the caller's tensors.
  void collect(const rnn_call &Call, const Place &At,
               void *const *Whole) noexcept;

private:
  size_t rowBytes(uint64_t Index) const;

  const rnn_tensor *Tensors = nullptr;
  size_t Element = 0;
  std::vector<Buffer> Data;
  std::vector<void *> Pointers;
};

class Slices {
public:
  /// `Count` slices at most, for as many threads as the pool has, that run the
  /// functions whose bits are set. Throws Error or std::bad_alloc.
  Slices(const rnn_model &Model, const rnn_plan_options &Options,
         uint32_t Functions, int64_t Count, int32_t Threads);

  /// What one thread runs a slice with; those of other threads are like it.
  const Plan &plan() const { return *Workers.front().Own; }
  /// Packs for all threads, each a part.
  rnn_status pack(Pool &On, int Function, const void *Params) noexcept;
  /// Runs a checked call.
  rnn_status run(Pool &On, int Function, const rnn_call &Call) noexcept;

private:
  /// What one thread works with.
  struct Worker {
    std::unique_ptr<Plan> Own;
    StagedTensors Inputs, Targets, Outputs, OutputTangents, InputGradients;
    int32_t Packed = RNN_OK; ///< how its part of packing ended
  };
  /// What one slice gives.
  struct Part {
    rnn_status Status = RNN_OK;
    double Loss = 0, LossTangent = 0;
    std::vector<double> Metrics;
    Buffer Gradient;
    char Message[256] = {};
  };

  void work(int32_t Thread, int32_t Threads) noexcept;
  void runSlice(Worker &With, int64_t Index) noexcept;
  void placeResults(rnn_call &Of, int64_t Index) noexcept;
  void sumGradients(int32_t Thread, int32_t Threads) noexcept;
  rnn_status finish() noexcept;

  const rnn_model &Model;
  std::vector<Worker> Workers;
  std::vector<Part> Parts;
  // Of the call that runs.
  const rnn_call *Call = nullptr;
  int Function = 0;
  int64_t Count = 0;
  Extent Whole;
  std::atomic<int64_t> Next{0};
  Barrier Packing, Summing;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_SLICES_H
