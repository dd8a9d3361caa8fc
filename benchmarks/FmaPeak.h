//===- FmaPeak.h - The limit of the cores ----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How many f32 multiply-adds cores do when nothing else holds them up: the
// limit that the tables give shares of.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_FMAPEAK_H
#define RNNC_BENCHMARKS_FMAPEAK_H

namespace bench {

/// GFLOP/s of independent chains of fused multiply-adds on the widest vectors
/// of this CPU, of all threads together, each on a core of its own; measured
/// for about `Seconds`: what disturbs a core now and then is part of it as it
/// is of all that runs as long. A multiply-add counts as two.
double measureFmaPeak(int Threads, double Seconds);

} // namespace bench

#endif // RNNC_BENCHMARKS_FMAPEAK_H
