//===- Examples.h - A model, its parameters and a data set ------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What commands need that run a trained model over a data set.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TOOLS_RNN_RUN_EXAMPLES_H
#define RNNC_RUNTIME_TOOLS_RNN_RUN_EXAMPLES_H

#include "runtime/lib/Buffer.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/train/DataSource.h"
#include "runtime/train/Evaluate.h"

#include <memory>
#include <vector>

namespace rnn::run {

class Examples {
public:
  /// Loads and compiles; targets may be missing. Throws Error or Printed.
  explicit Examples(const DataCommand &Do,
                    train::DataSet::Needs What = train::DataSet::Needs::Inputs);

  const rnn_model &model() const { return Loaded->model(); }
  const train::DataSet &data() const { return *Data; }
  const Buffer &params() const { return Params; }
  Buffer &params() { return Params; }
  /// What the model was compiled from, with the sizes of its checkpoint.
  const ModelSource &source() const { return Source; }

  /// Loss and metrics over all examples. Throws Error.
  train::Evaluation evaluate();
  /// The outputs [N, T, F...] or [N, F...], zero behind a sequence's length.
  /// Throws Error.
  std::vector<Buffer> forward();
  /// A record of the model's stream for each example, one after another, from
  /// which its sequence is generated. Throws Error.
  Buffer encode();
  /// Of the parameters' file; empty where there is none.
  const std::map<std::string, std::string> &metadata() const {
    return Metadata;
  }
  /// The shape that an output then has.
  std::vector<int64_t> shape(const rnn_tensor &Output) const;

private:
  train::PlanPtr plan(int Function);

  ModelSource Source;
  std::unique_ptr<LoadedModel> Loaded;
  Buffer Params;
  std::map<std::string, std::string> Metadata;
  std::shared_ptr<const train::DataSet> Data;
  std::unique_ptr<train::DataSource> Walk;
};

} // namespace rnn::run

#endif // RNNC_RUNTIME_TOOLS_RNN_RUN_EXAMPLES_H
