//===- Team.h - Threads that work together ----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// All threads of a plan run one function on the whole batch, and each does its
// share of every step, or its stages of every chunk of time. They have the
// plan's memory and, each, a copy of what compiled code reads of it, with a
// position in the team.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_TEAM_H
#define RNNC_RUNTIME_LIB_TEAM_H

#include "runtime/lib/Barrier.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Pool.h"

#include <memory>
#include <vector>

namespace rnn {

class Team {
public:
  /// As many members as threads. Throws Error or std::bad_alloc.
  Team(const rnn_model &Model, const rnn_plan_options &Options,
       const Plan &Leader, int32_t Threads);

  /// Packs for a function of the leader, each thread a part; gives the first
  /// failure.
  rnn_status pack(Pool &On, const Plan &Leader, int Function,
                  const void *Params) noexcept;
  /// Runs a function of the leader, whose ragged axes have been set, on all
  /// threads; gives the first failure.
  rnn_status run(Pool &On, const Plan &Leader, int Function,
                 const rnn_call &Call) noexcept;

private:
  template <typename Body>
  rnn_status runAll(Pool &On, const Plan &Leader, Body &&Do) noexcept;
  void takeStageMemory(int32_t Thread, int Function) noexcept;

  std::vector<std::unique_ptr<Plan>> Members;
  /// What stages have for themselves, of all members but the first, who has the
  /// leader's.
  std::vector<Buffer> StageMemory;
  std::vector<int32_t> Statuses;
  Barrier Together;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_TEAM_H
