//===- GemmTest.cpp - Generated products against plain loops --------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// dnn.pack, dnn.gemm and dnn.gemm_tn over odd sizes, strides and row counts.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

#include <optional>
#include <tuple>

using namespace rnnc;
using namespace rnnc::test;

namespace {

/// How a weight lies in memory: [n, k], [k, n] or with gaps both ways.
enum class Weight { Plain, Transposed, Strided };
/// Whether it is packed at once or as rectangles, the last first.
enum class Packing { Whole, Pieces };

struct Size {
  int64_t n, k, gates;
};

/// Rows and vectors of a tile other than what is chosen.
using AskedTile = std::optional<Tile>;

/// Packs the rectangles of rows and columns cut at a third and at a half.
std::string packPieces(int64_t rows, int64_t columns, bool transposed,
                       const std::string &weightType, int64_t rowStride,
                       int64_t columnStride, const char *type) {
  std::string text;
  auto emit = [&](int64_t row, int64_t column, int64_t height, int64_t width) {
    if (height == 0 || width == 0)
      return;
    std::string part = llvm::formatv(
        "memref<{0}x{1}x{2}, strided<[{3}, {4}], offset: {5}>>", height, width,
        type, rowStride, columnStride, row * rowStride + column * columnStride);
    std::string at = transposed ? llvm::formatv("[{0}, {1}]", column, row)
                                : llvm::formatv("[{0}, {1}]", row, column);
    text += llvm::formatv("  %p{0}_{1} = memref.subview %cast[{0}, {1}] [{2}, "
                          "{3}] [1, 1] : {4} to {5}\n  dnn.pack @s "
                          "%p{0}_{1}{6} at {7}, %packed : {5}\n",
                          row, column, height, width, weightType, part,
                          transposed ? " transposed" : "", at);
  };
  int64_t row = rows / 3, column = columns / 2;
  emit(row, column, rows - row, columns - column);
  emit(row, 0, rows - row, column);
  emit(0, column, row, columns - column);
  emit(0, 0, row, column);
  return text;
}

/// A product of as many rows as the argument says, or of the one that the types
/// say. One that accumulates is that of an odd step, which reads backwards.
std::string gemmFunction(bool oneRow, bool accumulate, int64_t n, int64_t k,
                         int64_t lda, int64_t ldc, const char *type) {
  std::string a = buffer("a", "pa", oneRow ? "one" : "rows", k, lda, type);
  std::string c = buffer("c", "pc", oneRow ? "one" : "rows", n, ldc, type);
  std::string types =
      bufferType(k, lda, type) + ", " + bufferType(n, ldc, type);
  if (oneRow)
    for (std::string *text : {&a, &c, &types})
      std::replace(text->begin(), text->end(), '?', '1');
  return std::string("func.func @") + (oneRow ? "row" : "gemm") +
         (accumulate ? "_add" : "") +
         "(%pa: !llvm.ptr, %pc: !llvm.ptr, %packed: !llvm.ptr, %rows: index) "
         "{\n  %zero = arith.constant 0 : i64\n"
         "  %one = arith.constant 1 : index\n" +
         a + c +
         (accumulate ? "  %two = arith.constant 2 : index\n"
                       "  scf.for %step = %one to %two step %one {\n"
                     : "") +
         "  dnn.gemm @s %a, %c, %packed" + (accumulate ? " accumulate" : "") +
         " : " + types + (accumulate ? "\n  }" : "") + "\n  return\n}\n";
}

template <typename T>
void checkGemm(const std::string &cpu, Size size, Weight weight,
               Packing packing, AskedTile tile = std::nullopt) {
  auto [n, k, gates] = size;
  int64_t units = unitsOf(n, gates, sizeof(T), cpu);
  std::string tileRows;
  if (tile) {
    units = tile->vectors * shapeOf(cpu).vectorBytes / sizeof(T);
    tileRows = "tile " + std::to_string(tile->rows);
  }
  int64_t lda = k + 3, ldc = n + 5;
  const char *type = typeName<T>();
  bool transposed = weight == Weight::Transposed;
  int64_t ldn = transposed ? 1 : weight == Weight::Strided ? 2 * k + 1 : k + 2;
  int64_t ldk = transposed ? n + 1 : weight == Weight::Strided ? 2 : 1;
  std::string weightType =
      transposed ? llvm::formatv("memref<{0}x{1}x{2}, strided<[{3}, 1]>>", k, n,
                                 type, ldk)
                       .str()
                 : llvm::formatv("memref<{0}x{1}x{2}, strided<[{3}, {4}]>>", n,
                                 k, type, ldn, ldk)
                       .str();
  std::string packs =
      packing == Packing::Pieces
          ? packPieces(transposed ? k : n, transposed ? n : k, transposed,
                       weightType, transposed ? ldk : ldn, transposed ? 1 : ldk,
                       type)
          : llvm::formatv("  dnn.pack @s %cast{0}, %packed : {1}",
                          transposed ? " transposed" : "", weightType)
                .str();
  std::string text =
      llvm::formatv(R"(
dnn.site @s function 0 index 0 n {0} k {1} gates {2} units {3} {13} {4} rows step
    at 0 lda {5} ldc {6}
func.func @pack(%w: memref<1x1x{4}>, %packed: !llvm.ptr) {{
  %cast = memref.reinterpret_cast %w to offset: [0], sizes: [{7}, {8}],
      strides: [{9}, {10}] : memref<1x1x{4}> to {11}
{12}
  return
}
)",
                    n, k, gates, units, type, lda, ldc, transposed ? k : n,
                    transposed ? n : k, transposed ? ldk : ldn,
                    transposed ? 1 : ldk, weightType, packs, tileRows)
          .str();
  for (bool oneRow : {false, true})
    for (bool accumulate : {false, true})
      text += gemmFunction(oneRow, accumulate, n, k, lda, ldc, type);
  Jit jit(text, cpu);

  std::mt19937 random(7);
  std::vector<T> w(n * ldn + k * ldk + 64);
  for (T &value : w)
    value = static_cast<T>(std::uniform_real_distribution<>(-1, 1)(random));
  int64_t blocks = (n / gates + units - 1) / units;
  Panels panels(blocks * k * gates * units * sizeof(T));
  // A memref argument is two pointers, an offset, sizes and strides.
  using Pack =
      void(T *, T *, int64_t, int64_t, int64_t, int64_t, int64_t, void *);
  jit.get<Pack>("pack")(w.data(), w.data(), 0, 1, 1, 1, 1, panels.pointer());

  // Minus one: a row, known to be one.
  for (int64_t count : {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 17}) {
    int64_t rows = std::abs(count);
    std::string name = count < 0 ? "row" : "gemm";
    for (bool accumulate : {false, true}) {
      Matrix<T> a(rows, k, lda, random), c(rows, n, ldc, random), expected = c;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < n; ++j) {
          double sum = accumulate ? expected(r, j) : T(0);
          for (int64_t i = 0; i < k; ++i)
            sum += double(a(r, i)) * w[j * ldn + i * ldk];
          expected(r, j) = static_cast<T>(sum);
        }
      using Gemm = void(T *, T *, void *, int64_t);
      jit.get<Gemm>(accumulate ? name + "_add" : name)(a.pointer(), c.pointer(),
                                                       panels.pointer(), rows);
      EXPECT_EQ(difference(c, expected, tolerance<T>() * std::sqrt(k)), "")
          << cpu << " " << type << " n " << n << " k " << k << " gates "
          << gates << " rows " << count << " accumulate " << accumulate;
    }
  }
}

