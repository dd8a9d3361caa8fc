//===- Slices.cpp - A batch in independent parts --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A thread takes the next slice as soon as it is free. Compiled code divides
// means by the numbers of the whole batch, so that slices give shares of sums.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Slices.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Guards.h"
#include "runtime/lib/Ragged.h"

#include <algorithm>
#include <cstring>

using namespace rnn;

//===----------------------------------------------------------------------===//
// Tensors
//===----------------------------------------------------------------------===//

StagedTensors::StagedTensors(const Plan &Of, const rnn_tensor *Tensors,
                             uint64_t Count)
    : Tensors(Tensors), Element(elementSize(*Of.Model)), Data(Count),
      Pointers(Count) {
  for (uint64_t Index = 0; Index < Count; ++Index)
    if (const int32_t Axis = Tensors[Index].axis; Axis >= 0)
      Data[Index] = Buffer(Of.axes[Axis] * Of.batch * rowBytes(Index));
}

size_t StagedTensors::rowBytes(uint64_t Index) const {
  const rnn_tensor &Tensor = Tensors[Index];
  return Tensor.size * (Tensor.type == RNN_TOKEN ? sizeof(int32_t) : Element);
}

/// Copies blocks that lie `FromStride` and `ToStride` bytes apart.
static void copyBlocks(int64_t Count, size_t Bytes, const char *From,
                       size_t FromStride, char *To, size_t ToStride) {
  for (int64_t Block = 0; Block < Count; ++Block)
    std::memcpy(To + Block * ToStride, From + Block * FromStride, Bytes);
}

void *const *StagedTensors::stage(const rnn_call &Call, const Place &At,
                                  void *const *Whole, bool IsRead) noexcept {
  if (!Whole)
    return nullptr;
  for (size_t Index = 0; Index < Pointers.size(); ++Index) {
    const int32_t Axis = Tensors[Index].axis;
    const size_t Row = rowBytes(Index);
    char *From = static_cast<char *>(Whole[Index]);
    Pointers[Index] = From;
    if (!From)
      continue;
    Pointers[Index] = From + At.First * Row;
    if (Axis < 0)
      continue;
    Pointers[Index] = Data[Index].data();
    if (!IsRead)
      continue;
    const int32_t *Lengths = lengthsOf(Call, Axis);
    const int64_t Steps = Lengths
                              ? *std::max_element(Lengths, Lengths + At.Rows)
                              : Call.axes[Axis];
    copyBlocks(Steps, At.Rows * Row, From + At.First * Row, At.Batch * Row,
               Data[Index].data(), At.Rows * Row);
  }
  return Pointers.data();
}

void StagedTensors::collect(const rnn_call &Call, const Place &At,
                            void *const *Whole) noexcept {
  for (size_t Index = 0; Whole && Index < Pointers.size(); ++Index) {
    const int32_t Axis = Tensors[Index].axis;
    if (!Whole[Index] || Axis < 0)
      continue;
    const size_t Row = rowBytes(Index);
    copyBlocks(
        Call.axes[Axis], At.Rows * Row, Data[Index].data(), At.Rows * Row,
        static_cast<char *>(Whole[Index]) + At.First * Row, At.Batch * Row);
  }
}

//===----------------------------------------------------------------------===//
// Construction
//===----------------------------------------------------------------------===//

