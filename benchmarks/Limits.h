//===- Limits.h - What the cores can do at most -----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The least time of a layer is made of these, see layers.py. They are measured
// in turns with what they limit: the clock of a shared machine drifts by more
// than what is left to the limit.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_LIMITS_H
#define RNNC_BENCHMARKS_LIMITS_H

#include "benchmarks/Arguments.h"
#include "benchmarks/Bandwidth.h"
#include "benchmarks/Clock.h"

#include <cstdint>
#include <vector>

namespace bench {

/// Medians over turns of what one core can do, and so many at once.
class Limits {
public:
  /// Of reading `Bytes` again and again.
  Limits(int64_t Bytes, int Threads);

  /// Measures all once; the peak for as long as a turn of what it limits takes,
  /// or nearly, so that what disturbs a core counts as much for both.
  void turn(double Seconds);

  /// Lines of a name, of which the last part is the number of cores, and a
  /// number. peak: GFLOP/s of multiply-adds; bandwidth: GB/s; barrier:
  /// microseconds; of all cores together. activation: microseconds from sums to
  /// a gate, handover: from a state to the first sums that it is in, function:
  /// the multiply-adds that a gate's function takes the place of; of one core.
  void print() const;

private:
  struct Cores {
    int Count;
    Bandwidth Reading;
    std::vector<double> Peaks, Barriers;
    std::vector<std::vector<double>> Bandwidths; ///< of each way
  };

  std::vector<Cores> Of;
  std::vector<double> Activations, Handovers, Functions;
};

/// Waits until nothing else of this process runs: for the threads of the one
/// whose turn it was, which look for work for a while and keep a core from
/// others (libgomp's some 10 ms, ONNX Runtime's often more than 30). And until
/// the cores are cores of their own again: a host may run two of a virtual
/// machine's on the halves of one for seconds, where they do half as much.
/// Gives up after some seconds.
void waitForCores(int Threads);

/// Turns as --rounds, --round-us and --threads say; those of no least time wait
/// for nothing.
Turns readTurns(const Arguments &Given,
                std::function<void(double Seconds)> Then);

} // namespace bench

#endif // RNNC_BENCHMARKS_LIMITS_H
