//===- MathTest.cpp - Errors of the approximations in ulp -----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// tanh, exp, log, log1p and the sigmoid against libm in a wider format: a sweep
// over all f32 patterns in steps, random f64, and the special values.
//===----------------------------------------------------------------------===//

#include "test/unit/CodeGen/Jit.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstring>
#include <limits>

using namespace rnnc;
using namespace rnnc::test;

namespace {

/// Compiles `name` over buffers of one feature, which run as one long vector
/// loop, and of 24 with gaps, whose last vector is masked.
template <typename T> class Function {
public:
  Function(const std::string &name, const std::string &cpu)
      : jit(text(name), cpu) {}

  std::vector<T> operator()(std::vector<T> in) {
    std::vector<T> out(in.size());
    jit.template get<void(T *, T *, int64_t)>("run")(in.data(), out.data(),
                                                     in.size());
    return out;
  }

private:
  static std::string text(const std::string &name) {
    const char *type = typeName<T>();
    std::string one = bufferType(1, 1, type);
    return "func.func @run(%px: !llvm.ptr, %py: !llvm.ptr, %rows: index) {\n"
           "  %zero = arith.constant 0 : i64\n" +
           buffer("x", "px", "rows", 1, 1, type) +
           buffer("y", "py", "rows", 1, 1, type) +
           "  dnn.phase rows %rows ins(%x : " + one + ") outs(%y : " + one +
           ") {\n  ^bb0(%a: " + type + "):\n" + body(name, type) +
           "    dnn.yield %b : " + type + "\n  }\n  return\n}\n";
  }
  static std::string body(const std::string &name, const std::string &type) {
    if (name != "sigmoid")
      return "    %b = math." + name + " %a : " + type + "\n";
    return "    %one = arith.constant 1.0 : " + type +
           "\n    %n = arith.negf %a : " + type +
           "\n    %e = math.exp %n : " + type +
           "\n    %d = arith.addf %one, %e : " + type +
           "\n    %b = arith.divf %one, %d : " + type + "\n";
  }
  Jit jit;
};

/// Distance from the exact value in units of its last place in T.
template <typename T, typename Wide> double ulps(T got, Wide exact) {
  if (std::isnan(exact))
    return std::isnan(got) ? 0 : INFINITY;
  T rounded = static_cast<T>(exact);
  if (std::isinf(rounded) || std::isinf(got))
    return rounded == got ? 0 : INFINITY;
  T size = std::abs(rounded);
  T next = std::nextafter(size, std::numeric_limits<T>::infinity());
  Wide unit = std::isinf(next) ? Wide(size) - std::nextafter(size, T(0))
                               : Wide(next) - size;
  return static_cast<double>(std::abs((Wide(got) - exact) / unit));
}

template <typename T> struct Case {
  const char *name;
  long double (*exact)(long double);
  double bound;
};

template <typename T>
void check(const Case<T> &function, const std::string &cpu,
           const std::vector<T> &arguments) {
  std::vector<T> results = Function<T>(function.name, cpu)(arguments);
  double worst = 0;
  T where = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    double own = ulps<T, long double>(results[i], function.exact(arguments[i]));
    if (own <= worst)
      continue;
    worst = own;
    where = arguments[i];
  }
  EXPECT_LE(worst, function.bound)
      << function.name << " of " << where << " on " << cpu;
}

template <typename T> std::vector<T> specialValues() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {T(0),
                           T(1),
                           Limits::infinity(),
                           Limits::quiet_NaN(),
                           Limits::max(),
                           Limits::min(),
                           Limits::denorm_min(),
                           Limits::epsilon(),
                           T(88.72),
                           T(88.73),
                           T(87.4),
                           T(103.9),
                           T(104.1),
                           T(709.7),
                           T(709.79),
                           T(744.5),
                           T(745.2),
                           T(750)};
  for (size_t i = 0, count = values.size(); i < count; ++i)
    values.push_back(-values[i]);
  return values;
}

std::vector<float> floatSweep() {
  std::vector<float> values = specialValues<float>();
  for (uint64_t bits = 0; bits < 1ull << 32; bits += 1009) {
    uint32_t pattern = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &pattern, sizeof(value));
    values.push_back(value);
  }
  return values;
}

std::vector<double> doubleSweep() {
  std::vector<double> values = specialValues<double>();
  std::mt19937_64 random(1);
  for (double range : {1e-3, 1., 25., 750.}) {
    std::uniform_real_distribution<double> numbers(-range, range);
    for (int i = 0; i < 300000; ++i)
      values.push_back(numbers(random));
  }
  for (int i = 0; i < 300000; ++i) {
    uint64_t pattern = random();
    double value;
    std::memcpy(&value, &pattern, sizeof(value));
    values.push_back(value);
  }
  return values;
}

