//===- PhaseTest.cpp - Elementwise phases against plain loops -------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// dnn.phase over widths below, at and above a vector; contiguous and with gaps;
// with every way that an input can repeat; in place.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"
#include "test/unit/Philox.h"

#include "llvm/Support/FormatVariadic.h"
#include "gtest/gtest.h"

using namespace rnnc;
using namespace rnnc::test;

namespace {

/// y = (x * y + (row bias) / (column scale) - (one number)) / (one number) up
/// to a half, in place on y.
template <typename T>
void checkPhase(const std::string &cpu, int64_t width, int64_t gap) {
  const char *type = typeName<T>();
  int64_t stride = width + gap;
  std::string full = bufferType(width, stride, type);
  std::string text =
      "func.func @phase(%px: !llvm.ptr, %pb: !llvm.ptr, %ps: !llvm.ptr, %pn: "
      "!llvm.ptr, %py: !llvm.ptr, %rows: index) {\n"
      "  %zero = arith.constant 0 : i64\n  %one = arith.constant 1 : index\n" +
      buffer("x", "px", "rows", width, stride, type) +
      buffer("y", "py", "rows", width, stride, type) +
      buffer("bs", "pb", "one", width, width, type) +
      buffer("s", "ps", "rows", 1, 1, type) +
      buffer("ns", "pn", "one", 1, 1, type);
  text += llvm::formatv(R"(
  %b = memref.cast %bs : {0} to memref<1x{1}x{2}>
  %n = memref.cast %ns : {3} to memref<1x1x{2}>
  dnn.phase rows %rows ins(%x, %y, %b, %s, %n : {4}, {4}, memref<1x{1}x{2}>, {3}, memref<1x1x{2}>)
      outs(%y : {4}) {{
  ^bb0(%x0: {2}, %y0: {2}, %b0: {2}, %s0: {2}, %n0: {2}):
    %p = arith.mulf %x0, %y0 : {2}
    %q = arith.divf %b0, %s0 : {2}
    %u = arith.addf %p, %q : {2}
    %d = arith.subf %u, %n0 : {2}
    %v = arith.divf %d, %n0 : {2}
    %half = arith.constant 0.5 : {2}
    %over = arith.cmpf ogt, %v, %half : {2}
    %w = arith.select %over, %half, %v : {2}
    dnn.yield %w : {2}
  }
  return
}
)",
                        bufferType(width, width, type), width, type,
                        bufferType(1, 1, type), full)
              .str();
  Jit jit(text, cpu);
  std::mt19937 random(5);
  for (int64_t rows : {0, 1, 3, 9}) {
    Matrix<T> x(rows, width, stride, random), y(rows, width, stride, random),
        b(1, width, width, random), s(rows, 1, 1, random), n(1, 1, 1, random),
        expected = y;
    n(0, 0) += 2;
    for (int64_t r = 0; r < rows; ++r) {
      s(r, 0) += 2;
      for (int64_t c = 0; c < width; ++c) {
        double value =
            (double(x(r, c)) * y(r, c) + double(b(0, c)) / s(r, 0) - n(0, 0)) /
            n(0, 0);
        expected(r, c) = static_cast<T>(std::min(value, 0.5));
      }
    }
    using Phase = void(T *, T *, T *, T *, T *, int64_t);
    jit.get<Phase>("phase")(x.pointer(), b.pointer(), s.pointer(), n.pointer(),
                            y.pointer(), rows);
    EXPECT_EQ(difference(y, expected, tolerance<T>()), "")
        << cpu << " " << type << " width " << width << " gap " << gap
        << " rows " << rows;
  }
}

