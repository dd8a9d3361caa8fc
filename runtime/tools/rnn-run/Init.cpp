//===- Init.cpp - rnn-run init --------------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Writes initial parameters.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Buffer.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"
#include "runtime/tools/rnn-run/Support.h"

using namespace rnn;
using namespace rnn::run;

int run::init(const InitCommand &Do) noexcept {
  return command([&] {
    const auto Loaded = loadModel(Do.Source);
    const rnn_model &Model = Loaded->model();
    checkModel(&Model);
    const Buffer Params(Model.parameter_size * elementSize(Model));
    check(rnn_init(&Model, Params.data(), Do.Seed));
    check(rnn_save(&Model, Do.Output.c_str(), Params.data()));
    return 0;
  });
}
