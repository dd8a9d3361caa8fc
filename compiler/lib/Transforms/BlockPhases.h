//===- BlockPhases.h - The phases of a block --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Orders a block by how many products stand before each operation, and gathers
// elementwise operations of one shape between the same products.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_TRANSFORMS_BLOCKPHASES_H
#define RNNC_COMPILER_TRANSFORMS_BLOCKPHASES_H

#include "dialects/RNN/RNN.h"

namespace rnnc {

/// Moves the elementwise operations of a block into phases, and erases what
/// nothing reads; returns how many phases it makes. Leaves blocks without a
/// terminator, and those of phases, as they are.
unsigned gatherPhases(mlir::Block &block);

} // namespace rnnc

#endif
