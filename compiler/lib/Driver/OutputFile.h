//===- OutputFile.h - Files that appear whole -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writing results such that an interrupted or failed run leaves no half of one.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_OUTPUTFILE_H
#define RNNC_COMPILER_LIB_DRIVER_OUTPUTFILE_H

#include "mlir/Support/LLVM.h"

namespace rnnc {

/// Prints "rnnc: error: message" and fails.
mlir::LogicalResult reportError(const llvm::Twine &message);

/// Writes a file, or the standard output where `path` is "-". A regular file is
/// written beside its place and moved there; a device or pipe is written to.
mlir::LogicalResult writeOutput(llvm::StringRef path, llvm::StringRef contents);

/// Links an object into a shared object with the system's C compiler, by the
/// same rules.
mlir::LogicalResult linkSharedObject(llvm::StringRef object,
                                     llvm::StringRef path);

} // namespace rnnc

#endif
