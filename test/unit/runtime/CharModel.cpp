//===- CharModel.cpp - A character model written by hand ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Plain loops; packing copies the parameters.
//===----------------------------------------------------------------------===//
#include "test/unit/runtime/CharModel.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

constexpr int64_t V = 5, H = 6;
constexpr int64_t AtWx = 0, AtWh = V * H, AtB = AtWh + H * H, AtWy = AtB + H,
                  AtH0 = AtWy + V * H, Size = AtH0 + H;

template <typename Element> struct Step {
  std::vector<Element> Before, After, P; // h, h', probabilities
};

template <typename Element>
Step<Element> step(const Element *W, int32_t Token,
                   const std::vector<Element> &Before) {
  Step<Element> S{Before, std::vector<Element>(H), std::vector<Element>(V)};
  for (int64_t I = 0; I < H; ++I) {
    Element Sum = W[AtWx + Token * H + I] + W[AtB + I];
    for (int64_t J = 0; J < H; ++J)
      Sum += W[AtWh + I * H + J] * Before[J];
    S.After[I] = std::tanh(Sum);
  }
  Element Total = 0;
  for (int64_t K = 0; K < V; ++K) {
    Element Logit = 0;
    for (int64_t I = 0; I < H; ++I)
      Logit += W[AtWy + K * H + I] * S.After[I];
    Total += S.P[K] = std::exp(Logit);
  }
  for (Element &P : S.P)
    P /= Total;
  return S;
}

template <typename Element> struct Pass {
  const rnn_call *Call;
  const Element *W;
  int64_t T = Call->axes[0], B = Call->batch;
  std::vector<Step<Element>> Steps = {}; // [t * B + b]

  const int32_t *inputs() {
    return static_cast<const int32_t *>(Call->inputs[0]);
  }
  const int32_t *targets() {
    return static_cast<const int32_t *>(Call->targets[0]);
  }
  Element *state(int64_t Sequence) {
    return static_cast<Element *>(Call->state) + Sequence * H;
  }

  void forward() {
    for (int64_t Row = 0; Row < T * B; ++Row) {
      std::vector<Element> Before(W + AtH0, W + AtH0 + H);
      if (Row >= B)
        Before = Steps[Row - B].After;
      else if (Call->state)
        Before.assign(state(Row), state(Row) + H);
      Steps.push_back(step(W, inputs()[Row], Before));
    }
    for (int64_t Sequence = 0; Call->state && Sequence < B; ++Sequence)
      std::memcpy(state(Sequence), Steps[(T - 1) * B + Sequence].After.data(),
                  H * sizeof(Element));
  }
  void loss() {
    double Loss = 0, Right = 0;
    for (int64_t Row = 0; Row < T * B; ++Row) {
      const auto &P = Steps[Row].P;
      const Element Own = P[targets()[Row]];
      Loss -= std::log(static_cast<double>(Own));
      Right += Own == *std::max_element(P.begin(), P.end());
    }
    *Call->loss = Loss / (T * B);
    Call->metrics[0] = Right / (T * B);
  }
  void backward() {
    auto *G = static_cast<Element *>(Call->gradient);
    std::memset(G, 0, Size * sizeof(Element));
    for (int64_t Sequence = 0; Sequence < B; ++Sequence) {
      std::vector<Element> Dh(H);
      for (int64_t Time = T; Time-- > 0;)
        backwardStep(G, Time * B + Sequence, Dh);
      for (int64_t I = 0; !Call->state && I < H; ++I)
        G[AtH0 + I] += Dh[I];
    }
  }
  void backwardStep(Element *G, int64_t Row, std::vector<Element> &Dh) {
    const Step<Element> &S = Steps[Row];
    for (int64_t K = 0; K < V; ++K) {
      const Element D = (S.P[K] - (K == targets()[Row])) / (T * B);
      for (int64_t I = 0; I < H; ++I) {
        G[AtWy + K * H + I] += D * S.After[I];
        Dh[I] += D * W[AtWy + K * H + I];
      }
    }
    std::vector<Element> Before(H);
    for (int64_t I = 0; I < H; ++I) {
      const Element D = Dh[I] * (1 - S.After[I] * S.After[I]);
      G[AtWx + inputs()[Row] * H + I] += D;
      G[AtB + I] += D;
      for (int64_t J = 0; J < H; ++J) {
        G[AtWh + I * H + J] += D * S.Before[J];
        Before[J] += D * W[AtWh + I * H + J];
      }
    }
    Dh = Before;
  }
};

template <typename Element, int Function>
int32_t run(rnn_plan *Plan, const rnn_call *Call) {
  const auto *W =
      reinterpret_cast<const Element *>(Plan->frames[Function].packed);
  Pass<Element> Do{Call, W};
  Do.forward();
  if (Function != RNN_FORWARD)
    Do.loss();
  if (Function == RNN_GRADIENT)
    Do.backward();
  return RNN_OK;
}