template <typename T> void checkGemmTN(const std::string &cpu, Size size) {
  auto [n, k, gates] = size;
  int64_t lda = n + 3, ldb = k + 1, ldc = k + 7;
  const char *type = typeName<T>();
  std::string cType =
      llvm::formatv("memref<{0}x{1}x{2}, strided<[{3}, 1]>>", n, k, type, ldc);
  std::string text;
  for (auto [name, how] :
       {std::pair("new", ""), std::pair("add", " accumulate"),
        std::pair("unless", " accumulate unless %first")})
    text += "func.func @gemm_tn_" + std::string(name) +
            "(%pa: !llvm.ptr, %pb: !llvm.ptr, %pc: !llvm.ptr, %rows: index, "
            "%first: i1) {\n  %zero = arith.constant 0 : i64\n  %n = "
            "arith.constant " +
            std::to_string(n) + " : index\n" +
            buffer("a", "pa", "rows", n, lda, type) +
            buffer("b", "pb", "rows", k, ldb, type) +
            buffer("flat", "pc", "n", k, ldc, type) +
            "  %c = memref.cast %flat : " + bufferType(k, ldc, type) + " to " +
            cType + "\n  dnn.gemm_tn %a, %b, %c" + how + " : " +
            bufferType(n, lda, type) + ", " + bufferType(k, ldb, type) + ", " +
            cType + "\n  return\n}\n";
  Jit jit(text, cpu);
  std::mt19937 random(11);
  for (int64_t rows : {0, 1, 2, 5, 17, 128, 448, 449, 900}) {
    for (bool accumulate : {false, true}) {
      Matrix<T> a(rows, n, lda, random), b(rows, k, ldb, random),
          c(n, k, ldc, random), expected = c;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < k; ++j) {
          double sum = accumulate ? expected(i, j) : T(0);
          for (int64_t r = 0; r < rows; ++r)
            sum += double(a(r, i)) * b(r, j);
          expected(i, j) = static_cast<T>(sum);
        }
      using GemmTN = void(T *, T *, T *, int64_t, bool);
      Matrix<T> got = c;
      auto check = [&](const char *name, bool first) {
        got = c;
        jit.get<GemmTN>(name)(a.pointer(), b.pointer(), got.pointer(), rows,
                              first);
        EXPECT_EQ(
            difference(got, expected,
                       tolerance<T>() * std::sqrt(std::max<int64_t>(rows, 1))),
            "")
            << cpu << " " << type << " n " << n << " k " << k << " rows "
            << rows << " " << name << " " << first;
      };
      check(accumulate ? "gemm_tn_add" : "gemm_tn_new", false);
      check("gemm_tn_unless", !accumulate);
    }
  }
}

