//===- Allocations.cpp - Counts allocations -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// glibc's allocator behind counters. A definition in the program goes before
// the C library's for every library it loads, oneDNN's among them.
//===----------------------------------------------------------------------===//
#include "test/integration/abi/Allocations.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static thread_local long Count;
static std::atomic<long> CountOfAll;

long allocations() { return Count; }
long allocationsOfAllThreads() { return CountOfAll; }

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RNNC_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RNNC_SANITIZED
#endif

#ifdef RNNC_SANITIZED
bool countsAllocations() { return false; }
#else
bool countsAllocations() { return true; }

static void note() {
  ++Count;
  CountOfAll.fetch_add(1, std::memory_order_relaxed);
}

extern "C" {

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t Bytes) noexcept {
  note();
  return __libc_malloc(Bytes);
}

void *calloc(size_t Number, size_t Bytes) noexcept {
  note();
  return __libc_calloc(Number, Bytes);
}

void *realloc(void *Memory, size_t Bytes) noexcept {
  note();
  return __libc_realloc(Memory, Bytes);
}

void *memalign(size_t Alignment, size_t Bytes) noexcept {
  note();
  return __libc_memalign(Alignment, Bytes);
}

void *aligned_alloc(size_t Alignment, size_t Bytes) noexcept {
  note();
  return __libc_memalign(Alignment, Bytes);
}

int posix_memalign(void **Memory, size_t Alignment, size_t Bytes) noexcept {
  note();
  *Memory = __libc_memalign(Alignment, Bytes);
  return *Memory ? 0 : ENOMEM;
}

void *mmap(void *Where, size_t Bytes, int Protection, int Flags, int File,
           off_t Offset) noexcept {
  note();
  return reinterpret_cast<void *>(
      syscall(SYS_mmap, Where, Bytes, Protection, Flags, File, Offset));
}

} // extern "C"
#endif
