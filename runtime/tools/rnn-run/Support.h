//===- Support.h - What the commands share ----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Errors at the edge of a command, and sizes that travel in checkpoints.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_SUPPORT_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_SUPPORT_H

#include "runtime/lib/Error.h"
#include "runtime/tools/rnn-run/LoadedModel.h"

#include <cstdio>
#include <fmt/format.h>

namespace rnn::run {

/// Ends a command whose error has been printed.
struct Printed {};

/// Loads or compiles; throws Printed.
inline std::unique_ptr<LoadedModel> loadModel(const ModelSource &Source) {
  auto Loaded = LoadedModel::load(Source);
  if (!Loaded)
    throw Printed();
  return Loaded;
}

/// Runs a command's body, which returns the exit status, and prints what it
/// throws.
template <typename Body> int command(Body &&Run) noexcept {
  try {
    return Run();
  } catch (const Printed &) {
    return 1;
  } catch (const std::bad_alloc &) {
    std::fputs("rnn-run: error: out of memory\n", stderr);
  } catch (const std::exception &E) {
    std::fprintf(stderr, "rnn-run: error: %s\n", E.what());
  }
  return 1;
}

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_SUPPORT_H