const Size sizes[] = {{1, 1, 1},   {3, 17, 1},   {16, 3, 1},   {65, 16, 1},
                      {12, 65, 4}, {64, 17, 4},  {68, 5, 4},   {51, 33, 3},
                      {34, 9, 2},  {200, 64, 1}, {144, 65, 3}, {260, 20, 4},
                      {1, 15, 1},  {1, 100, 1},  {1, 300, 1},  {15, 7, 3}};

class Gemm : public testing::TestWithParam<std::string> {};

TEST_P(Gemm, AgreesWithLoops) {
  for (Size size : sizes)
    for (Weight weight : {Weight::Plain, Weight::Transposed, Weight::Strided}) {
      checkGemm<float>(GetParam(), size, weight, Packing::Whole);
      checkGemm<double>(GetParam(), size, weight, Packing::Whole);
    }
}

TEST_P(Gemm, AgreesWithLoopsForAnyTile) {
  for (Tile tile : {Tile{1, 1}, Tile{3, 1}, Tile{7, 2}, Tile{12, 1}, Tile{5, 3},
                    Tile{2, 6}, Tile{1, 8}})
    for (Size size : {Size{200, 19, 1}, Size{65, 4, 1}}) {
      checkGemm<float>(GetParam(), size, Weight::Plain, Packing::Whole, tile);
      checkGemm<double>(GetParam(), size, Weight::Plain, Packing::Whole, tile);
    }
}

