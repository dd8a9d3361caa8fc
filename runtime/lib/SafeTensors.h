//===- SafeTensors.h - Tensors in files -------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Reads and writes files in the safetensors format: eight bytes with the length
// of a JSON header, the header, the data. Functions throw Error.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_SAFETENSORS_H
#define RNNC_RUNTIME_LIB_SAFETENSORS_H

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rnn {

/// The element types that models have use for.
enum class DType { F32, F64, I32, I64, U8 };

const char *dtypeName(DType Type); // "F32" and so on
size_t dtypeSize(DType Type);      // in bytes
/// "[2, 3]".
std::string shapeText(std::span<const int64_t> Shape);

/// A tensor in memory that somebody else owns, in C order.
struct TensorView {
  DType Type = DType::F32;
  std::vector<int64_t> Shape;
  const void *Data = nullptr; // maybe not aligned to the element's size

  size_t elements() const;
  size_t bytes() const { return elements() * dtypeSize(Type); }
};

/// What a file holds.
struct TensorFile {
  std::string Path;
  std::vector<char> Bytes;                   // what the views point into
  std::map<std::string, TensorView> Tensors; // by name
  std::map<std::string, std::string> Metadata;

  /// Null if there is none of that name.
  const TensorView *find(const std::string &Name) const;
};

/// A name and what to write under it.
using NamedTensor = std::pair<std::string, TensorView>;

/// Reads a whole file and checks it: the header's length and JSON (UTF-8, no
/// name twice), types, shapes, and that the tensors cover the data exactly.
TensorFile readTensors(const std::string &Path);

/// Whether a file begins as one of the format does: a length that the file has
/// room for, then JSON. False for what cannot be read.
bool isTensorFile(const std::string &Path);

/// The header of a file: fills Tensors (with Data at an offset from `Data`) and
/// Metadata. `DataBytes` is what follows the header.
void parseHeader(TensorFile &File, std::string_view Header, const char *Data,
                 size_t DataBytes);

/// Writes a file, all or nothing: a neighbour is written, flushed to the disk
/// and renamed over `Path`. A device or a pipe is written to as it is.
void writeTensors(const std::string &Path, std::span<const NamedTensor> Tensors,
                  const std::map<std::string, std::string> &Metadata = {});

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_SAFETENSORS_H
