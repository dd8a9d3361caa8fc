//===- Allocations.h - Counts allocations -----------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Replaces the allocator of a test program by one that counts, for libraries
// too.
//===----------------------------------------------------------------------===//
#ifndef RNNC_TEST_INTEGRATION_ABI_ALLOCATIONS_H
#define RNNC_TEST_INTEGRATION_ABI_ALLOCATIONS_H

/// Allocations of this thread since it started: malloc and its relatives,
/// through which operator new goes, and mappings.
long allocations();
/// The same of all threads of the process.
long allocationsOfAllThreads();

/// False where a sanitizer has an allocator of its own.
bool countsAllocations();

#endif // RNNC_TEST_INTEGRATION_ABI_ALLOCATIONS_H
