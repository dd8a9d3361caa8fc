//===- OneDNNLstm.cpp - oneDNN's LSTM primitive ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// oneDNN's weights are [layer][direction][input][gate][unit] ("ldigo") with the
// gates in the order i, f, c~, o; ours are i, f, o, g. Initial states are
// given, as zeros: without them oneDNN 2.6 adds whatever it finds to the
// gradient of the recurrent weights.
//===----------------------------------------------------------------------===//
#include "benchmarks/OneDNNLstm.h"

#include <algorithm>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>

using namespace bench;
using dnnl::lstm_backward;
using dnnl::lstm_forward;
using dnnl::memory;
using dnnl::prop_kind;

using Arguments = std::unordered_map<int, memory>;

/// Where oneDNN's gates, i, f, c~ and o, stand among ours, i, f, o and g.
static constexpr int64_t GateOf[] = {0, 1, 3, 2};

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

namespace {
/// Weights and bias, or their gradients, in oneDNN's plain layout.
struct PlainWeights {
  std::vector<float> Layer, Iter, Bias;

  explicit PlainWeights(int64_t H)
      : Layer(4 * H * H), Iter(4 * H * H), Bias(4 * H) {}
};
} // namespace

/// Calls Pair(ours, theirs) on each weight of two sets of equal sizes.
template <typename Flat, typename Plain, typename Function>
static void forEachWeight(int64_t H, Flat &Ours, Plain &Theirs, Function Pair) {
  for (int64_t Gate = 0; Gate < 4; ++Gate)
    for (int64_t Unit = 0; Unit < H; ++Unit) {
      const int64_t Row = GateOf[Gate] * H + Unit, Column = Gate * H + Unit;
      for (int64_t Input = 0; Input < H; ++Input) {
        Pair(Ours[Row * 2 * H + Input], Theirs.Iter[Input * 4 * H + Column]);
        Pair(Ours[Row * 2 * H + H + Input],
             Theirs.Layer[Input * 4 * H + Column]);
      }
      Pair(Ours[8 * H * H + Row], Theirs.Bias[Column]);
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

  explicit Descriptors(const LstmSizes &S) {
    const auto F32 = memory::data_type::f32;
    const memory::dims Weights{1, 1, S.H, 4, S.H};
    Sequence = memory::desc({S.T, S.B, S.H}, F32, memory::format_tag::tnc);
    State = memory::desc({1, 1, S.B, S.H}, F32, memory::format_tag::ldnc);
    AnyWeights = memory::desc(Weights, F32, memory::format_tag::any);
    PlainWeights = memory::desc(Weights, F32, memory::format_tag::ldigo);
    Bias = memory::desc({1, 1, 4, S.H}, F32, memory::format_tag::ldgo);
  }

  lstm_forward::desc forward(prop_kind Kind) const {
    return {Kind,       dnnl::rnn_direction::unidirectional_left2right,
            Sequence,   State,
            State,      AnyWeights,
            AnyWeights, Bias,
            Sequence,   State,
            State};
  }

  lstm_backward::desc backward() const {
    return {prop_kind::backward,
            dnnl::rnn_direction::unidirectional_left2right,
            Sequence,
            State,
            State,
            AnyWeights,
            AnyWeights,
            Bias,
            Sequence,
            State,
            State,
            Sequence,
            State,
            State,
            AnyWeights,
            AnyWeights,
            Bias,
            Sequence,
            State,
            State};
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

struct OneDNNLstm::Implementation {
  LstmSizes Sizes;
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

  Implementation(const LstmSizes &Sizes, const LstmData &Data);

  memory wrap(const memory::desc &Of, const std::vector<float> &Data) {
    return memory(Of, Engine, const_cast<float *>(Data.data()));
  }
  Packing makePacking(const memory::desc &Layer, const memory::desc &Iter);
  Arguments withWorkspace(const Packing &Weights) const;
  void pack(Packing &To);
  void execute(const dnnl::primitive &Run, const Arguments &With) {
    Run.execute(Stream, With);
  }
  void makeInference();
  lstm_forward::primitive_desc makeTraining();
  void makeBackward(const lstm_forward::primitive_desc &Forward);
  void copyPlain(const memory &From, std::vector<float> &To);
};

OneDNNLstm::Implementation::Implementation(const LstmSizes &Sizes,
                                           const LstmData &Data)
    : Sizes(Sizes), Shapes(Sizes), Weights(Sizes.H) {
  forEachWeight(Sizes.H, Data.Parameters, Weights,
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
  makeInference();
  makeBackward(makeTraining());
}

Packing OneDNNLstm::Implementation::makePacking(const memory::desc &Layer,
                                                const memory::desc &Iter) {
  Packing Made;
  Made.Layer = memory(Layer, Engine);
  Made.Iter = memory(Iter, Engine);
  Made.PackLayer = dnnl::reorder(PlainLayer, Made.Layer);
  Made.PackIter = dnnl::reorder(PlainIter, Made.Iter);
  pack(Made);
  return Made;
}

void OneDNNLstm::Implementation::pack(Packing &To) {
  To.PackLayer.execute(Stream, PlainLayer, To.Layer);
  To.PackIter.execute(Stream, PlainIter, To.Iter);
  Stream.wait();
}

void OneDNNLstm::Implementation::makeInference() {
  const lstm_forward::primitive_desc Made(
      Shapes.forward(prop_kind::forward_inference), Engine);
  Inference = makePacking(Made.weights_layer_desc(), Made.weights_iter_desc());
  RunInference = lstm_forward(Made);
  ForInference = {{DNNL_ARG_SRC_LAYER, X},
                  {DNNL_ARG_WEIGHTS_LAYER, Inference.Layer},
                  {DNNL_ARG_WEIGHTS_ITER, Inference.Iter},
                  {DNNL_ARG_BIAS, Bias},
                  {DNNL_ARG_DST_LAYER, Y},
                  {DNNL_ARG_SRC_ITER, Zero},
                  {DNNL_ARG_SRC_ITER_C, Zero},
                  {DNNL_ARG_DST_ITER, FinalH},
                  {DNNL_ARG_DST_ITER_C, FinalC}};
}

/// What both halves of training read and write.
Arguments
OneDNNLstm::Implementation::withWorkspace(const Packing &Weights) const {
  return {{DNNL_ARG_SRC_LAYER, X},
          {DNNL_ARG_WEIGHTS_LAYER, Weights.Layer},
          {DNNL_ARG_WEIGHTS_ITER, Weights.Iter},
          {DNNL_ARG_BIAS, Bias},
          {DNNL_ARG_DST_LAYER, Y},
          {DNNL_ARG_SRC_ITER, Zero},
          {DNNL_ARG_SRC_ITER_C, Zero},
          {DNNL_ARG_DST_ITER, FinalH},
          {DNNL_ARG_DST_ITER_C, FinalC},
          {DNNL_ARG_WORKSPACE, Workspace}};
}

lstm_forward::primitive_desc OneDNNLstm::Implementation::makeTraining() {
  const lstm_forward::primitive_desc Made(
      Shapes.forward(prop_kind::forward_training), Engine);
  Training = makePacking(Made.weights_layer_desc(), Made.weights_iter_desc());
  Workspace = memory(Made.workspace_desc(), Engine);
  RunTraining = lstm_forward(Made);
  ForTraining = withWorkspace(Training);
  return Made;
}

void OneDNNLstm::Implementation::makeBackward(
    const lstm_forward::primitive_desc &Forward) {
  const lstm_backward::primitive_desc Made(Shapes.backward(), Engine, Forward);
  Backward = makePacking(Made.weights_layer_desc(), Made.weights_iter_desc());
  DLayer = memory(Made.diff_weights_layer_desc(), Engine);
  DIter = memory(Made.diff_weights_iter_desc(), Engine);
  DBias = memory(Made.diff_bias_desc(), Engine);
  RunBackward = lstm_backward(Made);
  ForBackward = withWorkspace(Backward);
  ForBackward.insert({{DNNL_ARG_DIFF_DST_LAYER, DY},
                      {DNNL_ARG_DIFF_DST_ITER, Zero},
                      {DNNL_ARG_DIFF_DST_ITER_C, Zero},
                      {DNNL_ARG_DIFF_SRC_LAYER, DX},
                      {DNNL_ARG_DIFF_SRC_ITER, InitialDH},
                      {DNNL_ARG_DIFF_SRC_ITER_C, InitialDC},
                      {DNNL_ARG_DIFF_WEIGHTS_LAYER, DLayer},
                      {DNNL_ARG_DIFF_WEIGHTS_ITER, DIter},
                      {DNNL_ARG_DIFF_BIAS, DBias}});
}

void OneDNNLstm::Implementation::copyPlain(const memory &From,
                                           std::vector<float> &To) {
  memory Source = From, Plain = wrap(Shapes.PlainWeights, To);
  dnnl::reorder(Source, Plain).execute(Stream, Source, Plain);
  Stream.wait();
}

//===----------------------------------------------------------------------===//
// What is measured
//===----------------------------------------------------------------------===//

OneDNNLstm::OneDNNLstm(const LstmSizes &Sizes, const LstmData &Data)
    : I(std::make_unique<Implementation>(Sizes, Data)) {}

OneDNNLstm::~OneDNNLstm() = default;

void OneDNNLstm::inference() {
  I->execute(I->RunInference, I->ForInference);
  I->Stream.wait();
}

void OneDNNLstm::training() {
  I->execute(I->RunTraining, I->ForTraining);
  I->Stream.wait();
}

void OneDNNLstm::gradient() {
  training();
  for (const memory *Gradient : {&I->DLayer, &I->DIter, &I->DBias})
    clear(*Gradient);
  I->execute(I->RunBackward, I->ForBackward);
  I->Stream.wait();
}

void OneDNNLstm::packAndGradient() {
  I->pack(I->Training);
  I->pack(I->Backward);
  gradient();
}

LstmResults OneDNNLstm::results() const {
  LstmResults Made(I->Sizes);
  const size_t Bytes = Made.Y.size() * sizeof(float);
  std::memcpy(Made.Y.data(), I->Y.get_data_handle(), Bytes);
  std::memcpy(Made.DX.data(), I->DX.get_data_handle(), Bytes);
  PlainWeights Gradient(I->Sizes.H);
  I->copyPlain(I->DLayer, Gradient.Layer);
  I->copyPlain(I->DIter, Gradient.Iter);
  std::memcpy(Gradient.Bias.data(), I->DBias.get_data_handle(),
              Gradient.Bias.size() * sizeof(float));
  forEachWeight(I->Sizes.H, Made.Gradient, Gradient,
                [](float &Ours, float Theirs) { Ours = Theirs; });
  return Made;
}
