//===- Run.cpp - Running plans --------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The hot entry points: they check a call, which compiled code does not, and
// run it. Nothing here allocates.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/lib/Guards.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Ragged.h"
#include "runtime/lib/Slices.h"
#include "runtime/lib/Team.h"

#include <algorithm>

using namespace rnn;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// Keeps a failure for who has called the code that calls the table.
static int32_t keep(rnn_plan *P, rnn_status Status) {
  if (Status != RNN_OK)
    static_cast<Plan *>(P)->Failure = Status;
  return Status;
}

static int32_t tablePack(rnn_plan *P, int32_t Function, int32_t Site,
                         const void *W, int64_t LdN, int64_t LdK) {
  return keep(P, static_cast<Plan *>(P)->Gemm->pack(
                     Function, Site, static_cast<const float *>(W), LdN, LdK));
}

static int32_t tableGemm(rnn_plan *P, int32_t Function, int32_t Site,
                         int64_t Rows, const void *A, int64_t LdA, void *C,
                         int64_t LdC, int32_t Accumulate) {
  return keep(P, static_cast<Plan *>(P)->Gemm->gemm(
                     Function, Site, Rows, static_cast<const float *>(A), LdA,
                     static_cast<float *>(C), LdC, Accumulate != 0));
}

static int32_t tableGemmTN(rnn_plan *P, int64_t N, int64_t K, int64_t Rows,
                           const void *A, int64_t LdA, const void *B,
                           int64_t LdB, void *C, int64_t LdC,
                           int32_t Accumulate) {
  return keep(P, OneDNN::gemmTN(N, K, Rows, static_cast<const float *>(A), LdA,
                                static_cast<const float *>(B), LdB,
                                static_cast<float *>(C), LdC, Accumulate != 0));
}

static void tableBarrier(rnn_plan *P) {
  static_cast<Plan *>(P)->Together->wait(P->threads);
}

const rnn_table rnn::Table = {sizeof(rnn_table), tablePack, tableGemm,
                              tableGemmTN, tableBarrier};

//===----------------------------------------------------------------------===//
// Checks of a call
//===----------------------------------------------------------------------===//

static rnn_status checkFunction(const Plan *P, int Function) {
  if (!P)
    return fail(RNN_ERROR_ARGUMENT, "expected a plan, got a null pointer");
  if (!P->Model->functions[Function])
    return fail(RNN_ERROR_UNSUPPORTED, "model '%s' has no function '%s'%s",
                P->Model->name, functionName(Function),
                missingReason(Function));
  if (!(P->Functions >> Function & 1))
    return fail(RNN_ERROR_UNSUPPORTED, "the plan was made without '%s'",
                functionName(Function));
  return RNN_OK;
}

static rnn_status checkSizes(const Plan &P, const rnn_call &Call) {
  if (Call.batch < 1)
    return fail(RNN_ERROR_ARGUMENT, "expected a batch of 1 or more, got %lld",
                static_cast<long long>(Call.batch));
  if (Call.batch > P.batch)
    return fail(RNN_ERROR_CAPACITY,
                "expected a batch of at most %lld, as the plan was made for, "
                "got %lld",
                static_cast<long long>(P.batch),
                static_cast<long long>(Call.batch));
  if (P.Model->axis_count > 0 && !Call.axes)
    return fail(RNN_ERROR_ARGUMENT,
                "expected the steps of each time axis, got a null pointer");
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis) {
    const long long Steps = Call.axes[Axis], Most = P.axes[Axis];
    if (Steps < 1)
      return fail(RNN_ERROR_ARGUMENT,
                  "axis '%s': expected 1 step or more, got %lld",
                  P.Model->axes[Axis], Steps);
    if (Steps > Most)
      return fail(RNN_ERROR_CAPACITY,
                  "axis '%s': expected at most %lld steps, as the plan was "
                  "made for, got %lld",
                  P.Model->axes[Axis], Most, Steps);
  }
  return RNN_OK;
}

