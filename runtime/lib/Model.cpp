//===- Model.cpp - Checks of descriptors ----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Whether this runtime understands a model, and this machine can run it.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"

using namespace rnn;

template <typename Whole>
static void checkSize(const char *Name, uint32_t Got) {
  if (Got < sizeof(Whole))
    throw Error(RNN_ERROR_VERSION, std::string(Name) + ": expected at least " +
                                       std::to_string(sizeof(Whole)) +
                                       " bytes, got " + std::to_string(Got) +
                                       "; compile the model again");
}

void rnn::checkModel(const rnn_model *Model) {
  if (!Model)
    throw Error(RNN_ERROR_ARGUMENT, "expected a model, got a null pointer");
  if (Model->abi_version != RNN_ABI_VERSION)
    throw Error(RNN_ERROR_VERSION,
                "expected ABI version " + std::to_string(RNN_ABI_VERSION) +
                    ", got " + std::to_string(Model->abi_version) +
                    "; compile the model again");
  checkSize<rnn_model>("rnn_model", Model->struct_size);
  if (Model->tensor_size != sizeof(rnn_tensor))
    throw Error(RNN_ERROR_VERSION,
                "expected tensors of " + std::to_string(sizeof(rnn_tensor)) +
                    " bytes, got " + std::to_string(Model->tensor_size));
  if (Model->element_type != RNN_F32 && Model->element_type != RNN_F64)
    throw Error(RNN_ERROR_VERSION, "expected element type f32 or f64, got " +
                                       std::to_string(Model->element_type));
  if (Model->axis_count > RNN_MAX_AXES)
    throw Error(RNN_ERROR_VERSION,
                "expected at most " + std::to_string(RNN_MAX_AXES) +
                    " time axes, got " + std::to_string(Model->axis_count));
  for (const rnn_function *Function : Model->functions)
    if (Function)
      checkSize<rnn_function>("rnn_function", Function->struct_size);
}

namespace {
struct Feature {
  uint64_t Bit;
  const char *Name;
  bool Present;
};
} // namespace

void rnn::checkFeatures(const rnn_model &Model) {
#if defined(__x86_64__) || defined(__i386__)
  const Feature Features[] = {
      {RNN_CPU_SSE42, "sse4.2", __builtin_cpu_supports("sse4.2") != 0},
      {RNN_CPU_AVX, "avx", __builtin_cpu_supports("avx") != 0},
      {RNN_CPU_AVX2, "avx2", __builtin_cpu_supports("avx2") != 0},
      {RNN_CPU_FMA, "fma", __builtin_cpu_supports("fma") != 0},
      {RNN_CPU_AVX512F, "avx512f", __builtin_cpu_supports("avx512f") != 0},
      {RNN_CPU_AVX512BW, "avx512bw", __builtin_cpu_supports("avx512bw") != 0},
      {RNN_CPU_AVX512DQ, "avx512dq", __builtin_cpu_supports("avx512dq") != 0},
      {RNN_CPU_AVX512VL, "avx512vl", __builtin_cpu_supports("avx512vl") != 0},
      {RNN_CPU_AVX512VNNI, "avx512vnni",
       __builtin_cpu_supports("avx512vnni") != 0},
      {RNN_CPU_AVXVNNI, "avxvnni", __builtin_cpu_supports("avxvnni") != 0}};
#else
  const std::vector<Feature> Features;
#endif
  uint64_t Left = Model.required_features;
  for (const Feature &F : Features) {
    if ((Left & F.Bit) && !F.Present)
      throw Error(RNN_ERROR_CPU, std::string("model '") + Model.name +
                                     "' was compiled for CPU '" + Model.cpu +
                                     "': expected " + F.Name +
                                     ", which this machine lacks");
    Left &= ~F.Bit;
  }
  if (Left)
    throw Error(RNN_ERROR_CPU, std::string("model '") + Model.name +
                                   "' was compiled for CPU '" + Model.cpu +
                                   "': it needs features unknown here");
}
