//===- EigenStep.cpp - One step in Eigen ----------------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Compiled with -O3 -march=native -ffast-math. Both matrices of a cell take the
// state; that of the input is a column.
//===----------------------------------------------------------------------===//
#include "benchmarks/EigenStep.h"

#include <Eigen/Core>

using namespace bench;

namespace {

template <int Rows> using Vector = Eigen::Matrix<float, Rows, 1>;
template <int Rows, int Columns>
using Matrix = Eigen::Matrix<float, Rows, Columns>;
template <int Rows, int Columns>
using RowMajor = Eigen::Matrix<float, Rows, Columns, Eigen::RowMajor>;

/// The read-out that both share.
template <int H> struct ReadOut {
  Vector<H> W;
  float B;

  explicit ReadOut(const float *Parameters)
      : W(Eigen::Map<const Vector<H>>(Parameters)), B(Parameters[H]) {}
  float operator()(const Vector<H> &State) const { return W.dot(State) + B; }
};

template <int H> class LstmStep : public EigenStep {
public:
  explicit LstmStep(const float *Parameters)
      : Out(Parameters + 4 * H * (H + 1) + 4 * H) {
    const Eigen::Map<const RowMajor<4 * H, H + 1>> W(Parameters);
    Wh = W.template leftCols<H>();
    Wx = W.col(H);
    B = Eigen::Map<const Vector<4 * H>>(Parameters + 4 * H * (H + 1));
    reset();
  }
  void reset() override {
    State.setZero();
    Memory.setZero();
  }
  void run(const float *X, float *Y, int64_t Count) override {
    for (int64_t Step = 0; Step < Count; ++Step)
      Y[Step] = step(X[Step]);
  }

private:
  float step(float X) {
    Vector<4 * H> Gates = Wx * X + B;
    Gates.noalias() += Wh * State;
    const Vector<3 * H> Open = Gates.template head<3 * H>().array().logistic();
    const Vector<H> New = Gates.template tail<H>().array().tanh();
    const auto In = Open.template head<H>().array();
    const auto Forget = Open.template segment<H>(H).array();
    Memory = Forget * Memory.array() + In * New.array();
    State = Open.template tail<H>().array() * Memory.array().tanh();
    return Out(State);
  }

  Matrix<4 * H, H> Wh;
  Vector<4 * H> Wx, B;
  Vector<H> State, Memory;
  ReadOut<H> Out;
};

template <int H> class GruStep : public EigenStep {
public:
  explicit GruStep(const float *Parameters)
      : Out(Parameters + 3 * (H + H * H + H)) {
    for (int Gate = 0; Gate < 3; ++Gate) {
      const float *From = Parameters + Gate * (H + H * H + H);
      Wx.template segment<H>(Gate * H) = Eigen::Map<const Vector<H>>(From);
      const Eigen::Map<const RowMajor<H, H>> Recurrent(From + H);
      if (Gate < 2)
        Wrz.template middleRows<H>(Gate * H) = Recurrent;
      else
        Wn = Recurrent;
      B.template segment<H>(Gate * H) =
          Eigen::Map<const Vector<H>>(From + H + H * H);
    }
    reset();
  }
  void reset() override { State.setZero(); }
  void run(const float *X, float *Y, int64_t Count) override {
    for (int64_t Step = 0; Step < Count; ++Step)
      Y[Step] = step(X[Step]);
  }

private:
  float step(float X) {
    const Vector<3 * H> Input = Wx * X + B;
    Vector<2 * H> Sum = Input.template head<2 * H>();
    Sum.noalias() += Wrz * State;
    const Vector<2 * H> Open = Sum.array().logistic();
    const Vector<H> Reset = Open.template head<H>().array() * State.array();
    Vector<H> New = Input.template tail<H>();
    New.noalias() += Wn * Reset;
    New = New.array().tanh();
    const auto Keep = Open.template tail<H>().array();
    State = Keep * State.array() + (1.0f - Keep) * New.array();
    return Out(State);
  }

  Matrix<2 * H, H> Wrz;
  Matrix<H, H> Wn;
  Vector<3 * H> Wx, B;
  Vector<H> State;
  ReadOut<H> Out;
};

} // namespace

template <int H>
static std::unique_ptr<EigenStep> make(Cell Kind, const float *Parameters) {
  if (Kind == Cell::LSTM)
    return std::make_unique<LstmStep<H>>(Parameters);
  return std::make_unique<GruStep<H>>(Parameters);
}

std::unique_ptr<EigenStep> bench::makeEigenStep(Cell Kind, int64_t H,
                                                const float *Parameters) {
  switch (H) {
  case 8:
    return make<8>(Kind, Parameters);
  case 16:
    return make<16>(Kind, Parameters);
  case 32:
    return make<32>(Kind, Parameters);
  case 40:
    return make<40>(Kind, Parameters);
  case 64:
    return make<64>(Kind, Parameters);
  default:
    return nullptr;
  }
}
