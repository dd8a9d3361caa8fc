//===- LowerRows.cpp - Loops of vectors of row kernels --------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Row kernels that only move or add elements; softmax and its kin are in
// LowerSoftmax.cpp. Both are one pass.
//===----------------------------------------------------------------------===//

#include "compiler/lib/CodeGen/LowerRows.h"
#include "compiler/lib/CodeGen/Passes.h"
#include "compiler/lib/CodeGen/Team.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

namespace rnnc {
#define GEN_PASS_DEF_LOWERROWS
#include "compiler/lib/CodeGen/CodeGenPasses.h.inc"
} // namespace rnnc

using namespace mlir;
using namespace rnnc;
using namespace rnnc::dnn;

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

static void lower(KernelBuilder &b, FillOp op, int64_t lanes) {
  Value out = op.getOut();
  double value = op.getValue().convertToDouble();
  std::optional<Part> part = getColumns(b, op, features(out), lanes);
  b.loop(b.index(0), b.rows(out), 1, [&](Value row) {
    b.strips(
        features(out), lanes, part,
        [&](Value column, const Strip &strip) {
          Type type = b.stripType(elementType(out), strip.width);
          b.store(b.number(type, value), out, row, column, strip);
        },
        stripsWithoutLoop(out));
  });
}

static Value sum(KernelBuilder &b, Value x, Value y) {
  if (getElementTypeOrSelf(x.getType()).isInteger(32))
    return arith::AddIOp::create(b, x, y);
  return b.addf(x, y);
}

static void copyTransposed(KernelBuilder &b, CopyOp op) {
  Value from = op.getFrom(), to = op.getTo();
  b.loop(b.index(0), b.rows(from), 1, [&](Value row) {
    b.loop(b.index(0), b.index(features(from)), 1, [&](Value column) {
      Value value = b.load(from, row, column, Strip());
      if (op.getAccumulate())
        value = sum(b, value, b.load(to, column, row, Strip()));
      b.store(value, to, column, row, Strip());
    });
  });
}

