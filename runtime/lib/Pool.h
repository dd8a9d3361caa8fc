//===- Pool.h - Threads of a plan -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Runs a task on all threads of a plan at once: on threads of its own, which
// wait for calls, or on the caller's. Nothing here allocates but construction.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_POOL_H
#define RNNC_RUNTIME_LIB_POOL_H

#include "rnn/rnn.h"

#include <atomic>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <vector>

namespace rnn {

class Pool {
public:
  using Task = void (*)(void *Argument, int32_t Thread);

  /// Of `Threads` threads with the one that calls. `Parallel` is the caller's
  /// way to run tasks; null starts Threads - 1 threads. Throws Error.
  Pool(int32_t Threads, rnn_parallel Parallel, void *Context);
  ~Pool();
  Pool(const Pool &) = delete;
  Pool &operator=(const Pool &) = delete;

  int32_t size() const { return Threads; }

  /// Runs Do(Argument, i) for i = 0 to size() - 1 at the same time, 0 on the
  /// calling thread unless the threads are the caller's.
  void run(Task Do, void *Argument) noexcept;
  /// Runs Do(i) likewise.
  template <typename Body> void run(Body &&Do) noexcept {
    using Plain = std::remove_reference_t<Body>;
    run([](void *Argument,
           int32_t Thread) { (*static_cast<Plain *>(Argument))(Thread); },
        const_cast<std::remove_const_t<Plain> *>(&Do));
  }

private:
  void serve(int32_t Thread) noexcept;
  void stop() noexcept;
  void awaitWorkers() const noexcept;

  const int32_t Threads;
  const rnn_parallel Parallel;
  void *const Context;
  std::vector<std::thread> Workers;
  Task Do = nullptr;
  void *Argument = nullptr;
  bool Ends = false;
  /// Of tasks; those who wait for the next one look at it.
  alignas(64) std::atomic<uint32_t> Generation{0};
  /// Workers that have not finished the task, or have yet to start.
  alignas(64) std::atomic<int32_t> Running{0};
  /// Workers that have seen the task.
  std::atomic<int32_t> Awake{0};
  /// The core of the thread that calls, -1 where that is not known.
  int Caller = -1;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_POOL_H
