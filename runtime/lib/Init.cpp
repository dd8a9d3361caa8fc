//===- Init.cpp - Initial parameters --------------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Fills parameters by the initialisers that the model names. Everything is
// computed in double and rounded once, so that f32 and f64 models start equal.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/lib/Philox.h"
#include "runtime/lib/Plan.h"
#include "runtime/lib/Spectral.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string_view>
#include <vector>

using namespace rnn;

/// Columns of the matrix that a parameter is: its last dimension. A vector
/// counts as square, as it has one dimension for both fans.
static int64_t columns(const rnn_tensor &Parameter) {
  return Parameter.rank == 0 ? 1 : Parameter.shape[Parameter.rank - 1];
}

static int64_t rows(const rnn_tensor &Parameter) {
  const int64_t Columns = columns(Parameter);
  if (Parameter.rank < 2 || Columns == 0)
    return Columns;
  return static_cast<int64_t>(Parameter.size) / Columns;
}

//===----------------------------------------------------------------------===//
// Orthogonal matrices
//===----------------------------------------------------------------------===//

/// In eight partial sums: one alone would wait for each addition.
static double dot(const double *A, const double *B, int64_t Count) {
  double Sums[8] = {};
  int64_t Index = 0;
  for (; Index + 8 <= Count; Index += 8)
    for (int Lane = 0; Lane < 8; ++Lane)
      Sums[Lane] += A[Index + Lane] * B[Index + Lane];
  for (; Index < Count; ++Index)
    Sums[Index % 8] += A[Index] * B[Index];
  return ((Sums[0] + Sums[1]) + (Sums[2] + Sums[3])) +
         ((Sums[4] + Sums[5]) + (Sums[6] + Sums[7]));
}

/// Makes `Count` vectors of `Length` >= Count orthonormal, by Gram and
/// Schmidt's method, twice over as Kahan advises: once leaves rounding errors.
static void orthonormalise(std::vector<double> &Vectors, int64_t Count,
                           int64_t Length) {
  for (int64_t Index = 0; Index < Count; ++Index) {
    double *Vector = Vectors.data() + Index * Length;
    for (int64_t Pass = 0; Pass < 2; ++Pass)
      for (int64_t Other = 0; Other < Index; ++Other) {
        const double *Done = Vectors.data() + Other * Length;
        const double Part = dot(Vector, Done, Length);
        for (int64_t I = 0; I < Length; ++I)
          Vector[I] -= Part * Done[I];
      }
    const double Norm = std::sqrt(dot(Vector, Vector, Length));
    for (int64_t I = 0; I < Length; ++I)
      Vector[I] /= Norm;
  }
}

/// The orthogonal factor of a matrix of normal numbers: Q^T Q = 1 for a tall
/// matrix, Q Q^T = 1 for a wide one (Saxe et al. 2014).
static std::vector<double> orthogonal(const rnn_tensor &Parameter,
                                      const Random &Numbers) {
  const int64_t Columns = columns(Parameter);
  const int64_t Rows = static_cast<int64_t>(Parameter.size) / Columns;
  const bool Tall = Rows > Columns;
  const int64_t Count = Tall ? Columns : Rows, Length = Tall ? Rows : Columns;
  std::vector<double> Vectors(Parameter.size), Result(Parameter.size);
  for (size_t Index = 0; Index < Vectors.size(); ++Index)
    Vectors[Index] = Numbers.normal(Index);
  orthonormalise(Vectors, Count, Length);
  for (int64_t Row = 0; Row < Rows; ++Row)
    for (int64_t Column = 0; Column < Columns; ++Column)
      Result[Row * Columns + Column] = Tall ? Vectors[Column * Length + Row]
                                            : Vectors[Row * Length + Column];
  return Result;
}

//===----------------------------------------------------------------------===//
// Sparse matrices of a spectral radius
//===----------------------------------------------------------------------===//

[[noreturn]] static void refuse(const rnn_tensor &Parameter,
                                const std::string &Text) {
  throw Error(RNN_ERROR_ARGUMENT,
              std::string("parameter '") + Parameter.name + "': " + Text);
}

/// Normal numbers in the places whose random keys are the least: exactly the
/// share `Density` of them, rounded.
static std::vector<double> sparseNumbers(const rnn_tensor &Parameter,
                                         const Random &Numbers,
                                         uint64_t Count) {
  std::vector<double> Keys(Parameter.size), Values(Parameter.size);
  for (uint64_t Index = 0; Index < Keys.size(); ++Index)
    Keys[Index] = Numbers.uniform(Index);
  std::vector<uint64_t> Places(Parameter.size);
  std::iota(Places.begin(), Places.end(), uint64_t(0));
  const auto Last = Places.begin() + static_cast<int64_t>(Count);
  std::nth_element(Places.begin(), Last, Places.end(),
                   [&](uint64_t A, uint64_t B) {
                     return std::pair(Keys[A], A) < std::pair(Keys[B], B);
                   });
  // Beyond the keys, because normal(i) is made of uniform(i).
  for (auto Place = Places.begin(); Place != Last; ++Place)
    Values[*Place] = Numbers.normal(Parameter.size + *Place);
  return Values;
}

