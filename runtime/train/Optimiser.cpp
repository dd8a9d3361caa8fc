//===- Optimiser.cpp - Update rules ---------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One loop a rule, which clips the gradient and decays the weights as well:
// each vector is read and written once. The loops are compiled for several
// vector widths and chosen when the program starts; without contraction all
// give the same bits.
//===----------------------------------------------------------------------===//
#include "runtime/train/Optimiser.h"

#include "runtime/lib/Error.h"
#include "runtime/lib/Clones.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace rnn;
using namespace rnn::train;

//===----------------------------------------------------------------------===//
// The rules
//===----------------------------------------------------------------------===//

/// What a rule's loop is given, rounded once.
template <typename Element> struct train::Numbers {
  Element Rate, Momentum;
  Element Kept;   // of each parameter, before the update
  Element Bound;  // of each element of the gradient
  Element Scale;  // of the gradient, once bounded
  Element ByRoot; // of Adam

  /// The gradient's element as the rule sees it.
  Element clip(Element G) const {
    return std::min(std::max(G, -Bound), Bound) * Scale;
  }
};

// Plain functions, one a type: clones of templates are not possible.
#define RNNC_RULES(Element)                                                    \
  RNNC_CLONES static void sgd(Element *__restrict P, uint64_t Size,            \
                              const Element *__restrict Gradient,              \
                              Numbers<Element> By) {                           \
    for (uint64_t I = 0; I < Size; ++I)                                        \
      P[I] = By.Kept * P[I] - By.Rate * By.clip(Gradient[I]);                  \
  }                                                                            \
  RNNC_CLONES static void momentum(                                            \
      Element *__restrict P, uint64_t Size, Element *__restrict V,             \
      const Element *__restrict Gradient, Numbers<Element> By) {               \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      V[I] = By.Momentum * V[I] - By.Rate * By.clip(Gradient[I]);              \
      P[I] = By.Kept * P[I] + V[I];                                            \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void nesterov(                                            \
      Element *__restrict P, uint64_t Size, Element *__restrict V,             \
      const Element *__restrict Gradient, Numbers<Element> By) {               \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element Before = V[I];                                             \
      V[I] = By.Momentum * Before - By.Rate * By.clip(Gradient[I]);            \
      P[I] = By.Kept * P[I] + (V[I] + By.Momentum * (V[I] - Before));          \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void adagrad(                                             \
      Element *__restrict P, uint64_t Size, Element *__restrict M,             \
      const Element *__restrict Gradient, Numbers<Element> By) {               \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element G = By.clip(Gradient[I]);                                  \
      M[I] += G * G;                                                           \
      P[I] = By.Kept * P[I] - By.Rate * G / std::sqrt(M[I] + Element(1e-8));   \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void rmsprop(                                             \
      Element *__restrict P, uint64_t Size, Element *__restrict M,             \
      const Element *__restrict Gradient, Numbers<Element> By) {               \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element G = By.clip(Gradient[I]);                                  \
      M[I] = Element(0.99) * M[I] + Element(0.01) * (G * G);                   \
      P[I] = By.Kept * P[I] - By.Rate * G / (std::sqrt(M[I]) + Element(1e-8)); \
    }                                                                          \
  }                                                                            \
  RNNC_CLONES static void rmspropMomentum(                                     \
      Element *__restrict P, uint64_t Size, Element *__restrict M,             \
      Element *__restrict V, const Element *__restrict Gradient,               \
      Numbers<Element> By) {                                                   \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element G = By.clip(Gradient[I]);                                  \
      M[I] = Element(0.99) * M[I] + Element(0.01) * (G * G);                   \
      V[I] = By.Momentum * V[I] -                                              \
             By.Rate * G / (std::sqrt(M[I]) + Element(1e-8));                  \
      P[I] = By.Kept * P[I] + V[I];                                            \
    }                                                                          \
  }                                                                            \
  /* Rate and ByRoot carry the bias corrections. */                            \
  RNNC_CLONES static void adam(Element *__restrict P, uint64_t Size,           \
                               Element *__restrict M, Element *__restrict V,   \
                               const Element *__restrict Gradient,             \
                               Numbers<Element> By) {                          \
    for (uint64_t I = 0; I < Size; ++I) {                                      \
      const Element G = By.clip(Gradient[I]);                                  \
      M[I] = Element(0.9) * M[I] + Element(0.1) * G;                           \
      V[I] = Element(0.999) * V[I] + Element(0.001) * (G * G);                 \
      P[I] = By.Kept * P[I] -                                                  \
             By.Rate * M[I] / (std::sqrt(V[I]) * By.ByRoot + Element(1e-8));   \
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
    : Given(Given), Type(Type), Size(Size), Trained(std::move(Trained)) {
  checkRule(Given);
  const size_t Bytes = Size * (Type == RNN_F64 ? 8 : 4);
  for (const std::string &Name : momentNames(Given))
    Moments.push_back({Name, Buffer(Bytes)});
}

/// What the gradient's elements are multiplied by, once bounded.
double Optimiser::scaleOf(const void *Gradient, const Clip &Bounds) const {
  if (!(Bounds.Norm > 0))
    return 1;
  const double Bound =
      Bounds.Value > 0 ? Bounds.Value : std::numeric_limits<double>::infinity();
  const double Length = boundedNorm(Type, Gradient, Size, Bound);
  return Length > Bounds.Norm ? Bounds.Norm / Length : 1;
}

template <typename Element>
Numbers<Element> Optimiser::numbers(double Rate, double Bound,
                                    double Scale) const {
  Numbers<Element> By;
  By.Rate = static_cast<Element>(Rate);
  By.Momentum = static_cast<Element>(Given.Momentum);
  By.Kept = static_cast<Element>(1 - Rate * Given.WeightDecay);
  By.Bound = Bound > 0 ? static_cast<Element>(Bound)
                       : std::numeric_limits<Element>::infinity();
  By.Scale = static_cast<Element>(Scale);
  By.ByRoot = 1;
  if (Given.Of != Method::Adam)
    return By;
  const auto Count = static_cast<double>(Steps);
  By.Rate = static_cast<Element>(Rate / (1 - std::pow(0.9, Count)));
  By.ByRoot = static_cast<Element>(1 / std::sqrt(1 - std::pow(0.999, Count)));
  return By;
}

template <typename Element>
void Optimiser::stepRange(Element *Params, const Element *Gradient,
                          const Range &Of, const Numbers<Element> &By) {
  const auto Values = [&](int Index) {
    return reinterpret_cast<Element *>(Moments[Index].Values.data()) +
           Of.Offset;
  };
  Element *P = Params + Of.Offset;
  const Element *G = Gradient + Of.Offset;
  switch (Given.Of) {
  case Method::SGD:
    return sgd(P, Of.Size, G, By);
  case Method::Momentum:
    return momentum(P, Of.Size, Values(0), G, By);
  case Method::Nesterov:
    return nesterov(P, Of.Size, Values(0), G, By);
  case Method::Adagrad:
    return adagrad(P, Of.Size, Values(0), G, By);
  case Method::RMSprop:
    if (Given.Momentum > 0)
      return rmspropMomentum(P, Of.Size, Values(0), Values(1), G, By);
    return rmsprop(P, Of.Size, Values(0), G, By);
  case Method::Adam:
    return adam(P, Of.Size, Values(0), Values(1), G, By);
  case Method::HessianFree:
    return; // Its trainer moves the parameters.
  }
}

template <typename Element>
void Optimiser::stepAs(Element *Params, const Element *Gradient, double Rate,
                       const Clip &Bounds) {
  const Numbers<Element> By =
      numbers<Element>(Rate, Bounds.Value, scaleOf(Gradient, Bounds));
  for (const Range &Of : Trained)
    stepRange(Params, Gradient, Of, By);
}

void Optimiser::step(void *Params, const void *Gradient, double Rate,
                     const Clip &Bounds) {
  ++Steps;
  if (Type == RNN_F64)
    stepAs(static_cast<double *>(Params), static_cast<const double *>(Gradient),
           Rate, Bounds);
  else
    stepAs(static_cast<float *>(Params), static_cast<const float *>(Gradient),
           Rate, Bounds);
}
