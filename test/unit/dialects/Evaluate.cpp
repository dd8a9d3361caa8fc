//===- Evaluate.cpp - The arithmetic of the rnn dialect -------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One short loop an operation, straight from the operation's description.
//===----------------------------------------------------------------------===//

#include "test/unit/dialects/Evaluate.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace rnnc::rnn;
using namespace rnnc::test;

using Operands = std::vector<Tensor>;

namespace {

/// A place in a tensor.
struct Index {
  int64_t t, b, r, c;
};

} // namespace

static double at(const Tensor &tensor, Index i) {
  return tensor.at(i.t, i.b, i.r, i.c);
}
static double &at(Tensor &tensor, Index i) {
  return tensor.at(i.t, i.b, i.r, i.c);
}

static void forEach(const Tensor &tensor, llvm::function_ref<void(Index)> f) {
  for (int64_t t = 0; t < tensor.steps; ++t)
    for (int64_t b = 0; b < tensor.batch; ++b)
      for (int64_t r = 0; r < tensor.rows; ++r)
        for (int64_t c = 0; c < tensor.columns; ++c)
          f({t, b, r, c});
}

/// Where an index falls in a tensor that repeats in the dimensions it lacks.
static Index clamp(const Tensor &small, Index i) {
  return {small.steps == 1 ? 0 : i.t, small.batch == 1 ? 0 : i.b,
          small.rows == 1 ? 0 : i.r, small.columns == 1 ? 0 : i.c};
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

static std::optional<double> evaluateUnary(Operation *op, double x) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case([&](NegOp) { return -x; })
      .Case([&](ExpOp) { return std::exp(x); })
      .Case([&](LogOp) { return std::log(x); })
      .Case([&](SqrtOp) { return std::sqrt(x); })
      .Case([&](SigmoidOp) { return 1.0 / (1.0 + std::exp(-x)); })
      .Case([&](TanhOp) { return std::tanh(x); })
      .Case([&](SoftplusOp) {
        return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
      })
      .Case([&](ReluOp) { return std::max(x, 0.0); })
      .Default([](Operation *) { return std::nullopt; });
}

static std::optional<double> evaluateBinary(Operation *op, double x, double y) {
  return llvm::TypeSwitch<Operation *, std::optional<double>>(op)
      .Case([&](AddOp) { return x + y; })
      .Case([&](SubOp) { return x - y; })
      .Case([&](MulOp) { return x * y; })
      .Case([&](DivOp) { return x / y; })
      .Case([&](WherePositiveOp) { return x > 0.0 ? y : 0.0; })
      .Case([&](EqualOp) { return x == y ? 1.0 : 0.0; })
      .Case([&](LessOp) { return x < y ? 1.0 : 0.0; })
      .Default([](Operation *) { return std::nullopt; });
}

