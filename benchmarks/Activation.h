//===- Activation.h - How long a gate's function takes ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What limits a small step beside its products: a state that is stored and read
// again, and the gates' functions, each of which waits for the one before.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ACTIVATION_H
#define RNNC_BENCHMARKS_ACTIVATION_H

namespace bench {

/// Microseconds from a vector of sums to their sigmoids of f32, with the widest
/// vectors of this CPU, measured for about `Seconds`.
double measureActivation(double Seconds);

/// Microseconds from a vector of a state to the first sums that it is in: the
/// store, the load of one of its elements into all of a vector, and a
/// multiply-add.
double measureHandover(double Seconds);

} // namespace bench

#endif // RNNC_BENCHMARKS_ACTIVATION_H
