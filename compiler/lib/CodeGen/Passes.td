//===- Passes.td - Passes from dnn to LLVM -----------------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The passes that make code of the kernels of the dnn dialect.
//===----------------------------------------------------------------------===//

#ifndef RNNC_CODEGEN_PASSES_TD
#define RNNC_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

defvar VectorBytes = Option<"vectorBytes", "vector-bytes", "int64_t", "64",
    "Bytes of a vector register of the target">;
defvar Registers = Option<"registers", "registers", "int64_t", "32",
    "Vector registers of the target">;

defvar Dots = Option<"dots", "dots", "bool", "false",
    "Whether the target has dot products of bytes (VNNI)">;

defvar Fused = Option<"fused", "fused", "bool", "true",
    "Whether a product and a sum are one instruction">;

def ShareTeam : Pass<"dnn-share-team", "::mlir::ModuleOp"> {
  let summary = "Divide kernels among the threads of a team";
  let description = [{
    For functions that have a plan, an argument with the attribute `dnn.plan`.
    Each kernel gets a `dnn.share`; a `dnn.barrier` stands before one that
    touches what other threads wrote, or writes what they read, since the last.
    Which memory a buffer may be in is told by its `places`.

    ```mlir
    scf.for %t = %c0 to %n step %c1 {
      dnn.gemm_phase @s %h, %scratch, %packed outs(%next : ...) {...}
    }
    // becomes
    %thread, %threads = dnn.team %plan
    scf.for %t = %c0 to %n step %c1 {
      dnn.barrier %plan of %threads
      dnn.share %thread of %threads plan %plan unit 16 { dnn.gemm_phase ... }
    }
    ```

    No part depends on how many threads there are, and none cuts a sum: results
    are the same bit for bit.
  }];
  let options = [VectorBytes];
  let dependentDialects = ["::rnnc::dnn::DNNDialect"];
  let statistics = [
    Statistic<"barriers", "barriers", "Barriers in the code">
  ];
}

def LowerTeam : Pass<"dnn-lower-team", "::mlir::func::FuncOp"> {
  let summary = "Put code in the place of teams, shares and barriers";
  let description = [{
    When every kernel has become loops that know their bounds. A barrier is a
    call of the runtime where the team has several threads.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::scf::SCFDialect"
  ];
}

def LowerGemm : Pass<"dnn-lower-gemm", "::mlir::ModuleOp"> {
  let summary = "Make loops of vectors of GEMM sites, packing and weight gradients";
  let description = [{
    Each site becomes a call to a private kernel, shared by sites of equal
    shape; with a plan, a branch on the site's flag chooses between the kernel
    and the runtime's table.

    ```mlir
    dnn.gemm @s %a, %c, %packed : memref<?x128xf32>, memref<?x512xf32>
    // becomes
    func.call @gemm_f32_512x128_g1u64_a128(%pa, %pc, %panels, %rows, %backwards, %ldc)
    ```

    A `dnn.gemm_phase` of one row becomes a loop over the panels with the phase
    on the accumulators; of several rows, the same over tiles whose product goes
    to a buffer, or, where the library makes it, the product and a `dnn.phase`.
    Either of these is a function, which equal phases share.
    A row of few panels, known to be one, is written out: its accumulators begin
    with what the phase adds to its gates, all panels multiply the first part of
    the row, and the rest and the phase follow panel by panel. Rows that are
    copied or filled, and matrices that are copied transposed, go through kernels
    as well: a model does so in dozens of places.
  }];
  let options = [VectorBytes, Registers, Dots, Fused];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect",
    "::rnnc::dnn::DNNDialect"
  ];
  let statistics = [
    Statistic<"kernels", "kernels", "Kernels generated">,
    Statistic<"shared", "shared", "Uses of a kernel that existed already">
  ];
}

def LowerRows : Pass<"dnn-lower-rows"> {
  let summary = "Make loops of vectors of row kernels: softmax, gathers, sums";
  let options = [VectorBytes];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def VectorizePhases : Pass<"dnn-vectorize-phases"> {
  let summary = "Make loops of full vectors and a shorter tail of dnn.phase";
  let description = [{
    Rows outside, features inside; a row alone has no loops. The tail is masked
    unless it is a power of two. Where every buffer is contiguous and the width
    is not a multiple of the vector, one loop runs over all elements.

    ```mlir
    dnn.phase rows %n ins(%a : memref<?x24xf32>) outs(%b : memref<?x24xf32>) {...}
    // becomes
    scf.for %i = %c0 to %full step %c16 {
      %x = vector.load %flat_a[%c0, %i] ...
    }
    vector.maskedload / vector.maskedstore for the rest
    ```
  }];
  let options = [VectorBytes];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect", "::rnnc::dnn::DNNDialect"
  ];
}

def ApproximateMath : Pass<"dnn-approximate-math"> {
  let summary = "Replace tanh, exp and log by polynomials of a few ulp";
  let description = [{
    Scalars and vectors of f32 and f64, and 1 / (1 + exp(-x)) as a whole. Bounds,
    against the exact value, are in ApproximateMath.cpp and checked by
    test/unit/CodeGen. NaN propagates; infinities, zeros and, but for the
    sigmoid, gradual underflow are those of libm.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"
  ];
}

def OutlineStages : Pass<"dnn-outline-stages", "::mlir::ModuleOp"> {
  let summary = "Make a function of each stage of a loop over chunks";
  let description = [{
    When kernels are loops. Constants and views of buffers are made again in the
    function, and room on the stack that only the stage uses moves there; what
    else it uses are arguments.

    ```mlir
    scf.if %turn {...} {dnn.stage = 0 : i64}
    // becomes
    scf.if %turn {
      call @forward_stage0(%plan, %rows, ...)
    } {dnn.stage = 0 : i64}
    ```
  }];
  let dependentDialects = [
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

def ConvertToLLVM : Pass<"dnn-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert buffers and what kernels are made of to the LLVM dialect";
  let description = [{
    One conversion for `dnn.buffer`, `dnn.address` and the upstream dialects, so
    that no cast is left between them. Views of buffers become arithmetic first.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
}

#endif
