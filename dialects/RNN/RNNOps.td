//===- RNNOps.td - Models, recurrence, scheduling regions ---*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The operations that give a model its structure. Arithmetic is in
// RNNComputeOps.td.
//===----------------------------------------------------------------------===//

#ifndef RNN_OPS_TD
#define RNN_OPS_TD

include "dialects/RNN/RNNDialect.td"
include "dialects/RNN/RNNInterfaces.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class RNN_Op<string mnemonic, list<Trait> traits = []>
    : Op<RNN_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Model and declarations
//===----------------------------------------------------------------------===//

def RNN_ModelOp : RNN_Op<"model", [IsolatedFromAbove, Symbol, SymbolTable,
    NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "a model: declarations and the functions that share them";
  let description = [{
    ```mlir
    rnn.model @CharLM axes ["T"] element f32 {
      rnn.param @"lstm.W" : tensor<512x193xf32> init "glorot"
      rnn.input @x : tensor<?x?x1xi32, "T"> vocabulary 65
      rnn.target @y : tensor<?x?x1xi32, "T"> vocabulary 65
      rnn.state @"lstm.h" : tensor<?x128xf32>
      rnn.func @forward { ... }
    }
    ```
    The order of declarations is the order in the descriptor.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$axes,
                       TypeAttr:$element_type);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `axes` $axes `element` $element_type attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block *getBodyBlock() { return &getBody().front(); }
    /// The function of that name ("forward", "loss", ...), or null.
    FuncOp lookupFunction(::llvm::StringRef name);
  }];
}

class RNN_DeclarationOp<string mnemonic, list<Trait> traits = []>
    : RNN_Op<mnemonic, !listconcat([Symbol, HasParent<"ModelOp">], traits)>;

