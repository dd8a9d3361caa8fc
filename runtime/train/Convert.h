//===- Convert.h - Numbers of files as a model's ----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Converts between element types where no value changes.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_CONVERT_H
#define RNNC_RUNTIME_TRAIN_CONVERT_H

#include "runtime/lib/Buffer.h"
#include "runtime/lib/SafeTensors.h"

namespace rnn::train {

/// The elements of a tensor as F32, F64 or I32. Throws Error, which begins with
/// `Name`, at the first value that the type does not have.
Buffer convert(const TensorView &From, DType To, const std::string &Name);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_CONVERT_H
