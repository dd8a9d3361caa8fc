//===- Clip.h - Clipping gradients ------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Bounds a gradient before the update, against explosion through time.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_CLIP_H
#define RNNC_RUNTIME_TRAIN_CLIP_H

#include <cstdint>

namespace rnn::train {

/// Moves every element of a vector of type RNN_F32 or RNN_F64 into [-Bound,
/// Bound].
void clipByValue(uint32_t Type, void *Gradient, uint64_t Size, double Bound);

/// Scales the vector down to the norm `Bound` if it is longer (Pascanu et al.
/// 2013); returns the norm it had. Sums in double, in a fixed order.
double clipByNorm(uint32_t Type, void *Gradient, uint64_t Size, double Bound);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_CLIP_H