template <typename Element, int Function>
int32_t pack(rnn_plan *Plan, const void *Params) {
  std::memcpy(Plan->frames[Function].packed, Params, Size * sizeof(Element));
  return RNN_OK;
}

template <typename Element>
int32_t packStream(const void *Params, void *Panels) {
  std::memcpy(Panels, Params, Size * sizeof(Element));
  return RNN_OK;
}

template <typename Element> int32_t reset(const void *Params, void *State) {
  std::memcpy(State, static_cast<const Element *>(Params) + AtH0,
              H * sizeof(Element));
  return RNN_OK;
}

template <typename Element>
int32_t stepStream(const void *Panels, void *State, const void *const *Inputs,
                   void *const *Outputs) {
  auto *Hidden = static_cast<Element *>(State);
  const auto S = step(static_cast<const Element *>(Panels),
                      *static_cast<const int32_t *>(Inputs[0]),
                      std::vector<Element>(Hidden, Hidden + H));
  std::memcpy(State, S.After.data(), H * sizeof(Element));
  std::memcpy(Outputs[0], S.P.data(), V * sizeof(Element));
  return RNN_OK;
}

rnn_tensor tensor(const char *Name, uint32_t Type, std::vector<int64_t> Shape,
                  int64_t Offset, const char *Init) {
  rnn_tensor Made{};
  Made.name = Name;
  Made.type = Type;
  Made.rank = Shape.size();
  Made.axis = -1;
  Made.offset = Offset;
  Made.size = 1;
  Made.init = Init;
  Made.init_args[0] = 1;
  for (size_t I = 0; I < Shape.size(); ++I) {
    Made.shape[I] = Shape[I];
    Made.size *= Shape[I];
  }
  return Made;
}

template <typename Element> struct CharModel {
  static constexpr rnn_type Type = sizeof(Element) == 8 ? RNN_F64 : RNN_F32;
  const char *Axes[1] = {"T"}, *Metrics[1] = {"accuracy"};
  rnn_tensor Parameters[5] = {tensor("Wx", Type, {V, H}, AtWx, "glorot"),
                              tensor("Wh", Type, {H, H}, AtWh, "orthogonal"),
                              tensor("b", Type, {H}, AtB, "zeros"),
                              tensor("Wy", Type, {V, H}, AtWy, "glorot"),
                              tensor("h0", Type, {H}, AtH0, "zeros")};
  rnn_tensor Input = tensor("x", RNN_TOKEN, {}, 0, nullptr);
  rnn_tensor Target = tensor("y", RNN_TOKEN, {}, 0, nullptr);
  rnn_tensor Output = tensor("p", Type, {V}, 0, nullptr);
  rnn_tensor State = tensor("h", Type, {H}, 0, nullptr);
  rnn_function Functions[3] = {};
  uint32_t Zero[1] = {0};
  rnn_stream Stream = {sizeof(rnn_stream),
                       Size * sizeof(Element),
                       H * sizeof(Element),
                       packStream<Element>,
                       reset<Element>,
                       stepStream<Element>,
                       Zero,
                       1,
                       Zero,
                       1,
                       nullptr};
  rnn_model Model = {};

  template <int Function> void define() {
    Functions[Function].struct_size = sizeof(rnn_function);
    Functions[Function].run = run<Element, Function>;
    Functions[Function].pack = pack<Element, Function>;
    Functions[Function].packed_bytes = Size * sizeof(Element);
    Model.functions[Function] = &Functions[Function];
  }
  CharModel() {
    for (rnn_tensor *Tokens : {&Input, &Target}) {
      Tokens->axis = 0;
      Tokens->vocabulary = V;
    }
    Output.axis = 0;
    define<RNN_FORWARD>();
    define<RNN_LOSS>();
    define<RNN_GRADIENT>();
    Model.struct_size = sizeof(rnn_model);
    Model.abi_version = RNN_ABI_VERSION;
    Model.tensor_size = sizeof(rnn_tensor);
    Model.element_type = Type;
    Model.name = "char";
    Model.cpu = "generic";
    Model.features = "";
    Model.axes = Axes;
    Model.axis_count = 1;
    Model.parameters = Parameters;
    Model.parameter_count = 5;
    Model.parameter_size = Size;
    Model.inputs = &Input;
    Model.targets = &Target;
    Model.outputs = &Output;
    Model.states = &State;
    Model.input_count = Model.target_count = Model.output_count =
        Model.state_count = Model.metric_count = 1;
    Model.state_bytes = H * sizeof(Element);
    Model.metrics = Metrics;
    Model.stream = &Stream;
    Model.reset = reset<Element>;
  }
};

} // namespace

const rnn_model &charModel(rnn_type Type) {
  static const CharModel<float> Single;
  static const CharModel<double> Double;
  return Type == RNN_F64 ? Double.Model : Single.Model;
}
