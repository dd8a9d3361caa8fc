//===- Passes.td - From values to buffers -------------------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The pass that takes scheduled functions to kernels on buffers.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CONVERSION_PASSES_TD
#define RNNC_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerRNN : Pass<"rnnc-lower-rnn", "::mlir::ModuleOp"> {
  let summary = "lowers the functions of models to loops over kernels on buffers";
  let description = [{
    Each function of a model becomes an entry point and the function that packs
    its weights. Every value gets a place in one arena, whose layout is a
    coefficient a row and so holds for any T and B; chunks and scans become
    `scf.for`, everything else operations of `dnn`. Weights that are expressions
    of parameters are computed and packed in the call; what of `@step` depends
    on parameters alone, by the function that packs it. With `weights` the
    sites of all functions but `@gradient`, `@tangent` and `@gauss_newton` are
    `stored` so. The model keeps its declarations and gains, as attributes, what
    the descriptor says of its entry points.
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "bytes of a vector register, for the layout of panels">,
    Option<"registers", "registers", "int64_t", "32",
           "vector registers, for the layout of panels">,
    Option<"fused", "fused", "bool", "true",
           "whether a product and a sum are one instruction, for the layout">,
    ListOption<"functions", "functions", "std::string",
               "the functions that become entry points; all unless told">,
    Option<"weights", "weights", "std::string", "\"\"",
           "what packed weights are kept as in functions without derivatives: "
           "bf16 or int8; as they are unless told">,
    Option<"tileRows", "tile-rows", "int64_t", "0",
           "rows of register tiles, with tile-vectors; 0: chosen site by site">,
    Option<"tileVectors", "tile-vectors", "int64_t", "0",
           "vectors of register tiles, of sites whose gates divide them">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::rnnc::dnn::DNNDialect"];
}

#endif
