//===- Report.cpp - Tables of figures -------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A ratio is the peer's time over ours: above 1, ours is faster.
//===----------------------------------------------------------------------===//
#include "benchmarks/Report.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/core.h>
#include <fstream>
#include <stdexcept>

using namespace bench;

/// GFLOP/s from a number of operations and microseconds.
static double rate(double Flops, double Time) { return Flops / Time * 1e-3; }

static void printForward(const std::vector<Case> &Cases, double Peak) {
  fmt::print("forward; times in microseconds; ratio: oneDNN's better mode / "
             "ours\n"
             "{:>4}{:>5}{:>5}{:>10}{:>11}{:>10}{:>7}{:>10}{:>8}\n",
             "T", "B", "H", "ours", "inference", "training", "ratio", "GFLOP/s",
             "share");
  for (const Case &C : Cases) {
    const double Rate = rate(C.Sizes.forwardFlops(), C.Forward);
    fmt::print("{:4}{:5}{:5}{:10.1f}{:11.1f}{:10.1f}{:7.2f}{:10.1f}{:7.0f}%\n",
               C.Sizes.T, C.Sizes.B, C.Sizes.H, C.Forward, C.Inference,
               C.Training, std::min(C.Inference, C.Training) / C.Forward, Rate,
               100 * Rate / Peak);
  }
}

static void printGradient(const std::vector<Case> &Cases, double Peak) {
  fmt::print("\nforward and backward; ours packs the weights in each call; "
             "oneDNN (forward_training\nand backward) without and with "
             "packing; ratio: to each of the two\n"
             "{:>4}{:>5}{:>5}{:>10}{:>11}{:>10}{:>7}{:>7}{:>10}{:>8}\n",
             "T", "B", "H", "ours", "onednn", "packing", "ratio", "pack",
             "GFLOP/s", "share");
  for (const Case &C : Cases) {
    const double Rate = rate(C.Sizes.gradientFlops(), C.Gradient);
    fmt::print("{:4}{:5}{:5}{:10.1f}{:11.1f}{:10.1f}{:7.2f}{:7.2f}{:10.1f}"
               "{:7.0f}%\n",
               C.Sizes.T, C.Sizes.B, C.Sizes.H, C.Gradient, C.PeerGradient,
               C.PeerPackAndGradient, C.PeerGradient / C.Gradient,
               C.PeerPackAndGradient / C.Gradient, Rate, 100 * Rate / Peak);
  }
}

void bench::printTables(const std::vector<Case> &Cases, double Peak) {
  fmt::print("one thread; FMA peak {:.1f} GFLOP/s\n\n", Peak);
  printForward(Cases, Peak);
  printGradient(Cases, Peak);
}

void bench::printLengths(const std::vector<LengthsCase> &Cases) {
  fmt::print("\nlengths uniform from 1 to T, longest first; times in "
             "microseconds; rows: the share\nthat is valid; ratio: to the "
             "time of full sequences\n"
             "{:>4}{:>5}{:>5}{:>7}{:>10}{:>10}{:>7}{:>11}{:>10}{:>7}\n",
             "T", "B", "H", "rows", "forward", "full", "ratio", "gradient",
             "full", "ratio");
  for (const LengthsCase &C : Cases)
    fmt::print("{:4}{:5}{:5}{:7.2f}{:10.1f}{:10.1f}{:7.2f}{:11.1f}{:10.1f}"
               "{:7.2f}\n",
               C.Sizes.T, C.Sizes.B, C.Sizes.H, C.ValidRows, C.Forward,
               C.FullForward, C.Forward / C.FullForward, C.Gradient,
               C.FullGradient, C.Gradient / C.FullGradient);
}

void bench::writeCsv(const std::string &Path, const std::vector<Case> &Cases,
                     const std::vector<LengthsCase> &Lengths, double Peak) {
  std::ofstream File(Path);
  File << "suite,cell,T,B,H,threads,ours_us,peer,peer_us,ratio,gflops,share_of_"
          "limit\n";
  const auto Write = [&](const LstmSizes &Sizes, const char *Suite,
                         double Flops, double Ours, const char *Peer,
                         double Theirs) {
    const double Rate = rate(Flops, Ours);
    File << fmt::format("{},LSTM,{},{},{},1,{:.2f},{},{:.2f},{:.3f},{:.2f},"
                        "{:.4f}\n",
                        Suite, Sizes.T, Sizes.B, Sizes.H, Ours, Peer, Theirs,
                        Theirs / Ours, Rate, Rate / Peak);
  };
  for (const Case &C : Cases) {
    const double Flops = C.Sizes.forwardFlops();
    Write(C.Sizes, "forward", Flops, C.Forward, "onednn-inference",
          C.Inference);
    Write(C.Sizes, "forward", Flops, C.Forward, "onednn-training", C.Training);
    Write(C.Sizes, "gradient", 3 * Flops, C.Gradient, "onednn-backward",
          C.PeerGradient);
    Write(C.Sizes, "gradient", 3 * Flops, C.Gradient, "onednn-pack-backward",
          C.PeerPackAndGradient);
  }
  for (const LengthsCase &C : Lengths) {
    const double Flops = C.ValidRows * C.Sizes.forwardFlops();
    Write(C.Sizes, "lengths-forward", Flops, C.Forward, "rnnc-full",
          C.FullForward);
    Write(C.Sizes, "lengths-gradient", 3 * Flops, C.Gradient, "rnnc-full",
          C.FullGradient);
  }
  File.close();
  if (!File)
    throw std::runtime_error(
        fmt::format("cannot write '{}': {}", Path, std::strerror(errno)));
}
