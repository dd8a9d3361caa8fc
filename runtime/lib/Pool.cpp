//===- Pool.cpp - Threads of a plan ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A worker that waits for a task first looks for it all the time, since calls
// follow one another; then lets others have the processor; then sleeps until it
// is woken, so that an idle plan costs nothing.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Pool.h"

#include "runtime/lib/Barrier.h"
#include "runtime/lib/Error.h"
#include "runtime/lib/Guards.h"

#include <csignal>
#ifdef __linux__
#include <sched.h>
#endif

using namespace rnn;

/// Pauses and yields before a worker sleeps, some 50 microseconds each.
static constexpr int Pauses = 2000, Yields = 100;

/// Signals are for the application's own threads.
static std::thread startQuietly(Pool *Of, void (*Run)(Pool *, int32_t),
                                int32_t Thread) {
  sigset_t All, Before;
  sigfillset(&All);
  pthread_sigmask(SIG_SETMASK, &All, &Before);
  struct Restore {
    const sigset_t &Mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &Mask, nullptr); }
  } const Restore{Before};
  return std::thread(Run, Of, Thread);
}

Pool::Pool(int32_t Threads, rnn_parallel Parallel, void *Context)
    : Threads(Threads), Parallel(Parallel), Context(Context) {
  if (Parallel)
    return;
  Workers.reserve(Threads - 1);
  Running.store(Threads - 1, std::memory_order_relaxed);
  try {
    for (int32_t Thread = 1; Thread < Threads; ++Thread)
      Workers.push_back(startQuietly(
          this, [](Pool *Of, int32_t Which) { Of->serve(Which); }, Thread));
  } catch (const std::exception &E) {
    stop();
    throw Error(RNN_ERROR_MEMORY, "could not start " + std::to_string(Threads) +
                                      " threads: " + E.what());
  }
  awaitWorkers();
}

Pool::~Pool() { stop(); }

void Pool::stop() noexcept {
  Ends = true;
  Generation.fetch_add(1, std::memory_order_release);
  Generation.notify_all();
  for (std::thread &Worker : Workers)
    Worker.join();
}

#ifdef __linux__
static int currentCore() { return sched_getcpu(); }

/// Moves the calling thread off a core. Kernels like to wake a thread where the
/// one that wakes it runs; as that one goes on working, they would take turns
/// for milliseconds until a balancer looks.
static void leaveCore(int Busy) {
  cpu_set_t Allowed;
  if (sched_getcpu() != Busy ||
      sched_getaffinity(0, sizeof(Allowed), &Allowed) != 0)
    return;
  cpu_set_t Others = Allowed, Now;
  CPU_CLR(Busy, &Others);
  if (sched_setaffinity(0, sizeof(Others), &Others) != 0)
    return;
  // Whoever has moved the thread elsewhere in between has the last word.
  if (sched_getaffinity(0, sizeof(Now), &Now) == 0 && CPU_EQUAL(&Now, &Others))
    sched_setaffinity(0, sizeof(Allowed), &Allowed);
}
#else
static int currentCore() { return -1; }
static void leaveCore(int) {}
#endif

/// Waits until the generation is no longer `Seen`.
static void awaitTask(const std::atomic<uint32_t> &Generation, uint32_t Seen) {
  const auto IsThere = [&] {
    return Generation.load(std::memory_order_acquire) != Seen;
  };
  for (int Turn = 0; Turn < Pauses; ++Turn) {
    if (IsThere())
      return;
    relax();
  }
  for (int Turn = 0; Turn < Yields; ++Turn) {
    if (IsThere())
      return;
    std::this_thread::yield();
  }
  Generation.wait(Seen, std::memory_order_acquire);
}

void Pool::serve(int32_t Thread) noexcept {
  // OpenMP allocates what it keeps of a thread that sets something: here, once.
  const SingleThread Guard;
  Running.fetch_sub(1, std::memory_order_release);
  for (uint32_t Seen = 0;; ++Seen) {
    awaitTask(Generation, Seen);
    if (Ends)
      return;
    Awake.fetch_add(1, std::memory_order_relaxed);
    leaveCore(Caller);
    Do(Argument, Thread);
    Running.fetch_sub(1, std::memory_order_release);
  }
}

void Pool::run(Task Given, void *With) noexcept {
  if (Threads == 1)
    return Given(With, 0);
  if (Parallel)
    return Parallel(Context, Threads, Given, With);
  Do = Given;
  Argument = With;
  Caller = currentCore();
  Awake.store(0, std::memory_order_relaxed);
  Running.store(Threads - 1, std::memory_order_relaxed);
  Generation.fetch_add(1, std::memory_order_release);
  Generation.notify_all();
  // Lets a worker that was woken on this core leave it.
  for (int Turn = 0; Turn < Yields && Awake.load() < Threads - 1; ++Turn)
    std::this_thread::yield();
  Given(With, 0);
  awaitWorkers();
}

void Pool::awaitWorkers() const noexcept {
  spinUntil([&] { return Running.load(std::memory_order_acquire) == 0; });
}
