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

/// Bounds of a gradient; 0: none. Elements are bounded first.
struct Clip {
  double Value = 0; ///< of each element's size
  double Norm = 0;  ///< of the vector's norm (Pascanu et al. 2013)
};

/// The norm of a vector of type RNN_F32 or RNN_F64 whose elements are moved
/// into [-Bound, Bound]. Sums in double, in a fixed order.
double boundedNorm(uint32_t Type, const void *Gradient, uint64_t Size,
                   double Bound);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_CLIP_H