def RNN_ParamOp : RNN_DeclarationOp<"param"> {
  let summary = "a trainable parameter, with how it is initialised";
  let description = [{
    `init` is one of `zeros`, `constant` (value), `uniform` (low, high),
    `normal` (mean, standard deviation), `glorot` (gain), `orthogonal` (gain),
    `identity` (gain), `sparse` (density, spectral radius). A `frozen` parameter
    is never trained: its gradient and its tangent are zero.
    ```mlir
    rnn.param @"lstm.b" : tensor<512xf32> init "constant" [1.0]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, StrAttr:$init,
                       DefaultValuedAttr<F64ArrayAttr, "{}">:$init_args,
                       UnitAttr:$frozen);
  let assemblyFormat = [{
    (`frozen` $frozen^)? $sym_name `:` $type `init` $init ($init_args^)?
    attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_InputOp : RNN_DeclarationOp<"input"> {
  let summary = "an input, once a sequence or over a time axis";
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
                       OptionalAttr<I64Attr>:$vocabulary);
  let assemblyFormat = [{
    $sym_name `:` $type (`vocabulary` $vocabulary^)? attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_TargetOp : RNN_DeclarationOp<"target"> {
  let summary = "what a loss or metric compares with";
  let arguments = RNN_InputOp.arguments;
  let assemblyFormat = RNN_InputOp.assemblyFormat;
  let hasVerifier = 1;
}

def RNN_StateOp : RNN_DeclarationOp<"state"> {
  let summary = "a state that the caller may carry between calls";
  let description = [{
    One that is `of_stream` exists in the stream's records alone: a state that
    the model starts from a value of its own, or the stream's context, what
    its step reads of inputs that it is not fed.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
                       UnitAttr:$of_stream);
  let assemblyFormat = "(`of_stream` $of_stream^)? $sym_name `:` $type attr-dict";
  let hasVerifier = 1;
}

def RNN_OutputOp : RNN_DeclarationOp<"output"> {
  let summary = "a named output";
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
}

def RNN_MetricOp : RNN_DeclarationOp<"metric"> {
  let summary = "a named number that is reported and never differentiated";
  let arguments = (ins SymbolNameAttr:$sym_name);
  let assemblyFormat = "$sym_name attr-dict";
}

def RNN_StreamOp : RNN_Op<"stream", [HasParent<"ModelOp">]> {
  let summary = "asks for a causal step function";
  let description = [{
    `rnn-derive-step` makes the function `@step` from `@forward`: one step of
    the inputs to one step of the outputs. `starts` has a number for each
    input: -1 where the step is fed the input as it is, else the input is read
    one step later only (`rnn.shift`), the step is fed what the shift gives, and
    the number is the token that the shift begins with.
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$inputs,
                       FlatSymbolRefArrayAttr:$outputs,
                       OptionalAttr<DenseI32ArrayAttr>:$starts);
  let assemblyFormat = [{
    $inputs `->` $outputs (`starts` $starts^)? attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_FuncOp : RNN_Op<"func", [IsolatedFromAbove, Symbol, HasParent<"ModelOp">, SingleBlock,
    NoRegionArguments]> {
  let summary = "one function of a model";
  let description = [{
    Reads declarations with `rnn.get`; what it returns is said by roles.
    ```mlir
    rnn.func @forward {
      %x = rnn.get @x : tensor<?x?x1xi32, "T">
      ...
      rnn.return [#rnn.role<output @p>] %p : tensor<?x?x65xf32, "T">
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let extraClassDeclaration = [{
    ::mlir::Block *getBodyBlock() { return &getBody().front(); }
    ReturnOp getReturn();
  }];
}

def RNN_ReturnOp : RNN_Op<"return", [Terminator, Pure, HasParent<"FuncOp">]> {
  let summary = "the results of a function, each with its role";
  let arguments = (ins RNN_RoleArrayAttr:$roles, Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "$roles ($values^ `:` type($values))? attr-dict";
  let hasVerifier = 1;
}

def RNN_GetOp : RNN_Op<"get", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter, input or target";
  let description = [{
    In `@step`, an input over time is read without its time dimension.
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$symbol `:` type($result) attr-dict";
}

def RNN_DirectionOp : RNN_Op<"direction", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the tangent of a parameter that the caller gives";
  let description = [{
    Forward mode and Gauss-Newton products are along one direction in the
    space of the parameters: a vector laid out as they are.
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$symbol `:` type($result) attr-dict";
}

def RNN_CallNumberOp : RNN_Op<"call_number", [Pure]> {
  let summary = "a number that each call gives";
  let description = [{
    `damping`: the weight of the structural term of a Gauss-Newton product.
    ```mlir
    %mu = rnn.call_number "damping" : tensor<1xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$name `:` type($result) attr-dict";
  let hasVerifier = 1;
}

def RNN_InitialStateOp : RNN_Op<"initial_state", [Pure,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>,
    AllTypesMatch<["value", "result"]>]> {
  let summary = "the state that the caller gives, or the model's own";
  let description = [{
    The result is the caller's state where one is given; otherwise `value`,
    what the model says a sequence starts from.
    ```mlir
    %h0 = rnn.initial_state @"lstm.h", %zero : tensor<?x128xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol, AnyRankedTensor:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$symbol `,` $value `:` type($result) attr-dict";
}

def RNN_UnlessGivenOp : RNN_Op<"unless_given", [Pure,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>,
    AllTypesMatch<["value", "result"]>]> {
  let summary = "the value where the caller gave no state, else zero";
  let description = [{
    The cotangent of an `rnn.initial_state`'s own value.
  }];
  let arguments = (ins AnyRankedTensor:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value `:` type($result) attr-dict";
}

//===----------------------------------------------------------------------===//
// Recurrence
//===----------------------------------------------------------------------===//

def RNN_ScanOp : RNN_Op<"scan", [AttrSizedOperandSegments, SingleBlock,
    RecursiveMemoryEffects, RecursivelySpeculatable]> {
  let summary = "the recurrence: a step applied along a time axis";
  let description = [{
    For each step of `axis`, first to last (last to first with `reverse`), runs
    the region on that step of the inputs and on the states, and takes the next
    states from the first operands of `rnn.yield`. Results are the final
    states, then the remaining yielded values stacked over time, each at the
    position of its step. The region may use values from outside it.

    ```mlir
    %h, %hs = rnn.scan "T" (%xt = %xp : tensor<?x?x512xf32, "T">)
        init (%h = %h0 : tensor<?x128xf32>) -> tensor<?x?x128xf32, "T"> {
      ...
      rnn.yield %next, %next : tensor<?x128xf32>, tensor<?x128xf32>
    }
    ```
    Where sequences of a batch differ in length, each takes part in its own
    steps only: its state rests after its last one, and `reverse` starts there.
  }];
  let arguments = (ins StrAttr:$axis, Variadic<AnyRankedTensor>:$inputs,
                       Variadic<AnyRankedTensor>:$inits,
                       UnitAttr:$reverse);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::StringRef":$axis, "bool":$reverse,
      "::mlir::ValueRange":$inputs, "::mlir::ValueRange":$inits,
      "::mlir::TypeRange":$stackedTypes)>];
  let extraClassDeclaration = [{
    ::mlir::Block *getBodyBlock() { return &getBody().front(); }
    YieldOp getYield();
    unsigned getNumStates() { return getInits().size(); }
    unsigned getNumStacked() { return getNumResults() - getNumStates(); }
    ::mlir::ValueRange getInputArgs();
    ::mlir::ValueRange getStateArgs();
    ::mlir::ResultRange getFinalStates();
    ::mlir::ResultRange getStacked();
    ::mlir::ValueRange getNextStates();
    ::mlir::ValueRange getStackedYields();
  }];
}

def RNN_YieldOp : RNN_Op<"yield", [Terminator, Pure,
    ParentOneOf<["ScanOp", "ChunkOp", "PhaseOp"]>]> {
  let summary = "what a region hands to its operation";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

//===----------------------------------------------------------------------===//
// Scheduling regions
//===----------------------------------------------------------------------===//

class RNN_TransparentOp<string mnemonic, list<Trait> traits = []>
    : RNN_Op<mnemonic, !listconcat([TransparentRegionOp, SingleBlock,
        RecursiveMemoryEffects, NoRegionArguments], traits)> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let extraClassDeclaration = [{
    ::mlir::Block *getBodyBlock() { return &getBody().front(); }
    YieldOp getYield();
  }];
}

def RNN_ChunkOp : RNN_TransparentOp<"chunk"> {
  let summary = "evaluates its body chunk by chunk of time";
  let description = [{
    The results are what the body yields, as if it stood alone; the region only
    says that it is evaluated for one chunk of the axis after another, so that
    what it does not yield lives for one chunk. States of scans are carried
    from chunk to chunk, sums over rows are summed over chunks. `reverse` goes
    from the last chunk to the first. A scan of the other direction begins each
    chunk with what `rnn.resume` gives.
  }];
  let arguments = (ins StrAttr:$axis, UnitAttr:$reverse);
  let assemblyFormat = [{
    $axis (`reverse` $reverse^)? (`->` type($results)^)? $body attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_CheckpointOp : RNN_Op<"checkpoint", [Pure, RowwiseOp,
    HasParent<"ChunkOp">, SameOperandsAndResultType]> {
  let summary = "keeps the states that chunks of time begin with";
  let description = [{
    The operand is a state as each step reads it. The result is the same
    sequence, of which only the step that a chunk begins with is kept: for
    `every` chunk, or (`log`) for a number of chunks that grows as the logarithm
    of how many there are. `rnn.resume` alone reads it. `every 64` asks for
    chunks of 64 steps; without a number the plan chooses.
    ```mlir
    %starts = rnn.checkpoint every 64 %hs : tensor<?x?x128xf32, "T">
    ```
  }];
  let arguments = (ins RNN_CheckpointKindAttr:$kind,
                       OptionalAttr<I64Attr>:$interval,
                       AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    `` $kind ($interval^)? $operand `:` type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_ResumeOp : RNN_Op<"resume", [Pure, HasParent<"ChunkOp">,
    AllTypesMatch<["init", "result"]>]> {
  let summary = "the state that a scan goes on from in each chunk of time";
  let description = [{
    The initial state of a scan that stands in chunks of the other direction:
    `init` before its first step, and in each chunk what an earlier chunk with
    the same scan kept of it. A reverse pass so computes the forward values of
    a chunk again instead of having them for the whole sequence.
    ```mlir
    rnn.chunk "T" reverse {
      %h = rnn.resume %h0 from %starts : tensor<?x128xf32>, tensor<?x?x128xf32, "T">
      %_, %hs = rnn.scan "T" (...) init (%arg = %h : tensor<?x128xf32>) ...
    ```
  }];
  let arguments = (ins AnyRankedTensor:$init, AnyRankedTensor:$checkpoints);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $init `from` $checkpoints `:` type($init) `,` type($checkpoints) attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// What keeps the states, in its own chunk.
    CheckpointOp getSource();
  }];
}

def RNN_PhaseOp : RNN_TransparentOp<"phase"> {
  let summary = "evaluates its elementwise body in one loop";
  let description = [{
    All operations of the body are elementwise on one shape, or views
    (`rnn.slice`) and broadcasts of values from outside. With a matrix product
    in it (a GEMM site whose consumers are its gates), the product of a single
    row runs with the loop as its epilogue. One without may end with sums over
    the features of a row (`rnn.sum_to`), which the loop makes on its way; their
    results come after the others.
  }];
  let assemblyFormat = "(`->` type($results)^)? $body attr-dict";
  let hasVerifier = 1;
}

include "dialects/RNN/RNNComputeOps.td"

#endif
