//===- DescriptorTypes.h - rnn_model as LLVM constants ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The structures of runtime/include/rnn/rnn.h as types of the LLVM dialect, and
// what fills one of them.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_DRIVER_DESCRIPTORTYPES_H
#define RNNC_COMPILER_DRIVER_DESCRIPTORTYPES_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace rnnc {

/// The structures of rnn.h for a target with pointers of 64 bits.
struct DescriptorTypes {
  explicit DescriptorTypes(mlir::MLIRContext *context);

  mlir::Type i32, i64, f64, ptr;
  mlir::LLVM::LLVMStructType tensor, site, stage, function, stream, model;
};

/// Fills a structure or an array member by member.
class Aggregate {
public:
  Aggregate(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type)
      : b(b), loc(loc), type(type),
        whole(mlir::LLVM::ZeroOp::create(b, loc, type)) {}

  void addValue(mlir::Value value) {
    whole = mlir::LLVM::InsertValueOp::create(b, loc, whole, value, next++);
  }
  void addInteger(int64_t value) {
    addValue(mlir::LLVM::ConstantOp::create(b, loc, getNextType(), value));
  }
  void addNumber(double value) {
    addValue(mlir::LLVM::ConstantOp::create(b, loc, getNextType(),
                                            b.getF64FloatAttr(value)));
  }
  /// The address of a symbol; null where it has no name.
  void addAddress(llvm::StringRef symbol) {
    if (symbol.empty())
      ++next; // The aggregate began as zeros.
    else
      addValue(mlir::LLVM::AddressOfOp::create(b, loc, getNextType(), symbol));
  }
  void addArray(llvm::StringRef symbol, size_t count) {
    addAddress(symbol);
    addInteger(count);
  }
  Aggregate nested() { return Aggregate(b, loc, getNextType()); }
  mlir::Value finish() const { return whole; }

private:
  mlir::Type getNextType() const {
    if (auto array = mlir::dyn_cast<mlir::LLVM::LLVMArrayType>(type))
      return array.getElementType();
    return mlir::cast<mlir::LLVM::LLVMStructType>(type).getBody()[next];
  }

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type;
  mlir::Value whole;
  int64_t next = 0;
};

} // namespace rnnc

#endif