/// z = x * 2 + y where every buffer is one run of elements.
template <typename T> void checkFlat(const std::string &cpu, int64_t width) {
  const char *type = typeName<T>();
  std::string full = bufferType(width, width, type);
  std::string text =
      "func.func @phase(%px: !llvm.ptr, %py: !llvm.ptr, %pz: !llvm.ptr, %rows: "
      "index) {\n  %zero = arith.constant 0 : i64\n" +
      buffer("x", "px", "rows", width, width, type) +
      buffer("y", "py", "rows", width, width, type) +
      buffer("z", "pz", "rows", width, width, type) +
      llvm::formatv(R"(
  %two = arith.constant 2.0 : {1}
  dnn.phase rows %rows ins(%x, %y : {0}, {0}) outs(%z : {0}) {{
  ^bb0(%x0: {1}, %y0: {1}):
    %p = arith.mulf %x0, %two : {1}
    %u = arith.addf %p, %y0 : {1}
    dnn.yield %u : {1}
  }
  return
}
)",
                    full, type)
          .str();
  Jit jit(text, cpu);
  std::mt19937 random(5);
  for (int64_t rows : {0, 1, 2, 7, 16, 33}) {
    Matrix<T> x(rows, width, width, random), y(rows, width, width, random),
        z(rows, width, width, random), expected = z;
    for (int64_t i = 0; i < rows * width; ++i)
      expected.data[i] = x.data[i] * 2 + y.data[i];
    using Phase = void(T *, T *, T *, int64_t);
    jit.get<Phase>("phase")(x.pointer(), y.pointer(), z.pointer(), rows);
    EXPECT_EQ(difference(z, expected, tolerance<T>()), "")
        << cpu << " " << type << " width " << width << " rows " << rows;
  }
}

/// y = dropout(x) + x with elements counted from `first`.
template <typename T>
void checkDropout(const std::string &cpu, int64_t width, int64_t gap,
                  uint64_t first) {
  const char *type = typeName<T>();
  int64_t stride = width + gap;
  std::string text =
      "func.func @phase(%px: !llvm.ptr, %py: !llvm.ptr, %key: i32, %first: "
      "i64, %rows: index) {\n  %zero = arith.constant 0 : i64\n" +
      buffer("x", "px", "rows", width, stride, type) +
      buffer("y", "py", "rows", width, stride, type) +
      llvm::formatv(R"(
  dnn.phase rows %rows ins(%x : {0}) outs(%y : {0}) {{
  ^bb0(%x0: {1}):
    %d = dnn.dropout %x0 key %key first %first rate 0.3 : {1}
    %s = arith.addf %d, %x0 : {1}
    dnn.yield %s : {1}
  }
  return
}
)",
                    bufferType(width, stride, type), type)
          .str();
  Jit jit(text, cpu);
  std::mt19937 random(5);
  constexpr uint32_t Key = 0xCAFE0815;
  const double threshold = 0.3 * 0x1p32;
  for (int64_t rows : {1, 3, 9}) {
    Matrix<T> x(rows, width, stride, random), y(rows, width, stride, random),
        expected = y;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < width; ++c) {
        bool isKept = philox(first + r * width + c, Key) >= threshold;
        double kept = isKept ? x(r, c) / 0.7 : 0.0;
        expected(r, c) = static_cast<T>(kept + x(r, c));
      }
    using Phase = void(T *, T *, uint32_t, uint64_t, int64_t);
    jit.get<Phase>("phase")(x.pointer(), y.pointer(), Key, first, rows);
    EXPECT_EQ(difference(y, expected, tolerance<T>()), "")
        << cpu << " " << type << " width " << width << " gap " << gap
        << " rows " << rows << " first " << first;
  }
}

