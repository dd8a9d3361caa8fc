//===- WeightsTest.cpp - Weights narrower than f32 ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// How weights of bf16 and int8 are rounded and scaled when they are packed, and
// products with them.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <cfloat>
#include <cstring>
#include <limits>

using namespace rnnc;
using namespace rnnc::test;

namespace {

constexpr float Infinity = std::numeric_limits<float>::infinity();
constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint32_t toBits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// The nearest number of which 16 bits are kept, by comparing both neighbours.
float nearestBFloat16(float value) {
  if (!std::isfinite(value))
    return value;
  uint32_t bits = toBits(value) & 0xffff0000u;
  double below = fromBits(bits), exact = value;
  // What would come after the largest counts as if it were a number.
  uint32_t next = bits + 0x10000;
  bool overflows = (next & 0x7f800000u) == 0x7f800000u;
  double above = overflows ? std::copysign(0x1p128, exact) : fromBits(next);
  double down = std::abs(exact - below), up = std::abs(above - exact);
  bool isEven = (bits & 0x10000u) == 0;
  return down < up || (down == up && isEven) ? fromBits(bits) : fromBits(next);
}

/// A row of weights as 127 steps a side, in f32 as the definition has it.
std::vector<double> quantisedRow(const std::vector<float> &row) {
  float largest = 0;
  for (float weight : row)
    largest = std::max(largest, std::abs(weight));
  float scale = largest / 127;
  std::vector<double> result;
  for (float weight : row)
    result.push_back(scale < FLT_MIN ? 0
                                     : double(std::nearbyint(weight / scale)) *
                                           double(scale));
  return result;
}

/// A site of [n, k] and functions that pack W[n, k] and multiply by it.
struct Site {
  int64_t n, k, gates, units;
  Jit jit;
  Panels panels;

  static std::string text(int64_t n, int64_t k, int64_t gates, int64_t units,
                          const char *storage) {
    std::string made = llvm::formatv(
        R"(
dnn.site @s function 0 index 0 n {0} k {1} gates {2} units {3} f32 stored {4}
    rows step at 0 lda {1} ldc {0}
func.func @pack(%pw: !llvm.ptr, %packed: !llvm.ptr) {{
  %zero = arith.constant 0 : i64
  %n = arith.constant {0} : index
  %w = dnn.buffer %pw[%zero] rows %n : memref<?x{1}xf32, strided<[{1}, 1]>>
  %cast = memref.cast %w : memref<?x{1}xf32, strided<[{1}, 1]>> to memref<{0}x{1}xf32, strided<[{1}, 1]>>
  dnn.pack @s %cast, %packed : memref<{0}x{1}xf32, strided<[{1}, 1]>>
  return
}
func.func @pack_transposed(%pw: !llvm.ptr, %packed: !llvm.ptr) {{
  %zero = arith.constant 0 : i64
  %k = arith.constant {1} : index
  %w = dnn.buffer %pw[%zero] rows %k : memref<?x{0}xf32, strided<[{0}, 1]>>
  %cast = memref.cast %w : memref<?x{0}xf32, strided<[{0}, 1]>> to memref<{1}x{0}xf32, strided<[{0}, 1]>>
  dnn.pack @s %cast transposed, %packed : memref<{1}x{0}xf32, strided<[{0}, 1]>>
  return
}
)",
        n, k, gates, units, storage);
    for (std::string accumulate : {"", " accumulate"})
      made += "func.func @gemm" +
              std::string(accumulate.empty() ? "" : "_add") +
              "(%pa: !llvm.ptr, %pc: !llvm.ptr, %packed: !llvm.ptr, %rows: "
              "index) {\n  %zero = arith.constant 0 : i64\n" +
              buffer("a", "pa", "rows", k, k, "f32") +
              buffer("c", "pc", "rows", n, n, "f32") +
              "  dnn.gemm @s %a, %c, %packed" + accumulate + " : " +
              bufferType(k, k, "f32") + ", " + bufferType(n, n, "f32") +
              "\n  return\n}\n";
    return made;
  }

  Site(int64_t n, int64_t k, int64_t gates, const char *storage,
       const std::string &cpu)
      : n(n), k(k), gates(gates), units(unitsOf(n, gates, 4, cpu)),
        jit(text(n, k, gates, units, storage), cpu),
        panels((k + 16) * gates * units * 4 *
               ((n / gates + units - 1) / units)) {}

  void pack(std::vector<float> w, bool transposed = false) {
    using Pack = void(float *, void *);
    jit.get<Pack>(transposed ? "pack_transposed" : "pack")(w.data(),
                                                           panels.pointer());
  }

  void gemm(std::vector<float> &a, std::vector<float> &c, int64_t rows,
            bool accumulate = false) {
    using Gemm = void(float *, float *, void *, int64_t);
    jit.get<Gemm>(accumulate ? "gemm_add" : "gemm")(a.data(), c.data(),
                                                    panels.pointer(), rows);
  }

  /// W as the products see it: those of the unit rows.
  std::vector<float> unpacked() {
    std::vector<float> result(n * k);
    for (int64_t i = 0; i < k; ++i) {
      std::vector<float> row(k), column(n);
      row[i] = 1;
      gemm(row, column, 1);
      for (int64_t j = 0; j < n; ++j)
        result[j * k + i] = column[j];
    }
    return result;
  }
};

class Weights : public testing::TestWithParam<std::string> {};

TEST_P(Weights, BFloat16RoundsToNearestEven) {
  std::vector<float> specials = {0.0f,
                                 -0.0f,
                                 1.0f,
                                 1 + 0x1p-8f,     // halfway, down to even
                                 1 + 3 * 0x1p-8f, // halfway, up to even
                                 1 + 0x1p-8f + 0x1p-20f,
                                 1 + 3 * 0x1p-8f - 0x1p-20f,
                                 -1 - 0x1p-8f,
                                 2 - 0x1p-12f, // up to the next exponent
                                 FLT_MIN,
                                 FLT_MIN -
                                     0x1p-149f, // up from the denormal numbers
                                 0x1p-133f,     // the least of bf16
                                 0x1p-134f,     // halfway to it
                                 3 * 0x1p-134f,
                                 0x1p-149f,
                                 -0x1.8p-140f,
                                 0x1.fep127f, // the largest of bf16
                                 0x1.fefffep127f,
                                 0x1.ffp127f, // halfway to what would come next
                                 FLT_MAX,
                                 -FLT_MAX};
  std::mt19937 random(3);
  while (specials.size() < 64) {
    float value = fromBits(random());
    if (std::isfinite(value))
      specials.push_back(value);
  }
  // One step of k, so that nothing is added but zeros.
  int64_t n = specials.size();
  for (int64_t k : {1, 2}) {
    Site site(n, k, 1, "bf16", GetParam());
    std::vector<float> w(n * k);
    for (int64_t j = 0; j < n; ++j)
      w[j * k + k - 1] = specials[j];
    site.pack(w);
    std::vector<float> a(k), c(n);
    a[k - 1] = 1;
    site.gemm(a, c, 1);
    for (int64_t j = 0; j < n; ++j)
      EXPECT_EQ(c[j], nearestBFloat16(specials[j]))
          << llvm::formatv("{0} ({1:x}) of k {2}", specials[j],
                           toBits(specials[j]), k)
                 .str();
  }
}

TEST_P(Weights, WhatIsNoNumberStaysSo) {
  for (const char *storage : {"bf16", "i8"}) {
    Site site(3, 5, 1, storage, GetParam());
    // The lowest bit alone says that the second is no number.
    std::vector<float> w(15, 0.5f), a(5, 1.0f), c(3);
    w[1] = Infinity;
    w[7] = fromBits(0x7f800001);
    site.pack(w);
    site.gemm(a, c, 1);
    EXPECT_FALSE(std::isfinite(c[0])) << storage;
    EXPECT_TRUE(std::isnan(c[1])) << storage;
    EXPECT_NEAR(c[2], 2.5, 1e-6) << storage;
    a[2] = NaN;
    site.gemm(a, c, 1);
    for (float result : c)
      EXPECT_TRUE(std::isnan(result)) << storage;
  }
}

TEST_P(Weights, ScalesAreOfRows) {
  const int64_t n = 6, k = 21;
  // Zeros, weights of very different sizes, and one far above its neighbours.
  std::vector<float> sizes = {0, 1, 1e-30f, 3e37f, 1e-37f, 1};
  std::mt19937 random(5);
  std::uniform_real_distribution<float> numbers(-1, 1);
  std::vector<float> w(n * k);
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i < k; ++i)
      w[j * k + i] = sizes[j] * numbers(random);
  w[5 * k + 20] = 1000;
  for (bool transposed : {false, true}) {
    Site site(n, k, 1, "i8", GetParam());
    std::vector<float> given(w);
    if (transposed)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t i = 0; i < k; ++i)
          given[i * n + j] = w[j * k + i];
    site.pack(given, transposed);
    std::vector<float> got = site.unpacked();
    for (int64_t j = 0; j < n; ++j) {
      std::vector<double> expected = quantisedRow(
          std::vector<float>(w.begin() + j * k, w.begin() + (j + 1) * k));
      for (int64_t i = 0; i < k; ++i)
        EXPECT_NEAR(got[j * k + i], expected[i], 1e-6 * std::abs(expected[i]))
            << "row " << j << " column " << i << " transposed " << transposed;
    }
  }
}

