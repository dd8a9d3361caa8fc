//===- Checkpoint.h - Saving and resuming training --------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A checkpoint is one safetensors file: the parameters under their names, so
// that applications load it as it is, and under names with '@' what training
// needs to go on as if it had never stopped.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_CHECKPOINT_H
#define RNNC_RUNTIME_TRAIN_CHECKPOINT_H

#include "runtime/lib/SafeTensors.h"
#include "runtime/train/Trainer.h"

#include <map>
#include <string>

namespace rnn::train {

using Metadata = std::map<std::string, std::string>;

/// Writes a checkpoint, all or nothing. `Extra` goes into its metadata. Throws
/// Error.
void saveCheckpoint(const Trainer &From, const std::string &Path,
                    const Metadata &Extra = {});

/// Puts a trainer where the one was that wrote the file. The method, batch,
/// window and text must be the same. Throws Error.
void loadCheckpoint(Trainer &Into, const TensorFile &File);

/// The options that training ran with, but for the GEMM, which is the
/// machine's affair. Throws Error if the file is no checkpoint.
Options checkpointOptions(const TensorFile &File);
/// The vocabulary of the text that it was trained on. Throws Error.
Vocabulary checkpointVocabulary(const TensorFile &File);

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_CHECKPOINT_H