/// The steps of a tensor that lie within a sequence's length.
static int64_t validSteps(const rnn_tensor &Tensor, const rnn_call &Call,
                          int64_t Sequence) {
  if (const int32_t *Lengths = lengthsOf(Call, Tensor.axis))
    return Lengths[Sequence];
  return Tensor.axis >= 0 ? Call.axes[Tensor.axis] : 1;
}

/// Says which token of a row within its sequence's length is out of bounds, if
/// one is.
static rnn_status findBadToken(const char *Kind, const rnn_tensor &Tensor,
                               const rnn_call &Call, const int32_t *Tokens,
                               int64_t Steps) {
  const auto Bound = static_cast<uint32_t>(Tensor.vocabulary);
  const auto Size = static_cast<int64_t>(Tensor.size);
  for (int64_t Row = 0; Row < Steps * Call.batch; ++Row) {
    const int64_t Step = Row / Call.batch, Sequence = Row % Call.batch;
    if (Step >= validSteps(Tensor, Call, Sequence))
      continue;
    for (int64_t I = Row * Size; I < (Row + 1) * Size; ++I)
      if (static_cast<uint32_t>(Tokens[I]) >= Bound)
        return fail(RNN_ERROR_TOKEN,
                    "%s '%s': expected a token of 0 to %d, got %d at step %lld "
                    "of sequence %lld",
                    Kind, Tensor.name, Tensor.vocabulary - 1, Tokens[I],
                    static_cast<long long>(Step),
                    static_cast<long long>(Sequence));
  }
  return RNN_OK;
}

static rnn_status checkTokens(const char *Kind, const rnn_tensor &Tensor,
                              const rnn_call &Call, const int32_t *Tokens) {
  const int64_t Steps = Tensor.axis >= 0 ? Call.axes[Tensor.axis] : 1;
  const int64_t Count = Steps * Call.batch * static_cast<int64_t>(Tensor.size);
  uint32_t Largest = 0; // A negative id is a large one.
  for (int64_t Index = 0; Index < Count; ++Index)
    Largest = std::max(Largest, static_cast<uint32_t>(Tokens[Index]));
  if (Largest < static_cast<uint32_t>(Tensor.vocabulary))
    return RNN_OK;
  // It may be padding.
  return findBadToken(Kind, Tensor, Call, Tokens, Steps);
}

/// Whether a function reads an input: to encode is to read what the step is not
/// fed.
static bool readsInput(const rnn_model &Model, int Function, uint64_t Index) {
  if (Function != RNN_ENCODE)
    return true;
  const rnn_stream &Stream = *Model.stream;
  return std::find(Stream.inputs, Stream.inputs + Stream.input_count, Index) ==
         Stream.inputs + Stream.input_count;
}

template <typename Reads>
static rnn_status checkTensors(const char *Kind, const rnn_tensor *Tensors,
                               uint64_t Count, const void *const *Data,
                               const rnn_call &Call, Reads &&IsRead) {
  if (Count > 0 && !Data)
    return fail(RNN_ERROR_ARGUMENT, "expected %llu %ss, got a null pointer",
                static_cast<unsigned long long>(Count), Kind);
  for (uint64_t Index = 0; Index < Count; ++Index) {
    const rnn_tensor &Tensor = Tensors[Index];
    if (!IsRead(Index))
      continue;
    if (!Data[Index])
      return fail(RNN_ERROR_ARGUMENT,
                  "%s '%s': expected data, got a null "
                  "pointer",
                  Kind, Tensor.name);
    if (Tensor.type != RNN_TOKEN)
      continue;
    const rnn_status Status = checkTokens(
        Kind, Tensor, Call, static_cast<const int32_t *>(Data[Index]));
    if (Status != RNN_OK)
      return Status;
  }
  return RNN_OK;
}

