//===- Ragged.cpp - Sequences of different lengths ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs of valid rows, and zeroes everywhere else.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Ragged.h"

#include "runtime/lib/Error.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace rnn;

void rnn::allocateRuns(Plan &P) {
  // Every other row at every step, at the worst; Buffer takes memory only for
  // what is used.
  const auto Batch = static_cast<uint64_t>(P.batch);
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis) {
    const auto Steps = static_cast<uint64_t>(P.axes[Axis]);
    uint64_t Runs, Bytes;
    if (Batch > INT32_MAX ||
        __builtin_mul_overflow(Steps, Batch / 2 + 1, &Runs) ||
        Runs > INT32_MAX ||
        __builtin_mul_overflow(Runs, sizeof(rnn_run_of_rows), &Bytes))
      continue; // It serves calls without lengths, and refuses others.
    P.FirstRun[Axis] = Buffer((Steps + 1) * sizeof(int32_t));
    P.Runs[Axis] = Buffer(Bytes);
  }
}

rnn_status rnn::checkLengths(const Plan &P, const rnn_call &Call) noexcept {
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis) {
    const int32_t *Lengths = lengthsOf(Call, static_cast<int32_t>(Axis));
    if (!Lengths)
      continue;
    if (!P.Runs[Axis].data())
      return fail(RNN_ERROR_CAPACITY,
                  "axis '%s': the plan is too large for calls with lengths",
                  P.Model->axes[Axis]);
    for (int64_t Sequence = 0; Sequence < Call.batch; ++Sequence)
      if (Lengths[Sequence] < 0 || Lengths[Sequence] > Call.axes[Axis])
        return fail(RNN_ERROR_ARGUMENT,
                    "axis '%s': expected lengths of 0 to %lld, got %d for "
                    "sequence %lld",
                    P.Model->axes[Axis],
                    static_cast<long long>(Call.axes[Axis]), Lengths[Sequence],
                    static_cast<long long>(Sequence));
  }
  return RNN_OK;
}

/// Appends the runs of rows longer than `Step`; gives the end.
static rnn_run_of_rows *addRuns(rnn_run_of_rows *Next, const int32_t *Lengths,
                                int32_t Batch, int64_t Step) {
  for (int32_t Row = 0; Row < Batch;) {
    if (Lengths[Row] <= Step) {
      ++Row;
      continue;
    }
    const int32_t Start = Row;
    while (Row < Batch && Lengths[Row] > Step)
      ++Row;
    *Next++ = {Start, Row - Start};
  }
  return Next;
}

static int64_t setAxis(Plan &P, uint64_t Axis, const int32_t *Lengths,
                       int64_t Batch, int64_t ValidRows) {
  auto *FirstRun = reinterpret_cast<int32_t *>(P.FirstRun[Axis].data());
  auto *Runs = reinterpret_cast<rnn_run_of_rows *>(P.Runs[Axis].data());
  const auto [Least, Most] = std::minmax_element(Lengths, Lengths + Batch);
  const int64_t Steps = std::max<int64_t>(*Most, 1);
  rnn_run_of_rows *Next = Runs;
  for (int64_t Step = 0; Step < Steps; ++Step) {
    FirstRun[Step] = static_cast<int32_t>(Next - Runs);
    Next = addRuns(Next, Lengths, static_cast<int32_t>(Batch), Step);
  }
  FirstRun[Steps] = static_cast<int32_t>(Next - Runs);
  P.ragged[Axis] = {*Least, ValidRows, Lengths, FirstRun, Runs};
  return Steps;
}

Extent rnn::extentOf(const rnn_model &Model, const rnn_call &Call) noexcept {
  Extent Of;
  Of.Batch = Call.batch;
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis) {
    const int32_t *Lengths = lengthsOf(Call, static_cast<int32_t>(Axis));
    Of.ValidRows[Axis] =
        Lengths ? std::accumulate(Lengths, Lengths + Call.batch, int64_t(0))
                : Call.axes[Axis] * Call.batch;
  }
  return Of;
}

void rnn::setRuns(Plan &P, const rnn_call &Call, const Extent &Of,
                  int64_t *Steps) noexcept {
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis) {
    const int32_t *Lengths = lengthsOf(Call, static_cast<int32_t>(Axis));
    Steps[Axis] = Call.axes[Axis];
    if (Lengths)
      Steps[Axis] = setAxis(P, Axis, Lengths, Call.batch, Of.ValidRows[Axis]);
    else
      P.ragged[Axis] = {Steps[Axis], Of.ValidRows[Axis], nullptr, nullptr,
                        nullptr};
  }
}

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

static void zeroTensors(const Plan &P, const rnn_tensor *Tensors,
                        uint64_t Count, void *const *Data,
                        const rnn_call &Call) {
  for (uint64_t Index = 0; Data && Index < Count; ++Index) {
    const rnn_tensor &Tensor = Tensors[Index];
    const int32_t *Lengths = lengthsOf(Call, Tensor.axis);
    if (!Data[Index] || !Lengths)
      continue;
    const size_t Element =
        Tensor.type == RNN_TOKEN ? sizeof(int32_t) : elementSize(*P.Model);
    const size_t Row = Tensor.size * Element;
    char *Bytes = static_cast<char *>(Data[Index]);
    const int64_t Full = *std::min_element(Lengths, Lengths + Call.batch);
    for (int64_t Step = Full; Step < Call.axes[Tensor.axis]; ++Step)
      for (int64_t Sequence = 0; Sequence < Call.batch; ++Sequence)
        if (Step >= Lengths[Sequence])
          std::memset(Bytes + (Step * Call.batch + Sequence) * Row, 0, Row);
  }
}

void rnn::zeroPadding(const Plan &P, int Function,
                      const rnn_call &Call) noexcept {
  if (!Call.lengths)
    return;
  const rnn_model &Model = *P.Model;
  if (Function == RNN_FORWARD || Function == RNN_TANGENT)
    zeroTensors(P, Model.outputs, Model.output_count, Call.outputs, Call);
  if (Function == RNN_TANGENT)
    zeroTensors(P, Model.outputs, Model.output_count, Call.output_tangents,
                Call);
  if (Function == RNN_GRADIENT)
    zeroTensors(P, Model.inputs, Model.input_count, Call.input_gradients, Call);
}
