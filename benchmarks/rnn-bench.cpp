//===- rnn-bench.cpp - Compiled models beside their peers -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Measures one case; bench.py runs many and makes tables of them.
//===----------------------------------------------------------------------===//
#include "benchmarks/LayerBench.h"

#include <exception>
#include <fmt/core.h>
#include <stdexcept>

static constexpr const char *Help =
    R"(usage: rnn-bench COMMAND [--NAME VALUE]...

Runs a model that rnnc compiled beside its peers, in one process, in turns, after
comparing their results; where these differ the exit status is 1. Prints lines of
a name and a number: medians in microseconds, of processor time on one thread, of
wall time on several.

layer     a layer made of benchmarks/layer.rnn.in, beside oneDNN and ONNX Runtime
  --model FILE         the shared object
  --cell NAME          LSTM or GRU                          (default LSTM)
  --steps, --batch, --units N                               (default 50, 1, 256)
  --pass NAME          forward; gradient: forward and backward; lengths: the
                       gradient for sequences of 1 to T steps beside full ones
  --onnxruntime FILE   libonnxruntime.so.1; without it that peer is left out
  --gemm KIND          auto, generated or library           (default auto)
  --chunk N            steps a chunk of time; 0: the runtime chooses
  --threads N          ours and the peers'                  (default 1)
  --slices N           of the batch; 0: the runtime chooses
stream    one made of benchmarks/stream.rnn.in, beside Eigen: time of one step
  --model FILE, --cell NAME, --units N
sample    one made of benchmarks/sample.rnn.in: time of a step alone, and of a
          token drawn with it at temperatures 1 and 0.8
  --model FILE
limits    what one core can do, and so many at once, each name with the number of
          cores. peak: GFLOP/s; bandwidth: GB/s of reading; barrier:
          microseconds until all know that all are there; activation:
          microseconds from sums to a gate; handover: microseconds from a
          state to the first sums that it is in; function: multiply-adds that
          a gate's function takes the place of. layer and stream end with the
          same, measured after each round.
  --kilobytes N        that many again and again            (default 1024)
  --threads N                                               (default 1)
  --rounds N           0: a turn for each line of standard input, which says for
                       how many seconds; an empty line answers. One that says
                       nothing waits until the cores are there
product   a product of matrices of oneDNN in layouts of its own, and the peak
  --rows, --inner, --columns N                              (default 2048)
  --threads N                                               (default 1)

  --rounds N           turns of each side; medians count    (default 25)
  --round-us N         least time of a turn                 (default 2000)
)";

static void run(const std::vector<std::string> &Words) {
  const std::string Command = Words.empty() ? "" : Words[0];
  const std::vector<std::string> Options(
      Words.begin() + (Words.empty() ? 0 : 1), Words.end());
  if (Command == "--help")
    fmt::print("{}", Help);
  else if (Command == "layer")
    bench::runLayer(Options);
  else if (Command == "stream")
    bench::runStream(Options);
  else if (Command == "sample")
    bench::runSample(Options);
  else if (Command == "limits")
    bench::runLimits(Options);
  else if (Command == "product")
    bench::runProduct(Options);
  else
    throw std::runtime_error(fmt::format(
        "expected layer, stream, sample, limits, product or --help, got '{}'",
        Command));
}

int main(int Count, char **Words) {
  try {
    run({Words + 1, Words + Count});
  } catch (const std::exception &Error) {
    fmt::print(stderr, "rnn-bench: {}\n", Error.what());
    return 1;
  }
  return 0;
}