static rnn_status checkResults(int Function, const rnn_call &Call) {
  const auto Missing = [](const char *What) {
    return fail(RNN_ERROR_ARGUMENT, "expected %s, got a null pointer", What);
  };
  const bool IsSecond = Function == RNN_TANGENT || Function == RNN_GAUSS_NEWTON;
  if ((Function == RNN_LOSS || Function == RNN_GRADIENT) && !Call.loss)
    return Missing("a place for the loss");
  if ((Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON) &&
      !Call.gradient)
    return Missing("a place for the gradient");
  if (IsSecond && !Call.direction)
    return Missing("a direction");
  if (Function == RNN_ENCODE && !Call.stream_state)
    return Missing("a place for the stream's records");
  return RNN_OK;
}

static rnn_status checkFields(const rnn_call *Call) {
  if (!Call)
    return fail(RNN_ERROR_ARGUMENT, "expected a call, got a null pointer");
  if (Call->struct_size < sizeof(rnn_call))
    return fail(RNN_ERROR_VERSION, "rnn_call: expected %zu bytes, got %u",
                sizeof(rnn_call), Call->struct_size);
  if (Call->flags & ~uint32_t(RNN_TRAINING))
    return fail(RNN_ERROR_ARGUMENT,
                "rnn_call.flags: expected 0 or RNN_TRAINING, got %u",
                Call->flags);
  return RNN_OK;
}

static bool readsTargets(int Function) {
  return Function != RNN_FORWARD && Function != RNN_ENCODE;
}

