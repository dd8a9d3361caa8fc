//===- TeamAccess.h - What the threads of a team touch ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How a kernel is divided among the threads of a team, and which memory each of
// them reads and writes then.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_TEAMACCESS_H
#define RNNC_CODEGEN_TEAMACCESS_H

#include "dialects/DNN/DNN.h"

#include <optional>

namespace rnnc {

/// Which thread touches an element.
enum class Toucher {
  First,   ///< thread 0
  Columns, ///< the one that has its column, by blocks of `unit`
  Site,    ///< the one that has its unit at a site: gates side by side
  Any,     ///< one that is not known here, or all
};

/// Memory that a kernel touches.
struct Access {
  mlir::ArrayAttr places; ///< null: anywhere
  bool writes = false;
  Toucher by = Toucher::Any;
  int64_t unit = 0;              ///< of Columns
  int64_t stride = 0;            ///< elements from row to row
  int64_t column = 0, width = 0; ///< in the places
  mlir::FlatSymbolRefAttr site;  ///< of Site

  /// Whether both touch the same memory, and one of them writes it.
  bool meets(const Access &other) const;
  /// Whether the threads of a team have to be kept from touching at the same
  /// time what two accesses touch one after the other.
  bool conflicts(const Access &other) const;
};

/// A kernel as a team does it.
struct SharedKernel {
  bool alone = false; ///< by thread 0
  bool byAll = false; ///< by every thread, each for itself
  int64_t unit = 1;   ///< columns of a part
  llvm::SmallVector<Access> accesses;

  bool conflicts(const SharedKernel &other) const;
};

/// Says how kernels of a function are divided.
class TeamAnalysis {
public:
  /// Columns of a width are divided alike by all kernels of the function that
  /// can, so that a thread finds its own: as by the site whose epilogue has
  /// this width, or as by the site that makes it, else by vectors.
  TeamAnalysis(mlir::Operation *function, int64_t vectorBytes);

  /// Nothing for what every thread has for itself: control, addresses.
  std::optional<SharedKernel> describe(mlir::Operation *op) const;

private:
  class Builder;

  int64_t lanesOf(mlir::Type element) const;
  int64_t unitOf(mlir::Value buffer) const;
  void noteUnits(int64_t width, dnn::SiteOp site);
  dnn::SiteOp lookup(mlir::FlatSymbolRefAttr site) const;

  int64_t vectorBytes;
  llvm::DenseMap<int64_t, int64_t> units; ///< by width
  llvm::DenseMap<mlir::StringAttr, dnn::SiteOp> sites;
};

} // namespace rnnc

#endif
