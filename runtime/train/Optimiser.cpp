//===- Optimiser.cpp - Update rules ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One loop a rule. The loops are compiled for several vector widths and chosen
// when the program starts; without contraction all give the same bits.
//===----------------------------------------------------------------------===//
#include "runtime/train/Optimiser.h"

#include "runtime/lib/Error.h"
#include "runtime/train/Clones.h"

#include <cmath>

using namespace rnn;
using namespace rnn::train;

//===----------------------------------------------------------------------===//
// The rules
//===----------------------------------------------------------------------===//

// Plain functions, one a type: clones of templates are not possible.
#define RNNC_RULES(Element)                                                    \
  RNNC_CLONES static void sgd(Element *__restrict P,                           \
                              const Element *__restrict G, uint64_t Size,      \
                              Element Rate) {                                  \
    for (uint64_t I = 0; I < Size; ++I)                                        \
      P[I] -= Rate * G[I];                                                     \
  }                                                                            \
  RNNC_CLONES static void momentum(                                            \
      Element *__restrict P, Element *__restrict V,                            \
      const Element *__restrict G, uint64_t Size, Element Rate, Element Mu) {  \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      V[I] = Mu * V[I] - Rate * G[I];                                          \
      P[I] += V[I];                                                            \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void nesterov(                                            \
      Element *__restrict P, Element *__restrict V,                            \
      const Element *__restrict G, uint64_t Size, Element Rate, Element Mu) {  \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element Before = V[I];                                             \
      V[I] = Mu * Before - Rate * G[I];                                        \
      P[I] += V[I] + Mu * (V[I] - Before);                                     \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void rmspropMomentum(                                     \
      Element *__restrict P, Element *__restrict M, Element *__restrict V,     \
      const Element *__restrict G, uint64_t Size, Element Rate, Element Mu) {  \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      M[I] = Element(0.99) * M[I] + Element(0.01) * (G[I] * G[I]);             \
      V[I] = Mu * V[I] - Rate * G[I] / (std::sqrt(M[I]) + Element(1e-8));      \
      P[I] += V[I];                                                            \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void shrink(Element *P, uint64_t Size, Element Factor) {  \
    for (uint64_t I = 0; I < Size; ++I)                                        \
      P[I] *= Factor;                                                          \
  }                                                                            \
  RNNC_CLONES static void adagrad(                                             \
      Element *__restrict P, Element *__restrict M,                            \
      const Element *__restrict G, uint64_t Size, Element Rate) {              \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      M[I] += G[I] * G[I];                                                     \
      P[I] -= Rate * G[I] / std::sqrt(M[I] + Element(1e-8));                   \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void rmsprop(                                             \
      Element *__restrict P, Element *__restrict M,                            \
      const Element *__restrict G, uint64_t Size, Element Rate) {              \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      M[I] = Element(0.99) * M[I] + Element(0.01) * (G[I] * G[I]);             \
      P[I] -= Rate * G[I] / (std::sqrt(M[I]) + Element(1e-8));                 \
    }                                                                          \
  }                                                                            \
  /* Rate and ByRoot carry the bias corrections. */                            \
  RNNC_CLONES static void adam(Element *__restrict P, Element *__restrict M,   \
                               Element *__restrict V,                          \
                               const Element *__restrict G, uint64_t Size,     \
                               Element Rate, Element ByRoot) {                 \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      M[I] = Element(0.9) * M[I] + Element(0.1) * G[I];                        \
      V[I] = Element(0.999) * V[I] + Element(0.001) * (G[I] * G[I]);           \
      P[I] -= Rate * M[I] / (std::sqrt(V[I]) * ByRoot + Element(1e-8));        \
    }                                                                          \
  }

RNNC_RULES(float)
RNNC_RULES(double)
#undef RNNC_RULES

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

static constexpr Method AllMethods[] = {
    Method::SGD,     Method::Momentum, Method::Nesterov,   Method::Adagrad,
    Method::RMSprop, Method::Adam,     Method::HessianFree};

const char *train::methodName(Method Of) {
  static const char *const Names[] = {
      "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "hf"};
  return Names[static_cast<int>(Of)];
}

Method train::methodOf(const std::string &Name) {
  for (const Method Candidate : AllMethods)
    if (Name == methodName(Candidate))
      return Candidate;
  throw Error(RNN_ERROR_ARGUMENT,
              "expected optimizer sgd, momentum, nesterov, adagrad, rmsprop, "
              "adam or hf, got '" +
                  Name + "'");
}

double train::defaultRate(Method Of) {
  switch (Of) {
  case Method::SGD:
  case Method::Adagrad:
    return 0.1;
  case Method::Momentum:
  case Method::Nesterov:
    return 0.01;
  case Method::RMSprop:
  case Method::Adam:
    return 0.002;
  case Method::HessianFree:
    break;
  }
  return 1;
}

double train::defaultMomentum(Method Of) {
  return Of == Method::Momentum || Of == Method::Nesterov ? 0.9 : 0;
}

void train::checkRule(const UpdateRule &Given) {
  const auto Bad = [](const std::string &What, double Got) {
    throw Error(RNN_ERROR_ARGUMENT,
                "expected " + What + ", got " + std::to_string(Got));
  };
  const bool Takes =
      defaultMomentum(Given.Of) > 0 || Given.Of == Method::RMSprop;
  if (!Takes && Given.Momentum != 0)
    Bad(std::string("no momentum with ") + methodName(Given.Of),
        Given.Momentum);
  if (!(Given.Momentum >= 0 && Given.Momentum < 1))
    Bad("a momentum in [0, 1)", Given.Momentum);
  if (Given.Of == Method::HessianFree && Given.WeightDecay != 0)
    Bad("no weight decay with hf", Given.WeightDecay);
  if (!(Given.WeightDecay >= 0) || !std::isfinite(Given.WeightDecay))
    Bad("a weight decay of 0 or more", Given.WeightDecay);
}

static std::vector<std::string> momentNames(const UpdateRule &Given) {
  switch (Given.Of) {
  case Method::SGD:
  case Method::HessianFree:
    return {};
  case Method::Momentum:
  case Method::Nesterov:
    return {"velocity"};
  case Method::RMSprop:
    if (Given.Momentum > 0)
      return {"memory", "velocity"};
    return {"memory"};
  case Method::Adagrad:
    return {"memory"};
  case Method::Adam:
    return {"mean", "square"};
  }
  return {};
}

//===----------------------------------------------------------------------===//
// The optimiser
//===----------------------------------------------------------------------===//

std::vector<Range> train::trainedRanges(const rnn_model &Model) {
  std::vector<Range> Ranges;
  for (uint64_t Index = 0; Index < Model.parameter_count; ++Index) {
    const rnn_tensor &Parameter = Model.parameters[Index];
    if (Parameter.frozen)
      continue;
    // Neighbours become one range, for long loops.
    if (!Ranges.empty() &&
        Ranges.back().Offset + Ranges.back().Size == Parameter.offset)
      Ranges.back().Size += Parameter.size;
    else
      Ranges.push_back({Parameter.offset, Parameter.size});
  }
  return Ranges;
}

Optimiser::Optimiser(const UpdateRule &Given, uint32_t Type, uint64_t Size,
                     std::vector<Range> Trained)
    : Given(Given), Type(Type), Trained(std::move(Trained)) {
  checkRule(Given);
  const size_t Bytes = Size * (Type == RNN_F64 ? 8 : 4);
  for (const std::string &Name : momentNames(Given))
    Moments.push_back({Name, Buffer(Bytes)});
}

template <typename Element>
void Optimiser::stepRange(Element *Params, const Element *Gradient, double Rate,
                          const Range &Of) {
  const auto Values = [&](int Index) {
    return reinterpret_cast<Element *>(Moments[Index].Values.data()) +
           Of.Offset;
  };
  Element *P = Params + Of.Offset;
  const Element *G = Gradient + Of.Offset;
  const auto R = static_cast<Element>(Rate);
  const auto Mu = static_cast<Element>(Given.Momentum);
  switch (Given.Of) {
  case Method::SGD:
    return sgd(P, G, Of.Size, R);
  case Method::Momentum:
    return momentum(P, Values(0), G, Of.Size, R, Mu);
  case Method::Nesterov:
    return nesterov(P, Values(0), G, Of.Size, R, Mu);
  case Method::Adagrad:
    return adagrad(P, Values(0), G, Of.Size, R);
  case Method::RMSprop:
    if (Given.Momentum > 0)
      return rmspropMomentum(P, Values(0), Values(1), G, Of.Size, R, Mu);
    return rmsprop(P, Values(0), G, Of.Size, R);
  case Method::Adam: {
    const auto Count = static_cast<double>(Steps);
    const double First = 1 - std::pow(0.9, Count);
    const double Second = 1 - std::pow(0.999, Count);
    return adam(P, Values(0), Values(1), G, Of.Size,
                static_cast<Element>(Rate / First),
                static_cast<Element>(1 / std::sqrt(Second)));
  }
  case Method::HessianFree:
    return; // Its trainer moves the parameters.
  }
}

template <typename Element>
void Optimiser::stepAs(Element *Params, const Element *Gradient, double Rate) {
  const auto Kept = static_cast<Element>(1 - Rate * Given.WeightDecay);
  for (const Range &Of : Trained) {
    if (Given.WeightDecay > 0)
      shrink(Params + Of.Offset, Of.Size, Kept);
    stepRange(Params, Gradient, Rate, Of);
  }
}

void Optimiser::step(void *Params, const void *Gradient, double Rate) {
  ++Steps;
  if (Type == RNN_F64)
    stepAs(static_cast<double *>(Params), static_cast<const double *>(Gradient),
           Rate);
  else
    stepAs(static_cast<float *>(Params), static_cast<const float *>(Gradient),
           Rate);
}
