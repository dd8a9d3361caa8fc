//===- RNNDialect.td - The recurrent-model dialect ----------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect itself and the enums and attributes its operations share.
//===----------------------------------------------------------------------===//

#ifndef RNN_DIALECT_TD
#define RNN_DIALECT_TD

include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def RNN_Dialect : Dialect {
  let name = "rnn";
  let cppNamespace = "::rnnc::rnn";
  let summary = "Recurrent models as dataflow graphs with value semantics";
  let hasConstantMaterializer = 1;
  let useDefaultAttributePrinterParser = 1;
  let description = [{
    A model declares parameters, inputs, targets and states; its functions
    (`forward`, `loss`, `gradient`, `step`) share them. Values are tensors of
    three levels, told apart by their type:

    - *static*: `tensor<512x193xf32>`, a parameter or an expression of
      parameters; no batch, no time.
    - *batch*: `tensor<?x128xf32>`, one row a sequence, `[B, F]`.
    - *sequence*: `tensor<?x?x128xf32, "T">`, `[T, B, F]` over the time axis
      that the encoding names.

    Tokens are `i32` with one feature: `tensor<?x?x1xi32, "T">`. A number a
    step, such as a loss, has one feature as well.
  }];
}

def RNN_RoleKind : I32EnumAttr<"RoleKind", "what a function's result is", [
  I32EnumAttrCase<"Output", 0, "output">,
  I32EnumAttrCase<"State", 1, "state">,
  I32EnumAttrCase<"Loss", 2, "loss">,
  I32EnumAttrCase<"Metric", 3, "metric">,
  I32EnumAttrCase<"Gradient", 4, "gradient">,
  I32EnumAttrCase<"OutputTangent", 5, "output_tangent">,
  I32EnumAttrCase<"LossTangent", 6, "loss_tangent">
]> {
  let cppNamespace = "::rnnc::rnn";
  let genSpecializedAttr = 0;
}

def RNN_RoleKindAttr : EnumAttr<RNN_Dialect, RNN_RoleKind, "role_kind">;

def RNN_End : I32EnumAttr<"End", "an end of each sequence", [
  I32EnumAttrCase<"First", 0, "first">,
  I32EnumAttrCase<"Last", 1, "last">
]> {
  let cppNamespace = "::rnnc::rnn";
  let genSpecializedAttr = 0;
}

def RNN_EndAttr : EnumAttr<RNN_Dialect, RNN_End, "end">;

def RNN_CheckpointKind : I32EnumAttr<"CheckpointKind",
    "which chunks of time keep the states they begin with", [
  I32EnumAttrCase<"Every", 0, "every">,
  I32EnumAttrCase<"Log", 1, "log">
]> {
  let cppNamespace = "::rnnc::rnn";
  let genSpecializedAttr = 0;
}

def RNN_CheckpointKindAttr
    : EnumAttr<RNN_Dialect, RNN_CheckpointKind, "checkpoint_kind">;

def RNN_RoleAttr : AttrDef<RNN_Dialect, "Role"> {
  let mnemonic = "role";
  let summary = "what a function's result is, and of which symbol";
  let description = [{
    `#rnn.role<output @p>`: the named output. `state`: the final value of a
    state. `gradient`: of the loss in a parameter, an input or (when the symbol
    is a state) the given initial state. `output_tangent`, `loss_tangent`: how
    the named output and the loss change along the caller's direction.
  }];
  let parameters = (ins "::rnnc::rnn::RoleKind":$kind,
                        "::mlir::FlatSymbolRefAttr":$symbol);
  let assemblyFormat = "`<` $kind $symbol `>`";
}

def RNN_RoleArrayAttr : TypedArrayAttrBase<RNN_RoleAttr, "array of roles">;

#endif
