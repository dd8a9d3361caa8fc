//===- Activation.cpp - How long a gate's function takes ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A sigmoid whose operations wait for each other as little as we know how: 2^n
// is multiplied in while the polynomial is evaluated in pairs. A hyperbolic
// tangent is 2 sigmoid(2x) - 1, as long.
//===----------------------------------------------------------------------===//
#include "benchmarks/Activation.h"

#include "benchmarks/Together.h"

#include <cstdint>

static constexpr int64_t Iterations = 2000;

/// Where the chain begins and ends, so that it is not folded.
static volatile float Source = 0;
static volatile float Sink;

typedef float Floats __attribute__((vector_size(64)));
typedef int32_t Words __attribute__((vector_size(64)));

/// A number so large that what is added to it is rounded to a whole one, which
/// its last bits then hold.
static constexpr float Rounder = 0x1.8p23f;

static inline __attribute__((always_inline)) void evaluateChain() {
  Floats X = Floats{} + Source;
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
    // e^-x = 2^(n + f) = 2^n p(f).
    const Floats Scaled = X * -0x1.715476p+0f;
    const Floats Shifted = Scaled + Rounder;
    const Floats F = Scaled - (Shifted - Rounder);
    const Floats Power =
        (Floats)(((Words)Shifted << 23) + (Words)(Floats{} + 1.0f));
    const Floats Square = F * F;
    const Floats Low = F * 0.69314718f + 1.0f;
    const Floats Middle = F * 0.05550411f + 0.24022651f;
    const Floats High = F * 0.00133336f + 0.00961813f;
    const Floats Begun = Power * Low + 1.0f, Rest = Power * Square;
    X = 1.0f / ((Square * High + Middle) * Rest + Begun);
  }
  Sink = X[0];
}

static inline __attribute__((always_inline)) void handOverChain() {
  alignas(64) float State[16];
  Floats X = Floats{} + Source;
  for (int64_t Iteration = 0; Iteration < Iterations; ++Iteration) {
    *reinterpret_cast<Floats *>(State) = X;
    // The compiler does not see that what is read was just written.
    asm volatile("" : : "r"(State) : "memory");
    X = (State[Iteration % 16] - Floats{}) * 0.5f + 1.0f;
  }
  Sink = X[0];
}

enum class Chain { Activation, Handover };

static inline __attribute__((always_inline)) void runOf(Chain Which) {
  if (Which == Chain::Activation)
    evaluateChain();
  else
    handOverChain();
}

#if defined(__x86_64__)
__attribute__((target("avx512f,fma"))) static void run512(Chain Which) {
  runOf(Which);
}
__attribute__((target("avx2,fma"))) static void run256(Chain Which) {
  runOf(Which);
}
#endif

static void run(Chain Which) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return run512(Which);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return run256(Which);
#endif
  runOf(Which);
}

static double measure(Chain Which, double Seconds) {
  const double Call =
      bench::secondsOfCall(1, Seconds, [Which](int) { run(Which); });
  return Call / Iterations * 1e6;
}

double bench::measureActivation(double Seconds) {
  return measure(Chain::Activation, Seconds);
}

double bench::measureHandover(double Seconds) {
  return measure(Chain::Handover, Seconds);
}
