//===- PlanInfo.cpp - rnn-run info --plan ---------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Makes a plan and prints what it chose, which `rnnc --emit=schedule` can only
// give the rules of, and what its products should take.
//===----------------------------------------------------------------------===//
#include "runtime/lib/CostModel.h"
#include "runtime/lib/Error.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Slices.h"
#include "runtime/tools/rnn-run/Commands.h"

#include <algorithm>
#include <fmt/core.h>
#include <fmt/format.h>

using namespace rnn;
using namespace rnn::run;

using Made = std::unique_ptr<rnn_plan, decltype(&rnn_plan_destroy)>;

static rnn_plan_options optionsOf(const ModelSource &Source,
                                  const rnn_model &Model,
                                  const PlanSizes &Sizes) {
  rnn_plan_options Options{};
  std::fill_n(Options.axes, Model.axis_count, Sizes.Steps);
  Options.batch = Sizes.Batch;
  Options.gemm = Source.Gemm;
  Options.threads = Source.Threads;
  Options.slices = Source.Slices;
  Options.wave = Source.Wave;
  return Options;
}

static Made makePlan(const rnn_model &Model, const rnn_plan_options &Options) {
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

namespace {

/// One function of a plan, or of the plans that its slices have.
class FunctionReport {
public:
  FunctionReport(const Plan &Of, int Index, const rnn_plan_options &Options);
  void print() const;

private:
  /// A product of the table: how many rows, how often.
  struct Product {
    std::string Site;
    int64_t Rows, Times, N, K;
    bool IsLibrary;
    double Seconds;
  };

  bool isSliced() const { return Of.Sliced >> Index & 1; }
  bool isTeam() const { return Of.Teamed >> Index & 1; }
  std::string threads() const;
  std::string whyOne() const;
  Product describe(int64_t Site) const;
  std::vector<Product> products() const;
  void addGradients(std::vector<Product> &To) const;
  double turns() const;
  void printProducts() const;

  const rnn_model &Model;
  const Plan &Of;
  int Index;
  const rnn_plan_options &Options;
  const rnn_function &Function;
  const Plan &Runs; ///< what one thread runs
  const rnn_frame &Frame;
  cost::Machine Machine;
};

} // namespace

/// Of the vectors that the code uses.
static int64_t vectorBytes(const rnn_model &Model) {
  return Model.required_features & RNN_CPU_AVX512F ? 64
         : Model.required_features & RNN_CPU_AVX   ? 32
                                                   : 16;
}

FunctionReport::FunctionReport(const Plan &Of, int Index,
                               const rnn_plan_options &Options)
    : Model(*Of.Model), Of(Of), Index(Index), Options(Options),
      Function(*Model.functions[Index]), Runs(isSliced() ? Of.Cut->plan() : Of),
      Frame(Runs.frames[Index]),
      Machine(vectorBytes(Model), static_cast<int64_t>(elementSize(Model))) {}

/// Why several threads leave a function to one of them.
std::string FunctionReport::whyOne() const {
  if (!(Function.flags & RNN_TEAM))
    return "the function cannot be divided";
  const int64_t Longest = cost::longestSite(Function);
  if (Longest < 0)
    return "there are no products";
  return fmt::format(
      "a step of the longest site, {}, is worth a barrier from a "
      "batch of {} on",
      Longest, cost::teamBatch(Function.sites[Longest]));
}

/// What threads do, and why.
std::string FunctionReport::threads() const {
  const int64_t Least = cost::minSliceRows(Function);
  if (isSliced())
    return fmt::format("on {} slices of up to {} sequences, {}",
                       cost::sliceCount(Function, Options), Runs.batch,
                       Options.slices > 0 ? "as asked"
                       : Runs.batch >= Least
                           ? fmt::format("{} or more each", Least)
                           : "since no step is worth a barrier");
  if (Options.threads <= 1)
    return "on one thread";
  if (!isTeam())
    return "on one thread: " + whyOne();
  if (Of.Waved >> Index & 1)
    return fmt::format("layers one behind another, by threads {}",
                       fmt::join(Of.Owners[Index], " "));
  if (Options.slices > 0)
    return "by a team, as slices are asked for and the batch is not cut";
  return fmt::format("by a team: the longest site, {}, is worth a barrier",
                     cost::longestSite(Function));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// A product with rows of a step is taken to be done at every step.
FunctionReport::Product FunctionReport::describe(int64_t Site) const {
  const rnn_site &At = Function.sites[Site];
  const int64_t Axis = std::max(At.axis, 0);
  const int64_t Steps = Model.axis_count ? Runs.axes[Axis] : 1;
  const int64_t Each = At.axis < 0 ? 1 : Frame.chunk[Axis];
  const int64_t Rows = Each * Runs.batch, Times = (Steps - 1) / Each + 1;
  const double Seconds = Machine.product(
      Rows, At.n, At.k, cost::weightBytes(At, Machine.elementBytes));
  return {std::to_string(Site),
          Rows,
          Times,
          At.n,
          At.k,
          Frame.library[Site] == RNN_SITE_LIBRARY,
          static_cast<double>(Times) * Seconds};
}

/// Gradients of the weights that the loss multiplies by, which have no sites;
/// where the model was compiled without that function, those of the outputs.
void FunctionReport::addGradients(std::vector<Product> &To) const {
  const rnn_function *Loss = Model.functions[RNN_LOSS]
                                 ? Model.functions[RNN_LOSS]
                                 : Model.functions[RNN_FORWARD];
  if (!Loss)
    return;
  const int64_t Chunk = Model.axis_count ? Frame.chunk[0] : 1;
  const int64_t Steps = Model.axis_count ? Runs.axes[0] : 1;
  const int64_t Rows = Chunk * Runs.batch, Times = (Steps - 1) / Chunk + 1;
  for (uint64_t Site = 0; Site < Loss->site_count; ++Site) {
    const rnn_site &At = Loss->sites[Site];
    To.push_back(
        {"gradient", Rows, Times, At.n, At.k, Frame.use_library_tn != 0,
         static_cast<double>(Times) * Machine.gradient(Rows, At.n, At.k)});
  }
}

/// How often a thread runs the products of one slice; a team's thread does its
/// share of those of all sequences.
double FunctionReport::turns() const {
  const int64_t Threads = std::max(Options.threads, 1);
  if (isTeam())
    return 1.0 / static_cast<double>(Threads);
  const int64_t Count = isSliced() ? cost::sliceCount(Function, Options) : 1;
  const int64_t Turns = (Count - 1) / Threads + 1;
  return static_cast<double>(Turns);
}

std::vector<FunctionReport::Product> FunctionReport::products() const {
  std::vector<Product> Made;
  Made.reserve(Function.site_count);
  for (uint64_t Site = 0; Site < Function.site_count; ++Site)
    Made.push_back(describe(static_cast<int64_t>(Site)));
  if (Index == RNN_GRADIENT || Index == RNN_GAUSS_NEWTON)
    addGradients(Made);
  return Made;
}

void FunctionReport::printProducts() const {
  const std::vector<Product> Made = products();
  if (Made.empty())
    return;
  double Total = 0;
  for (const Product &Each : Made)
    Total += Each.Seconds;
  fmt::print("    {:<8}  {:>6}  {:>6}  {:>6}  {:>6}  {:<9}  {:>10}  share\n",
             "site", "rows", "times", "n", "k", "kernel", "us");
  for (const Product &Each : Made)
    fmt::print("    {:<8}  {:>6}  {:>6}  {:>6}  {:>6}  {:<9}  {:>10.1f}  "
               "{:>4.0f}%\n",
               Each.Site, Each.Rows, Each.Times, Each.N, Each.K,
               Each.IsLibrary ? "library" : "generated", Each.Seconds * 1e6,
               100 * Each.Seconds / Total);
  fmt::print("    products take {:.1f} us at least\n", Total * turns() * 1e6);
}

void FunctionReport::print() const {
  fmt::print("  {:<8}  {}\n    ", functionName(Index), threads());
  for (uint64_t Axis = 0; Axis < Model.axis_count; ++Axis)
    fmt::print("chunks of {} steps of {}, ", Frame.chunk[Axis],
               Model.axes[Axis]);
  fmt::print("{} bytes of buffers, {} bytes packed\n",
             bufferBytes(Model, Function, Frame), Function.packed_bytes);
  printProducts();
}

void run::printPlan(const ModelSource &Source, const rnn_model &Model,
                    const PlanSizes &Sizes) {
  const rnn_plan_options Options = optionsOf(Source, Model, Sizes);
  const Made Handle = makePlan(Model, Options);
  const Plan &Of = *static_cast<const Plan *>(Handle.get());
  const cost::Speed Speed = cost::speedOf(vectorBytes(Model));
  fmt::print("plan for {} steps of {} sequences, {} thread{}; times are for "
             "cores of {} GFLOP/s that read {}, {} and {} GB/s from L1, L2 and "
             "beyond\n",
             Sizes.Steps, Sizes.Batch, Source.Threads,
             Source.Threads == 1 ? "" : "s", Speed.peak, Speed.first,
             Speed.second, Speed.beyond);
  for (int Index = 0; Index < RNN_FUNCTIONS; ++Index)
    if (Model.functions[Index])
      FunctionReport(Of, Index, Options).print();
}
