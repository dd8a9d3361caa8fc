//===- FmaPeak.h - The limit of this core -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How many f32 multiply-adds one core does when nothing else holds it up: the
// limit that the tables give shares of.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_FMAPEAK_H
#define RNNC_BENCHMARKS_FMAPEAK_H

namespace bench {

/// GFLOP/s of independent chains of fused multiply-adds on the widest vectors
/// of this CPU, measured for about a millisecond; a multiply-add counts as two.
double measureFmaPeak();

} // namespace bench

#endif // RNNC_BENCHMARKS_FMAPEAK_H