class Approximations : public testing::TestWithParam<std::string> {};

TEST_P(Approximations, FloatWithinBounds) {
  std::vector<float> values = floatSweep();
  check<float>({"exp", std::exp, 2}, GetParam(), values);
  check<float>({"tanh", std::tanh, 5}, GetParam(), values);
  check<float>({"log", std::log, 1}, GetParam(), values);
  check<float>({"log1p", std::log1p, 3}, GetParam(), values);
}

TEST_P(Approximations, DoubleWithinBounds) {
  std::vector<double> values = doubleSweep();
  check<double>({"exp", std::exp, 2}, GetParam(), values);
  check<double>({"tanh", std::tanh, 2}, GetParam(), values);
  check<double>({"log", std::log, 1}, GetParam(), values);
  check<double>({"log1p", std::log1p, 3}, GetParam(), values);
}

long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

/// Where the sigmoid is a normal number; below, it is less than the smallest.
TEST_P(Approximations, SigmoidWithinBounds) {
  std::vector<float> normal, tiny;
  for (float x : floatSweep())
    (x < -87 ? tiny : normal).push_back(x);
  check<float>({"sigmoid", sigmoid, 3}, GetParam(), normal);
  for (float result : Function<float>("sigmoid", GetParam())(tiny)) {
    EXPECT_GE(result, 0);
    EXPECT_LE(result, 2 * std::numeric_limits<float>::min());
  }
  std::vector<double> values;
  for (double x : doubleSweep())
    if (!(x < -700))
      values.push_back(x);
  check<double>({"sigmoid", sigmoid, 3}, GetParam(), values);
}

TEST(ApproximationsOfGates, DivideOnceWithoutOverflow) {
  std::string one = bufferType(1, 1, "f32");
  Jit jit("func.func @run(%px: !llvm.ptr, %py: !llvm.ptr, %rows: index) {\n"
          "  %zero = arith.constant 0 : i64\n" +
              buffer("x", "px", "rows", 1, 1, "f32") +
              buffer("y", "py", "rows", 1, 1, "f32") +
              "  dnn.phase rows %rows ins(%x, %y : " + one + ", " + one +
              ") outs(%y : " + one + R"() {
  ^bb0(%a: f32, %b: f32):
    %unit = arith.constant 1.0 : f32
    %n = arith.negf %a : f32
    %e = math.exp %n : f32
    %d = arith.addf %unit, %e : f32
    %s = arith.divf %unit, %d : f32
    %t = math.tanh %b : f32
    %h = arith.mulf %s, %t : f32
    dnn.yield %h : f32
  }
  return
})",
          "native");
  std::vector<float> x, y;
  for (float a : {-200.f, -87.f, -20.f, -1.f, 0.f, 3.f, 200.f})
    for (float c : {-30.f, -1.f, 0.f, 1e-3f, 9.f, INFINITY}) {
      x.push_back(a);
      y.push_back(c);
    }
  std::vector<float> results = y;
  jit.get<void(float *, float *, int64_t)>("run")(x.data(), results.data(),
                                                  x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    double exact = std::tanh(double(y[i])) / (1 + std::exp(-double(x[i])));
    EXPECT_NEAR(results[i], exact, 1e-6 * std::abs(exact) + 1e-35)
        << x[i] << ", " << y[i];
  }
}

TEST(ApproximationsOfTanh, SaturateAtOne) {
  for (const std::string &cpu : testCpus()) {
    std::vector<float> arguments = {INFINITY, 1e30f, 20.f, 9.1f};
    for (float x = 7; x < 9.2f; x = std::nextafter(x, 10.f))
      arguments.push_back(x);
    std::vector<float> results = Function<float>("tanh", cpu)(arguments);
    for (size_t i = 0; i < 4; ++i)
      EXPECT_EQ(results[i], 1) << arguments[i] << " on " << cpu;
    EXPECT_LE(*std::max_element(results.begin(), results.end()), 1) << cpu;
  }
}

TEST(ApproximationsOfZero, KeepTheSign) {
  std::vector<float> results = Function<float>("tanh", "native")({-0.f, 0.f});
  EXPECT_TRUE(std::signbit(results[0]));
  EXPECT_FALSE(std::signbit(results[1]));
}

INSTANTIATE_TEST_SUITE_P(Cpus, Approximations, testing::ValuesIn(testCpus()),
                         [](auto &info) {
                           return "Cpu" + std::to_string(info.index);
                         });

} // namespace
