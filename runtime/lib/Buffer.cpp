//===- Buffer.cpp - Zeroed, aligned memory --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Buffers straight from the operating system.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"

#include <new>
#include <sys/mman.h>
#include <utility>

using namespace rnn;

/// From here on huge pages pay: fewer misses of the TLB in large tapes.
static constexpr size_t HugeFrom = size_t(4) << 20;

Buffer::Buffer(size_t Bytes) : Bytes(Bytes) {
  if (Bytes == 0)
    return;
  void *Region = mmap(nullptr, Bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (Region == MAP_FAILED)
    throw std::bad_alloc();
  Data = static_cast<char *>(Region);
#ifdef MADV_HUGEPAGE
  if (Bytes >= HugeFrom)
    madvise(Region, Bytes, MADV_HUGEPAGE); // A wish: failing changes nothing.
#endif
}

Buffer::Buffer(Buffer &&Other) noexcept { *this = std::move(Other); }

Buffer &Buffer::operator=(Buffer &&Other) noexcept {
  std::swap(Data, Other.Data);
  std::swap(Bytes, Other.Bytes);
  return *this;
}

Buffer::~Buffer() {
  if (Data)
    munmap(Data, Bytes);
}
