//===- RowsTest.cpp - Row kernels against plain loops ---------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Every row kernel over widths below, at and above a vector, with gaps between
// rows.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "gtest/gtest.h"

#include <functional>

using namespace rnnc;
using namespace rnnc::test;

namespace {

/// Buffers in [rows, width] (gap 3), tokens [rows, 1], table [9, width] (gap
/// 2), out [rows, width] (gap 1) and numbers [rows, 1] (gap 4).
template <typename T> struct Buffers {
  int64_t rows, width;
  std::mt19937 random{13};
  Matrix<T> in, out, table, numbers;
  std::vector<int32_t> tokens;

  Buffers(int64_t rows, int64_t width)
      : rows(rows), width(width), in(rows, width, width + 3, random),
        out(rows, width, width + 1, random), table(9, width, width + 2, random),
        numbers(rows, 1, 5, random), tokens(rows) {
    for (int32_t &token : tokens)
      token = random() % std::min<int64_t>(9, width);
  }
};

template <typename T>
void check(const std::string &cpu, const std::string &name,
           const std::string &operation, int64_t rows, int64_t width,
           std::function<void(Buffers<T> &)> reference) {
  const char *type = typeName<T>();
  std::string text =
      "func.func @run(%pin: !llvm.ptr, %pout: !llvm.ptr, %ptable: !llvm.ptr, "
      "%pnumbers: !llvm.ptr, %ptokens: !llvm.ptr, %rows: index) {\n"
      "  %zero = arith.constant 0 : i64\n  %nine = arith.constant 9 : index\n"
      "  %three = arith.constant 3 : index\n"
      "  %scale = arith.constant 0.25 : f64\n" +
      buffer("in", "pin", "rows", width, width + 3, type) +
      buffer("out", "pout", "rows", width, width + 1, type) +
      buffer("table", "ptable", "nine", width, width + 2, type) +
      buffer("head", "ptable", "three", width, width + 2, type) +
      buffer("numbers", "pnumbers", "rows", 1, 5, type) +
      buffer("tokens", "ptokens", "rows", 1, 1, "i32") + "  " + operation +
      "\n  return\n}\n";
  // Types by the buffers' names.
  auto replace = [&](const std::string &word, const std::string &by) {
    for (size_t at; (at = text.find(word)) != std::string::npos;)
      text.replace(at, word.size(), by);
  };
  replace("!in", bufferType(width, width + 3, type));
  replace("!out", bufferType(width, width + 1, type));
  replace("!table", bufferType(width, width + 2, type));
  replace("!numbers", bufferType(1, 5, type));
  replace("!tokens", bufferType(1, 1, "i32"));
  Jit jit(text, cpu);

  Buffers<T> got(rows, width), expected(rows, width);
  reference(expected);
  using Run = void(T *, T *, T *, T *, int32_t *, int64_t);
  jit.get<Run>("run")(got.in.pointer(), got.out.pointer(), got.table.pointer(),
                      got.numbers.pointer(), got.tokens.data(), rows);
  for (auto buffers :
       {std::pair(&got.in, &expected.in), std::pair(&got.out, &expected.out),
        std::pair(&got.table, &expected.table),
        std::pair(&got.numbers, &expected.numbers)})
    EXPECT_EQ(difference(*buffers.first, *buffers.second, tolerance<T>()), "")
        << name << " on " << cpu << ", " << type << ", rows " << rows
        << ", width " << width;
}

template <typename T> void softmaxRow(Buffers<T> &b, int64_t r, T *out) {
  double most = -INFINITY, sum = 0;
  for (int64_t c = 0; c < b.width; ++c)
    most = std::max<double>(most, b.in(r, c));
  for (int64_t c = 0; c < b.width; ++c)
    sum += std::exp(b.in(r, c) - most);
  for (int64_t c = 0; c < b.width; ++c)
    out[c] = static_cast<T>(std::exp(b.in(r, c) - most) / sum);
}

template <typename T>
void forEach(Buffers<T> &b, std::function<void(int64_t, int64_t)> body) {
  for (int64_t r = 0; r < b.rows; ++r)
    for (int64_t c = 0; c < b.width; ++c)
      body(r, c);
}

template <typename T>
void checkMoves(const std::string &cpu, int64_t rows, int64_t width) {
  using B = Buffers<T>;
  check<T>(cpu, "fill", "dnn.fill 2.5, %out : !out", rows, width, [](B &b) {
    forEach<T>(b, [&](int64_t r, int64_t c) { b.out(r, c) = T(2.5); });
  });
  check<T>(
      cpu, "copy", "dnn.copy %in, %out : !in, !out", rows, width, [](B &b) {
        forEach<T>(b, [&](int64_t r, int64_t c) { b.out(r, c) = b.in(r, c); });
      });
  check<T>(cpu, "add", "dnn.copy %in, %out accumulate : !in, !out", rows, width,
           [](B &b) {
             forEach<T>(
                 b, [&](int64_t r, int64_t c) { b.out(r, c) += b.in(r, c); });
           });
  check<T>(cpu, "gather",
           "dnn.gather %table, %tokens, %out : !table, !tokens, !out", rows,
           width, [](B &b) {
             forEach<T>(b, [&](int64_t r, int64_t c) {
               b.out(r, c) = b.table(b.tokens[r], c);
             });
           });
  check<T>(cpu, "scatter_add",
           "dnn.scatter_add %tokens, %in, %table : !tokens, !in, !table", rows,
           width, [](B &b) {
             forEach<T>(b, [&](int64_t r, int64_t c) {
               b.table(b.tokens[r], c) += b.in(r, c);
             });
           });
  check<T>(cpu, "one_hot", "dnn.one_hot %tokens, %out : !tokens, !out", rows,
           width, [](B &b) {
             forEach<T>(b, [&](int64_t r, int64_t c) {
               b.out(r, c) = T(c == b.tokens[r]);
             });
           });
  check<T>(cpu, "token_value",
           "dnn.token_value %tokens, %numbers : !tokens, !numbers", rows, width,
           [](B &b) {
             for (int64_t r = 0; r < b.rows; ++r)
               b.numbers(r, 0) = T(b.tokens[r]);
           });
}

template <typename T>
void checkSums(const std::string &cpu, int64_t rows, int64_t width) {
  using B = Buffers<T>;
  for (bool accumulate : {false, true})
    check<T>(cpu, "sum_rows",
             std::string("dnn.sum_rows %in, %head scale %scale ") +
                 (accumulate ? "accumulate " : "") + ": !in, !table",
             rows, width, [=](B &b) {
               for (int64_t t = 0; t < 3; ++t)
                 for (int64_t c = 0; c < b.width; ++c) {
                   double sum = 0;
                   for (int64_t r = t; r < b.rows; r += 3)
                     sum += b.in(r, c);
                   b.table(t, c) =
                       T(sum * 0.25 + (accumulate ? b.table(t, c) : T(0)));
                 }
             });
  check<T>(cpu, "sum_features",
           "dnn.sum_features %in, %numbers scale %scale : !in, !numbers", rows,
           width, [](B &b) {
             for (int64_t r = 0; r < b.rows; ++r) {
               double sum = 0;
               for (int64_t c = 0; c < b.width; ++c)
                 sum += b.in(r, c);
               b.numbers(r, 0) = T(sum * 0.25);
             }
           });
  check<T>(cpu, "softmax", "dnn.softmax %in, %out : !in, !out", rows, width,
           [](B &b) {
             for (int64_t r = 0; r < b.rows; ++r)
               softmaxRow(b, r, &b.out(r, 0));
           });
  check<T>(cpu, "softmax in place", "dnn.softmax %in, %in : !in, !in", rows,
           width, [](B &b) {
             for (int64_t r = 0; r < b.rows; ++r)
               softmaxRow(b, r, &b.in(r, 0));
           });
  check<T>(cpu, "cross_entropy",
           "dnn.cross_entropy %in, %tokens, %numbers : !in, !tokens, !numbers",
           rows, width, [](B &b) {
             std::vector<T> p(b.width);
             for (int64_t r = 0; r < b.rows; ++r) {
               softmaxRow(b, r, p.data());
               b.numbers(r, 0) = T(-std::log(double(p[b.tokens[r]])));
             }
           });
  // The numbers of the rows are nats, then cotangents too.
  check<T>(cpu, "cross_entropy_gradient in place",
           "dnn.cross_entropy %in, %tokens, %numbers : !in, !tokens, !numbers\n"
           "dnn.cross_entropy_gradient %in, %tokens, %numbers, %numbers, %in : "
           "!in, !tokens, !numbers, !numbers, !in",
           rows, width, [](B &b) {
             std::vector<T> p(b.width);
             for (int64_t r = 0; r < b.rows; ++r) {
               softmaxRow(b, r, p.data());
               double nats = -std::log(double(p[b.tokens[r]]));
               b.numbers(r, 0) = T(nats);
               for (int64_t c = 0; c < b.width; ++c)
                 b.in(r, c) = T((p[c] - (c == b.tokens[r])) * nats);
             }
           });
  check<T>(cpu, "argmax", "dnn.argmax %in, %numbers : !in, !numbers", rows,
           width, [](B &b) {
             for (int64_t r = 0; r < b.rows; ++r) {
               int64_t best = 0;
               for (int64_t c = 1; c < b.width; ++c)
                 if (b.in(r, c) > b.in(r, best))
                   best = c;
               b.numbers(r, 0) = T(best);
             }
           });
}

class Rows : public testing::TestWithParam<std::string> {};

TEST_P(Rows, MovesAgreeWithLoops) {
  for (int64_t width : {1, 5, 16, 37})
    for (int64_t rows : {0, 1, 8}) {
      checkMoves<float>(GetParam(), rows, width);
      checkMoves<double>(GetParam(), rows, width);
    }
}

TEST_P(Rows, SumsAgreeWithLoops) {
  for (int64_t width : {1, 5, 16, 37, 80, 133})
    for (int64_t rows : {1, 8}) {
      checkSums<float>(GetParam(), rows, width);
      checkSums<double>(GetParam(), rows, width);
    }
}

TEST(Softmax, OfLargeNumbersIsFinite) {
  std::string type = bufferType(3, 3, "f32");
  Jit jit("func.func @run(%p: !llvm.ptr, %rows: index) {\n"
          "  %zero = arith.constant 0 : i64\n" +
              buffer("x", "p", "rows", 3, 3, "f32") +
              "  dnn.softmax %x, %x : " + type + ", " + type +
              "\n  return\n}\n",
          "native");
  float data[] = {1000, 1000, -1000, NAN, 0, 0};
  jit.get<void(float *, int64_t)>("run")(data, 2);
  EXPECT_FLOAT_EQ(data[0], 0.5);
  EXPECT_FLOAT_EQ(data[1], 0.5);
  EXPECT_FLOAT_EQ(data[2], 0);
  EXPECT_TRUE(std::isnan(data[3]) && std::isnan(data[4]) &&
              std::isnan(data[5]));
}

TEST(Copy, Transposes) {
  Jit jit(R"(
func.func @run(%p: !llvm.ptr, %q: !llvm.ptr) {
  %zero = arith.constant 0 : i64
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  %x = dnn.buffer %p[%zero] rows %two : memref<?x3xf64>
  %y = dnn.buffer %q[%zero] rows %three : memref<?x2xf64>
  %from = memref.cast %x : memref<?x3xf64> to memref<2x3xf64>
  %to = memref.cast %y : memref<?x2xf64> to memref<3x2xf64>
  dnn.copy %from, %to transposed : memref<2x3xf64>, memref<3x2xf64>
  dnn.copy %from, %to transposed accumulate : memref<2x3xf64>, memref<3x2xf64>
  return
})",
          "native");
  double from[] = {1, 2, 3, 4, 5, 6}, to[6];
  jit.get<void(double *, double *)>("run")(from, to);
  EXPECT_EQ(std::vector<double>(to, to + 6),
            (std::vector<double>{2, 8, 4, 10, 6, 12}));
}