Slices::Slices(const rnn_model &Model, const rnn_plan_options &Options,
               uint32_t Functions, int64_t Count, int32_t Threads)
    : Model(Model), Workers(std::min<int64_t>(Threads, Count)), Parts(Count) {
  rnn_plan_options Sizes = Options;
  const int64_t Batch = std::max<int64_t>(Options.batch, 1);
  Sizes.batch = (Batch + Count - 1) / Count;
  Sizes.wave = RNN_WAVE_NEVER;
  for (Worker &Each : Workers) {
    Plan *First = Workers.front().Own.get();
    Each.Own = makePart(Model, Sizes, Functions, First);
    Each.Own->Together = &Packing;
    const Plan &Own = *Each.Own;
    Each.Inputs = {Own, Model.inputs, Model.input_count};
    Each.Targets = {Own, Model.targets, Model.target_count};
    if (Functions & (1 << RNN_FORWARD | 1 << RNN_TANGENT))
      Each.Outputs = {Own, Model.outputs, Model.output_count};
    if (Functions & 1 << RNN_TANGENT)
      Each.OutputTangents = {Own, Model.outputs, Model.output_count};
    if (Functions & 1 << RNN_GRADIENT)
      Each.InputGradients = {Own, Model.inputs, Model.input_count};
  }
  const bool HasGradient =
      Functions & (1 << RNN_GRADIENT | 1 << RNN_GAUSS_NEWTON);
  for (Part &Each : Parts) {
    Each.Metrics.resize(Model.metric_count);
    // The first slice's is the caller's.
    if (HasGradient && &Each != &Parts.front())
      Each.Gradient = Buffer(Model.parameter_size * elementSize(Model));
  }
}

