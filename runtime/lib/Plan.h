//===- Plan.h - A plan from the inside --------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The runtime's own part of a plan, behind the part that compiled code reads.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_PLAN_H
#define RNNC_RUNTIME_LIB_PLAN_H

#include "runtime/lib/Buffer.h"
#include "runtime/lib/OneDNN.h"
#include "runtime/lib/Team.h"

#include "rnn/rnn.h"

#include <memory>
#include <vector>

namespace rnn {

struct Plan : rnn_plan {
  const rnn_model *Model = nullptr;
  /// The functions that the plan serves, as bits 1 << RNN_FORWARD and so on.
  uint32_t Functions = 0;
  /// One arena serves all functions: only one runs at a time.
  Buffer Arena;
  Buffer Packed[RNN_FUNCTIONS];
  std::vector<uint8_t> Library[RNN_FUNCTIONS];
  /// Takes metrics that the caller does not want.
  std::vector<double> Metrics;
  /// What P.ragged points into while a call with lengths runs.
  Buffer FirstRun[RNN_MAX_AXES], Runs[RNN_MAX_AXES];
  /// Take numbers that the caller does not want.
  double Loss = 0, LossTangent = 0;
  std::unique_ptr<OneDNN> Gemm;
  /// Of the team that the plan is a member of; null for one thread.
  Barrier *Together = nullptr;
};

inline const char *functionName(int Function) {
  static const char *const Names[] = {"forward", "loss",         "gradient",
                                      "tangent", "gauss_newton", "encode"};
  return Names[Function];
}

/// What a model without a function would have to have, to follow the message.
inline const char *missingReason(int Function) {
  switch (Function) {
  case RNN_LOSS:
  case RNN_GRADIENT:
    return ": it declares no loss";
  case RNN_TANGENT:
  case RNN_GAUSS_NEWTON:
    return ": it was compiled without it (rnnc --functions)";
  case RNN_ENCODE:
    return ": it has no stream that needs it";
  default:
    return "";
  }
}

inline size_t elementSize(const rnn_model &Model) {
  return Model.element_type == RNN_F64 ? sizeof(double) : sizeof(float);
}

/// Checks that the runtime understands a descriptor; throws Error.
void checkModel(const rnn_model *Model);

/// The functions that compiled code may call.
extern const rnn_table Table;

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_PLAN_H
