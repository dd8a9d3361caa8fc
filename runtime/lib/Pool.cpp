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

#include <csignal>

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
  try {
    for (int32_t Thread = 1; Thread < Threads; ++Thread)
      Workers.push_back(startQuietly(
          this, [](Pool *Of, int32_t Which) { Of->serve(Which); }, Thread));
  } catch (const std::exception &E) {
    stop();
    throw Error(RNN_ERROR_MEMORY, "could not start " + std::to_string(Threads) +
                                      " threads: " + E.what());
  }
}

Pool::~Pool() { stop(); }

void Pool::stop() noexcept {
  Ends = true;
  Generation.fetch_add(1, std::memory_order_release);
  Generation.notify_all();
  for (std::thread &Worker : Workers)
    Worker.join();
}

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
  for (uint32_t Seen = 0;; ++Seen) {
    awaitTask(Generation, Seen);
    if (Ends)
      return;
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
  Running.store(Threads - 1, std::memory_order_relaxed);
  Generation.fetch_add(1, std::memory_order_release);
  Generation.notify_all();
  Given(With, 0);
  spinUntil([&] { return Running.load(std::memory_order_acquire) == 0; });
}
