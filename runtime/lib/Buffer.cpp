//===- Buffer.cpp - Zeroed, aligned memory --------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Buffers straight from the operating system.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"

#include <cstdint>
#include <new>
#include <sys/mman.h>
#include <utility>

using namespace rnn;

/// The size of a huge page where there are any, on x86 and mostly elsewhere.
static constexpr size_t HugePage = size_t(2) << 20;

/// From here on huge pages pay. Large tapes miss the TLB less. Weights that
/// just fit into the second cache stay in it: small pages lie anywhere in
/// memory, and many of them may fall on the same sets of the cache.
static constexpr size_t HugeFrom = HugePage / 4;

static char *map(size_t Bytes) {
  void *Region = mmap(nullptr, Bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (Region == MAP_FAILED)
    throw std::bad_alloc();
  return static_cast<char *>(Region);
}

/// A region that begins and ends with a huge page. `Bytes` is a multiple of it.
static char *mapHuge(size_t Bytes) {
  char *Region = map(Bytes + HugePage);
  const size_t Before = -reinterpret_cast<uintptr_t>(Region) % HugePage;
  if (Before)
    munmap(Region, Before);
  munmap(Region + Before + Bytes, HugePage - Before);
#ifdef MADV_HUGEPAGE
  madvise(Region + Before, Bytes, MADV_HUGEPAGE); // A wish: may be refused.
#endif
  return Region + Before;
}

Buffer::Buffer(size_t Wanted) : Bytes(Wanted) {
  if (Bytes == 0)
    return;
  if (Bytes < HugeFrom) {
    Data = map(Bytes);
    return;
  }
  Bytes = (Bytes + HugePage - 1) / HugePage * HugePage;
  Data = mapHuge(Bytes);
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
