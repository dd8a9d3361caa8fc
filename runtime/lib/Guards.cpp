//===- Guards.cpp - What must hold while oneDNN runs ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One thread, by OpenMP's own controls; and no signals, by the thread's mask.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Guards.h"

#include <dlfcn.h>
#include <initializer_list>

using namespace rnn;

namespace {
/// OpenMP's controls, from whichever OpenMP library the process has loaded
/// with oneDNN; null where oneDNN was built without OpenMP.
struct OpenMP {
  int (*MaxThreads)(void) = reinterpret_cast<int (*)(void)>(
      dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
  void (*SetThreads)(int) = reinterpret_cast<void (*)(int)>(
      dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
};
} // namespace

static const OpenMP &openMP() {
  static const OpenMP Controls;
  return Controls;
}

SingleThread::SingleThread() noexcept : Before(0) {
  const OpenMP &Controls = openMP();
  if (!Controls.MaxThreads || !Controls.SetThreads)
    return;
  Before = Controls.MaxThreads();
  if (Before != 1)
    Controls.SetThreads(1);
}

SingleThread::~SingleThread() {
  if (Before > 1)
    openMP().SetThreads(Before);
}

static const sigset_t &waiting() noexcept {
  static const sigset_t Signals = [] {
    sigset_t All;
    sigfillset(&All);
    for (const int Fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT})
      sigdelset(&All, Fault);
    return All;
  }();
  return Signals;
}

NoSignals::NoSignals(bool Needed) noexcept : Needed(Needed) {
  if (Needed)
    pthread_sigmask(SIG_BLOCK, &waiting(), &Before);
}

NoSignals::~NoSignals() {
  if (Needed)
    pthread_sigmask(SIG_SETMASK, &Before, nullptr);
}
