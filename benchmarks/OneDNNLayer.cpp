//===- OneDNNLayer.cpp - oneDNN's own LSTM and GRU ------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// oneDNN's weights are [layer][direction][input][gate][unit] ("ldigo") with the
// gates in the order i, f, c~, o, or z, r, h~. Initial states are given, as
// zeros: without them oneDNN 2.6 adds whatever it finds to the gradient of the
// recurrent weights.
//===----------------------------------------------------------------------===//
#include "benchmarks/OneDNNLayer.h"

#include <cstring>
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

using namespace bench;
using dnnl::memory;
using dnnl::prop_kind;

using Arguments = std::unordered_map<int, memory>;

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

namespace {
/// Weights and bias, or their gradients, in oneDNN's plain layout.
struct PlainWeights {
  std::vector<float> Layer, Iter, Bias;

  explicit PlainWeights(const LayerSizes &S)
      : Layer(S.gates() * S.H * S.H), Iter(S.gates() * S.H * S.H),
        Bias(S.gates() * S.H) {}
};
} // namespace

/// Calls Pair(ours, theirs) on each weight of two sets of equal sizes.
template <typename Flat, typename Plain, typename Function>
static void forEachWeight(const LayerSizes &S, Flat &Ours, Plain &Theirs,
                          Function Pair) {
  const char *Gates = S.Kind == Cell::LSTM ? "ifgo" : "zrn";
  const int64_t Columns = S.gates() * S.H;
  for (int64_t Gate = 0; Gate < S.gates(); ++Gate)
    for (int64_t Unit = 0; Unit < S.H; ++Unit) {
      const UnitOffsets At = offsetsOf(S, Gates[Gate], Unit);
      const int64_t Column = Gate * S.H + Unit;
      for (int64_t Input = 0; Input < S.H; ++Input) {
        Pair(Ours[At.H + Input], Theirs.Iter[Input * Columns + Column]);
        Pair(Ours[At.X + Input], Theirs.Layer[Input * Columns + Column]);
      }
      Pair(Ours[At.Bias], Theirs.Bias[Column]);
    }
}

//===----------------------------------------------------------------------===//
// Primitives
//===----------------------------------------------------------------------===//

namespace {
/// Memory descriptors of the tensors of a layer; `any` for weights, so that
/// oneDNN chooses the fastest layout.
struct Descriptors {
  memory::desc Sequence, State, AnyWeights, PlainWeights, Bias;

  explicit Descriptors(const LayerSizes &S) {
    const auto F32 = memory::data_type::f32;
    const memory::dims Weights{1, 1, S.H, S.gates(), S.H};
    Sequence = memory::desc({S.T, S.B, S.H}, F32, memory::format_tag::tnc);
    State = memory::desc({1, 1, S.B, S.H}, F32, memory::format_tag::ldnc);
    AnyWeights = memory::desc(Weights, F32, memory::format_tag::any);
    PlainWeights = memory::desc(Weights, F32, memory::format_tag::ldigo);
    Bias = memory::desc({1, 1, S.gates(), S.H}, F32, memory::format_tag::ldgo);
  }
};

constexpr auto Direction = dnnl::rnn_direction::unidirectional_left2right;

struct LstmPrimitives {
  using Forward = dnnl::lstm_forward;
  using Backward = dnnl::lstm_backward;

  static Forward::desc forward(const Descriptors &D, prop_kind Kind) {
    return {Kind,         Direction, D.Sequence, D.State, D.State, D.AnyWeights,
            D.AnyWeights, D.Bias,    D.Sequence, D.State, D.State};
  }
  static Backward::desc backward(const Descriptors &D) {
    return {prop_kind::backward,
            Direction,
            D.Sequence,
            D.State,
            D.State,
            D.AnyWeights,
            D.AnyWeights,
            D.Bias,
            D.Sequence,
            D.State,
            D.State,
            D.Sequence,
            D.State,
            D.State,
            D.AnyWeights,
            D.AnyWeights,
            D.Bias,
            D.Sequence,
            D.State,
            D.State};
  }
};

struct GruPrimitives {
  using Forward = dnnl::gru_forward;
  using Backward = dnnl::gru_backward;

