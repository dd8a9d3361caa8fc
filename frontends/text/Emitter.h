//===- Emitter.h - Creates operations where they belong ---------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations on values of a step go into the region of the scan; what does not
// depend on the step goes before the scan.
//===----------------------------------------------------------------------===//

#ifndef RNNC_FRONTENDS_TEXT_EMITTER_H
#define RNNC_FRONTENDS_TEXT_EMITTER_H

#include "dialects/RNN/RNN.h"
#include "frontends/text/Value.h"

namespace rnnc::text {

class Emitter {
public:
  Emitter(mlir::MLIRContext *context, mlir::Type element)
      : builder(context), element(element), loc(builder.getUnknownLoc()) {}

  void setFunction(mlir::Block *block) { function = block; }
  mlir::Block *getFunction() const { return function; }
  /// The region of the scan being built, or null outside of one.
  void setStep(mlir::Block *block) { step = block; }
  mlir::Block *getStep() const { return step; }
  void setLoc(mlir::Location location) { loc = location; }
  mlir::Location getLoc() const { return loc; }
  mlir::Type getElement() const { return element; }
  mlir::OpBuilder &getBuilder() { return builder; }

  bool isInStep(mlir::Value value) const {
    return step && value.getParentBlock() == step;
  }
  /// The step when an operand is of the step, else the function.
  mlir::Block *blockFor(mlir::ValueRange operands) const;

  static Level levelOf(mlir::Value value);
  /// The level to which both repeat; nothing when the time axes differ.
  static std::optional<Level> join(Level lhs, Level rhs);
  /// The level of all parts; nothing when the time axes differ.
  static std::optional<Level> levelOf(const Value &value);
  mlir::RankedTensorType typeAt(Level level, int64_t features) const;

  /// Creates an operation in the block that its operands ask for.
  template <typename Op, typename... Args>
  mlir::Value emit(mlir::ValueRange operands, Args &&...args) {
    builder.setInsertionPointToEnd(blockFor(operands));
    return Op::create(builder, loc, std::forward<Args>(args)...);
  }

  mlir::Value constant(mlir::Block *block, mlir::Type type, double value);
  /// Repeats a value over time, the batch or features.
  mlir::Value raise(mlir::Block *block, mlir::Value value, Level level,
                    int64_t features);
  /// One tensor for a vector whose parts have one axis at most: joins the
  /// parts, and writes tokens out as one-hot vectors.
  mlir::Value materialise(const Value &value);
  mlir::Value slice(mlir::Value value, unsigned dim, int64_t offset,
                    int64_t size);
  /// weight @ part: a product, or a gather for a token.
  mlir::Value product(mlir::Value weight, const Part &part);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);

private:
  mlir::OpBuilder builder;
  mlir::Type element;
  mlir::Location loc;
  mlir::Block *function = nullptr;
  mlir::Block *step = nullptr;
};

} // namespace rnnc::text

#endif
