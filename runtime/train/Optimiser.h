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
#include "runtime/train/Clip.h"

#include <string>
#include <vector>

namespace rnn::train {

/// p is a parameter, g its gradient, r the learning rate, u the momentum; the
/// constants are those of the sources.
enum class Method {
  SGD,        ///< p -= r g
  Momentum,   ///< v = u v - r g; p += v (Polyak 1964, as in Sutskever et al.
              ///< 2013)
  Nesterov,   ///< w = u v - r g; p += (1 + u) w - u v; v = w: Nesterov's
              ///< momentum with p where the gradient is taken (Bengio et al.
              ///< 2013)
  Adagrad,    ///< m += g^2; p -= r g / sqrt(m + 1e-8), as in min-char-rnn
              ///< (Duchi et al. 2011)
  RMSprop,    ///< m = .99 m + .01 g^2; p -= r g / (sqrt(m) + 1e-8) (Hinton
              ///< 2012); with a momentum v = u v - r g / (...); p += v
  Adam,       ///< with b1 = .9, b2 = .999, 1e-8 and bias correction (Kingma and
              ///< Ba 2015)
  HessianFree ///< of HessianFree.h, which has no use for the rest here
};

const char *methodName(Method Of); // "sgd" and so on
/// The method of a name. Throws Error.
Method methodOf(const std::string &Name);
/// A learning rate to start from: 0.1 for SGD and Adagrad, 0.01 with a
/// momentum, 0.002 for RMSprop and Adam, 1 for Hessian-free optimisation.
double defaultRate(Method Of);
/// A momentum to start from: 0.9 for the two methods named after it, else 0.
double defaultMomentum(Method Of);

/// How parameters are updated.
struct UpdateRule {
  Method Of = Method::Adam;
  double Momentum = 0;    ///< in [0, 1); 0 for SGD, Adagrad and Adam
  double WeightDecay = 0; ///< p -= r WeightDecay p before the update, apart
                          ///< from the moments (Loshchilov and Hutter 2019)
};
/// Throws Error if a number is out of its range or not for the method.
void checkRule(const UpdateRule &Given);

/// A vector of moments, of the parameters' size and type.
struct Moment {
  std::string Name; // "memory", "velocity", "mean", "square"
  Buffer Values;
};

/// A range of elements of the flat vector.
struct Range {
  uint64_t Offset, Size;
};

/// What may be trained: all parameters but the frozen ones.
std::vector<Range> trainedRanges(const rnn_model &Model);

/// The numbers of one step, of the parameters' type.
template <typename Element> struct Numbers;

class Optimiser {
public:
  /// For `Size` elements of type `Type` (RNN_F32 or RNN_F64), of which those
  /// outside of `Trained` are never changed.
  Optimiser(const UpdateRule &Given, uint32_t Type, uint64_t Size,
            std::vector<Range> Trained);
  /// The same for all elements.
  Optimiser(const UpdateRule &Given, uint32_t Type, uint64_t Size)
      : Optimiser(Given, Type, Size, {{0, Size}}) {}

  /// Updates the parameters in place, by the gradient within its bounds: one
  /// pass over all vectors, after one over the gradient where its norm has a
  /// bound.
  void step(void *Params, const void *Gradient, double Rate,
            const Clip &Bounds = {});

  Method method() const { return Given.Of; }
  std::vector<Moment> &moments() { return Moments; }
  const std::vector<Moment> &moments() const { return Moments; }
  /// Steps so far, which Adam's bias correction needs.
  int64_t steps() const { return Steps; }
  void setSteps(int64_t Count) { Steps = Count; }

private:
  double scaleOf(const void *Gradient, const Clip &Bounds) const;
  template <typename Element>
  Numbers<Element> numbers(double Rate, double Bound, double Scale) const;
  template <typename Element>
  void stepAs(Element *Params, const Element *Gradient, double Rate,
              const Clip &Bounds);
  template <typename Element>
  void stepRange(Element *Params, const Element *Gradient, const Range &Of,
                 const Numbers<Element> &By);

  UpdateRule Given;
  uint32_t Type;
  uint64_t Size;
  std::vector<Range> Trained;
  int64_t Steps = 0;
  std::vector<Moment> Moments;
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_OPTIMISER_H
