//===- Header.h - The C header of a compiled model --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What an application includes to use a model: sizes as macros and typed
// wrappers over the descriptor. C99 and C++.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_HEADER_H
#define RNNC_COMPILER_LIB_DRIVER_HEADER_H

#include "compiler/lib/Driver/ModelInfo.h"

#include "llvm/Support/raw_ostream.h"

namespace rnnc {

/// Writes the header of a model. Entry points that the model lacks are left
/// out.
void writeHeader(const ModelInfo &info, llvm::raw_ostream &os);

} // namespace rnnc

#endif
