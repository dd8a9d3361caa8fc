//===- Text.h - The front end of the .rnn language --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// From a .rnn file to a module of the rnn dialect. docs/language.md is the
// reference of the language.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_TEXT_H
#define RNNC_FRONTENDS_TEXT_TEXT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/SourceMgr.h"
#include <string>

namespace rnnc::text {

struct Options {
  /// Values for the compile-time sizes of the model, by name (`-D H=256`).
  llvm::StringMap<int64_t> defines;
  /// The element type is f64 instead of f32.
  bool doublePrecision = false;
  /// Which model of the file; may stay empty when there is only one.
  std::string model;
};

/// Parses the main buffer of `sources`, checks it and returns a module with one
/// rnn.model. Null after errors, which have been printed through `sources`;
/// warnings are printed there too. The prelude is added to `sources`.
mlir::OwningOpRef<mlir::ModuleOp> importModel(llvm::SourceMgr &sources,
                                              const Options &options,
                                              mlir::MLIRContext *context);

/// Adds the file to `sources` as its main buffer. False after an error
/// (unreadable, empty, too large, not UTF-8), which has been printed.
bool loadFile(llvm::StringRef path, llvm::SourceMgr &sources);

} // namespace rnnc::text

#endif
