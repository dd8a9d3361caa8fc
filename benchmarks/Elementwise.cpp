//===- Elementwise.cpp - What gates cost beside products ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Independent multiply-adds with and without a function after every twenty of
// them. With few operations waiting for each other all that the function adds
// are the places it takes: its additions, conversions and loads find others.
//===----------------------------------------------------------------------===//
#include "benchmarks/Elementwise.h"

#include "benchmarks/Clock.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

using namespace bench;

static constexpr int64_t Iterations = 5000;
static constexpr int Chains = 10, MultiplyAdds = 20;
static constexpr int64_t Elements = 1024; ///< of a small part of the L1 cache

/// What no compiler knows, so that nothing is folded.
static volatile float Source = 0;
static volatile float Sink;

namespace {

typedef float Floats64 __attribute__((vector_size(64)));
typedef int32_t Words64 __attribute__((vector_size(64)));
typedef float Floats32 __attribute__((vector_size(32)));
typedef int32_t Words32 __attribute__((vector_size(32)));
typedef float Floats16 __attribute__((vector_size(16)));
typedef int32_t Words16 __attribute__((vector_size(16)));

/// What functions are applied to.
struct alignas(64) Data {
  float X[Elements], Y[Elements];
};

} // namespace

/// A number so large that what is added to it is rounded to a whole one, which
/// its last bits then hold.
static constexpr float Rounder = 0x1.8p23f;

/// 1 / (1 + e^-x) with e^-x = 2^(n + f) = 2^n p(f), p of degree five.
template <typename Floats, typename Words>
static inline __attribute__((always_inline)) Floats sigmoid(Floats X) {
  const Floats Scaled = X * -0x1.715476p+0f;
  const Floats Shifted = Scaled + Rounder;
  const Floats F = Scaled - (Shifted - Rounder);
  const Floats Square = F * F;
  const Floats Low = F * 0.69314718f + 1.0f;
  const Floats Middle = F * 0.05550411f + 0.24022651f;
  const Floats High = F * 0.00133336f + 0.00961813f;
  const Floats P = (Square * High + Middle) * Square + Low;
  return 1.0f / ((Floats)((Words)P + ((Words)Shifted << 23)) + 1.0f);
}

/// Chains of multiply-adds, with a function among them or without.
template <typename Floats, typename Words>
static inline __attribute__((always_inline)) void run(Data &Of,
                                                      bool WithFunction) {
  Floats Chain[Chains];
  for (Floats &Each : Chain)
    Each = Floats{} + Source;
  constexpr int64_t Lanes = sizeof(Floats) / sizeof(float);
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
#pragma GCC unroll 20
    for (int Index = 0; Index < MultiplyAdds; ++Index)
      Chain[Index % Chains] = Chain[Index % Chains] * 0.999f + 0.001f;
    if (!WithFunction)
      continue;
    const int64_t At = Iteration * Lanes % Elements;
    Floats X;
    std::memcpy(&X, Of.X + At, sizeof(X));
    X = sigmoid<Floats, Words>(X);
    std::memcpy(Of.Y + At, &X, sizeof(X));
  }
  for (int Index = 1; Index < Chains; ++Index)
    Chain[0] += Chain[Index];
  Sink = Chain[0][0] + Of.Y[0];
}

#if defined(__x86_64__)
__attribute__((target("avx512f,fma"))) static void run512(Data &Of, bool With) {
  With ? run<Floats64, Words64>(Of, true) : run<Floats64, Words64>(Of, false);
}
__attribute__((target("avx2,fma"))) static void run256(Data &Of, bool With) {
  With ? run<Floats32, Words32>(Of, true) : run<Floats32, Words32>(Of, false);
}
#endif

/// The widest of this CPU.
static void runWidest(Data &Of, bool With) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return run512(Of, With);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return run256(Of, With);
#endif
  With ? run<Floats16, Words16>(Of, true) : run<Floats16, Words16>(Of, false);
}

double bench::measureFunction() {
  Data Of;
  for (int64_t Index = 0; Index < Elements; ++Index)
    Of.X[Index] = Source + 0.05f * static_cast<float>(Index % 97) - 2.0f;
  double Busy = 1, Both = 1;
  for (int Moment = 0; Moment < 10; ++Moment)
    for (const bool With : {false, true}) {
      const double Start = seconds();
      runWidest(Of, With);
      double &Best = With ? Both : Busy;
      Best = std::min(Best, seconds() - Start);
    }
  return MultiplyAdds * (Both - Busy) / Busy;
}
