//===- ModelInfo.h - What a compiled model says of itself -------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The contents of a descriptor (runtime/include/rnn/rnn.h), gathered from a
// lowered module. The descriptor and the header are both written from it, so
// that they cannot disagree.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_MODELINFO_H
#define RNNC_COMPILER_LIB_DRIVER_MODELINFO_H

#include "dialects/RNN/RNN.h"
#include "rnn/rnn.h"

#include "mlir/IR/BuiltinOps.h"
#include <array>
#include <optional>
#include <string>

namespace rnnc {

/// A parameter, input, target, output or state.
struct TensorInfo {
  std::string name;
  rnn_type type = RNN_F32;
  llvm::SmallVector<int64_t, 2> shape; ///< without time and batch
  int32_t axis = -1;                   ///< index of the time axis
  int32_t vocabulary = 0;
  uint64_t offset = 0; ///< elements
  uint64_t size = 1;   ///< elements
  std::string init;    ///< empty unless a parameter
  std::array<double, 2> initArgs = {0, 0};
  bool isFrozen = false;
};

/// An entry point that runs under a plan.
struct FunctionInfo {
  std::string name; ///< "forward", "loss", "gradient"
  unsigned index;   ///< RNN_FORWARD, ...
  uint64_t packedBytes = 0;
  std::array<uint64_t, RNN_MAX_CLASSES> arena = {};
  uint32_t checkpoint = RNN_CHECKPOINT_NONE; ///< rnn_checkpoint
  int64_t interval = 0; ///< steps from checkpoint to checkpoint; 0: the plan's
  uint32_t flags = 0;   ///< RNN_TEAM, RNN_SLICES, RNN_WAVE
  llvm::SmallVector<rnn_site> sites;
  llvm::SmallVector<rnn_stage> stages;
};

/// The streaming step.
struct StreamInfo {
  uint64_t panelsBytes = 0;
  uint64_t stateBytes = 0; ///< of one record
  std::string reset;       ///< what fills a record; empty: RNN_ENCODE does
  llvm::SmallVector<int32_t> starts;           ///< tokens fed first; empty: any
  llvm::SmallVector<uint32_t> inputs, outputs; ///< indices
};

struct ModelInfo {
  std::string name;   ///< as written
  std::string symbol; ///< as exported
  rnn_type elementType = RNN_F32;
  rnn_type weightType = RNN_F32; ///< of packed weights without derivatives
  llvm::SmallVector<std::string> axes;
  llvm::SmallVector<TensorInfo> parameters, inputs, targets, outputs, states;
  llvm::SmallVector<std::string> metrics;
  uint64_t parameterSize = 0; ///< elements
  uint64_t stateBytes = 0;    ///< of one record, without the stream's own
  llvm::SmallVector<FunctionInfo, 0> functions;
  std::optional<StreamInfo> stream;

  /// The entry point of that index, or null.
  const FunctionInfo *getFunction(unsigned index) const;
};

/// Reads a lowered module: its one `rnn.model` with the attributes
/// `rnnc.functions` and `rnnc.stream`, and its `dnn.site`s. Reports what does
/// not fit the ABI (too many axes, a symbol that C cannot name).
mlir::FailureOr<ModelInfo> describeModel(mlir::ModuleOp module);

/// The one model of a module; an error where there is none or more than one.
mlir::FailureOr<rnn::ModelOp> getOnlyModel(mlir::ModuleOp module);

} // namespace rnnc

#endif
