//===- Together.cpp - Threads that start at once --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The barrier has a flag a thread: with two, one cache line goes each way at
// the same time, and no barrier can do with less.
//===----------------------------------------------------------------------===//
#include "benchmarks/Together.h"

#include "benchmarks/Clock.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <pthread.h>
#include <sched.h>
#include <thread>
#include <vector>

using namespace bench;

namespace {

class Barrier {
public:
  explicit Barrier(int Threads)
      : Threads(Threads), Flags(std::make_unique<Flag[]>(Threads)) {}

  void wait(int Thread) {
    std::atomic<int64_t> &Own = Flags[Thread].Count;
    const int64_t Phase = Own.load(std::memory_order_relaxed) + 1;
    Own.store(Phase, std::memory_order_release);
    for (int Other = 0; Other < Threads; ++Other)
      for (int Turn = 0;
           Flags[Other].Count.load(std::memory_order_acquire) < Phase; ++Turn)
        if (Turn > 10000) // more threads than cores
          std::this_thread::yield();
  }

private:
  struct alignas(64) Flag {
    std::atomic<int64_t> Count{0};
  };
  int Threads;
  std::unique_ptr<Flag[]> Flags;
};

} // namespace

/// Keeps the calling thread on one of the cores that `Allowed` has: the kernel
/// may start a thread where another one runs.
static void stayOnCore(const cpu_set_t &Allowed, int Thread) {
  int Left = Thread % CPU_COUNT(&Allowed);
  for (int Core = 0; Core < CPU_SETSIZE; ++Core) {
    if (!CPU_ISSET(Core, &Allowed) || Left-- > 0)
      continue;
    cpu_set_t One;
    CPU_ZERO(&One);
    CPU_SET(Core, &One);
    pthread_setaffinity_np(pthread_self(), sizeof(One), &One);
    return;
  }
}

/// Of a call that took so long, as many as fill the time.
static int64_t callsIn(double Seconds, double Call) {
  return std::max<int64_t>(static_cast<int64_t>(Seconds / Call), 1);
}

static double secondsOfCallAlone(double Seconds,
                                 const std::function<void(int Thread)> &Body) {
  const double Begun = seconds();
  Body(0);
  const double Start = seconds();
  const int64_t Calls = callsIn(Seconds, Start - Begun);
  for (int64_t Call = 0; Call < Calls; ++Call)
    Body(0);
  return (seconds() - Start) / static_cast<double>(Calls);
}

double bench::secondsOfCall(int Threads, double Seconds,
                            const std::function<void(int Thread)> &Body) {
  if (Threads == 1)
    return secondsOfCallAlone(Seconds, Body);
  cpu_set_t Allowed;
  sched_getaffinity(0, sizeof(Allowed), &Allowed);
  Barrier Together(Threads);
  std::atomic<int64_t> Calls = 1;
  double Taken = 0;
  const auto Work = [&](int Thread) {
    stayOnCore(Allowed, Thread);
    Together.wait(Thread);
    const double Begun = seconds(Time::Wall);
    Body(Thread);
    if (Thread == 0)
      Calls = callsIn(Seconds, seconds(Time::Wall) - Begun);
    Together.wait(Thread);
    const double Start = seconds(Time::Wall);
    for (int64_t Call = 0; Call < Calls; ++Call)
      Body(Thread);
    Together.wait(Thread);
    if (Thread == 0)
      Taken = seconds(Time::Wall) - Start;
  };
  std::vector<std::jthread> Team;
  Team.reserve(Threads);
  for (int Thread = 0; Thread < Threads; ++Thread)
    Team.emplace_back(Work, Thread);
  Team.clear(); // Waits for them.
  return Taken / static_cast<double>(Calls);
}

double bench::measureBarrier(int Threads, double Seconds) {
  constexpr int Times = 100;
  Barrier Measured(Threads);
  return 1e6 / Times * secondsOfCall(Threads, Seconds, [&](int Thread) {
           for (int Time = 0; Time < Times; ++Time)
             Measured.wait(Thread);
         });
}