rnn_status Slices::pack(Pool &On, int Which, const void *Params) noexcept {
  const auto Packers = static_cast<int32_t>(Workers.size());
  On.run([&](int32_t Thread) {
    if (Thread >= Packers)
      return;
    const SingleThread Guard;
    Plan &Mine = *Workers[Thread].Own;
    // All have the first one's packed weights.
    Mine.thread = Thread;
    Mine.threads = Packers;
    Workers[Thread].Packed = callCompiled(
        Mine, [&] { return Model.functions[Which]->pack(&Mine, Params); });
    Mine.thread = 0;
    Mine.threads = 1;
  });
  for (const Worker &Each : Workers)
    if (Each.Packed != RNN_OK)
      return settle(Each.Packed);
  return RNN_OK;
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

rnn_status Slices::run(Pool &On, int Which, const rnn_call &Given) noexcept {
  Call = &Given;
  Function = Which;
  Count = std::min<int64_t>(Parts.size(), Given.batch);
  Whole = extentOf(Model, Given);
  Next.store(0, std::memory_order_relaxed);
  On.run([&](int32_t Thread) { work(Thread, On.size()); });
  return finish();
}

void Slices::work(int32_t Thread, int32_t Threads) noexcept {
  const SingleThread Guard;
  if (static_cast<size_t>(Thread) < Workers.size())
    for (int64_t Index; (Index = Next.fetch_add(1)) < Count;)
      runSlice(Workers[Thread], Index);
  const bool HasGradient =
      Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON;
  if (!HasGradient || Count == 1)
    return;
  Summing.wait(Threads);
  sumGradients(Thread, Threads);
}

/// The first slice's results go to the caller's places, others to their own.
void Slices::placeResults(rnn_call &Of, int64_t Index) noexcept {
  if (Index == 0)
    return;
  Part &Into = Parts[Index];
  Into.Loss = Into.LossTangent = 0;
  std::fill(Into.Metrics.begin(), Into.Metrics.end(), 0);
  Of.loss = &Into.Loss;
  Of.loss_tangent = &Into.LossTangent;
  Of.metrics = Into.Metrics.data();
  if (Of.gradient)
    Of.gradient = Into.Gradient.data();
}

static void *advance(void *Records, int64_t Count, size_t Bytes) {
  return Records ? static_cast<char *>(Records) + Count * Bytes : nullptr;
}

void Slices::runSlice(Worker &With, int64_t Index) noexcept {
  const int64_t Batch = Call->batch;
  const int64_t First = Batch * Index / Count;
  const StagedTensors::Place At{First, Batch * (Index + 1) / Count - First,
                                Batch};
  rnn_call Mine = *Call;
  Mine.batch = At.Rows;
  const int32_t *Lengths[RNN_MAX_AXES] = {};
  for (uint64_t Axis = 0; Call->lengths && Axis < Model.axis_count; ++Axis)
    if (Call->lengths[Axis])
      Lengths[Axis] = Call->lengths[Axis] + First;
  if (Call->lengths)
    Mine.lengths = Lengths;
  Mine.state = advance(Call->state, First, Model.state_bytes);
  Mine.state_gradient = advance(Call->state_gradient, First, Model.state_bytes);
  if (Function == RNN_ENCODE)
    Mine.stream_state =
        advance(Call->stream_state, First, Model.stream->state_bytes);
  placeResults(Mine, Index);

  const auto Read = [&](StagedTensors &Into, const void *const *Tensors) {
    return Into.stage(Mine, At, const_cast<void *const *>(Tensors), true);
  };
  const bool GivesOutputs = Function == RNN_FORWARD || Function == RNN_TANGENT;
  // A batch in one slice is where it is wanted.
  if (Count > 1) {
    Mine.inputs = Read(With.Inputs, Call->inputs);
    Mine.targets = Read(With.Targets, Call->targets);
    if (GivesOutputs)
      Mine.outputs = With.Outputs.stage(Mine, At, Call->outputs, false);
    if (Function == RNN_TANGENT)
      Mine.output_tangents =
          With.OutputTangents.stage(Mine, At, Call->output_tangents, false);
    if (Function == RNN_GRADIENT)
      Mine.input_gradients =
          With.InputGradients.stage(Mine, At, Call->input_gradients, false);
  }
  Extent Of = Whole;
  Of.First = First;
  Part &Result = Parts[Index];
  Result.Status = runPart(*With.Own, Function, Mine, Of);
  if (Result.Status != RNN_OK) {
    std::strncpy(Result.Message, rnn_last_error(), sizeof(Result.Message) - 1);
    return;
  }
  if (Count == 1)
    return;
  if (GivesOutputs)
    With.Outputs.collect(Mine, At, Call->outputs);
  if (Function == RNN_TANGENT)
    With.OutputTangents.collect(Mine, At, Call->output_tangents);
  if (Function == RNN_GRADIENT)
    With.InputGradients.collect(Mine, At, Call->input_gradients);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

template <typename Element>
static void addTo(void *Sum, const void *Term, int64_t First, int64_t End) {
  auto *To = static_cast<Element *>(Sum);
  const auto *From = static_cast<const Element *>(Term);
  for (int64_t I = First; I < End; ++I)
    To[I] += From[I];
}

/// Each thread has a range of the flat vector, and adds up all slices there.
void Slices::sumGradients(int32_t Thread, int32_t Threads) noexcept {
  constexpr int64_t Block = 4096; // stays in cache from slice to slice
  const auto Size = static_cast<int64_t>(Model.parameter_size);
  const int64_t Last = Size * (Thread + 1) / Threads;
  const auto Add = Model.element_type == RNN_F64 ? addTo<double> : addTo<float>;
  for (int64_t First = Size * Thread / Threads; First < Last; First += Block)
    for (int64_t Index = 1; Index < Count; ++Index)
      Add(Call->gradient, Parts[Index].Gradient.data(), First,
          std::min(First + Block, Last));
}

rnn_status Slices::finish() noexcept {
  for (int64_t Index = 0; Index < Count; ++Index)
    if (Parts[Index].Status != RNN_OK)
      return fail(Parts[Index].Status, "%s", Parts[Index].Message);
  for (int64_t Index = 1; Index < Count; ++Index) {
    const Part &Each = Parts[Index];
    if (Call->loss)
      *Call->loss += Each.Loss;
    if (Call->loss_tangent)
      *Call->loss_tangent += Each.LossTangent;
    for (size_t I = 0; Call->metrics && I < Each.Metrics.size(); ++I)
      Call->metrics[I] += Each.Metrics[I];
  }
  return RNN_OK;
}