static rnn_status checkCall(const Plan &P, int Function, const rnn_call *Call) {
  const rnn_model &Model = *P.Model;
  rnn_status Status = checkFields(Call);
  if (Status == RNN_OK)
    Status = checkSizes(P, *Call);
  if (Status == RNN_OK)
    Status = checkLengths(P, *Call);
  if (Status == RNN_OK)
    Status = checkResults(Function, *Call);
  if (Status == RNN_OK)
    Status = checkTensors(
        "input", Model.inputs, Model.input_count, Call->inputs, *Call,
        [&](uint64_t Index) { return readsInput(Model, Function, Index); });
  if (Status == RNN_OK && readsTargets(Function))
    Status = checkTensors("target", Model.targets, Model.target_count,
                          Call->targets, *Call, [](uint64_t) { return true; });
  return Status;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

/// On all threads, where the function runs on several.
static rnn_status packParts(Plan &P, int Function, const void *Params) {
  if (P.Sliced >> Function & 1)
    return P.Cut->pack(*P.Threads, Function, Params);
  if (P.Teamed >> Function & 1)
    return settle(P.Members->pack(*P.Threads, P, Function, Params));
  const SingleThread Guard;
  return settle(callCompiled(
      P, [&] { return P.Model->functions[Function]->pack(&P, Params); }));
}

static rnn_status packFunction(Plan &P, int Function, const void *Params) {
  rnn_frame &Frame = P.frames[Function];
  Frame.is_packed = 0;
  clearError();
  const rnn_status Status = packParts(P, Function, Params);
  Frame.is_packed = Status == RNN_OK;
  return Status;
}

rnn_status rnn::runPart(Plan &P, int Function, const rnn_call &Call,
                        const Extent &Of) noexcept {
  rnn_call Patched = Call;
  int64_t Steps[RNN_MAX_AXES];
  setRuns(P, Call, Of, Steps);
  P.whole_batch = Of.Batch;
  P.first_sequence = Of.First;
  Patched.axes = Steps;
  if (!Patched.metrics)
    Patched.metrics = P.Metrics.data();
  if (!Patched.loss)
    Patched.loss = &P.Loss;
  if (!Patched.loss_tangent)
    Patched.loss_tangent = &P.LossTangent;
  clearError();
  const bool ByTeam = P.Teamed >> Function & 1;
  const rnn_status Status =
      settle(ByTeam ? P.Members->run(*P.Threads, P, Function, Patched)
                    : callCompiled(P, [&] {
                        return P.Model->functions[Function]->run(&P, &Patched);
                      }));
  if (Status == RNN_OK)
    zeroPadding(P, Function, Call);
  return Status;
}

static rnn_status run(Plan &P, int Function, const rnn_call &Call) {
  if (P.Sliced >> Function & 1)
    return P.Cut->run(*P.Threads, Function, Call);
  const SingleThread Guard;
  return runPart(P, Function, Call, extentOf(*P.Model, Call));
}

static rnn_status runPacked(rnn_plan *Made, int Function,
                            const rnn_call *Call) {
  Plan *P = static_cast<Plan *>(Made);
  rnn_status Status = checkFunction(P, Function);
  if (Status == RNN_OK)
    Status = checkCall(*P, Function, Call);
  if (Status != RNN_OK)
    return Status;
  if (!P->frames[Function].is_packed)
    return fail(RNN_ERROR_NOT_PACKED, "'%s' was called before rnn_plan_pack",
                functionName(Function));
  return run(*P, Function, *Call);
}

rnn_status rnn_plan_pack(rnn_plan *Made, const void *Params) noexcept {
  Plan *P = static_cast<Plan *>(Made);
  if (!P)
    return fail(RNN_ERROR_ARGUMENT, "expected a plan, got a null pointer");
  if (!Params)
    return fail(RNN_ERROR_ARGUMENT, "expected parameters, got a null pointer");
  rnn_status Status = RNN_OK;
  for (const int Function : {RNN_FORWARD, RNN_LOSS, RNN_ENCODE})
    if (Status == RNN_OK && P->Functions >> Function & 1)
      Status = packFunction(*P, Function, Params);
  return Status;
}

rnn_status rnn_forward(rnn_plan *P, const rnn_call *Call) noexcept {
  return runPacked(P, RNN_FORWARD, Call);
}

rnn_status rnn_loss(rnn_plan *P, const rnn_call *Call) noexcept {
  return runPacked(P, RNN_LOSS, Call);
}

/// Packs, then runs: for functions whose parameters change from call to call.
static rnn_status packAndRun(rnn_plan *Made, int Function, const void *Params,
                             const rnn_call *Call) {
  Plan *P = static_cast<Plan *>(Made);
  rnn_status Status = checkFunction(P, Function);
  if (Status == RNN_OK && !Params)
    Status =
        fail(RNN_ERROR_ARGUMENT, "expected parameters, got a null pointer");
  if (Status == RNN_OK)
    Status = checkCall(*P, Function, Call);
  if (Status != RNN_OK)
    return Status;
  chooseLateSites(*P, Function, *Call);
  Status = packFunction(*P, Function, Params);
  return Status == RNN_OK ? run(*P, Function, *Call) : Status;
}

rnn_status rnn_gradient(rnn_plan *P, const void *Params,
                        const rnn_call *Call) noexcept {
  return packAndRun(P, RNN_GRADIENT, Params, Call);
}

rnn_status rnn_tangent(rnn_plan *P, const void *Params,
                       const rnn_call *Call) noexcept {
  return packAndRun(P, RNN_TANGENT, Params, Call);
}

rnn_status rnn_gauss_newton(rnn_plan *P, const void *Params,
                            const rnn_call *Call) noexcept {
  return packAndRun(P, RNN_GAUSS_NEWTON, Params, Call);
}

rnn_status rnn_encode(rnn_plan *P, const rnn_call *Call) noexcept {
  return runPacked(P, RNN_ENCODE, Call);
}

rnn_status rnn_reset(const rnn_model *Model, const void *Params, void *State,
                     int64_t Batch) noexcept {
  if (!Model)
    return fail(RNN_ERROR_ARGUMENT, "expected a model, got a null pointer");
  if (Batch < 1)
    return fail(RNN_ERROR_ARGUMENT, "expected a batch of 1 or more, got %lld",
                static_cast<long long>(Batch));
  if (!Model->reset)
    return RNN_OK; // A model without states has nothing to fill.
  if (!Params || !State)
    return fail(RNN_ERROR_ARGUMENT,
                "expected parameters and states, got a null pointer");
  char *Record = static_cast<char *>(State);
  clearError();
  for (int64_t Sequence = 0; Sequence < Batch; ++Sequence)
    if (const int32_t Status =
            Model->reset(Params, Record + Sequence * Model->state_bytes))
      return settle(Status);
  return RNN_OK;
}