  static Forward::desc forward(const Descriptors &D, prop_kind Kind) {
    return {Kind,         Direction, D.Sequence, D.State, D.AnyWeights,
            D.AnyWeights, D.Bias,    D.Sequence, D.State};
  }
  static Backward::desc backward(const Descriptors &D) {
    return {prop_kind::backward,
            Direction,
            D.Sequence,
            D.State,
            D.AnyWeights,
            D.AnyWeights,
            D.Bias,
            D.Sequence,
            D.State,
            D.Sequence,
            D.State,
            D.AnyWeights,
            D.AnyWeights,
            D.Bias,
            D.Sequence,
            D.State};
  }
};

/// A pair of packed weights and how they are made.
struct Packing {
  memory Layer, Iter;
  dnnl::reorder PackLayer, PackIter;
};
} // namespace

static void clear(const memory &To) {
  std::memset(To.get_data_handle(), 0, To.get_desc().get_size());
}

struct OneDNNLayer::Implementation {
  LayerSizes Sizes;
  dnnl::engine Engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream Stream{Engine};
  Descriptors Shapes;
  PlainWeights Weights;
  memory PlainLayer, PlainIter, Bias, X, Y, DX, DY, Workspace;
  memory DLayer, DIter, DBias;
  memory Zero, FinalH, FinalC, InitialDH, InitialDC;
  Packing Inference, Training, Backward;
  dnnl::primitive RunInference, RunTraining, RunBackward;
  Arguments ForInference, ForTraining, ForBackward;

  Implementation(const LayerSizes &Sizes, const LayerData &Data);

  memory wrap(const memory::desc &Of, const std::vector<float> &Data) {
    return memory(Of, Engine, const_cast<float *>(Data.data()));
  }
  memory make(const dnnl::primitive_desc_base &Of, int Argument) {
    return memory(Of.query_md(dnnl::query::exec_arg_md, Argument), Engine);
  }
  Packing makePacking(const dnnl::primitive_desc_base &Of);
  Arguments forwardArguments(const Packing &Weights) const;
  void pack(Packing &To);
  template <typename Primitives> void makePrimitives();
  void execute(const dnnl::primitive &Run, const Arguments &With) {
    Run.execute(Stream, With);
  }
  void copyPlain(const memory &From, std::vector<float> &To);
};

OneDNNLayer::Implementation::Implementation(const LayerSizes &Sizes,
                                            const LayerData &Data)
    : Sizes(Sizes), Shapes(Sizes), Weights(Sizes) {
  forEachWeight(Sizes, Data.Parameters, Weights,
                [](float Ours, float &Theirs) { Theirs = Ours; });
  PlainLayer = wrap(Shapes.PlainWeights, Weights.Layer);
  PlainIter = wrap(Shapes.PlainWeights, Weights.Iter);
  Bias = wrap(Shapes.Bias, Weights.Bias);
  X = wrap(Shapes.Sequence, Data.X);
  DY = wrap(Shapes.Sequence, Data.DY);
  Y = memory(Shapes.Sequence, Engine);
  DX = memory(Shapes.Sequence, Engine);
  for (memory *State : {&Zero, &FinalH, &FinalC, &InitialDH, &InitialDC})
    *State = memory(Shapes.State, Engine);
  clear(Zero);
  if (Sizes.Kind == Cell::LSTM)
    makePrimitives<LstmPrimitives>();
  else
    makePrimitives<GruPrimitives>();
}

Packing
OneDNNLayer::Implementation::makePacking(const dnnl::primitive_desc_base &Of) {
  Packing Made;
  Made.Layer = make(Of, DNNL_ARG_WEIGHTS_LAYER);
  Made.Iter = make(Of, DNNL_ARG_WEIGHTS_ITER);
  Made.PackLayer = dnnl::reorder(PlainLayer, Made.Layer);
  Made.PackIter = dnnl::reorder(PlainIter, Made.Iter);
  pack(Made);
  return Made;
}

void OneDNNLayer::Implementation::pack(Packing &To) {
  To.PackLayer.execute(Stream, PlainLayer, To.Layer);
  To.PackIter.execute(Stream, PlainIter, To.Iter);
  Stream.wait();
}

/// What a forward pass reads and writes.
Arguments
OneDNNLayer::Implementation::forwardArguments(const Packing &Weights) const {
  Arguments Made = {{DNNL_ARG_SRC_LAYER, X},
                    {DNNL_ARG_WEIGHTS_LAYER, Weights.Layer},
                    {DNNL_ARG_WEIGHTS_ITER, Weights.Iter},
                    {DNNL_ARG_BIAS, Bias},
                    {DNNL_ARG_DST_LAYER, Y},
                    {DNNL_ARG_SRC_ITER, Zero},
                    {DNNL_ARG_DST_ITER, FinalH}};
  if (Sizes.Kind == Cell::LSTM)
    Made.insert({{DNNL_ARG_SRC_ITER_C, Zero}, {DNNL_ARG_DST_ITER_C, FinalC}});
  return Made;
}