static void lower(KernelBuilder &b, CopyOp op, int64_t lanes) {
  if (op.getTransposed())
    return copyTransposed(b, op);
  Value from = op.getFrom(), to = op.getTo();
  std::optional<Part> part = getColumns(b, op, features(from), lanes);
  b.loop(b.index(0), b.rows(from), 1, [&](Value row) {
    b.strips(
        features(from), lanes, part,
        [&](Value column, const Strip &strip) {
          Value value = b.load(from, row, column, strip);
          if (op.getAccumulate())
            value = sum(b, value, b.load(to, row, column, strip));
          b.store(value, to, row, column, strip);
        },
        stripsWithoutLoop(from));
  });
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

Value rnnc::loadToken(KernelBuilder &b, Value tokens, Value row) {
  Value token = b.load(tokens, row, b.index(0), Strip());
  return arith::IndexCastOp::create(b, b.getIndexType(), token);
}

static void lower(KernelBuilder &b, GatherOp op, int64_t lanes) {
  std::optional<Part> part = getColumns(b, op, features(op.getOut()), lanes);
  b.loop(b.index(0), b.rows(op.getOut()), 1, [&](Value row) {
    Value token = loadToken(b, op.getTokens(), row);
    b.strips(features(op.getOut()), lanes, part,
             [&](Value column, const Strip &strip) {
               Value value = b.load(op.getTable(), token, column, strip);
               b.store(value, op.getOut(), row, column, strip);
             });
  });
}

static void lower(KernelBuilder &b, ScatterAddOp op, int64_t lanes) {
  std::optional<Part> part = getColumns(b, op, features(op.getTable()), lanes);
  b.loop(b.index(0), b.rows(op.getRows()), 1, [&](Value row) {
    Value token = loadToken(b, op.getTokens(), row);
    b.strips(features(op.getTable()), lanes, part,
             [&](Value column, const Strip &strip) {
               Value old = b.load(op.getTable(), token, column, strip);
               Value value = b.load(op.getRows(), row, column, strip);
               b.store(b.addf(old, value), op.getTable(), token, column, strip);
             });
  });
}

/// The numbers of the columns of a strip, as i32.
static Value columnNumbers(KernelBuilder &b, Value column, int64_t width) {
  Value first = arith::IndexCastOp::create(b, b.getI32Type(), column);
  if (width == 1)
    return first;
  SmallVector<int32_t> steps(width);
  std::iota(steps.begin(), steps.end(), 0);
  Value offsets = arith::ConstantOp::create(
      b, DenseElementsAttr::get(VectorType::get(width, b.getI32Type()),
                                ArrayRef<int32_t>(steps)));
  return arith::AddIOp::create(b, b.splat(first, width), offsets);
}

static void lower(KernelBuilder &b, OneHotOp op, int64_t lanes) {
  Value out = op.getOut();
  std::optional<Part> part = getColumns(b, op, features(out), lanes);
  b.loop(b.index(0), b.rows(out), 1, [&](Value row) {
    Value token = b.load(op.getTokens(), row, b.index(0), Strip());
    b.strips(features(out), lanes, part, [&](Value column, const Strip &strip) {
      Type type = b.stripType(elementType(out), strip.width);
      Value isToken = arith::CmpIOp::create(
          b, arith::CmpIPredicate::eq, columnNumbers(b, column, strip.width),
          b.splat(token, strip.width));
      Value value = arith::SelectOp::create(b, isToken, b.number(type, 1),
                                            b.number(type, 0));
      b.store(value, out, row, column, strip);
    });
  });
}

static void lower(KernelBuilder &b, TokenValueOp op, int64_t lanes) {
  Value out = op.getOut();
  b.loop(b.index(0), b.rows(out), 1, [&](Value row) {
    Value token = b.load(op.getTokens(), row, b.index(0), Strip());
    Value value = arith::SIToFPOp::create(b, elementType(out), token);
    b.store(value, out, row, b.index(0), Strip());
  });
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// A scale in the element type.
static Value scaleAs(KernelBuilder &b, Value scale, Type type) {
  return type.isF64() ? scale : arith::TruncFOp::create(b, type, scale);
}

/// Strips of four vectors as long as there are four: a sum alone waits for
/// itself. Then the rest.
static void
emitWideStrips(KernelBuilder &b, SumRowsOp op, int64_t lanes,
               llvm::function_ref<void(Value, const Strip &)> strip) {
  int64_t width = features(op.getOut()), wide = 4 * lanes;
  std::optional<Part> part = getColumns(b, op, width, lanes);
  int64_t fullWide = width / wide * wide;
  Value begin = b.index(0), middle = b.index(fullWide);
  if (part) {
    begin = part->begin;
    Value size = arith::SubIOp::create(b, part->end, begin);
    Value vectors = arith::DivSIOp::create(b, size, b.index(wide));
    middle = b.add(begin, b.mul(vectors, wide));
  }
  if (fullWide)
    b.loop(begin, middle, wide,
           [&](Value column) { strip(column, {wide, nullptr}); });
  if (part) {
    part->begin = middle;
    b.strips(width, lanes, part, strip);
  } else if (fullWide < width) {
    b.strips(width - fullWide, lanes, [&](Value column, const Strip &rest) {
      strip(b.add(column, fullWide), rest);
    });
  }
}

static void lower(KernelBuilder &b, SumRowsOp op, int64_t lanes) {
  Value in = op.getInput(), out = op.getOut();
  Type element = elementType(out);
  Value scale = scaleAs(b, op.getScale(), element);
  Value inRows = b.rows(in), outRows = b.rows(out);
  auto strip = [&](Value target, Value column, const Strip &strip) {
    Type type = b.stripType(element, strip.width);
    auto loop = scf::ForOp::create(b, target, inRows, outRows,
                                   ValueRange{b.number(type, 0)});
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value value = b.load(in, loop.getInductionVar(), column, strip);
      scf::YieldOp::create(b, b.addf(loop.getRegionIterArg(0), value));
    }
    Value result = b.mulf(loop.getResult(0), b.splat(scale, strip.width));
    if (op.getAccumulate())
      result = b.addf(result, b.load(out, target, column, strip));
    b.store(result, out, target, column, strip);
  };
  b.loop(b.index(0), outRows, 1, [&](Value target) {
    emitWideStrips(b, op, lanes, [&](Value column, const Strip &columns) {
      strip(target, column, columns);
    });
  });
}

static void lower(KernelBuilder &b, SumFeaturesOp op, int64_t lanes) {
  Value in = op.getInput(), out = op.getOut();
  Value scale = scaleAs(b, op.getScale(), elementType(out));
  PartNumbers rows = getRows(b, op, b.rows(in));
  b.loop(rows.first, rows.end, 1, [&](Value row) {
    Value total = reduceFeatures(
        b, in, row, lanes, 0, [](Value x, Value, const Strip &) { return x; },
        [&](Value x, Value y) { return b.addf(x, y); });
    b.store(b.mulf(total, scale), out, row, b.index(0), Strip());
  });
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

class LowerRows : public rnnc::impl::LowerRowsBase<LowerRows> {
public:
  using LowerRowsBase::LowerRowsBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      TypeSwitch<Operation *>(op)
          .Case<FillOp, GatherOp, OneHotOp, TokenValueOp>(
              [&](auto rowOp) { lowerOp(rowOp, rowOp.getOut()); })
          .Case<CopyOp>([&](auto rowOp) { lowerOp(rowOp, rowOp.getTo()); })
          .Case<ScatterAddOp>(
              [&](auto rowOp) { lowerOp(rowOp, rowOp.getTable()); })
          .Case<SumRowsOp, SumFeaturesOp, SoftmaxOp, ArgmaxOp>(
              [&](auto rowOp) { lowerOp(rowOp, rowOp.getInput()); })
          .Case<CrossEntropyOp, CrossEntropyGradientOp>(
              [&](auto rowOp) { lowerOp(rowOp, rowOp.getLogits()); });
  }

private:
  template <typename Op> void lowerOp(Op op, Value buffer) {
    KernelBuilder b(op.getLoc(), op.getOperation());
    TargetShape target{vectorBytes, /*registers=*/0};
    lower(b, op, target.lanes(elementType(buffer)));
    op.erase();
  }
};

} // namespace
