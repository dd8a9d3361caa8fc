//===- Parameters.cpp - Parameters to and from files ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Matches a model's parameters with a file's tensors, by name.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Parameters.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace rnn;

DType rnn::dtypeOf(uint32_t Type) {
  if (Type == RNN_TOKEN)
    return DType::I32;
  return Type == RNN_F64 ? DType::F64 : DType::F32;
}

/// Levenshtein's distance.
static size_t editDistance(const std::string &A, const std::string &B) {
  std::vector<size_t> Row(B.size() + 1);
  std::iota(Row.begin(), Row.end(), size_t(0));
  for (size_t I = 0; I < A.size(); ++I) {
    size_t Diagonal = Row[0];
    Row[0] = I + 1;
    for (size_t J = 0; J < B.size(); ++J) {
      const size_t Replaced = Diagonal + (A[I] != B[J]);
      Diagonal = Row[J + 1];
      Row[J + 1] = std::min({Replaced, Row[J] + 1, Row[J + 1] + 1});
    }
  }
  return Row.back();
}

std::string rnn::nearestName(const std::string &Name,
                             std::span<const std::string> Candidates) {
  std::string Nearest;
  size_t Least = Name.size() / 3 + 1; // Farther names have little in common.
  for (const std::string &Candidate : Candidates) {
    const size_t Distance = editDistance(Name, Candidate);
    if (Distance < Least) {
      Least = Distance;
      Nearest = Candidate;
    }
  }
  return Nearest;
}

static bool isParameter(const rnn_model &Model, const std::string &Name) {
  return std::any_of(Model.parameters, Model.parameters + Model.parameter_count,
                     [&](const rnn_tensor &P) { return Name == P.name; });
}

static std::string suggestion(const std::string &Nearest) {
  return Nearest.empty() ? "" : "; did you mean '" + Nearest + "'?";
}

[[noreturn]] static void missing(const rnn_model &Model, const TensorFile &File,
                                 const std::string &Name) {
  std::vector<std::string> Others;
  for (const auto &[Other, View] : File.Tensors)
    if (!isParameter(Model, Other) && Other[0] != CheckpointPrefix)
      Others.push_back(Other);
  const std::string Nearest = nearestName(Name, Others);
  throw Error(
      RNN_ERROR_MISMATCH,
      File.Path + ": expected parameter '" + Name + "', got no such tensor" +
          (Nearest.empty() ? "" : "; the file has a '" + Nearest + "'"));
}

static std::vector<int64_t> shapeOf(const rnn_tensor &Tensor) {
  return {Tensor.shape, Tensor.shape + Tensor.rank};
}

static void checkMatch(const rnn_tensor &Parameter, const TensorView &Got,
                       const std::string &Path) {
  const DType Expected = dtypeOf(Parameter.type);
  if (Got.Type != Expected)
    throw Error(RNN_ERROR_MISMATCH,
                Path + ": parameter '" + Parameter.name + "': expected type " +
                    dtypeName(Expected) + ", got " + dtypeName(Got.Type));
  if (Got.Shape != shapeOf(Parameter))
    throw Error(RNN_ERROR_MISMATCH, Path + ": parameter '" + Parameter.name +
                                        "': expected " +
                                        shapeText(shapeOf(Parameter)) +
                                        ", got " + shapeText(Got.Shape));
}

void rnn::loadParameters(const rnn_model &Model, const TensorFile &File,
                         void *Params) {
  // All or nothing: everything is checked before anything is copied.
  for (uint64_t Index = 0; Index < Model.parameter_count; ++Index) {
    const rnn_tensor &Parameter = Model.parameters[Index];
    const TensorView *Got = File.find(Parameter.name);
    if (!Got)
      missing(Model, File, Parameter.name);
    checkMatch(Parameter, *Got, File.Path);
  }
  char *Vector = static_cast<char *>(Params);
  for (uint64_t Index = 0; Index < Model.parameter_count; ++Index) {
    const rnn_tensor &Parameter = Model.parameters[Index];
    const TensorView *Got = File.find(Parameter.name);
    if (Got->bytes() > 0)
      std::memcpy(Vector + Parameter.offset * elementSize(Model), Got->Data,
                  Got->bytes());
  }
}

void rnn::checkNoOthers(const rnn_model &Model, const TensorFile &File) {
  std::vector<std::string> Absent;
  for (uint64_t Index = 0; Index < Model.parameter_count; ++Index)
    if (!File.find(Model.parameters[Index].name))
      Absent.emplace_back(Model.parameters[Index].name);
  for (const auto &[Name, View] : File.Tensors) {
    if (isParameter(Model, Name) || Name[0] == CheckpointPrefix)
      continue;
    throw Error(RNN_ERROR_MISMATCH,
                File.Path + ": expected only parameters of model '" +
                    Model.name + "', got '" + Name + "'" +
                    suggestion(nearestName(Name, Absent)));
  }
}

std::vector<NamedTensor> rnn::parameterViews(const rnn_model &Model,
                                             const void *Params) {
  const char *Vector = static_cast<const char *>(Params);
  std::vector<NamedTensor> Views;
  for (uint64_t Index = 0; Index < Model.parameter_count; ++Index) {
    const rnn_tensor &Parameter = Model.parameters[Index];
    Views.push_back({Parameter.name,
                     {dtypeOf(Parameter.type), shapeOf(Parameter),
                      Vector + Parameter.offset * elementSize(Model)}});
  }
  return Views;
}

static void checkArguments(const rnn_model *Model, const char *Path,
                           const void *Params) {
  checkModel(Model);
  if (!Path || !Params)
    throw Error(RNN_ERROR_ARGUMENT,
                "expected a path and parameters, got a null pointer");
}

rnn_status rnn_load(const rnn_model *Model, const char *Path,
                    void *Params) noexcept {
  return guarded([&] {
    checkArguments(Model, Path, Params);
    const TensorFile File = readTensors(Path);
    checkNoOthers(*Model, File);
    loadParameters(*Model, File, Params);
    return RNN_OK;
  });
}

rnn_status rnn_save(const rnn_model *Model, const char *Path,
                    const void *Params) noexcept {
  return guarded([&] {
    checkArguments(Model, Path, Params);
    writeTensors(Path, parameterViews(*Model, Params));
    return RNN_OK;
  });
}
