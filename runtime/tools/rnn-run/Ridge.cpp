//===- Ridge.cpp - rnn-run ridge ------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fits a linear read-out to a target: an output of the model is the features, a
// parameter the weights.
//===----------------------------------------------------------------------===//
#include "runtime/train/Ridge.h"

#include "runtime/lib/Parameters.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Examples.h"
#include "runtime/tools/rnn-run/Origin.h"
#include "runtime/tools/rnn-run/Support.h"

#include <span>

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

/// The tensor of a name; throws with the names that there are.
static uint64_t findTensor(const char *Kind, const rnn_tensor *Tensors,
                           uint64_t Count, const std::string &Name) {
  std::string Names;
  for (uint64_t Index = 0; Index < Count; ++Index) {
    if (Name == Tensors[Index].name)
      return Index;
    Names += std::string(Names.empty() ? "" : ", ") + Tensors[Index].name;
  }
  throw Error(RNN_ERROR_ARGUMENT,
              fmt::format("expected {} of the model, one of {}; got '{}'", Kind,
                          Names, Name));
}

namespace {
/// One fit, from the names to the parameters.
class Fit {
public:
  explicit Fit(const RidgeCommand &Do);

  void run();

private:
  bool hasBias() const { return Bias != nullptr; }
  void checkShapes() const;
  void expectShape(const rnn_tensor &Of, std::vector<int64_t> Shape) const;
  void addExample(Ridge &To, const char *Features, int64_t Example);
  void readRow(const char *From, std::vector<double> &Into) const;
  void put(const rnn_tensor &Of, const std::vector<double> &Values);

  const RidgeCommand &Do;
  Examples Given;
  const rnn_model &Model;
  uint64_t FeatureIndex, TargetIndex;
  const rnn_tensor &Features, &Target, &Weights;
  const rnn_tensor *Bias = nullptr;
  int64_t Width; // numbers of a target; the vocabulary's where it is a token
  std::vector<double> X, Y;
};
} // namespace

Fit::Fit(const RidgeCommand &Do)
    : Do(Do), Given(Do.On), Model(Given.model()),
      FeatureIndex(findTensor("an output", Model.outputs, Model.output_count,
                              Do.Features)),
      TargetIndex(
          findTensor("a target", Model.targets, Model.target_count, Do.Target)),
      Features(Model.outputs[FeatureIndex]), Target(Model.targets[TargetIndex]),
      Weights(Model.parameters[findTensor("a parameter", Model.parameters,
                                          Model.parameter_count, Do.Weights)]),
      Width(Target.type == RNN_TOKEN ? Target.vocabulary
                                     : static_cast<int64_t>(Target.size)),
      X(Features.size), Y(Width) {
  if (!Do.Bias.empty())
    Bias = &Model.parameters[findTensor("a parameter", Model.parameters,
                                        Model.parameter_count, Do.Bias)];
  checkShapes();
}

void Fit::expectShape(const rnn_tensor &Of, std::vector<int64_t> Shape) const {
  const std::vector<int64_t> Got(Of.shape, Of.shape + Of.rank);
  if (Got != Shape)
    throw Error(RNN_ERROR_ARGUMENT,
                fmt::format("parameter '{}': expected {} for the features '{}' "
                            "and the target '{}', got {}",
                            Of.name, shapeText(Shape), Features.name,
                            Target.name, shapeText(Got)));
}

void Fit::checkShapes() const {
  if (Features.type == RNN_TOKEN)
    throw Error(RNN_ERROR_ARGUMENT,
                fmt::format("output '{}': expected numbers as features, got "
                            "tokens",
                            Features.name));
  if (Features.axis != Target.axis)
    throw Error(RNN_ERROR_ARGUMENT,
                fmt::format("expected the features '{}' and the target '{}' at "
                            "the same steps",
                            Features.name, Target.name));
  expectShape(Weights, {Width, static_cast<int64_t>(Features.size)});
  if (hasBias())
    expectShape(*Bias, {Width});
  if (!Given.data().target(TargetIndex, 0))
    throw Error(RNN_ERROR_MISMATCH, Do.On.Data + ": expected target '" +
                                        Target.name + "', got no such tensor");
  if (Do.Washout < 0 || !(Do.Lambda >= 0))
    throw Error(RNN_ERROR_ARGUMENT,
                fmt::format("expected a lambda and a washout of 0 or more, got "
                            "{} and {}",
                            Do.Lambda, Do.Washout));
}

void Fit::readRow(const char *From, std::vector<double> &Into) const {
  for (size_t I = 0; I < Into.size(); ++I)
    Into[I] = Model.element_type == RNN_F64
                  ? reinterpret_cast<const double *>(From)[I]
                  : reinterpret_cast<const float *>(From)[I];
}

void Fit::addExample(Ridge &To, const char *Rows, int64_t Example) {
  const DataSet &Data = Given.data();
  const bool OverTime = Features.axis >= 0;
  const int64_t Steps = OverTime ? Data.length(Features.axis, Example) : 1;
  const char *Wanted = Data.target(TargetIndex, Example);
  for (int64_t Step = OverTime ? Do.Washout : 0; Step < Steps; ++Step) {
    readRow(Rows + Step * Data.bytes(Features), X);
    const char *Row = Wanted + Step * Data.bytes(Target);
    if (Target.type == RNN_TOKEN) {
      std::fill(Y.begin(), Y.end(), 0.0);
      Y.at(*reinterpret_cast<const int32_t *>(Row)) = 1;
    } else {
      readRow(Row, Y);
    }
    To.add(X.data(), Y.data());
  }
}

void Fit::put(const rnn_tensor &Of, const std::vector<double> &Values) {
  char *Params = Given.params().data();
  for (size_t I = 0; I < Values.size(); ++I) {
    if (Model.element_type == RNN_F64)
      reinterpret_cast<double *>(Params)[Of.offset + I] = Values[I];
    else
      reinterpret_cast<float *>(Params)[Of.offset + I] =
          static_cast<float>(Values[I]);
  }
}

void Fit::run() {
  const std::vector<Buffer> Outputs = Given.forward();
  const std::vector<int64_t> Shape = Given.shape(Features);
  const size_t Bytes =
      Given.data().bytes(Features) * (Features.axis >= 0 ? Shape[1] : 1);
  Ridge Sums(static_cast<int64_t>(Features.size), Width, hasBias());
  for (int64_t Example = 0; Example < Given.data().size(); ++Example)
    addExample(Sums, Outputs[FeatureIndex].data() + Example * Bytes, Example);
  const Ridge::Solution Found = Sums.solve(Do.Lambda);
  put(Weights, Found.Weights);
  if (hasBias())
    put(*Bias, Found.Bias);
  writeTensors(Do.Output, parameterViews(Model, Given.params().data()),
               originOf(Given.source()));
  fmt::print("fitted {} of {} features to {} rows of {}: root mean square "
             "error {:.6g}\n",
             Weights.name, Features.size, Sums.rows(), Target.name,
             Found.Error);
}

int run::ridge(const RidgeCommand &Do) noexcept {
  return command([&] {
    Fit(Do).run();
    return 0;
  });
}
