//===- StreamBench.cpp - Single steps beside Eigen's ----------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Steps of a network with one input and one output, a thousand at a time: one
// alone is too short for a clock.
//===----------------------------------------------------------------------===//
#include "benchmarks/AlignedBytes.h"
#include "benchmarks/Arguments.h"
#include "benchmarks/Clock.h"
#include "benchmarks/Compare.h"
#include "benchmarks/CompiledLayer.h"
#include "benchmarks/EigenStep.h"
#include "benchmarks/LayerBench.h"
#include "benchmarks/Limits.h"

#include <cmath>
#include <fmt/core.h>
#include <stdexcept>

using namespace bench;

static constexpr int64_t Steps = 1000;

namespace {

/// The step function with its panels and state.
class CompiledStep {
public:
  CompiledStep(const rnn_model &Model, const std::vector<float> &Parameters)
      : Stream(*Model.stream), Parameters(Parameters),
        Panels(Stream.panels_bytes), State(Stream.state_bytes) {
    if (Stream.pack(Parameters.data(), Panels.get()) != RNN_OK)
      throw std::runtime_error("the stream's pack failed");
    reset();
  }

  void reset() { Stream.reset(Parameters.data(), State.get()); }

  void run(const float *X, float *Y) {
    for (int64_t Step = 0; Step < Steps; ++Step) {
      const void *Inputs[] = {X + Step};
      void *Outputs[] = {Y + Step};
      Stream.step(Panels.get(), State.get(), Inputs, Outputs);
    }
  }

private:
  const rnn_stream &Stream;
  const std::vector<float> &Parameters;
  AlignedBytes Panels, State;
};

} // namespace

void bench::runStream(const std::vector<std::string> &Words) {
  const Arguments Given(Words,
                        {"model", "cell", "units", "rounds", "round-us"});
  const rnn_model &Model = loadModel(Given.required("model"), "bench");
  const int64_t H = Given.number("units", 32);
  const Cell Kind =
      Given.text("cell", "LSTM") == "LSTM" ? Cell::LSTM : Cell::GRU;
  const float Range = std::sqrt(3.0f / static_cast<float>(H));
  const auto Parameters = randomVector(Model.parameter_size, Range, 1);
  const auto X = randomVector(Steps, 1.0f, 2);
  std::vector<float> Ours(Steps), Theirs(Steps);

  const auto Eigen = makeEigenStep(Kind, H, Parameters.data());
  if (!Eigen)
    throw std::runtime_error(
        fmt::format("--units: expected 8, 16, 32, 40 or 64, got {}", H));
  CompiledStep Compiled(Model, Parameters);
  Compiled.run(X.data(), Ours.data());
  Eigen->run(X.data(), Theirs.data(), Steps);
  compare("y (eigen)", Ours, Theirs);
  const int64_t Gates = Kind == Cell::LSTM ? 4 : 3;
  Limits Beside(Gates * H * H * static_cast<int64_t>(sizeof(float)), 1);
  const auto Times = measureInTurns(
      {[&] { Compiled.run(X.data(), Ours.data()); },
       [&] { Eigen->run(X.data(), Theirs.data(), Steps); }},
      readTurns(Given, [&](double Seconds) { Beside.turn(Seconds); }));
  fmt::print("rnnc {:.4f}\neigen {:.4f}\nspread {:.4f}\n",
             Times[0].Median / Steps, Times[1].Median / Steps, Times[0].Spread);
  Beside.print();
}
