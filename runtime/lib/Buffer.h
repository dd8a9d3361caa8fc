//===- Buffer.h - Zeroed, aligned memory ------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Memory of a plan: zeroed, aligned to a page, and free of charge until it is
// touched, because packed areas are sized for the worst case.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_BUFFER_H
#define RNNC_RUNTIME_LIB_BUFFER_H

#include <cstddef>

namespace rnn {

/// Owns a zeroed region aligned to a page. Throws std::bad_alloc.
class Buffer {
public:
  Buffer() = default;
  explicit Buffer(size_t Bytes);
  Buffer(Buffer &&Other) noexcept;
  Buffer &operator=(Buffer &&Other) noexcept;
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer();

  char *data() const { return Data; }
  size_t size() const { return Bytes; }

private:
  char *Data = nullptr;
  size_t Bytes = 0;
};

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_BUFFER_H
