//===- CommandLine.h - The options of rnn-run -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Commands and groups of options, and those options that several commands have.
// Everything is a local static of its function: options are registered while
// the program starts, in no order that files could rely on.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDLINE_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDLINE_H

#include "runtime/tools/rnn-run/LoadedModel.h"

#include "llvm/ADT/Twine.h"
#include "llvm/Support/CommandLine.h"

#include <optional>
#include <string>

namespace rnn::run {

llvm::cl::SubCommand &infoCommand();
llvm::cl::SubCommand &initCommand();
llvm::cl::SubCommand &evalCommand();
llvm::cl::SubCommand &gradCommand();
llvm::cl::SubCommand &trainCommand();
llvm::cl::SubCommand &sampleCommand();
llvm::cl::SubCommand &ridgeCommand();

llvm::cl::OptionCategory &modelGroup();
llvm::cl::OptionCategory &fileGroup();
llvm::cl::OptionCategory &budgetGroup();
llvm::cl::OptionCategory &learningGroup();
llvm::cl::OptionCategory &sampleGroup();

/// What is left of the command line once the model is read off it.
struct CommonOptions {
  ModelSource Source;
  bool HasElementType = false;
  std::string Params, Data, Output;
  std::optional<int64_t> Batch;
  std::optional<uint64_t> Seed;

  uint64_t seed() const { return Seed.value_or(42); }
};

/// Prints an error; gives the exit status.
int usageError(const llvm::Twine &Text);

/// Nothing if it was not given.
template <typename Value> std::optional<Value> given(llvm::cl::opt<Value> &Of) {
  if (Of.getNumOccurrences() == 0)
    return std::nullopt;
  return Of.getValue();
}

// Each reads its own options and runs its command.
int runTrain(const CommonOptions &Common);
int runSample(const CommonOptions &Common);
int runRidge(const CommonOptions &Common);

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_COMMANDLINE_H
