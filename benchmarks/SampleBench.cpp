//===- SampleBench.cpp - Generated tokens beside bare steps ---------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What closed-loop generation costs beyond the steps that it takes: the
// probabilities' sums, draws and their logarithms.
//===----------------------------------------------------------------------===//
#include "benchmarks/AlignedBytes.h"
#include "benchmarks/Arguments.h"
#include "benchmarks/Clock.h"
#include "benchmarks/Compare.h"
#include "benchmarks/CompiledLayer.h"
#include "benchmarks/LayerBench.h"
#include "benchmarks/Limits.h"

#include "rnn/generate.h"

#include <cmath>
#include <fmt/core.h>
#include <functional>
#include <stdexcept>

using namespace bench;

static constexpr int64_t Tokens = 1000;

static void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw std::runtime_error(rnn_last_error());
}

namespace {

/// A character model with its stream.
class CharacterModel {
public:
  explicit CharacterModel(const rnn_model &Model)
      : Model(Model), Parameters(randomVector(Model.parameter_size, 0.1f, 1)),
        Panels(Model.stream->panels_bytes), State(Model.stream->state_bytes),
        Drawn(Tokens),
        Probabilities(Model.outputs[Model.stream->outputs[0]].size) {
    if (Model.stream->pack(Parameters.data(), Panels.get()) != RNN_OK)
      throw std::runtime_error("the stream's pack failed");
  }

  /// Generates from token 0.
  void generate(double Temperature) {
    rnn_generate_options Options = {};
    Options.struct_size = sizeof(Options);
    Options.end = -1;
    Options.length = Tokens;
    Options.temperature = Temperature;
    const int32_t First = 0;
    int64_t Count = 0;
    reset();
    check(rnn_generate(&Model, Panels.get(), State.get(), &First, 1, &Options,
                       Drawn.data(), &Count, nullptr));
  }

  /// The steps alone, fed what was drawn last.
  void step() {
    int32_t Token = 0;
    const void *Inputs[] = {&Token};
    void *Outputs[] = {Probabilities.data()};
    reset();
    for (int64_t Index = 0; Index < Tokens; ++Index) {
      Model.stream->step(Panels.get(), State.get(), Inputs, Outputs);
      Token = Drawn[Index];
    }
  }

private:
  void reset() { Model.stream->reset(Parameters.data(), State.get()); }

  const rnn_model &Model;
  std::vector<float> Parameters;
  AlignedBytes Panels, State;
  std::vector<int32_t> Drawn;
  std::vector<float> Probabilities;
};

} // namespace

void bench::runSample(const std::vector<std::string> &Words) {
  const Arguments Given(Words, {"model", "rounds", "round-us"});
  const rnn_model &Model = loadModel(Given.required("model"), "bench");
  if (!Model.stream)
    throw std::runtime_error("--model: expected a model with a stream");
  CharacterModel Characters(Model);
  Characters.generate(1);
  const auto Times = measureInTurns({[&] { Characters.step(); },
                                     [&] { Characters.generate(1); },
                                     [&] { Characters.generate(0.8); }},
                                    readTurns(Given, [](double) {}));
  fmt::print("step {:.4f}\ndraw {:.4f}\ndraw-at-0.8 {:.4f}\n",
             Times[0].Median / Tokens, Times[1].Median / Tokens,
             Times[2].Median / Tokens);
}
