//===- Exchange.h - The tensors of one call ---------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads the inputs, targets and initial states of a call from a file by their
// names, finds the sizes in their shapes, and names the results.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_EXCHANGE_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_EXCHANGE_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/lib/SafeTensors.h"

#include <vector>

namespace rnn::run {

/// Shapes in files: [T, B, F...] over a time axis, else [B, F...]; states are
/// [B, F...], lengths "<axis>.lengths" [B]. Tokens and lengths may be I32 or
/// I64.
class Exchange {
public:
  /// Reads what the file has for the model. Inputs must all be there, targets
  /// all or none, states any. Throws Error, also for tensors that are neither
  /// these nor parameters.
  Exchange(const rnn_model &Model, const TensorFile &File);

  bool hasTargets() const { return HasTargets; }
  bool hasStates() const { return HasStates; }
  int64_t batch() const { return Batch; }
  const int64_t *axes() const { return Axes; }

  /// Puts the states that the file has over the records in `States`.
  void copyStates(char *States) const;

  /// A call with inputs and targets, and sizes.
  rnn_call call() const;
  /// The shape that a tensor has in a file.
  std::vector<int64_t> shape(const rnn_tensor &Tensor) const;
  /// Elements of that shape.
  int64_t elements(const rnn_tensor &Tensor) const;

private:
  enum class Kind { Input, Target, State };

  void checkNames() const;
  void findSizes();
  void readLengths();
  void takeSizes(Kind Of, const rnn_tensor &Tensor);
  void takeSize(int64_t &Into, int64_t Size, const char *What,
                const std::string &Name);
  void bind(const rnn_tensor *Tensors, uint64_t Count,
            std::vector<Buffer> &Data, std::vector<const void *> &Pointers);
  Buffer read(const rnn_tensor &Tensor) const;
  Buffer readTokens(const rnn_tensor &Tensor, const TensorView &From) const;
  [[noreturn]] void fail(const std::string &Text) const;

  const rnn_model &Model;
  const TensorFile &File;
  bool HasTargets = false, HasStates = false;
  int64_t Batch = 0, Axes[RNN_MAX_AXES] = {};
  std::string BatchFrom, AxesFrom[RNN_MAX_AXES]; // names, for messages
  std::vector<Buffer> InputData, TargetData;
  std::vector<const void *> Inputs, Targets;
  Buffer LengthData[RNN_MAX_AXES];
  const int32_t *Lengths[RNN_MAX_AXES] = {}; // null: whole sequences
};

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_EXCHANGE_H
