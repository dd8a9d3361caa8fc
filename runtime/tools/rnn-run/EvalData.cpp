//===- EvalData.cpp - rnn-run eval --data ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Loss, metrics and outputs over a data set.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Parameters.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Examples.h"
#include "runtime/tools/rnn-run/Support.h"

using namespace rnn;
using namespace rnn::run;
using namespace rnn::train;

static void printLoss(Examples &Of) {
  const rnn_model &Model = Of.model();
  if (!Model.functions[RNN_LOSS] || !Of.data().hasTargets())
    return;
  const Evaluation Result = Of.evaluate();
  fmt::print("loss {:.8g}\n", Result.Loss);
  for (size_t I = 0; I < Result.Metrics.size(); ++I)
    fmt::print("{} {:.8g}\n", Model.metrics[I], Result.Metrics[I]);
}

int run::evalData(const DataCommand &Do) noexcept {
  return command([&] {
    Examples Of(Do);
    printLoss(Of);
    if (Do.Output.empty())
      return 0;
    const std::vector<Buffer> Outputs = Of.forward();
    std::vector<NamedTensor> Views;
    for (size_t I = 0; I < Outputs.size(); ++I) {
      const rnn_tensor &Output = Of.model().outputs[I];
      Views.push_back(
          {Output.name,
           {dtypeOf(Output.type), Of.shape(Output), Outputs[I].data()}});
    }
    writeTensors(Do.Output, Views);
    return 0;
  });
}
