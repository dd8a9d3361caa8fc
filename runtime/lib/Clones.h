//===- Clones.h - Functions compiled for several CPUs -----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Marks a function to be compiled for several vector widths.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_CLONES_H
#define RNNC_RUNTIME_LIB_CLONES_H

#if defined(__x86_64__) && defined(__gnu_linux__)
#define RNNC_CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define RNNC_CLONES
#endif

#endif // RNNC_RUNTIME_LIB_CLONES_H
