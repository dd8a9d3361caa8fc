//===- LimitsBench.cpp - What the cores can do at most --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// For suites in Python, which ask for each turn; and what products of a library
// make of the peak.
//===----------------------------------------------------------------------===//
#include "benchmarks/Arguments.h"
#include "benchmarks/Clock.h"
#include "benchmarks/Compare.h"
#include "benchmarks/FmaPeak.h"
#include "benchmarks/LayerBench.h"
#include "benchmarks/Limits.h"
#include "benchmarks/OneDNNLayer.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/core.h>
#include <iostream>
#include <oneapi/dnnl/dnnl.hpp>

using namespace bench;

/// A turn for each line of standard input, which says for how many seconds; an
/// empty line answers. A line without a number only waits for the cores.
static void takeTurns(Limits &Measured, int Threads) {
  for (std::string Asked; std::getline(std::cin, Asked);) {
    if (Asked.empty())
      waitForCores(Threads);
    else
      Measured.turn(std::strtod(Asked.c_str(), nullptr));
    fmt::print("\n");
    std::fflush(stdout);
  }
}

void bench::runLimits(const std::vector<std::string> &Words) {
  const Arguments Given(Words, {"kilobytes", "threads", "rounds"});
  const int64_t Bytes = 1024 * Given.number("kilobytes", 1024);
  const int Threads = static_cast<int>(Given.number("threads", 1));
  Limits Measured(Bytes, Threads);
  const int64_t Rounds = Given.number("rounds", 25, 0);
  for (int64_t Round = 0; Round < Rounds; ++Round)
    Measured.turn(0);
  if (Rounds == 0)
    takeTurns(Measured, Threads);
  Measured.print();
}

//===----------------------------------------------------------------------===//
// Products of a library
//===----------------------------------------------------------------------===//

namespace {

/// C = A B, A of M x K, B of K x N, in the layouts that oneDNN asks for.
class LibraryProduct {
public:
  LibraryProduct(int64_t M, int64_t K, int64_t N)
      : Engine(dnnl::engine::kind::cpu, 0), Stream(Engine) {
    const auto Any = [](int64_t Rows, int64_t Columns) {
      return dnnl::memory::desc({Rows, Columns}, dnnl::memory::data_type::f32,
                                dnnl::memory::format_tag::any);
    };
    const dnnl::matmul::primitive_desc Described(
        dnnl::matmul::desc(Any(M, K), Any(K, N), Any(M, N)), Engine);
    Product = dnnl::matmul(Described);
    A = dnnl::memory(Described.src_desc(), Engine);
    B = dnnl::memory(Described.weights_desc(), Engine);
    C = dnnl::memory(Described.dst_desc(), Engine);
    fill(A, 1);
    fill(B, 2);
  }

  void run() {
    Product.execute(
        Stream, {{DNNL_ARG_SRC, A}, {DNNL_ARG_WEIGHTS, B}, {DNNL_ARG_DST, C}});
    Stream.wait();
  }

private:
  static void fill(const dnnl::memory &To, unsigned Seed) {
    const size_t Count = To.get_desc().get_size() / sizeof(float);
    const auto Values = randomVector(static_cast<int64_t>(Count), 1.0f, Seed);
    std::copy(Values.begin(), Values.end(),
              static_cast<float *>(To.get_data_handle()));
  }

  dnnl::engine Engine;
  dnnl::stream Stream;
  dnnl::matmul Product;
  dnnl::memory A, B, C;
};

} // namespace

void bench::runProduct(const std::vector<std::string> &Words) {
  const Arguments Given(
      Words, {"rows", "inner", "columns", "threads", "rounds", "round-us"});
  const int Threads = static_cast<int>(Given.number("threads", 1));
  setOpenMPThreads(Threads);
  LibraryProduct Product(Given.number("rows", 2048),
                         Given.number("inner", 2048),
                         Given.number("columns", 2048));
  std::vector<double> Peaks;
  const auto Peak = [&](double Seconds) {
    Peaks.push_back(measureFmaPeak(Threads, Seconds));
  };
  const auto Times =
      measureInTurns({[&] { Product.run(); }}, readTurns(Given, Peak));
  fmt::print("product {:.4f}\npeak {:.2f}\n", Times[0].Median, median(Peaks));
}
