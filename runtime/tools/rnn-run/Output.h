//===- Output.h - What training shows and logs ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A line of progress for people, lines of JSON for machines.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_OUTPUT_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_OUTPUT_H

#include "runtime/train/Loop.h"

#include <cstdio>
#include <string>

namespace rnn::run {

/// Progress on the error stream: one line over and over on a terminal, a line
/// now and then elsewhere.
class Display {
public:
  Display();
  ~Display();
  Display(const Display &) = delete;
  Display &operator=(const Display &) = delete;

  double interval() const { return IsTerminal ? 0.5 : 5; }
  void progress(const train::Report &At);
  void line(const std::string &Text);

private:
  bool IsTerminal;
  bool IsOpen = false; // a line without its end is on the terminal
};

/// One JSON object a line; numbers read back to the same bits.
class Log {
public:
  /// Writes nothing where the path is empty. Throws Error, as the others do.
  Log(const std::string &Path, bool Append);
  ~Log();
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;

  void step(const train::Trainer &Of);
  void valid(const train::Trainer &Of, const train::Evaluation &Result);
  /// Writes out what is waiting to be written.
  void flush();

private:
  void put(const std::string &Line);
  [[noreturn]] void error(const char *What) const;

  std::string Path;
  std::FILE *File = nullptr;
};

/// "validation loss 0.1234  accuracy 0.9876".
std::string evaluationText(const std::string &What, const rnn_model &Model,
                           const train::Evaluation &Result);

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_OUTPUT_H
