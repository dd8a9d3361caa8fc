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

using namespace rnn;

Team::Team(const rnn_model &Model, const rnn_plan_options &Options,
           const Plan &Leader, int32_t Threads)
    : Statuses(Threads) {
  for (int32_t Thread = 0; Thread < Threads; ++Thread) {
    Members.push_back(makeMember(Model, Options, Leader));
    Members.back()->Together = &Together;
  }
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
    return Leader.Model->functions[Function]->run(&Mine, &Call);
  });
}
