//===- Barrier.h - Threads that wait for one another ------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How the threads of a team wait for one another, between steps of some
// microseconds. Nothing here allocates or enters the kernel.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_BARRIER_H
#define RNNC_RUNTIME_LIB_BARRIER_H

#include <atomic>
#include <cstdint>
#include <thread>

namespace rnn {

/// Tells the processor that this thread only waits.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Waits until Condition() holds: with pauses at first, then giving the
/// processor to whoever else wants it.
template <typename Predicate> void spinUntil(Predicate &&Condition) noexcept {
  constexpr int Pauses = 4096; // some 100 microseconds
  for (int Turn = 0; !Condition(); ++Turn) {
    if (Turn < Pauses)
      relax();
    else
      std::this_thread::yield();
  }
}

/// A barrier whose phases alternate by counting (Hensgen, Finkel & Manber 1988
/// call the idea sense reversal): the last to arrive opens the next phase.
class Barrier {
public:
  /// Returns when `Threads` threads have called it; all give the same number.
  void wait(int32_t Threads) noexcept {
    const uint32_t Mine = Phase.load(std::memory_order_relaxed);
    if (Arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == Threads) {
      Arrived.store(0, std::memory_order_relaxed);
      Phase.store(Mine + 1, std::memory_order_release);
      return;
    }
    spinUntil([&] { return Phase.load(std::memory_order_acquire) != Mine; });
  }

private:
  // Apart, so that those who wait do not disturb those who arrive.
  alignas(64) std::atomic<int32_t> Arrived{0};
  alignas(64) std::atomic<uint32_t> Phase{0};
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_BARRIER_H
