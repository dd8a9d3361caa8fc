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

#include "runtime/lib/Barrier.h"
#include "runtime/lib/Buffer.h"
#include "runtime/lib/OneDNN.h"

#include "rnn/rnn.h"

#include <memory>
#include <vector>

namespace rnn {

class Pool;
class Slices;
class Team;

struct Plan : rnn_plan {
  Plan();
  ~Plan();

  const rnn_model *Model = nullptr;
  /// The functions that the plan serves, as bits 1 << RNN_FORWARD and so on.
  uint32_t Functions = 0;
  /// Those of them that run on slices of the batch, with plans of their own.
  uint32_t Sliced = 0;
  /// Those that a team runs, and of these the ones whose layers its threads run
  /// one behind another.
  uint32_t Teamed = 0, Waved = 0;
  /// One arena serves all functions: only one runs at a time.
  Buffer Arena;
  Buffer Packed[RNN_FUNCTIONS];
  std::vector<uint8_t> Library[RNN_FUNCTIONS];
  std::vector<int32_t> Owners[RNN_FUNCTIONS];
  /// Takes metrics that the caller does not want.
  std::vector<double> Metrics;
  /// What P.ragged points into while a call with lengths runs.
  Buffer FirstRun[RNN_MAX_AXES], Runs[RNN_MAX_AXES];
  /// Take numbers that the caller does not want.
  double Loss = 0, LossTangent = 0;
  std::unique_ptr<OneDNN> Gemm;
  /// How the library failed since compiled code was called, which goes on.
  rnn_status Failure = RNN_OK;
  /// Of the team that the plan is a member of; null for one thread.
  Barrier *Together = nullptr;
  /// What several threads or slices take; null where the plan has neither.
  std::unique_ptr<Pool> Threads;
  std::unique_ptr<Slices> Cut;
  std::unique_ptr<Team> Members;
};

inline bool serves(const Plan &P, int Function) {
  return P.Functions >> Function & 1;
}

/// Calls compiled code: its status, or what the library told it.
template <typename Body> int32_t callCompiled(Plan &P, Body &&Code) noexcept {
  P.Failure = RNN_OK;
  const int32_t Status = Code();
  return Status != RNN_OK ? Status : P.Failure;
}

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

/// What part of which call a plan runs.
struct Extent {
  int64_t Batch = 0;                    ///< of the whole call
  int64_t First = 0;                    ///< sequence of the part in it
  int64_t ValidRows[RNN_MAX_AXES] = {}; ///< of the whole call
};

/// Of a plan that runs the whole call.
Extent extentOf(const rnn_model &Model, const rnn_call &Call) noexcept;

/// A plan without threads or slices for some of the functions; `Options` have
/// been checked. With a lender, which was made for the same sizes, it has that
/// one's packed weights. Throws Error or std::bad_alloc.
std::unique_ptr<Plan> makePart(const rnn_model &Model,
                               const rnn_plan_options &Options,
                               uint32_t Functions, const Plan *Lender);
/// What the functions of a member of a team need of their own: the rest is the
/// leader's.
std::unique_ptr<Plan> makeMember(const rnn_model &Model,
                                 const rnn_plan_options &Options,
                                 const Plan &Leader);

/// Says for the sites of all functions that a plan serves, and for their weight
/// gradients, whether oneDNN has them, and makes its primitives: with a
/// lender's packed weights if there is one. Throws Error or std::bad_alloc.
void makeSites(Plan &P, rnn_gemm Mode, const Plan *Lender);

/// Says which sites pack late (RNN_SITE_LATE) in a call. Slices share their
/// panels; with lengths a product is several, one of the steps that every
/// sequence has and one of each later step.
void chooseLateSites(Plan &P, int Function, const rnn_call &Call) noexcept;

/// Bytes of a class of a function's buffers, aligned.
uint64_t classBytes(const Plan &P, int Function, int Class);

/// Runs a function on the calling thread, or on a team's; the call has been
/// checked.
rnn_status runPart(Plan &P, int Function, const rnn_call &Call,
                   const Extent &Of) noexcept;

/// Checks that the runtime understands a descriptor; throws Error.
void checkModel(const rnn_model *Model);
/// Checks that this machine has what the code was compiled for; throws Error.
void checkFeatures(const rnn_model &Model);

/// The functions that compiled code may call.
extern const rnn_table Table;

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_PLAN_H
