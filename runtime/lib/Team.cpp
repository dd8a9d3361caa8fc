//===- Team.cpp - Threads that work together ------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Members, brought up to date for each call.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Team.h"

#include "runtime/lib/Guards.h"

#include <algorithm>

using namespace rnn;

template <typename Visit>
static void forEachStageClass(const rnn_model &Model, Visit &&Of) {
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    Of(RNN_CLASS_STAGE(Axis));
  Of(RNN_CLASS_STAGE_BATCH);
}

/// Bytes of what the stages of one member have for themselves.
static uint64_t stageBytes(const Plan &P, int Function) {
  uint64_t Bytes = 0;
  forEachStageClass(
      *P.Model, [&](int Class) { Bytes += classBytes(P, Function, Class); });
  return Bytes;
}

Team::Team(const rnn_model &Model, const rnn_plan_options &Options,
           const Plan &Leader, int32_t Threads)
    : Statuses(Threads) {
  uint64_t Bytes = 0;
  for (int Function = 0; Function < RNN_FUNCTIONS; ++Function)
    if (Leader.Waved >> Function & 1)
      Bytes = std::max(Bytes, stageBytes(Leader, Function));
  for (int32_t Thread = 0; Thread < Threads; ++Thread) {
    Members.push_back(makeMember(Model, Options, Leader));
    Members.back()->Together = &Together;
    StageMemory.emplace_back(Thread > 0 ? Bytes : 0);
  }
}

/// Lets a member's stages work in memory of their own.
void Team::takeStageMemory(int32_t Thread, int Function) noexcept {
  Plan &Mine = *Members[Thread];
  char *Next = StageMemory[Thread].data();
  forEachStageClass(*Mine.Model, [&](int Class) {
    Mine.frames[Function].arena[Class] = Next;
    Next += classBytes(Mine, Function, Class);
  });
}

/// Calls Do(member) on each member's thread.
template <typename Body>
rnn_status Team::runAll(Pool &On, const Plan &Leader, Body &&Do) noexcept {
  On.run([&](int32_t Thread) {
    const SingleThread Guard;
    Plan &Mine = *Members[Thread];
    static_cast<rnn_plan &>(Mine) = Leader;
    Mine.thread = Thread;
    Mine.threads = On.size();
    Statuses[Thread] = callCompiled(Mine, [&] { return Do(Mine); });
  });
  for (const int32_t Status : Statuses)
    if (Status != RNN_OK)
      return static_cast<rnn_status>(Status);
  return RNN_OK;
}

rnn_status Team::pack(Pool &On, const Plan &Leader, int Function,
                      const void *Params) noexcept {
  return runAll(On, Leader, [&](Plan &Mine) {
    return Leader.Model->functions[Function]->pack(&Mine, Params);
  });
}

rnn_status Team::run(Pool &On, const Plan &Leader, int Function,
                     const rnn_call &Call) noexcept {
  return runAll(On, Leader, [&](Plan &Mine) {
    if (Mine.thread > 0 && Leader.Waved >> Function & 1)
      takeStageMemory(Mine.thread, Function);
    return Leader.Model->functions[Function]->run(&Mine, &Call);
  });
}
