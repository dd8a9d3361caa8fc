//===- Origin.cpp - How a checkpoint's model was compiled -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Two entries of the metadata.
//===----------------------------------------------------------------------===//
#include "runtime/tools/rnn-run/Origin.h"

#include "runtime/lib/Error.h"

#include <nlohmann/json.hpp>

using namespace rnn;
using namespace rnn::run;
using nlohmann::json;

static constexpr const char *DefinesKey = "rnnc.defines";
static constexpr const char *TypeKey = "rnnc.element_type";

train::Metadata run::originOf(const ModelSource &Source) {
  return {{DefinesKey, json(Source.Defines).dump()},
          {TypeKey, Source.DoublePrecision ? "f64" : "f32"}};
}

void run::applyOrigin(ModelSource &Source, bool HasElementType,
                      const TensorFile &Checkpoint) {
  if (Source.isCompiled())
    return;
  const auto Find = [&](const char *Key) {
    const auto Found = Checkpoint.Metadata.find(Key);
    return Found == Checkpoint.Metadata.end() ? "" : Found->second;
  };
  if (!HasElementType)
    Source.DoublePrecision = Find(TypeKey) == "f64";
  const std::string Defines = Find(DefinesKey);
  if (Defines.empty())
    return;
  try {
    const json Read = json::parse(Defines);
    for (const auto &[Name, Value] : Read.items())
      Source.Defines.emplace(Name, Value.get<int64_t>());
  } catch (const json::exception &E) {
    throw Error(RNN_ERROR_FILE,
                Checkpoint.Path + ": '" + DefinesKey + "': " + E.what());
  }
}
