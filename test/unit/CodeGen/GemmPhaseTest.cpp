//===- GemmPhaseTest.cpp - Products whose gates go through a phase --------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// dnn.gemm_phase with one row (the panel kernel) and several, against plain
// loops: an LSTM step with peepholes, a bias and a scale a row.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"
#include "test/unit/Philox.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "gtest/gtest.h"

#include <bit>
#include <type_traits>

using namespace rnnc;
using namespace rnnc::test;

namespace {

/// Weights that bf16 has, too.
void shorten(Matrix<float> &w, int64_t n, int64_t k) {
  for (int64_t row = 0; row < n; ++row)
    for (int64_t column = 0; column < k; ++column)
      w(row, column) = std::bit_cast<float>(
          std::bit_cast<uint32_t>(w(row, column)) & 0xffff0000);
}

/// `stored` is what panels keep weights of f32 as, if that is narrower.
template <typename T>
void checkGemmPhase(const std::string &cpu, int64_t hidden, int64_t k,
                    const std::string &stored = "") {
  const char *type = typeName<T>();
  int64_t n = 4 * hidden;
  int64_t units = unitsOf(n, 4, sizeof(T), cpu);
  if (!stored.empty())
    units = llvm::alignTo(units, shapeOf(cpu).vectorBytes / sizeof(T));
  std::string h = bufferType(hidden, hidden + 2, type);
  std::string full = bufferType(n, n, type), a = bufferType(k, k, type);
  std::string text = llvm::formatv(R"(
dnn.site @s function 0 index 0 n {0} k {1} gates 4 units {2} {3} {4} rows step
    at 16 lda {1} ldc {0}
func.func @pack(%pw: !llvm.ptr, %packed: !llvm.ptr) {{
  %zero = arith.constant 0 : i64
  %n = arith.constant {0} : index
  %flat = dnn.buffer %pw[%zero] rows %n : memref<?x{1}x{3}>
  %w = memref.cast %flat : memref<?x{1}x{3}> to memref<{0}x{1}x{3}>
  dnn.pack @s %w, %packed : memref<{0}x{1}x{3}>
  return
}
func.func @step(%pa: !llvm.ptr, %pscratch: !llvm.ptr, %packed: !llvm.ptr,
                %pc: !llvm.ptr, %pbias: !llvm.ptr, %pscale: !llvm.ptr,
                %ph: !llvm.ptr, %rows: index, %from: index) {{
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : index
)",
                                   n, k, units, type, stored)
                         .str();
  text += buffer("a", "pa", "rows", k, k, type) +
          buffer("scratch", "pscratch", "rows", n, n, type) +
          buffer("c", "pc", "rows", hidden, hidden + 2, type) +
          buffer("biases", "pbias", "one", hidden, hidden, type) +
          buffer("scale", "pscale", "rows", 1, 1, type) +
          buffer("h", "ph", "rows", hidden, hidden + 2, type);
  std::string bias = llvm::formatv("memref<1x{0}x{1}>", hidden, type);
  text += llvm::formatv(R"(
  %key = arith.constant 77 : i32
  %first = arith.constant 1000 : i64
  %bias = memref.cast %biases : {0} to {1}
  // Whether the step is odd decides the order of blocks.
  %next = arith.addi %from, %one : index
  scf.for %step = %from to %next step %one {{
  dnn.gemm_phase @s %a, %scratch, %packed ins(%c, %bias, %scale : {2}, {1}, {3})
      outs(%h, %c : {2}, {2}) : {4}, {5} {{
  ^bb0(%i: {6}, %f: {6}, %o: {6}, %g: {6}, %c0: {6}, %b: {6}, %s: {6}):
    %e = arith.addf %i, %b : {6}
    %t = math.tanh %g : {6}
    %it = arith.mulf %e, %t : {6}
    %fc = arith.mulf %f, %c0 : {6}
    %c1 = arith.addf %it, %fc : {6}
    %os = arith.mulf %o, %s : {6}
    %o1 = arith.mulf %os, %c1 : {6}
    %h1 = dnn.dropout %o1 key %key first %first rate 0.5 : {6}
    dnn.yield %h1, %c1 : {6}, {6}
  }
  }
  return
}
)",
                        bufferType(hidden, hidden, type), bias, h,
                        bufferType(1, 1, type), a, full, type)
              .str();
  Jit jit(text, cpu);

  std::mt19937 random(3);
  Matrix<T> w(n, k, k, random);
  if constexpr (std::is_same_v<T, float>)
    if (stored == "stored bf16")
      shorten(w, n, k);
  int64_t blocks = (hidden + units - 1) / units;
  Panels panels((16 + blocks * (k + 1) * 4 * units) * sizeof(T));
  jit.get<void(T *, void *)>("pack")(w.pointer(), panels.pointer());
  for (auto [rows, step] : {std::pair(1, 0), {1, 1}, {2, 0}, {7, 1}}) {
    Matrix<T> a(rows, k, k, random), scratch(rows, n, n, random),
        c(rows, hidden, hidden + 2, random), bias(1, hidden, hidden, random),
        scale(rows, 1, 1, random), h(rows, hidden, hidden + 2, random);
    Matrix<T> expectedC = c, expectedH = h;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t u = 0; u < hidden; ++u) {
        double gates[4] = {};
        for (int64_t gate = 0; gate < 4; ++gate)
          for (int64_t i = 0; i < k; ++i)
            gates[gate] += double(a(r, i)) * w(gate * hidden + u, i);
        double next =
            (gates[0] + bias(0, u)) * std::tanh(gates[3]) + gates[1] * c(r, u);
        expectedC(r, u) = static_cast<T>(next);
        bool isKept = philox(1000 + r * hidden + u, 77) >= 1U << 31;
        expectedH(r, u) =
            static_cast<T>(isKept ? 2 * gates[2] * scale(r, 0) * next : 0);
      }
    using Step = void(T *, T *, void *, T *, T *, T *, T *, int64_t, int64_t);
    jit.get<Step>("step")(a.pointer(), scratch.pointer(), panels.pointer(),
                          c.pointer(), bias.pointer(), scale.pointer(),
                          h.pointer(), rows, step);
    EXPECT_EQ(difference(c, expectedC, 4 * tolerance<T>()), "")
        << cpu << " " << type << " hidden " << hidden << " rows " << rows;
    EXPECT_EQ(difference(h, expectedH, 4 * tolerance<T>()), "")
        << cpu << " " << type << " hidden " << hidden << " rows " << rows;
  }
}

class GemmPhase : public testing::TestWithParam<std::string> {};

TEST_P(GemmPhase, AgreesWithLoops) {
  for (int64_t hidden : {1, 5, 16, 17, 40, 64})
    for (int64_t k : {1, 6, 33}) {
      checkGemmPhase<float>(GetParam(), hidden, k);
      checkGemmPhase<double>(GetParam(), hidden, k);
    }
}

/// Of an even and an odd number of blocks, with a partial one and without.
TEST_P(GemmPhase, AgreesWithLoopsForWeightsOfBFloat16) {
  for (int64_t hidden : {16, 32, 40, 48, 56, 64, 80})
    for (int64_t k : {1, 6, 33})
      checkGemmPhase<float>(GetParam(), hidden, k, "stored bf16");
}

INSTANTIATE_TEST_SUITE_P(Cpus, GemmPhase, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

} // namespace
