//===- AlignedBytes.h - Memory for panels and records -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What a stream's functions are handed.
//===----------------------------------------------------------------------===//
#ifndef RNNC_BENCHMARKS_ALIGNEDBYTES_H
#define RNNC_BENCHMARKS_ALIGNEDBYTES_H

#include "rnn/rnn.h"

#include <cstring>
#include <new>

namespace bench {

/// Bytes at the alignment that streams expect.
class AlignedBytes {
public:
  explicit AlignedBytes(size_t Bytes)
      : Data(::operator new(Bytes, std::align_val_t(RNN_ALIGNMENT))) {
    std::memset(Data, 0, Bytes);
  }
  ~AlignedBytes() { ::operator delete(Data, std::align_val_t(RNN_ALIGNMENT)); }
  AlignedBytes(const AlignedBytes &) = delete;
  AlignedBytes &operator=(const AlignedBytes &) = delete;

  void *get() const { return Data; }

private:
  void *Data;
};

} // namespace bench

#endif // RNNC_BENCHMARKS_ALIGNEDBYTES_H