template <typename Primitives>
void OneDNNLayer::Implementation::makePrimitives() {
  using Forward = typename Primitives::Forward;
  using Back = typename Primitives::Backward;
  const typename Forward::primitive_desc ToInfer(
      Primitives::forward(Shapes, prop_kind::forward_inference), Engine);
  Inference = makePacking(ToInfer);
  RunInference = Forward(ToInfer);
  ForInference = forwardArguments(Inference);

  const typename Forward::primitive_desc ToTrain(
      Primitives::forward(Shapes, prop_kind::forward_training), Engine);
  Training = makePacking(ToTrain);
  RunTraining = Forward(ToTrain);
  Workspace = make(ToTrain, DNNL_ARG_WORKSPACE);
  ForTraining = forwardArguments(Training);
  ForTraining.insert({DNNL_ARG_WORKSPACE, Workspace});

  const typename Back::primitive_desc ToDerive(Primitives::backward(Shapes),
                                               Engine, ToTrain);
  Backward = makePacking(ToDerive);
  RunBackward = Back(ToDerive);
  DLayer = make(ToDerive, DNNL_ARG_DIFF_WEIGHTS_LAYER);
  DIter = make(ToDerive, DNNL_ARG_DIFF_WEIGHTS_ITER);
  DBias = make(ToDerive, DNNL_ARG_DIFF_BIAS);
  ForBackward = forwardArguments(Backward);
  ForBackward.insert({{DNNL_ARG_WORKSPACE, Workspace},
                      {DNNL_ARG_DIFF_DST_LAYER, DY},
                      {DNNL_ARG_DIFF_DST_ITER, Zero},
                      {DNNL_ARG_DIFF_SRC_LAYER, DX},
                      {DNNL_ARG_DIFF_SRC_ITER, InitialDH},
                      {DNNL_ARG_DIFF_WEIGHTS_LAYER, DLayer},
                      {DNNL_ARG_DIFF_WEIGHTS_ITER, DIter},
                      {DNNL_ARG_DIFF_BIAS, DBias}});
  if (Sizes.Kind == Cell::LSTM)
    ForBackward.insert({{DNNL_ARG_DIFF_DST_ITER_C, Zero},
                        {DNNL_ARG_DIFF_SRC_ITER_C, InitialDC}});
}

void OneDNNLayer::Implementation::copyPlain(const memory &From,
                                            std::vector<float> &To) {
  memory Source = From, Plain = wrap(Shapes.PlainWeights, To);
  dnnl::reorder(Source, Plain).execute(Stream, Source, Plain);
  Stream.wait();
}

//===----------------------------------------------------------------------===//
// What is measured
//===----------------------------------------------------------------------===//

void bench::setOpenMPThreads(int Threads) {
  using Set = void (*)(int);
  if (const auto Found =
          reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads")))
    Found(Threads);
}

OneDNNLayer::OneDNNLayer(const LayerSizes &Sizes, const LayerData &Data)
    : I(std::make_unique<Implementation>(Sizes, Data)) {}

OneDNNLayer::~OneDNNLayer() = default;

void OneDNNLayer::inference() {
  I->execute(I->RunInference, I->ForInference);
  I->Stream.wait();
}

void OneDNNLayer::training() {
  I->execute(I->RunTraining, I->ForTraining);
  I->Stream.wait();
}

void OneDNNLayer::gradient() {
  training();
  for (const memory *Gradient : {&I->DLayer, &I->DIter, &I->DBias})
    clear(*Gradient);
  I->execute(I->RunBackward, I->ForBackward);
  I->Stream.wait();
}

void OneDNNLayer::packAndGradient() {
  I->pack(I->Training);
  I->pack(I->Backward);
  gradient();
}

LayerResults OneDNNLayer::results() const {
  LayerResults Made(I->Sizes);
  const size_t Bytes = Made.Y.size() * sizeof(float);
  std::memcpy(Made.Y.data(), I->Y.get_data_handle(), Bytes);
  std::memcpy(Made.DX.data(), I->DX.get_data_handle(), Bytes);
  PlainWeights Gradient(I->Sizes);
  I->copyPlain(I->DLayer, Gradient.Layer);
  I->copyPlain(I->DIter, Gradient.Iter);
  std::memcpy(Gradient.Bias.data(), I->DBias.get_data_handle(),
              Gradient.Bias.size() * sizeof(float));
  forEachWeight(I->Sizes, Made.Gradient, Gradient,
                [](float &Ours, float Theirs) { Ours = Theirs; });
  return Made;
}
