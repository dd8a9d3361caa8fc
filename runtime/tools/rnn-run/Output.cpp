//===- Output.cpp - What training shows and logs --------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Printing.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Output.h"

#include "runtime/lib/Error.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

Display::Display() : IsTerminal(isatty(STDERR_FILENO) != 0) {}

Display::~Display() {
  if (IsOpen)
    std::fputc('\n', stderr);
}

void Display::progress(const Report &At) {
  const std::string Line = progressLine(At);
  std::fputs((IsTerminal ? "\r\033[K" + Line : Line + "\n").c_str(), stderr);
  std::fflush(stderr);
  IsOpen = IsTerminal;
}

void Display::line(const std::string &Text) {
  fmt::print(stderr, "{}{}\n", IsOpen ? "\n" : "", Text);
  IsOpen = false;
}

Log::Log(const std::string &Path, bool Append) : Path(Path) {
  if (Path.empty())
    return;
  File = std::fopen(Path.c_str(), Append ? "a" : "w");
  if (!File)
    error("open");
}

Log::~Log() {
  if (File)
    std::fclose(File);
}

static std::string metricsText(const rnn_model &Model, const char *Prefix,
                               const std::vector<double> &Metrics) {
  std::string Text;
  for (size_t I = 0; I < Metrics.size(); ++I)
    Text += fmt::format(",\"{}{}\":{}", Prefix, Model.metrics[I], Metrics[I]);
  return Text;
}

/// What a step of Hessian-free optimisation did and cost.
static std::string secondOrderText(const Trainer &Of) {
  if (!Of.Second)
    return "";
  const HessianFree::Result &Last = Of.secondOrder();
  return fmt::format(",\"after\":{},\"damping\":{},\"ratio\":{},\"rate\":{},"
                     "\"iterations\":{},\"products\":{},\"losses\":{}",
                     Last.After, Of.Second->damping(), Last.Ratio, Last.Rate,
                     Last.Iterations, Last.Products, Last.Losses);
}

void Log::step(const Trainer &Of) {
  if (!File)
    return;
  const Progress &At = Of.Now;
  put(fmt::format(
      "{{\"step\":{},\"epoch\":{},\"loss\":{},\"smoothed\":{}{}{}}}\n",
      At.Steps, At.Epochs, At.Loss, At.Smoothed,
      metricsText(Of.model(), "", Of.metrics()), secondOrderText(Of)));
}

void Log::valid(const Trainer &Of, const Evaluation &Result) {
  if (!File)
    return;
  put(fmt::format("{{\"step\":{},\"valid_loss\":{}{}}}\n", Of.Now.Steps,
                  Result.Loss,
                  metricsText(Of.model(), "valid_", Result.Metrics)));
  flush();
}

void Log::flush() {
  if (File && std::fflush(File) != 0)
    error("write");
}

void Log::put(const std::string &Line) {
  if (std::fputs(Line.c_str(), File) == EOF)
    error("write");
}

void Log::error(const char *What) const {
  throw Error(RNN_ERROR_FILE, fmt::format("{}: could not {}: {}", Path, What,
                                          std::strerror(errno)));
}

std::string run::evaluationText(const std::string &What, const rnn_model &Model,
                                const Evaluation &Result) {
  std::string Text = fmt::format("{} loss {:.4f}", What, Result.Loss);
  for (size_t I = 0; I < Result.Metrics.size(); ++I)
    Text += fmt::format("  {} {:.4f}", Model.metrics[I], Result.Metrics[I]);
  return Text;
}
