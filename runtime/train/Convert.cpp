//===- Convert.cpp - Numbers of files as a model's ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A loop for each pair of types.
//===----------------------------------------------------------------------===//
#include "runtime/train/Convert.h"

#include "rnn/rnn.h"
#include "runtime/lib/Error.h"

#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>

using namespace rnn;
using namespace rnn::train;

/// Whether a value survives the way to another type and back. Not a number
/// does, as it may be padding.
template <typename Target, typename Given> static bool fits(Given Value) {
  if constexpr (std::is_floating_point_v<Given>) {
    if (std::isnan(Value))
      return std::is_floating_point_v<Target>;
    // Out of range the conversion would be undefined.
    if constexpr (std::is_integral_v<Target>)
      if (!(std::abs(Value) < 0x1p31))
        return false;
  }
  const auto There = static_cast<Target>(Value);
  if constexpr (std::is_integral_v<Given> && std::is_floating_point_v<Target>)
    if (!(std::abs(There) < static_cast<Target>(0x1p62)))
      return false;
  return static_cast<Given>(There) == Value;
}

template <typename Target, typename Given>
static Buffer convertAs(const TensorView &From, DType To,
                        const std::string &Name) {
  const size_t Count = From.elements();
  Buffer Made(Count * sizeof(Target));
  auto *Values = reinterpret_cast<Target *>(Made.data());
  const char *Next = static_cast<const char *>(From.Data);
  for (size_t Index = 0; Index < Count; ++Index, Next += sizeof(Given)) {
    Given Value; // Data in files is not aligned.
    std::memcpy(&Value, Next, sizeof(Given));
    if (!fits<Target>(Value))
      throw Error(RNN_ERROR_MISMATCH,
                  Name + ": expected values that " + dtypeName(To) +
                      " has exactly, got " + std::to_string(Value) + " of " +
                      dtypeName(From.Type) + " at element " +
                      std::to_string(Index) + "; store it as " + dtypeName(To));
    Values[Index] = static_cast<Target>(Value);
  }
  return Made;
}

template <typename Target>
static Buffer convertTo(const TensorView &From, DType To,
                        const std::string &Name) {
  switch (From.Type) {
  case DType::F32:
    return convertAs<Target, float>(From, To, Name);
  case DType::F64:
    return convertAs<Target, double>(From, To, Name);
  case DType::I32:
    return convertAs<Target, int32_t>(From, To, Name);
  case DType::I64:
    return convertAs<Target, int64_t>(From, To, Name);
  case DType::U8:
    return convertAs<Target, uint8_t>(From, To, Name);
  }
  throw Error(RNN_ERROR_MISMATCH, Name + ": expected a known type");
}

Buffer train::convert(const TensorView &From, DType To,
                      const std::string &Name) {
  switch (To) {
  case DType::F32:
    return convertTo<float>(From, To, Name);
  case DType::F64:
    return convertTo<double>(From, To, Name);
  case DType::I32:
    return convertTo<int32_t>(From, To, Name);
  default:
    throw Error(RNN_ERROR_ARGUMENT,
                std::string("no conversion to ") + dtypeName(To));
  }
}
