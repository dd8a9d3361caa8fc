//===- Models.h - Compiled models and calls of them -------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Any compiled model with random parameters and data, ready to be called.
//===----------------------------------------------------------------------===//
#ifndef RNNC_TEST_INTEGRATION_ABI_MODELS_H
#define RNNC_TEST_INTEGRATION_ABI_MODELS_H

#include "rnn/rnn.h"

#include <cstdint>
#include <memory>
#include <vector>

extern "C" {
extern const rnn_model lstmstack;     ///< f32, two layers
extern const rnn_model grustack;      ///< f64
extern const rnn_model vanillastack;  ///< f32, two layers, generated GEMM alone
extern const rnn_model tokens;        ///< f32, tokens and real inputs
extern const rnn_model translation;   ///< f32, two time axes
extern const rnn_model bidirectional; ///< f32, scans of both directions
}

/// Bytes that a buffer with a state or panels may begin at.
using Bytes = std::vector<char>;

/// Memory aligned to RNN_ALIGNMENT.
class AlignedBytes {
public:
  explicit AlignedBytes(size_t Size, char Fill = 0);
  char *data() { return Start; }
  size_t size() const { return Size; }
  Bytes copy() const { return Bytes(Start, Start + Size); }

private:
  Bytes Storage;
  char *Start;
  size_t Size;
};

struct DestroyPlan {
  void operator()(rnn_plan *Plan) const { rnn_plan_destroy(Plan); }
};
using PlanHandle = std::unique_ptr<rnn_plan, DestroyPlan>;

/// A plan for these sizes; null after an error.
PlanHandle makePlan(const rnn_model &Model, int64_t Steps, int64_t Batch,
                    rnn_gemm Gemm = RNN_GEMM_LIBRARY);

/// Parameters, inputs, targets and places for all results of a call over
/// `Steps` steps of every axis and `Batch` sequences. Results begin as bytes of
/// 0x55.
class Work {
public:
  Work(const rnn_model &Model, int64_t Steps, int64_t Batch, uint64_t Seed = 1);
  Work(const Work &) = delete;

  const void *params() const { return Params.data(); }
  /// Makes results bytes of 0x55 again.
  void clearResults();
  /// All results one after the other, to compare bits.
  Bytes results() const;

  const rnn_model &Model;
  int64_t Axes[RNN_MAX_AXES];
  rnn_call Call{};
  std::vector<Bytes> Data; // inputs, then targets
  std::vector<const void *> Inputs, Targets;

private:
  void *place(size_t Size);
  void fill(const rnn_tensor &Tensor, std::vector<const void *> &Pointers,
            uint64_t Seed);
  void placeResults();
  int64_t elements(const rnn_tensor &Tensor) const;
  size_t elementSize() const;

  Bytes Params;
  std::vector<std::unique_ptr<AlignedBytes>> Results;
  std::vector<void *> Outputs, InputGradients;
};

#endif // RNNC_TEST_INTEGRATION_ABI_MODELS_H
