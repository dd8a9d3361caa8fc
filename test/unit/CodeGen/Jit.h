//===- Jit.h - Compiles IR text and calls it --------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Takes the way of a real compilation, from dnn to an object, links the object
// into the test and hands out its functions.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TEST_CODEGEN_JIT_H
#define RNNC_TEST_CODEGEN_JIT_H

#include "compiler/lib/CodeGen/Target.h"

#include "llvm/ExecutionEngine/Orc/LLJIT.h"

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace rnnc::test {

/// The CPUs that tests run on: this one, and those of fewer and shorter
/// registers that it can stand in for.
std::vector<std::string> testCpus();
TargetShape shapeOf(const std::string &cpu);
/// The units of a site's blocks, for elements of so many bytes.
int64_t unitsOf(int64_t n, int64_t gates, size_t elementBytes,
                const std::string &cpu);

class Jit {
public:
  /// Aborts with the diagnostics if the text does not compile.
  Jit(const std::string &text, const std::string &cpu);

  template <typename Function> Function *get(const std::string &name) {
    return llvm::cantFail(jit->lookup(name)).toPtr<Function *>();
  }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

/// "f32" or "f64".
template <typename T> const char *typeName();
template <> inline const char *typeName<float>() { return "f32"; }
template <> inline const char *typeName<double>() { return "f64"; }

/// `%name = dnn.buffer` of rows of `width`, `stride` apart, at a pointer.
std::string buffer(const std::string &name, const std::string &pointer,
                   const std::string &rows, int64_t width, int64_t stride,
                   const char *type);
/// The type of such a buffer.
std::string bufferType(int64_t width, int64_t stride, const char *type);

/// Rows with a gap between them that must stay as it is.
template <typename T> struct Matrix {
  int64_t rows, width, stride;
  std::vector<T> data;

  Matrix(int64_t rows, int64_t width, int64_t stride, std::mt19937 &random)
      : rows(rows), width(width), stride(stride), data(rows * stride + 64) {
    std::uniform_real_distribution<double> numbers(-1, 1);
    for (T &value : data)
      value = static_cast<T>(numbers(random));
  }
  T *pointer() { return data.data(); }
  T &operator()(int64_t r, int64_t c) { return data[r * stride + c]; }
};

/// The first place where two buffers differ by more than a relative error, as
/// text; empty if they agree everywhere, gaps included (those exactly).
template <typename T>
std::string difference(Matrix<T> &got, Matrix<T> &expected, double tolerance) {
  for (size_t i = 0; i < got.data.size(); ++i) {
    int64_t row = i / got.stride, column = i % got.stride;
    bool inside = row < got.rows && column < got.width;
    double x = got.data[i], y = expected.data[i];
    double bound = inside ? tolerance * std::max(1.0, std::abs(y)) : 0;
    if ((std::isnan(x) && std::isnan(y)) || x == y)
      continue;
    if (!(std::abs(x - y) <= bound))
      return "[" + std::to_string(row) + ", " + std::to_string(column) +
             "]: expected " + std::to_string(y) + ", got " + std::to_string(x);
  }
  return "";
}

template <typename T> constexpr double tolerance() {
  return sizeof(T) == 4 ? 2e-5 : 1e-13;
}

/// Panels at the alignment that the ABI gives them.
struct Panels {
  std::vector<char> bytes;
  explicit Panels(size_t size) : bytes(size + 64, 0x7f) {}
  void *pointer() {
    auto address = reinterpret_cast<uintptr_t>(bytes.data());
    return reinterpret_cast<void *>((address + 63) / 64 * 64);
  }
};

} // namespace rnnc::test

#endif
