//===- LimitsBench.cpp - What the cores can do at most --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The least time of a layer is made of these, see Layer.limit_us in measure.py.
//===----------------------------------------------------------------------===//
#include "benchmarks/Activation.h"
#include "benchmarks/Arguments.h"
#include "benchmarks/Bandwidth.h"
#include "benchmarks/FmaPeak.h"
#include "benchmarks/LayerBench.h"
#include "benchmarks/Together.h"

#include <fmt/core.h>

using namespace bench;

void bench::runLimits(const std::vector<std::string> &Words) {
  const Arguments Given(Words, {"kilobytes", "threads", "rounds"});
  const int64_t Bytes = 1024 * Given.number("kilobytes", 1024);
  const int Threads = static_cast<int>(Given.number("threads", 1));
  const int Runs = static_cast<int>(Given.number("rounds", 60));
  fmt::print("peak {:.2f}\n", measureFmaPeak(Threads));
  fmt::print("bandwidth {:.2f}\n", measureBandwidth(Bytes, Threads, Runs));
  fmt::print("copy {:.2f}\n", measureCopy(Bytes, Threads, Runs));
  fmt::print("activation {:.5f}\n", measureActivation());
  fmt::print("barrier {:.4f}\n", measureBarrier(Threads));
}
