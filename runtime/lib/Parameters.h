//===- Parameters.h - Parameters to and from files --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The C++ side of rnn_load and rnn_save, for tools that read other things from
// the same file. Functions throw Error.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_PARAMETERS_H
#define RNNC_RUNTIME_LIB_PARAMETERS_H

#include "rnn/rnn.h"
#include "runtime/lib/SafeTensors.h"

namespace rnn {

/// Names that start so belong to training checkpoints (moments, carried state);
/// no parameter's name can, and loading passes over them.
inline constexpr char CheckpointPrefix = '@';

/// The type in which a file must hold tensors of a model's type.
DType dtypeOf(uint32_t Type);

/// The name in `Candidates` that `Name` is probably meant to be; empty if none
/// is near.
std::string nearestName(const std::string &Name,
                        std::span<const std::string> Candidates);

/// Copies every parameter from a file into the flat vector. Types and shapes
/// must match exactly. Other tensors in the file are not looked at.
void loadParameters(const rnn_model &Model, const TensorFile &File,
                    void *Params);

/// Throws if a file holds a tensor that is no parameter of the model, save for
/// those of checkpoints.
void checkNoOthers(const rnn_model &Model, const TensorFile &File);

/// Every parameter under its name, as views of the flat vector.
std::vector<NamedTensor> parameterViews(const rnn_model &Model,
                                        const void *Params);

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_PARAMETERS_H