TEST_P(Gemm, AgreesWithLoopsWhenPackedInPieces) {
  for (Size size : sizes)
    for (Weight weight : {Weight::Plain, Weight::Transposed, Weight::Strided}) {
      checkGemm<float>(GetParam(), size, weight, Packing::Pieces);
      checkGemm<double>(GetParam(), size, weight, Packing::Pieces);
    }
}

TEST_P(Gemm, WeightGradientAgreesWithLoops) {
  for (Size size : sizes) {
    checkGemmTN<float>(GetParam(), size);
    checkGemmTN<double>(GetParam(), size);
  }
}

INSTANTIATE_TEST_SUITE_P(Cpus, Gemm, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

TEST(PanelLayout, UnitsFillRegistersAndPadLittle) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::Type f32 = mlir::Builder(&context).getF32Type();
  TargetShape avx512{64, 32}, avx2{32, 16};
  EXPECT_EQ(chooseUnits(512, 4, f32, avx512), 16);
  EXPECT_EQ(chooseUnits(384, 3, f32, avx512), 16);
  // Short slices take short vectors, a single column none.
  EXPECT_EQ(chooseUnits(1, 1, f32, avx512), 1);
  EXPECT_EQ(chooseUnits(32, 4, f32, avx512), 8);
  EXPECT_EQ(chooseUnits(15, 3, f32, avx512), 8);
  // Five vectors at once rather than six in two blocks.
  EXPECT_EQ(chooseUnits(65, 1, f32, avx512), 80);
  EXPECT_EQ(chooseUnits(512, 4, f32, avx2), 8);
  // Four blocks for two threads rather than five.
  EXPECT_EQ(chooseUnits(512, 1, f32, avx512), 64);
  EXPECT_EQ(chooseUnits(320, 1, f32, avx512), 80);
}

TEST(PanelLayout, TilesFitAndAreTheCheapest) {
  TargetShape avx512{64, 32}, avx2{32, 16}, neon{16, 32};
  TargetShape avx{32, 16, /*dots=*/false, /*fused=*/false},
      sse{16, 16, /*dots=*/false, /*fused=*/false};
  for (int64_t vectors = 1; vectors <= 8; ++vectors)
    for (const TargetShape &target : {avx512, avx2, neon, avx, sse})
      EXPECT_TRUE((Tile{maxTileRows(vectors, target), vectors}.fits(target)));
  EXPECT_EQ(maxTileRows(4, avx512), 6);
  EXPECT_EQ(maxTileRows(1, avx512), 8);
  EXPECT_EQ(maxTileRows(4, avx2), 3);
  EXPECT_EQ(maxTileRows(2, avx), 6);
  // Where a product takes a register, a row less.
  EXPECT_EQ(maxTileRows(4, avx), 2);
  EXPECT_EQ(maxTileRows(4, sse), 2);
  EXPECT_FALSE((Tile{4, 3}.fits(sse)));
}

TEST(PanelLayout, TileGivesUnitsWhereGatesDivideIt) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  mlir::Type f32 = mlir::Builder(&context).getF32Type();
  TargetShape avx512{64, 32};
  EXPECT_EQ(unitsOfTile({4, 6}, 512, 1, f32, avx512), 96);
  EXPECT_EQ(unitsOfTile({4, 6}, 512, 2, f32, avx512), 48);
  EXPECT_EQ(unitsOfTile({4, 6}, 512, 4, f32, avx512), std::nullopt);
  // No wider than a slice, and none for one below a vector.
  EXPECT_EQ(unitsOfTile({4, 6}, 40, 1, f32, avx512), 48);
  EXPECT_EQ(unitsOfTile({4, 6}, 24, 2, f32, avx512), std::nullopt);
}

} // namespace
