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
#include "runtime/lib/Plan.h"

#include <algorithm>

using namespace rnn;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static int32_t tablePack(rnn_plan *P, int32_t Function, int32_t Site,
                         const void *W, int64_t LdN, int64_t LdK) {
  return static_cast<Plan *>(P)->Gemm->pack(
      Function, Site, static_cast<const float *>(W), LdN, LdK);
}

static int32_t tableGemm(rnn_plan *P, int32_t Function, int32_t Site,
                         int64_t Rows, const void *A, int64_t LdA, void *C,
                         int64_t LdC, int32_t Accumulate) {
  return static_cast<Plan *>(P)->Gemm->gemm(
      Function, Site, Rows, static_cast<const float *>(A), LdA,
      static_cast<float *>(C), LdC, Accumulate != 0);
}

static int32_t tableGemmTN(rnn_plan *, int64_t N, int64_t K, int64_t Rows,
                           const void *A, int64_t LdA, const void *B,
                           int64_t LdB, void *C, int64_t LdC,
                           int32_t Accumulate) {
  return OneDNN::gemmTN(N, K, Rows, static_cast<const float *>(A), LdA,
                        static_cast<const float *>(B), LdB,
                        static_cast<float *>(C), LdC, Accumulate != 0);
}

const rnn_table rnn::Table = {sizeof(rnn_table), tablePack, tableGemm,
                              tableGemmTN};

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

/// Elements of a tensor in this call.
static int64_t elements(const rnn_tensor &Tensor, const rnn_call &Call) {
  const int64_t Steps = Tensor.axis >= 0 ? Call.axes[Tensor.axis] : 1;
  return Steps * Call.batch * static_cast<int64_t>(Tensor.size);
}

static rnn_status checkTokens(const char *Kind, const rnn_tensor &Tensor,
                              const rnn_call &Call, const int32_t *Tokens) {
  const int64_t Count = elements(Tensor, Call);
  const auto Bound = static_cast<uint32_t>(Tensor.vocabulary);
  uint32_t Largest = 0; // A negative id is a large one.
  for (int64_t Index = 0; Index < Count; ++Index)
    Largest = std::max(Largest, static_cast<uint32_t>(Tokens[Index]));
  if (Largest < Bound)
    return RNN_OK;
  int64_t Index = 0;
  while (static_cast<uint32_t>(Tokens[Index]) < Bound)
    ++Index;
  const int64_t Row = Index / static_cast<int64_t>(Tensor.size);
  return fail(RNN_ERROR_TOKEN,
              "%s '%s': expected a token of 0 to %d, got %d at step %lld of "
              "sequence %lld",
              Kind, Tensor.name, Tensor.vocabulary - 1, Tokens[Index],
              static_cast<long long>(Row / Call.batch),
              static_cast<long long>(Row % Call.batch));
}

static rnn_status checkTensors(const char *Kind, const rnn_tensor *Tensors,
                               uint64_t Count, const void *const *Data,
                               const rnn_call &Call) {
  if (Count > 0 && !Data)
    return fail(RNN_ERROR_ARGUMENT, "expected %llu %ss, got a null pointer",
                static_cast<unsigned long long>(Count), Kind);
  for (uint64_t Index = 0; Index < Count; ++Index) {
    const rnn_tensor &Tensor = Tensors[Index];
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
  const bool HasLoss = Function == RNN_LOSS || Function == RNN_GRADIENT;
  const bool HasDirection =
      Function == RNN_TANGENT || Function == RNN_GAUSS_NEWTON;
  const bool HasGradient =
      Function == RNN_GRADIENT || Function == RNN_GAUSS_NEWTON;
  if (HasLoss && !Call.loss)
    return fail(RNN_ERROR_ARGUMENT,
                "expected a place for the loss, got a null pointer");
  if (HasGradient && !Call.gradient)
    return fail(RNN_ERROR_ARGUMENT,
                "expected a place for the gradient, got a null pointer");
  if (HasDirection && !Call.direction)
    return fail(RNN_ERROR_ARGUMENT, "expected a direction, got a null pointer");
  if (Function == RNN_ENCODE && !Call.stream_state)
    return fail(RNN_ERROR_ARGUMENT,
                "expected a place for the stream's records, got a null "
                "pointer");
  return RNN_OK;
}

static rnn_status checkCall(const Plan &P, int Function, const rnn_call *Call) {
  const rnn_model &Model = *P.Model;
  if (!Call)
    return fail(RNN_ERROR_ARGUMENT, "expected a call, got a null pointer");
  if (Call->struct_size < sizeof(rnn_call))
    return fail(RNN_ERROR_VERSION, "rnn_call: expected %zu bytes, got %u",
                sizeof(rnn_call), Call->struct_size);
  if (Call->lengths)
    return fail(RNN_ERROR_UNSUPPORTED,
                "expected no lengths: this version has none");
  rnn_status Status = checkSizes(P, *Call);
  if (Status == RNN_OK)
    Status = checkResults(Function, *Call);
  if (Status == RNN_OK)
    Status = checkTensors("input", Model.inputs, Model.input_count,
                          Call->inputs, *Call);
  const bool NeedsTargets = Function != RNN_FORWARD && Function != RNN_ENCODE;
  if (Status == RNN_OK && NeedsTargets)
    Status = checkTensors("target", Model.targets, Model.target_count,
                          Call->targets, *Call);
  return Status;
}

//===----------------------------------------------------------------------===//
// Entry points
//===----------------------------------------------------------------------===//

static rnn_status packFunction(Plan &P, int Function, const void *Params) {
  rnn_frame &Frame = P.frames[Function];
  Frame.is_packed = 0;
  clearError();
  const rnn_status Status =
      settle(P.Model->functions[Function]->pack(&P, Params));
  Frame.is_packed = Status == RNN_OK;
  return Status;
}

static rnn_status run(Plan &P, int Function, const rnn_call &Call) {
  rnn_call Patched = Call;
  if (!Patched.metrics)
    Patched.metrics = P.Metrics.data();
  if (!Patched.loss)
    Patched.loss = &P.Loss;
  if (!Patched.loss_tangent)
    Patched.loss_tangent = &P.LossTangent;
  for (uint64_t Axis = 0; Axis < P.Model->axis_count; ++Axis)
    P.ragged[Axis] = {Call.axes[Axis], Call.axes[Axis] * Call.batch, nullptr,
                      nullptr, nullptr};
  clearError();
  return settle(P.Model->functions[Function]->run(&P, &Patched));
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
  const SingleThread Guard;
  return run(*P, Function, *Call);
}

rnn_status rnn_plan_pack(rnn_plan *Made, const void *Params) noexcept {
  Plan *P = static_cast<Plan *>(Made);
  if (!P)
    return fail(RNN_ERROR_ARGUMENT, "expected a plan, got a null pointer");
  if (!Params)
    return fail(RNN_ERROR_ARGUMENT, "expected parameters, got a null pointer");
  const SingleThread Guard;
  for (const int Function : {RNN_FORWARD, RNN_LOSS, RNN_ENCODE}) {
    if (!(P->Functions >> Function & 1))
      continue;
    const rnn_status Status = packFunction(*P, Function, Params);
    if (Status != RNN_OK)
      return Status;
  }
  return RNN_OK;
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
  const SingleThread Guard;
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
