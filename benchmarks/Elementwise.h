//===- Elementwise.h - What gates cost beside products ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What limits a batch beside its products: the gates' functions, which take the
// same multipliers.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ELEMENTWISE_H
#define RNNC_BENCHMARKS_ELEMENTWISE_H

namespace bench {

/// How many multiply-adds a sigmoid of f32 takes the place of, where these keep
/// a core busy; the quietest of a few moments. A hyperbolic tangent, 2
/// sigmoid(2x) - 1, takes no less.
double measureFunction();

} // namespace bench

#endif // RNNC_BENCHMARKS_ELEMENTWISE_H