/// Recurrent weights of an echo-state network (Jaeger 2001).
static std::vector<double> sparse(const rnn_tensor &Parameter,
                                  const Random &Numbers) {
  const double Density = Parameter.init_args[0];
  const double Radius = Parameter.init_args[1];
  if (Parameter.rank != 2 || rows(Parameter) != columns(Parameter))
    refuse(Parameter, "sparse: expected a square matrix");
  if (!(Density > 0 && Density <= 1))
    refuse(Parameter, "sparse: expected a density in (0, 1], got " +
                          std::to_string(Density));
  if (!(Radius >= 0) || !std::isfinite(Radius))
    refuse(Parameter, "sparse: expected a spectral radius of 0 or more, got " +
                          std::to_string(Radius));
  const auto Count = static_cast<uint64_t>(
      std::llround(Density * static_cast<double>(Parameter.size)));
  auto Values = sparseNumbers(Parameter, Numbers, Count);
  const double Got = spectralRadius(Values.data(), rows(Parameter));
  const double Norm = std::sqrt(
      dot(Values.data(), Values.data(), static_cast<int64_t>(Values.size())));
  // Rounding makes a little of a matrix that has no eigenvalue but 0.
  if (!(Got > 1e-7 * Norm))
    refuse(Parameter, "sparse: expected a matrix with eigenvalues, got one "
                      "with none but 0: choose a larger density");
  for (double &Value : Values)
    Value *= Radius / Got;
  return Values;
}

//===----------------------------------------------------------------------===//
// The initialisers
//===----------------------------------------------------------------------===//

using Generator = std::function<double(uint64_t)>;

/// Uniform with the variance 2 / (fan in + fan out) (Glorot and Bengio 2010).
static double glorotLimit(const rnn_tensor &Parameter) {
  const double Fans = static_cast<double>(rows(Parameter)) +
                      static_cast<double>(columns(Parameter));
  return Parameter.init_args[0] * std::sqrt(6.0 / Fans);
}

static Generator generator(const rnn_tensor &Parameter, uint64_t Seed) {
  const std::string_view Name = Parameter.init ? Parameter.init : "zeros";
  const double First = Parameter.init_args[0], Second = Parameter.init_args[1];
  const Random Numbers(Seed, streamOf(Parameter.name));
  if (Name == "zeros")
    return [](uint64_t) { return 0.0; };
  if (Name == "constant")
    return [=](uint64_t) { return First; };
  if (Name == "uniform")
    return [=](uint64_t I) {
      return First + (Second - First) * Numbers.uniform(I);
    };
  if (Name == "normal")
    return [=](uint64_t I) { return First + Second * Numbers.normal(I); };
  if (Name == "glorot")
    return [=, Limit = glorotLimit(Parameter)](uint64_t I) {
      return Limit * (2.0 * Numbers.uniform(I) - 1.0);
    };
  if (Name == "orthogonal")
    return [=, Values = orthogonal(Parameter, Numbers)](uint64_t I) {
      return First * Values[I];
    };
  if (Name == "identity")
    return [=, Columns = static_cast<uint64_t>(columns(Parameter))](
               uint64_t I) { return I / Columns == I % Columns ? First : 0.0; };
  if (Name == "sparse")
    return
        [Values = sparse(Parameter, Numbers)](uint64_t I) { return Values[I]; };
  throw Error(RNN_ERROR_UNSUPPORTED,
              std::string("parameter '") + Parameter.name +
                  "': expected zeros, constant, uniform, normal, glorot, "
                  "orthogonal, identity or sparse, got '" +
                  std::string(Name) + "'");
}

template <typename Element>
static void fill(const rnn_tensor &Parameter, uint64_t Seed, void *Params) {
  if (Parameter.size == 0)
    return;
  Element *Values = static_cast<Element *>(Params) + Parameter.offset;
  const Generator Value = generator(Parameter, Seed);
  for (uint64_t Index = 0; Index < Parameter.size; ++Index)
    Values[Index] = static_cast<Element>(Value(Index));
}

rnn_status rnn_init(const rnn_model *Model, void *Params,
                    uint64_t Seed) noexcept {
  return guarded([&] {
    checkModel(Model);
    if (!Params)
      throw Error(RNN_ERROR_ARGUMENT,
                  "expected parameters, got a null pointer");
    for (uint64_t Index = 0; Index < Model->parameter_count; ++Index) {
      const rnn_tensor &Parameter = Model->parameters[Index];
      if (Model->element_type == RNN_F64)
        fill<double>(Parameter, Seed, Params);
      else
        fill<float>(Parameter, Seed, Params);
    }
    return RNN_OK;
  });
}
