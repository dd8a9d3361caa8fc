//===- PlanInfo.cpp - rnn-run info --plan ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes a plan and prints what it chose: what `rnnc --emit=schedule` can only
// give the rules of.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"
#include "runtime/tools/rnn-run/Commands.h"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/format.h>

using namespace rnn;
using namespace rnn::run;

using Made = std::unique_ptr<rnn_plan, decltype(&rnn_plan_destroy)>;

static Made makePlan(const ModelSource &Source, const rnn_model &Model,
                     const PlanSizes &Sizes) {
  rnn_plan_options Options{};
  std::fill_n(Options.axes, Model.axis_count, Sizes.Steps);
  Options.batch = Sizes.Batch;
  Options.gemm = Source.Gemm;
  Options.threads = Source.Threads;
  Options.slices = Source.Slices;
  rnn_plan *Plan = nullptr;
  if (const rnn_status Status = rnn_plan_create(&Model, &Options, &Plan))
    throw Error(Status, rnn_last_error());
  return {Plan, &rnn_plan_destroy};
}

static uint64_t bufferBytes(const rnn_model &Model,
                            const rnn_function &Function,
                            const rnn_frame &Frame) {
  uint64_t Elements = 0;
  for (int Class = 0; Class < RNN_MAX_CLASSES; ++Class)
    Elements += Function.arena_coefficients[Class] * Frame.rows[Class];
  return Elements * elementSize(Model);
}

static std::string sitesOfLibrary(const rnn_function &Function,
                                  const rnn_frame &Frame) {
  std::vector<uint64_t> Sites;
  for (uint64_t Site = 0; Site < Function.site_count; ++Site)
    if (Frame.library[Site])
      Sites.push_back(Site);
  return Sites.empty() ? "none" : fmt::format("{}", fmt::join(Sites, " "));
}

static void printFunction(const rnn_model &Model, const Plan &Of, int Index) {
  if (Of.Sliced >> Index & 1) {
    fmt::print("  {:<8}  on slices of the batch, each by a plan of its own\n",
               functionName(Index));
    return;
  }
  const rnn_function &Function = *Model.functions[Index];
  const rnn_frame &Frame = Of.frames[Index];
  fmt::print("  {:<8}  ", functionName(Index));
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    fmt::print("chunks of {} steps of {}, ", Frame.chunk[Axis],
               Model.axes[Axis]);
  fmt::print("{} bytes of buffers, {} bytes packed; sites of the library: {}",
             bufferBytes(Model, Function, Frame), Function.packed_bytes,
             sitesOfLibrary(Function, Frame));
  if (Index == RNN_GRADIENT || Index == RNN_GAUSS_NEWTON)
    fmt::print("; weight gradients: {}",
               Frame.use_library_tn ? "library" : "generated");
  fmt::print("\n");
}

void run::printPlan(const ModelSource &Source, const rnn_model &Model,
                    const PlanSizes &Sizes) {
  const Made Handle = makePlan(Source, Model, Sizes);
  const Plan &Of = *static_cast<const Plan *>(Handle.get());
  fmt::print("plan for {} steps of {} sequences, {} thread{}\n", Sizes.Steps,
             Sizes.Batch, Source.Threads, Source.Threads == 1 ? "" : "s");
  for (int Index = 0; Index < RNN_FUNCTIONS; ++Index)
    if (Model.functions[Index])
      printFunction(Model, Of, Index);
}
