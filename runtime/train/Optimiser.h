//===- Optimiser.h - Update rules -------------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Gradient descent and its relatives, on one flat vector of f32 or f64.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_OPTIMISER_H
#define RNNC_RUNTIME_TRAIN_OPTIMISER_H

#include "rnn/rnn.h"
#include "runtime/lib/Buffer.h"

#include <string>
#include <vector>

namespace rnn::train {

/// p is a parameter, g its gradient, r the learning rate; the constants are
/// those of the sources.
enum class Method {
  SGD,     ///< p -= r g
  Adagrad, ///< m += g^2; p -= r g / sqrt(m + 1e-8), as in min-char-rnn
           ///< (Duchi et al. 2011)
  RMSprop, ///< m = .99 m + .01 g^2; p -= r g / (sqrt(m) + 1e-8) (Hinton 2012)
  Adam     ///< with b1 = .9, b2 = .999, 1e-8 and bias correction (Kingma and
           ///< Ba 2015)
};

const char *methodName(Method Of); // "sgd" and so on
/// The method of a name. Throws Error.
Method methodOf(const std::string &Name);
/// A learning rate to start from: 0.1, 0.1, 0.002, 0.002.
double defaultRate(Method Of);

/// A vector of moments, of the parameters' size and type.
struct Moment {
  std::string Name; // "memory", "mean", "square"
  Buffer Values;
};

class Optimiser {
public:
  /// For `Size` elements of type `Type` (RNN_F32 or RNN_F64).
  Optimiser(Method Rule, uint32_t Type, uint64_t Size);

  /// Updates the parameters in place.
  void step(void *Params, const void *Gradient, double Rate);

  Method method() const { return Rule; }
  std::vector<Moment> &moments() { return Moments; }
  const std::vector<Moment> &moments() const { return Moments; }
  /// Steps so far, which Adam's bias correction needs.
  int64_t steps() const { return Steps; }
  void setSteps(int64_t Count) { Steps = Count; }

private:
  template <typename Element>
  void stepAs(Element *Params, const Element *Gradient, double Rate);

  Method Rule;
  uint32_t Type;
  uint64_t Size;
  int64_t Steps = 0;
  std::vector<Moment> Moments;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_OPTIMISER_H
