//===- AllocationCount.cpp - Counts allocations ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operator new with a counter, but for the thread sanitizer, which has its own.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/AllocationCount.h"

#include <cstdlib>
#include <new>

static thread_local long Count;

long allocationCount() { return Count; }

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RNNC_SANITIZED
#endif
#endif

#ifndef RNNC_SANITIZED
void *operator new(size_t Bytes) {
  ++Count;
  if (void *Memory = std::malloc(Bytes ? Bytes : 1))
    return Memory;
  throw std::bad_alloc();
}
void operator delete(void *Memory) noexcept { std::free(Memory); }
void operator delete(void *Memory, size_t) noexcept { std::free(Memory); }
#endif
