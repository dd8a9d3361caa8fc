//===- Passes.td - Passes of the driver ---------------------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// What remains to be done once a model's functions are LLVM functions.
//===----------------------------------------------------------------------===//

#ifndef RNNC_DRIVER_PASSES_TD
#define RNNC_DRIVER_PASSES_TD

include "mlir/Pass/PassBase.td"

def EmitDescriptor : Pass<"rnnc-emit-descriptor", "::mlir::ModuleOp"> {
  let summary = "turns the model's declarations into its descriptor";
  let description = [{
    Writes the constant `rnn_model` of `runtime/include/rnn/rnn.h` from the
    declarations of the module's `rnn.model`, from the attributes that the
    lowering left on it (`rnnc.functions`, `rnnc.stream`) and from the
    `dnn.site`s, and erases these. The descriptor is exported under the model's
    name in lower case; everything else in the module becomes internal, so that
    several models link into one program. A stream that reads tokens gets a
    guard before its step: it returns RNN_ERROR_TOKEN for one outside its
    vocabulary.

    ```mlir
    rnn.model @Net axes ["T"] element f32 attributes {rnnc.functions = [
        {name = "forward", index = 0 : i32, packed_bytes = 0 : i64,
         arena = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>} ]} {
      rnn.param @W : tensor<4x4xf32> init "zeros"
    }
    llvm.func @Net_forward(!llvm.ptr, !llvm.ptr) -> i32 { ... }
    llvm.func @Net_forward_pack(!llvm.ptr, !llvm.ptr) -> i32 { ... }
    ```
    becomes
    ```mlir
    llvm.mlir.global external constant @net() : !llvm.struct<(i32, i32, ...)> { ... }
    llvm.func internal @Net_forward(!llvm.ptr, !llvm.ptr) -> i32 { ... }
    llvm.func internal @Net_forward_pack(!llvm.ptr, !llvm.ptr) -> i32 { ... }
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"\"",
           "name of the CPU that the code is for">,
    Option<"features", "features", "std::string", "\"\"",
           "LLVM feature string that the code is for">,
    Option<"requiredFeatures", "required-features", "uint64_t", "0",
           "RNN_CPU_* bits without which the code must not run">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def GeneratedGemm : Pass<"rnnc-generated-gemm", "::mlir::ModuleOp"> {
  let summary = "leaves every product to generated kernels";
  let description = [{
    Takes the plan from the products and packings of the `dnn` dialect, without
    which they use the generated panels alone, and marks the model with
    `rnnc.generated`, so that its descriptor offers the runtime no site.

    ```mlir
    dnn.gemm @s %a, %c, %packed plan %plan : memref<?x4xf32>, memref<?x8xf32>
    // becomes
    dnn.gemm @s %a, %c, %packed : memref<?x4xf32>, memref<?x8xf32>
    ```
  }];
}

#endif
