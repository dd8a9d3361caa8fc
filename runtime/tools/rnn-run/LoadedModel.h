//===- LoadedModel.h - A model in this process ------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A .rnn file compiled in memory, or an object that rnnc wrote, as a descriptor
// that can be called. Free of LLVM, for the commands.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_LOADEDMODEL_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_LOADEDMODEL_H

#include "rnn/rnn.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace rnn::run {

/// Where a model comes from and how it is compiled.
struct ModelSource {
  std::string Path; ///< .rnn or "-" is compiled; .o and .so are loaded
  std::string Name; ///< which model of the file; may be empty if there is one
  std::map<std::string, int64_t> Defines;
  bool DoublePrecision = false;
  std::string Cpu = "native";
  unsigned OptLevel = 2;
  rnn_gemm Gemm = RNN_GEMM_AUTO;
  /// What products keep weights as where no derivative is wanted: RNN_F32,
  /// RNN_BF16 or RNN_INT8; the parameters' own type unless told.
  std::optional<rnn_type> Weights;
  int32_t Threads = 1, Slices = 0; ///< of plans, see rnn_plan_options
  rnn_wave Wave = RNN_WAVE_AUTO;
  /// Compile the Gauss-Newton product, with what training needs besides, and
  /// nothing else.
  bool NeedsProducts = false;
  /// As of rnnc --checkpoint.
  std::string CheckpointStates = "none";

  /// An object has its sizes already.
  bool isCompiled() const;
};

/// Code and data of a model; both live as long as this does.
class LoadedModel {
public:
  /// Null after an error, which has been printed.
  static std::unique_ptr<LoadedModel> load(const ModelSource &Source) noexcept;
  virtual ~LoadedModel() = default;

  const rnn_model &model() const { return *Descriptor; }

protected:
  const rnn_model *Descriptor = nullptr;
};

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_LOADEDMODEL_H
