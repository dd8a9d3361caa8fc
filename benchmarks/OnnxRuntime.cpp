//===- OnnxRuntime.cpp - ONNX Runtime on the same layer -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The library comes without headers where npm brings it. Its API is one table
// of functions that only ever grows at its end, so their places in it, those of
// version 1 of onnxruntime_c_api.h, are all that is needed.
//===----------------------------------------------------------------------===//
#include "benchmarks/OnnxRuntime.h"

#include "benchmarks/OnnxModel.h"

#include <dlfcn.h>
#include <stdexcept>

using namespace bench;

namespace {

/// Places in OrtApi.
enum Place {
  GetErrorMessage = 2,
  CreateEnv = 3,
  CreateSessionFromArray = 8,
  Run = 9,
  CreateSessionOptions = 10,
  SetIntraOpNumThreads = 24,
  SetInterOpNumThreads = 25,
  CreateTensorWithData = 49,
  CreateCpuMemoryInfo = 69
};

struct OrtApiBase {
  const void *const *(*GetApi)(uint32_t);
  const char *(*GetVersionString)();
};

constexpr int LogErrors = 3, ArenaAllocator = 1, DefaultMemory = 0, Float = 1;

} // namespace

/// Calls a function that returns a status, null where all is well.
template <typename... Arguments>
static void call(const void *const *Api, Place Which, Arguments... With) {
  using Function = void *(*)(Arguments...);
  void *Status =
      reinterpret_cast<Function>(const_cast<void *>(Api[Which]))(With...);
  using Describe = const char *(*)(void *);
  if (Status)
    throw std::runtime_error(reinterpret_cast<Describe>(
        const_cast<void *>(Api[GetErrorMessage]))(Status));
}

static const void *const *openLibrary(const std::string &Path) {
  void *Library = dlopen(Path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *Base = Library ? dlsym(Library, "OrtGetApiBase") : nullptr;
  if (!Base)
    throw std::runtime_error(dlerror());
  const auto *Found = reinterpret_cast<const OrtApiBase *(*)()>(Base)();
  return Found->GetApi(1);
}

static void *makeTensor(const void *const *Api, const void *Memory,
                        const std::vector<float> &Data,
                        std::vector<int64_t> Shape) {
  void *Made = nullptr;
  call(Api, CreateTensorWithData, Memory, const_cast<float *>(Data.data()),
       Data.size() * sizeof(float), static_cast<const int64_t *>(Shape.data()),
       Shape.size(), Float, &Made);
  return Made;
}

OnnxRuntime::OnnxRuntime(const std::string &Library, const LayerSizes &Sizes,
                         const LayerData &Data, int32_t Threads)
    : Api(openLibrary(Library)), Y(Sizes.sequence()) {
  void *Environment = nullptr, *Options = nullptr, *Memory = nullptr;
  call(Api, CreateEnv, LogErrors, "rnn-bench", &Environment);
  call(Api, CreateSessionOptions, &Options);
  call(Api, SetIntraOpNumThreads, Options, Threads);
  call(Api, SetInterOpNumThreads, Options, 1);
  const std::string Model = makeOnnxModel(Sizes, Data.Parameters);
  call(Api, CreateSessionFromArray, Environment,
       static_cast<const void *>(Model.data()), Model.size(), Options,
       &Session);
  call(Api, CreateCpuMemoryInfo, ArenaAllocator, DefaultMemory, &Memory);
  X = makeTensor(Api, Memory, Data.X, {Sizes.T, Sizes.B, Sizes.H});
  Result = makeTensor(Api, Memory, Y, {Sizes.T, 1, Sizes.B, Sizes.H});
}

void OnnxRuntime::forward() {
  static const char *const InputNames[] = {"x"}, *const OutputNames[] = {"y"};
  void *const Inputs[] = {X};
  void *Outputs[] = {Result};
  const void *NoOptions = nullptr;
  call(Api, Run, Session, NoOptions, InputNames + 0, Inputs + 0, size_t(1),
       OutputNames + 0, size_t(1), Outputs + 0);
}
