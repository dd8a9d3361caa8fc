//===- Arguments.h - A call of the C ABI from tensors -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The memory that a call points to, in the types of a model.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_UNIT_DIALECTS_ARGUMENTS_H
#define RNNC_TEST_UNIT_DIALECTS_ARGUMENTS_H

#include "test/unit/dialects/Compiled.h"

#include <cmath>

namespace rnnc::test {

/// Bytes of one tensor or one vector, aligned as the ABI wants them.
class Memory {
public:
  explicit Memory(size_t size) : bytes(size + RNN_ALIGNMENT, char(0xff)) {}
  char *get() {
    auto address = reinterpret_cast<uintptr_t>(bytes.data());
    return bytes.data() + (RNN_ALIGNMENT - address % RNN_ALIGNMENT);
  }

private:
  std::vector<char> bytes;
};

/// Bytes of an element of an RNN_ type.
inline size_t sizeOf(uint32_t type) { return type == RNN_F64 ? 8 : 4; }
/// Writes numbers as elements of a type.
void store(uint32_t type, char *to, const double *from, size_t count);
/// Reads elements of a type: of real numbers.
void load(uint32_t type, const char *from, double *to, size_t count);
/// A zero tensor of a declaration's shape.
Tensor makeTensor(const rnn_model &model, const rnn_tensor &tensor,
                  const Call &call, bool isParameter);

/// The memory of one call, filled from and read back to tensors.
class Arguments {
public:
  Arguments(const rnn_model &model, const Call &call, Unwanted unwanted);

  const void *getParameters() { return parameters.get(); }
  const rnn_call *get() { return &abi; }
  Results collect(int function);

  Memory parameters, states;

private:
  void addPointers(const rnn_tensor *tensors, uint64_t count, bool areFilled,
                   std::vector<void *> &pointers);
  void collectArrays(const rnn_tensor *tensors, uint64_t count,
                     const std::vector<void *> &pointers, std::string role,
                     Results &results);
  void collectRecords(Memory &records, std::string role, Results &results);
  void collectNumbers(int function, Results &results);
  void collectParameters(Results &results);
  void storeParameters(const std::map<std::string, Tensor> &values,
                       Memory &flat);

  const rnn_model &model;
  const Call &call;
  size_t elementBytes;
  Memory gradient, stateGradient, direction;
  std::vector<Memory> tensors;
  std::vector<void *> inputs, targets, outputs, inputGradients, outputTangents;
  std::vector<int64_t> axes;
  std::vector<std::vector<int32_t>> lengths;
  std::vector<const int32_t *> lengthPointers;
  std::vector<double> metrics;
  double loss = NAN, lossTangent = NAN;
  rnn_call abi = {};
};

} // namespace rnnc::test

#endif
