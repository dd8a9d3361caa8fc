//===- Origin.h - How a checkpoint's model was compiled ---------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Sizes and element type travel in a checkpoint's metadata, so that sampling
// and resuming compile the model that was trained.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_ORIGIN_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_ORIGIN_H

#include "runtime/lib/SafeTensors.h"
#include "runtime/tools/rnn-run/LoadedModel.h"
#include "runtime/train/Checkpoint.h"

namespace rnn::run {

/// What a checkpoint keeps of a model's source.
train::Metadata originOf(const ModelSource &Source);

/// Takes over the sizes that the checkpoint has and the user did not set, and
/// the element type unless `HasElementType` says that it was chosen. An object
/// is left as it is. Throws Error if the metadata does not parse.
void applyOrigin(ModelSource &Source, bool HasElementType,
                 const TensorFile &Checkpoint);

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_ORIGIN_H