static bool evaluateElementwise(Operation *op, const Operands &x, Tensor &y) {
  for (size_t i = 0; i < y.data.size(); ++i) {
    std::optional<double> value =
        x.size() == 1 ? evaluateUnary(op, x[0].data[i])
                      : evaluateBinary(op, x[0].data[i], x[1].data[i]);
    if (!value)
      return false;
    y.data[i] = *value;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

/// Features of a matrix are rows and columns, of anything else columns.
static bool isRowDim(Type type, uint64_t dim) {
  return getFeatureRank(type) == 2 && dim == 0;
}

static Index moved(Index i, bool alongRows, int64_t offset) {
  (alongRows ? i.r : i.c) += offset;
  return i;
}

static void evaluateSlice(SliceOp op, const Tensor &x, Tensor &y) {
  bool alongRows = isRowDim(op.getType(), op.getDim());
  int64_t offset = op.getOffset();
  forEach(y, [&](Index i) { at(y, i) = at(x, moved(i, alongRows, offset)); });
}

static void place(Type type, uint64_t dim, int64_t offset, const Tensor &x,
                  Tensor &y) {
  bool alongRows = isRowDim(type, dim);
  forEach(x, [&](Index i) { at(y, moved(i, alongRows, offset)) = at(x, i); });
}

static void evaluateConcat(ConcatOp op, const Operands &x, Tensor &y) {
  int64_t offset = 0;
  for (auto [part, value] : llvm::zip(x, op.getOperands())) {
    place(op.getType(), op.getDim(), offset, part, y);
    offset += getFeatureSize(value.getType(), op.getDim());
  }
}

static void evaluateSum(const Tensor &x, Tensor &y) {
  forEach(x, [&](Index i) { at(y, clamp(y, i)) += at(x, i); });
}

//===----------------------------------------------------------------------===//
// Products and tokens
//===----------------------------------------------------------------------===//

static void evaluateMatmul(const Tensor &w, const Tensor &x, Tensor &y) {
  forEach(y, [&](Index i) {
    for (int64_t k = 0; k < w.columns; ++k)
      at(y, i) += w.at(0, 0, i.c, k) * x.at(i.t, i.b, 0, k);
  });
}

static void evaluateOuter(const Tensor &l, const Tensor &r, Tensor &y) {
  forEach(l, [&](Index i) {
    for (int64_t k = 0; k < r.columns; ++k)
      y.at(0, 0, i.c, k) += at(l, i) * r.at(i.t, i.b, 0, k);
  });
}

static int64_t token(const Tensor &tokens, Index i) {
  return static_cast<int64_t>(tokens.at(i.t, i.b, 0, 0));
}

static void evaluateGather(const Tensor &table, const Tensor &tokens,
                           Tensor &y) {
  forEach(y,
          [&](Index i) { at(y, i) = table.at(0, 0, token(tokens, i), i.c); });
}

static void evaluateScatterAdd(const Tensor &tokens, const Tensor &rows,
                               Tensor &y) {
  forEach(rows,
          [&](Index i) { y.at(0, 0, token(tokens, i), i.c) += at(rows, i); });
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static double logSumExp(const Tensor &x, Index i) {
  double sum = 0.0;
  for (int64_t c = 0; c < x.columns; ++c)
    sum += std::exp(x.at(i.t, i.b, i.r, c));
  return std::log(sum);
}

static void evaluateArgmax(const Tensor &x, Tensor &y) {
  forEach(y, [&](Index i) {
    for (int64_t c = 0; c < x.columns; ++c)
      if (x.at(i.t, i.b, 0, c) >
          x.at(i.t, i.b, 0, static_cast<int64_t>(at(y, i))))
        at(y, i) = c;
  });
}

static void evaluateCrossEntropy(const Tensor &logits, const Tensor &tokens,
                                 Tensor &y) {
  forEach(y, [&](Index i) {
    at(y, i) = logSumExp(logits, i) - logits.at(i.t, i.b, 0, token(tokens, i));
  });
}

bool rnnc::test::evaluateOnTensors(Operation *op, const Operands &x,
                                   Tensor &y) {
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    y.data.assign(y.data.size(), constant.getValue().convertToDouble());
    return true;
  }
  if (op->hasTrait<ElementwiseOp>())
    return evaluateElementwise(op, x, y);
  bool isKnown = true;
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](BroadcastOp) {
        forEach(y, [&](Index i) { at(y, i) = at(x[0], clamp(x[0], i)); });
      })
      .Case([&](SumToOp) { evaluateSum(x[0], y); })
      .Case([&](SliceOp slice) { evaluateSlice(slice, x[0], y); })
      .Case([&](PadOp pad) {
        place(pad.getType(), pad.getDim(), pad.getOffset(), x[0], y);
      })
      .Case([&](ConcatOp concat) { evaluateConcat(concat, x, y); })
      .Case([&](TransposeOp) {
        forEach(y, [&](Index i) { at(y, i) = x[0].at(0, 0, i.c, i.r); });
      })
      .Case([&](MatmulOp) { evaluateMatmul(x[0], x[1], y); })
      .Case([&](OuterOp) { evaluateOuter(x[0], x[1], y); })
      .Case([&](GatherOp) { evaluateGather(x[0], x[1], y); })
      .Case([&](ScatterAddOp) { evaluateScatterAdd(x[0], x[1], y); })
      .Case([&](SoftmaxOp) {
        forEach(y, [&](Index i) {
          at(y, i) = std::exp(at(x[0], i) - logSumExp(x[0], i));
        });
      })
      .Case([&](CrossEntropyOp) { evaluateCrossEntropy(x[0], x[1], y); })
      .Case([&](CrossEntropyGradientOp) {
        forEach(y, [&](Index i) {
          double p = std::exp(at(x[0], i) - logSumExp(x[0], i));
          at(y, i) = (p - (token(x[1], i) == i.c)) * at(x[3], {i.t, i.b, 0});
        });
      })
      .Case([&](OneHotOp) {
        forEach(y, [&](Index i) { at(y, i) = token(x[0], i) == i.c; });
      })
      .Case([&](ArgmaxOp) { evaluateArgmax(x[0], y); })
      .Case([&](TokenValueOp) { y = x[0]; })
      .Default([&](Operation *) { isKnown = false; });
  return isKnown;
}
