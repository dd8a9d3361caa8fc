//===- RNNInterfaces.td - What an operation knows of itself -*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Interfaces by which passes ask an operation for its derivative and for how
// it relates to time, so that a new operation touches one place.
//===----------------------------------------------------------------------===//

#ifndef RNN_INTERFACES_TD
#define RNN_INTERFACES_TD

include "mlir/IR/OpBase.td"

def DifferentiableOpInterface : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::rnnc::rnn";
  let description = [{
    An operation with its derivatives in both modes. A null `Value` stands for
    a zero (co)tangent; operands that cannot carry a derivative (tokens) get
    null.
  }];
  let methods = [
    InterfaceMethod<[{
        Reverse mode: for each operand, the product of the transposed Jacobian
        with the results' cotangents. Uses results rather than recomputing
        them where that is cheaper.
      }],
      "::llvm::SmallVector<::mlir::Value>", "vjp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$cotangents)>,
    InterfaceMethod<[{
        Forward mode: for each result, the product of the Jacobian with the
        operands' tangents.
      }],
      "::llvm::SmallVector<::mlir::Value>", "jvp",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$tangents)>
  ];
}

// Applied row by row with no exchange between rows (time and batch): may be
// evaluated on any chunk of time.
def RowwiseOp : NativeOpTrait<"RowwiseOp"> {
  let cppNamespace = "::rnnc::rnn";
}

// Each element of the result depends on the same element of the operands only:
// may join a fused loop.
def ElementwiseOp : NativeOpTrait<"ElementwiseOp"> {
  let cppNamespace = "::rnnc::rnn";
}

// A sum over rows (time and batch): the whole is the sum over its chunks.
def RowSumOp : NativeOpTrait<"RowSumOp"> {
  let cppNamespace = "::rnnc::rnn";
}

// A region whose results are what it yields, evaluated where it stands: it
// says how to schedule, not what to compute.
def TransparentRegionOp : NativeOpTrait<"TransparentRegionOp"> {
  let cppNamespace = "::rnnc::rnn";
}

#endif
