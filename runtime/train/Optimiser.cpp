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

static constexpr Method AllMethods[] = {Method::SGD, Method::Adagrad,
                                        Method::RMSprop, Method::Adam};

const char *train::methodName(Method Of) {
  static const char *const Names[] = {"sgd", "adagrad", "rmsprop", "adam"};
  return Names[static_cast<int>(Of)];
}

Method train::methodOf(const std::string &Name) {
  for (const Method Candidate : AllMethods)
    if (Name == methodName(Candidate))
      return Candidate;
  throw Error(RNN_ERROR_ARGUMENT,
              "expected optimizer sgd, adagrad, rmsprop or adam, got '" + Name +
                  "'");
}

double train::defaultRate(Method Of) {
  return Of == Method::SGD || Of == Method::Adagrad ? 0.1 : 0.002;
}

static std::vector<std::string> momentNames(Method Of) {
  switch (Of) {
  case Method::SGD:
    return {};
  case Method::Adagrad:
  case Method::RMSprop:
    return {"memory"};
  case Method::Adam:
    return {"mean", "square"};
  }
  return {};
}

//===----------------------------------------------------------------------===//
// The optimiser
//===----------------------------------------------------------------------===//

Optimiser::Optimiser(Method Rule, uint32_t Type, uint64_t Size)
    : Rule(Rule), Type(Type), Size(Size) {
  const size_t Bytes = Size * (Type == RNN_F64 ? 8 : 4);
  for (const std::string &Name : momentNames(Rule))
    Moments.push_back({Name, Buffer(Bytes)});
}

template <typename Element>
void Optimiser::stepAs(Element *Params, const Element *Gradient, double Rate) {
  const auto Values = [&](int Index) {
    return reinterpret_cast<Element *>(Moments[Index].Values.data());
  };
  const auto R = static_cast<Element>(Rate);
  switch (Rule) {
  case Method::SGD:
    return sgd(Params, Gradient, Size, R);
  case Method::Adagrad:
    return adagrad(Params, Values(0), Gradient, Size, R);
  case Method::RMSprop:
    return rmsprop(Params, Values(0), Gradient, Size, R);
  case Method::Adam: {
    const auto Count = static_cast<double>(Steps);
    const double First = 1 - std::pow(0.9, Count);
    const double Second = 1 - std::pow(0.999, Count);
    return adam(Params, Values(0), Values(1), Gradient, Size,
                static_cast<Element>(Rate / First),
                static_cast<Element>(1 / std::sqrt(Second)));
  }
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
