//===- FmaPeak.cpp - The limit of the cores -------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Ten chains cover the latency of a multiply-add (4 or 5 cycles) on two pipes,
// and fit into 16 registers with the factors.
//===----------------------------------------------------------------------===//
#include "benchmarks/FmaPeak.h"

#include "benchmarks/Together.h"

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static constexpr int Chains = 10;
static constexpr int64_t Iterations = 10000;

/// Chains start from what no compiler knows: one that starts from the fixed
/// point of its multiply-adds would be folded. The result has to go somewhere,
/// or all are dropped.
static volatile float Source = 0;
static volatile float Sink;

#if defined(__x86_64__)

__attribute__((target("avx512f"))) static int64_t runChains512() {
  const __m512 Factor = _mm512_set1_ps(0.999f), Term = _mm512_set1_ps(0.001f);
  __m512 Chain[Chains];
  for (int Index = 0; Index < Chains; ++Index)
    Chain[Index] = _mm512_set1_ps(Source);
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
#pragma GCC unroll 16
    for (int Index = 0; Index < Chains; ++Index)
      Chain[Index] = _mm512_fmadd_ps(Chain[Index], Factor, Term);
  }
  __m512 Sum = Chain[0];
  for (int Index = 1; Index < Chains; ++Index)
    Sum = _mm512_add_ps(Sum, Chain[Index]);
  Sink = _mm512_cvtss_f32(Sum);
  return Iterations * Chains * 16 * 2;
}

__attribute__((target("avx2,fma"))) static int64_t runChains256() {
  const __m256 Factor = _mm256_set1_ps(0.999f), Term = _mm256_set1_ps(0.001f);
  __m256 Chain[Chains];
  for (int Index = 0; Index < Chains; ++Index)
    Chain[Index] = _mm256_set1_ps(Source);
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
#pragma GCC unroll 16
    for (int Index = 0; Index < Chains; ++Index)
      Chain[Index] = _mm256_fmadd_ps(Chain[Index], Factor, Term);
  }
  __m256 Sum = Chain[0];
  for (int Index = 1; Index < Chains; ++Index)
    Sum = _mm256_add_ps(Sum, Chain[Index]);
  Sink = _mm256_cvtss_f32(Sum);
  return Iterations * Chains * 8 * 2;
}

#endif

/// For other CPUs: vectors of 16 bytes, which the compiler contracts to
/// multiply-adds where the target has them.
static int64_t runChains128() {
  typedef float Vector __attribute__((vector_size(16)));
  const Vector Factor = {0.999f, 0.999f, 0.999f, 0.999f};
  const Vector Term = {0.001f, 0.001f, 0.001f, 0.001f};
  Vector Chain[Chains];
  for (int Index = 0; Index < Chains; ++Index)
    Chain[Index] = Vector{Source, Source, Source, Source};
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
#pragma GCC unroll 16
    for (int Index = 0; Index < Chains; ++Index)
      Chain[Index] = Chain[Index] * Factor + Term;
  }
  Vector Sum = Chain[0];
  for (int Index = 1; Index < Chains; ++Index)
    Sum += Chain[Index];
  Sink = Sum[0];
  return Iterations * Chains * 4 * 2;
}

static int64_t runChains() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return runChains512();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return runChains256();
#endif
  return runChains128();
}

double bench::measureFmaPeak(int Threads, double Seconds) {
  std::atomic<int64_t> Flops = 0; // of a call, the same for each thread
  const double Call =
      secondsOfCall(Threads, Seconds, [&](int) { Flops = runChains(); });
  return static_cast<double>(Flops * Threads) / Call * 1e-9;
}