/// One matrix into another, both with gaps between their rows.
template <typename T>
void checkTransposed(const std::string &cpu, int64_t rows, int64_t columns) {
  auto type = [](int64_t rows, int64_t columns, int64_t stride) {
    return "memref<" + std::to_string(rows) + "x" + std::to_string(columns) +
           "x" + typeName<T>() + ", strided<[" + std::to_string(stride) +
           ", 1]>>";
  };
  std::string from = type(rows, columns, columns + 3);
  std::string to = type(columns, rows, rows + 1);
  auto number = [](const std::string &name, int64_t value) {
    return "  %" + name + " = arith.constant " + std::to_string(value) +
           " : index\n";
  };
  Jit jit("func.func @run(%p: !llvm.ptr, %q: !llvm.ptr) {\n"
          "  %zero = arith.constant 0 : i64\n" +
              number("r", rows) + number("c", columns) +
              "  %x = dnn.buffer %p[%zero] rows %r : " + from +
              "\n  %y = dnn.buffer %q[%zero] rows %c : " + to +
              "\n  dnn.copy %x, %y transposed : " + from + ", " + to +
              "\n  return\n}\n",
          cpu);
  std::mt19937 random{17};
  Matrix<T> x(rows, columns, columns + 3, random);
  Matrix<T> y(columns, rows, rows + 1, random);
  Matrix<T> expected = y;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      expected(c, r) = x(r, c);
  jit.get<void(T *, T *)>("run")(x.pointer(), y.pointer());
  EXPECT_EQ(difference(y, expected, 0), "") << rows << " x " << columns;
}

TEST_P(Rows, TransposedCopiesAgreeWithLoops) {
  for (auto [rows, columns] : {std::pair(1, 40), {16, 16}, {17, 33}, {48, 5}})
    for (bool swapped : {false, true}) {
      int64_t r = swapped ? columns : rows, c = swapped ? rows : columns;
      checkTransposed<float>(GetParam(), r, c);
      checkTransposed<double>(GetParam(), r, c);
    }
}

INSTANTIATE_TEST_SUITE_P(Cpus, Rows, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

} // namespace