/// y = x + 1, with half the sums of rows of y and the sums of columns of x y,
/// to which `before` is added.
template <typename T>
void checkSums(const std::string &cpu, int64_t width, int64_t gap) {
  const char *type = typeName<T>();
  int64_t stride = width + gap;
  std::string full = bufferType(width, stride, type);
  std::string text =
      "func.func @phase(%px: !llvm.ptr, %py: !llvm.ptr, %pm: !llvm.ptr, %pc: "
      "!llvm.ptr, %rows: index) {\n"
      "  %zero = arith.constant 0 : i64\n  %one = arith.constant 1 : index\n" +
      buffer("x", "px", "rows", width, stride, type) +
      buffer("y", "py", "rows", width, stride, type) +
      buffer("m", "pm", "rows", 1, 1, type) +
      buffer("cs", "pc", "one", width, width, type);
  text += llvm::formatv(R"(
  %c = memref.cast %cs : {3} to memref<1x{1}x{2}>
  dnn.phase rows %rows ins(%x : {0}) outs(%y : {0}) row_sums(%m : {4})
      column_sums(%c : memref<1x{1}x{2}>) {{
  ^bb0(%x0: {2}):
    %n = arith.constant 1.0 : {2}
    %p = arith.addf %x0, %n : {2}
    %q = arith.mulf %x0, %p : {2}
    dnn.yield %p, %p, %q : {2}, {2}, {2}
  } {{scales = array<f64: 0.5>}
  return
}
)",
                        full, width, type, bufferType(width, width, type),
                        bufferType(1, 1, type))
              .str();
  Jit jit(text, cpu);
  std::mt19937 random(5);
  for (int64_t rows : {0, 1, 3, 9}) {
    Matrix<T> x(rows, width, stride, random), y(rows, width, stride, random),
        halves(rows, 1, 1, random), columns(1, width, width, random);
    Matrix<T> wantedY = y, wantedHalves = halves, wantedColumns = columns;
    std::vector<double> sums(width);
    for (int64_t r = 0; r < rows; ++r) {
      double sum = 0;
      for (int64_t c = 0; c < width; ++c) {
        wantedY(r, c) = x(r, c) + 1;
        sum += double(x(r, c)) + 1;
        sums[c] += double(x(r, c)) * (double(x(r, c)) + 1);
      }
      wantedHalves(r, 0) = static_cast<T>(sum / 2);
    }
    for (int64_t c = 0; c < width; ++c)
      wantedColumns(0, c) += static_cast<T>(sums[c]);
    using Phase = void(T *, T *, T *, T *, int64_t);
    jit.get<Phase>("phase")(x.pointer(), y.pointer(), halves.pointer(),
                            columns.pointer(), rows);
    std::string where = llvm::formatv("{0} {1} width {2} gap {3} rows {4}", cpu,
                                      type, width, gap, rows);
    EXPECT_EQ(difference(y, wantedY, tolerance<T>()), "") << where;
    EXPECT_EQ(difference(halves, wantedHalves, tolerance<T>()), "") << where;
    EXPECT_EQ(difference(columns, wantedColumns, tolerance<T>()), "") << where;
  }
}

class Phase : public testing::TestWithParam<std::string> {};

/// The vectors of the generator's authors (kat_vectors of Random123).
TEST(Philox, AgreesWithKnownAnswers) {
  EXPECT_EQ(philox(0, 0), 0xff1dae59u);
  EXPECT_EQ(philox(~0ULL, ~0U), 0x2c3f628bu);
  EXPECT_EQ(philox(0x85a308d3243f6a88, 0x13198a2e), 0xdd7ce038u);
}

TEST_P(Phase, DropsWhatTheCounterSays) {
  for (int64_t width : {1, 7, 16, 21})
    for (int64_t gap : {0, 3})
      for (uint64_t first : {0ULL, 0xFFFFFFF0ULL}) {
        checkDropout<float>(GetParam(), width, gap, first);
        checkDropout<double>(GetParam(), width, gap, first);
      }
}

TEST_P(Phase, RepeatsAndMasksAgreeWithLoops) {
  for (int64_t width : {1, 2, 7, 16, 17, 40})
    for (int64_t gap : {0, 3}) {
      checkPhase<float>(GetParam(), width, gap);
      checkPhase<double>(GetParam(), width, gap);
    }
}

TEST_P(Phase, SumsAgreeWithLoops) {
  for (int64_t width : {2, 7, 16, 17, 40, 64, 72, 129})
    for (int64_t gap : {0, 3}) {
      checkSums<float>(GetParam(), width, gap);
      checkSums<double>(GetParam(), width, gap);
    }
}

TEST_P(Phase, OneRunOfElementsAgreesWithLoops) {
  for (int64_t width : {1, 3, 16, 19}) {
    checkFlat<float>(GetParam(), width);
    checkFlat<double>(GetParam(), width);
  }
}

INSTANTIATE_TEST_SUITE_P(Cpus, Phase, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

} // namespace
