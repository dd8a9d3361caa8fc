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
#include <limits>
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

static double fastestRunAlone(int Runs, const std::function<void()> &Body) {
  double Best = std::numeric_limits<double>::infinity();
  for (int Run = 0; Run < Runs; ++Run) {
    const double Start = seconds();
    Body();
    Best = std::min(Best, seconds() - Start);
  }
  return Best;
}

double bench::fastestRun(
    int Threads, int Runs,
    const std::function<std::function<void()>(int Thread)> &Prepare) {
  if (Threads == 1)
    return fastestRunAlone(Runs, Prepare(0));
  cpu_set_t Allowed;
  sched_getaffinity(0, sizeof(Allowed), &Allowed);
  Barrier Together(Threads);
  double Best = std::numeric_limits<double>::infinity();
  const auto Work = [&](int Thread) {
    stayOnCore(Allowed, Thread);
    const std::function<void()> Body = Prepare(Thread);
    for (int Run = 0; Run < Runs; ++Run) {
      Together.wait(Thread);
      const double Start = seconds(Time::Wall);
      Body();
      Together.wait(Thread);
      if (Thread == 0)
        Best = std::min(Best, seconds(Time::Wall) - Start);
    }
  };
  std::vector<std::jthread> Team;
  Team.reserve(Threads);
  for (int Thread = 0; Thread < Threads; ++Thread)
    Team.emplace_back(Work, Thread);
  Team.clear(); // Waits for them.
  return Best;
}

double bench::measureBarrier(int Threads) {
  constexpr int Times = 2000;
  Barrier Measured(Threads);
  return 1e6 / Times * fastestRun(Threads, 20, [&](int Thread) {
           return [&Measured, Thread] {
             for (int Time = 0; Time < Times; ++Time)
               Measured.wait(Thread);
           };
         });
}
