//===- Dot.h - The dataflow graph as a picture ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A graph for Graphviz that people can read: layers and recurrences as boxes,
// parameters and states by name, no plumbing.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_DOT_H
#define RNNC_COMPILER_LIB_DRIVER_DOT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/raw_ostream.h"

namespace rnnc {

/// Writes the graph of the one model of a module as the front end made it: what
/// leads to its outputs and to its loss.
mlir::LogicalResult writeDot(mlir::ModuleOp module, llvm::raw_ostream &os);

} // namespace rnnc

#endif
