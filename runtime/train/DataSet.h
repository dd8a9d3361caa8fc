//===- DataSet.h - Examples to learn from -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A safetensors file as examples for a model: each input and target under its
// name, [N, T, F...] or tokens [N, T] over a time axis, else [N, F...] or [N];
// lengths, where sequences differ, as "<axis>.lengths" [N].
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_DATASET_H
#define RNNC_RUNTIME_TRAIN_DATASET_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"
#include "runtime/lib/SafeTensors.h"

#include <vector>

namespace rnn::train {

class DataSet {
public:
  /// What must be there: inputs and targets, inputs, or those inputs that the
  /// model's stream is not fed.
  enum class Needs { All, Inputs, Context };

  /// Reads a file and converts it to the model's types. Throws Error.
  DataSet(const rnn_model &Model, const std::string &Path,
          Needs What = Needs::All);

  const rnn_model &model() const { return Model; }
  int64_t size() const { return Count; } ///< examples
  /// Steps of an axis in the file; 0 if nothing is over it.
  int64_t steps(uint64_t Axis) const { return Steps[Axis]; }
  /// Of one example.
  int32_t length(uint64_t Axis, int64_t Example) const {
    return hasLengths(Axis) ? lengths(Axis)[Example]
                            : static_cast<int32_t>(Steps[Axis]);
  }
  bool hasLengths(uint64_t Axis) const { return Lengths[Axis].size() > 0; }
  bool hasTargets() const { return HasTargets; } ///< all of them
  const TensorFile &file() const { return File; }
  /// Tells data sets apart.
  uint64_t hash() const { return Hash; }
  /// Tensors that the model has no use for.
  const std::vector<std::string> &unused() const { return Unused; }

  /// An example's rows of the i-th input or target: `bytes` each, one a step.
  /// Null for what is not needed and not there.
  const char *input(uint64_t Index, int64_t Example) const {
    return rows(Inputs[Index], Example);
  }
  const char *target(uint64_t Index, int64_t Example) const {
    return rows(Targets[Index], Example);
  }
  size_t bytes(const rnn_tensor &Of) const;

private:
  struct Column {
    Buffer Data;
    size_t ExampleBytes = 0;
  };

  [[noreturn]] void fail(const std::string &Text) const;
  const int32_t *lengths(uint64_t Axis) const {
    return reinterpret_cast<const int32_t *>(Lengths[Axis].data());
  }
  static const char *rows(const Column &Of, int64_t Example) {
    return Of.Data.data() ? Of.Data.data() + Example * Of.ExampleBytes
                          : nullptr;
  }
  std::vector<Column> readAll(const char *Kind, const rnn_tensor *Tensors,
                              uint64_t Count,
                              bool (*IsNeeded)(const rnn_model &, uint64_t));
  Column read(const rnn_tensor &Tensor, const TensorView &View);
  void takeSize(int64_t &Into, int64_t Size, const char *What,
                const std::string &Name, std::string &From);
  void readLengths(uint64_t Axis);
  void findUnused();

  const rnn_model &Model;
  TensorFile File;
  int64_t Count = 0, Steps[RNN_MAX_AXES] = {};
  std::string CountFrom, StepsFrom[RNN_MAX_AXES]; // names, for messages
  Buffer Lengths[RNN_MAX_AXES];
  std::vector<Column> Inputs, Targets;
  bool HasTargets = true;
  uint64_t Hash = 0;
  std::vector<std::string> Unused;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_DATASET_H
