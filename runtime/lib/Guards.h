//===- Guards.h - What must hold while oneDNN runs --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Objects that set the calling thread up for oneDNN while they live.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_GUARDS_H
#define RNNC_RUNTIME_LIB_GUARDS_H

#include <csignal>

namespace rnn {

/// Keeps oneDNN on the calling thread while it lives: the number of OpenMP
/// threads, which every thread has of its own, is 1 and is restored after. A
/// oneDNN without OpenMP has nothing to set.
class SingleThread {
public:
  SingleThread() noexcept;
  ~SingleThread();
  SingleThread(const SingleThread &) = delete;
  SingleThread &operator=(const SingleThread &) = delete;

private:
  int Before;
};

/// While it lives, signals to this thread wait, save for those that the thread
/// itself raises by a fault.
class NoSignals {
public:
  explicit NoSignals(bool Needed = true) noexcept;
  ~NoSignals();
  NoSignals(const NoSignals &) = delete;
  NoSignals &operator=(const NoSignals &) = delete;

private:
  bool Needed;
  sigset_t Before;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_GUARDS_H
