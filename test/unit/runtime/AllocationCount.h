//===- AllocationCount.h - Counts allocations -------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Replaces operator new in a test program, so that tests can say what must not
// allocate. The runtime allocates in no other way, save for plans' arenas.
//===----------------------------------------------------------------------===//
#ifndef RNNC_TEST_UNIT_RUNTIME_ALLOCATIONCOUNT_H
#define RNNC_TEST_UNIT_RUNTIME_ALLOCATIONCOUNT_H

/// Calls of operator new by this thread since it started.
long allocationCount();

#endif // RNNC_TEST_UNIT_RUNTIME_ALLOCATIONCOUNT_H