struct Size {
  int64_t n, k, gates;
};

TEST_P(Weights, ProductsAgreeWithLoops) {
  const Size sizes[] = {{1, 1, 1},   {3, 17, 1},   {16, 3, 1},
                        {65, 16, 1}, {12, 65, 4},  {64, 18, 4},
                        {51, 33, 3}, {200, 64, 1}, {260, 20, 4}};
  std::mt19937 random(7);
  std::uniform_real_distribution<float> numbers(-1, 1);
  for (const char *storage : {"bf16", "i8"})
    for (auto [n, k, gates] : sizes) {
      Site site(n, k, gates, storage, GetParam());
      std::vector<float> w(n * k);
      for (float &weight : w)
        weight = numbers(random);
      site.pack(w);
      std::vector<double> kept;
      for (int64_t j = 0; j < n; ++j) {
        std::vector<float> row(w.begin() + j * k, w.begin() + (j + 1) * k);
        std::vector<double> rounded = quantisedRow(row);
        for (int64_t i = 0; i < k; ++i)
          kept.push_back(*storage == 'b' ? nearestBFloat16(row[i])
                                         : rounded[i]);
      }
      for (int64_t rows : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17, 40})
        for (bool accumulate : {false, true}) {
          Matrix<float> a(rows, k, k, random), c(rows, n, n, random),
              expected = c;
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t j = 0; j < n; ++j) {
              double sum = accumulate ? expected(r, j) : 0;
              for (int64_t i = 0; i < k; ++i)
                sum += double(a(r, i)) * kept[j * k + i];
              expected(r, j) = static_cast<float>(sum);
            }
          site.gemm(a.data, c.data, rows, accumulate);
          EXPECT_EQ(difference(c, expected, tolerance<float>() * std::sqrt(k)),
                    "")
              << storage << " n " << n << " k " << k << " gates " << gates
              << " rows " << rows << " accumulate " << accumulate;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Cpus, Weights, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

} // namespace
