//===- DNNOps.td - GEMM sites, phases and row kernels -------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The dialect below `rnn`: buffers instead of values, one operation a kernel.
//===----------------------------------------------------------------------===//

#ifndef DNN_OPS_TD
#define DNN_OPS_TD

include "mlir/Dialect/LLVMIR/LLVMOpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def DNN_Dialect : Dialect {
  let name = "dnn";
  let cppNamespace = "::rnnc::dnn";
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let summary = "Kernels on buffers: GEMM sites, packed weights, phases";
  let description = [{
    All buffers are two-dimensional, `[rows, F]`: `F` is static, and so is the
    stride of a row; a row of a sequence is `t * B + b`. Tokens are
    `memref<?x1xi32>`. A kernel runs over the rows of its first output (or of
    its first operand where the output has none), all other row-wise operands
    have as many.

    `memref<?x512xf32, strided<[512, 1], offset: ?>>` is a typical type.
    `plan` operands are `!llvm.ptr` to the plan of runtime/include/rnn/rnn.h; the
    argument of a function that is one has the attribute `dnn.plan`.
  }];
}

class DNN_Op<string mnemonic, list<Trait> traits = []>
    : Op<DNN_Dialect, mnemonic, traits>;

/// Pointers in the default address space, so that no type need be written.
def DNN_Pointer : LLVM_PointerInAddressSpace<0>;
def DNN_Buffer : MemRefRankOf<[F32, F64, I32], [2]>;
def DNN_FloatBuffer : MemRefRankOf<[F32, F64], [2]>;
/// What packed weights are read as, besides.
def DNN_AnyBuffer : MemRefRankOf<[F32, F64, I32, I8], [2]>;
def DNN_TokenBuffer : MemRefRankOf<[I32], [2]>;

def DNN_Rows : I32EnumAttr<"SiteRows", "how many rows a site has at a time", [
  I32EnumAttrCase<"Step", 0, "step">,
  I32EnumAttrCase<"Chunk", 1, "chunk">
]> { let cppNamespace = "::rnnc::dnn"; let genSpecializedAttr = 0; }
def DNN_RowsAttr : EnumAttr<DNN_Dialect, DNN_Rows, "rows">;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

def DNN_PlaceAttr : AttrDef<DNN_Dialect, "Place"> {
  let mnemonic = "place";
  let summary = "part of a memory that a buffer may be in";
  let description = [{
    Memories of different names are apart. In one memory, buffers are apart
    where `begin` to `end` are, in whatever unit that memory counts: elements a
    row in a class of the arena, elements elsewhere.
    ```mlir
    #dnn.place<"arena1", 64, 192>
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$space, "int64_t":$begin,
                        "int64_t":$end);
  let assemblyFormat = "`<` $space `,` $begin `,` $end `>`";
}
def DNN_PlacesAttr : TypedArrayAttrBase<DNN_PlaceAttr, "places of a buffer">;

def DNN_BufferOp : DNN_Op<"buffer", [Pure]> {
  let summary = "a buffer at an address";
  let description = [{
    A view of `rows` rows from `base` plus `offset` elements, with the static
    width and row stride of its type. `places` are the memories that it may be
    in (anything where they are not told), `column` its first column there.
    ```mlir
    %m = dnn.buffer %base[%offset] rows %n in [#dnn.place<"arena1", 0, 512>] column 0
        : memref<?x512xf32, strided<[512, 1]>>
    ```
  }];
  let arguments = (ins DNN_Pointer:$base, I64:$offset, Index:$rows,
                       OptionalAttr<DNN_PlacesAttr>:$places,
                       DefaultValuedAttr<I64Attr, "0">:$column);
  let results = (outs DNN_AnyBuffer:$result);
  let builders = [OpBuilder<(ins "::mlir::Type":$type, "::mlir::Value":$base,
                                 "::mlir::Value":$offset, "::mlir::Value":$rows),
                            [{
    build($_builder, $_state, type, base, offset, rows, ::mlir::ArrayAttr(), 0);
  }]>];
  let assemblyFormat = [{
    $base `[` $offset `]` `rows` $rows (`in` $places^ `column` $column)?
    `:` type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_AddressOp : DNN_Op<"address", [Pure]> {
  let summary = "the address of a buffer's first element";
  let description = [{
    What kernels and the runtime, which know sizes and strides, are handed.
    ```mlir
    %p = dnn.address %m : memref<?x512xf32, strided<[512, 1], offset: ?>>
    ```
  }];
  let arguments = (ins DNN_Buffer:$buffer);
  let results = (outs DNN_Pointer:$result);
  let assemblyFormat = "$buffer `:` type($buffer) attr-dict";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Teams
//===----------------------------------------------------------------------===//

def DNN_TeamOp : DNN_Op<"team", [Pure]> {
  let summary = "which thread of a team runs the function, and of how many";
  let description = [{
    With `stages_of`, as the kernels in a stage of that function see it: where
    threads run stages one behind another, each runs its own alone.
  }];
  let arguments = (ins DNN_Pointer:$plan, OptionalAttr<I32Attr>:$stages_of);
  let results = (outs Index:$thread, Index:$threads);
  let assemblyFormat = "$plan (`stages_of` $stages_of^)? attr-dict";
  let builders = [OpBuilder<(ins "::mlir::Value":$plan), [{
    ::mlir::Type index = $_builder.getIndexType();
    build($_builder, $_state, index, index, plan, ::mlir::IntegerAttr());
  }]>];
}

def DNN_ShareOp : DNN_Op<"share", [SingleBlock, NoTerminator]> {
  let summary = "the part of some kernels that one thread of a team does";
  let description = [{
    Every thread of a team runs the same function. A kernel in the region is
    divided into parts that depend on its sizes alone: blocks of `unit` columns
    of its output, blocks of panels, or rows where a kernel combines the
    features of a row. A thread does a run of them, the same one every time;
    with `alone` thread 0 does all.
    ```mlir
    dnn.share %thread of %threads plan %plan unit 16 {
      dnn.phase ...
    }
    ```
  }];
  let arguments = (ins Index:$thread, Index:$threads, DNN_Pointer:$plan,
                       I64Attr:$unit, UnitAttr:$alone);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $thread `of` $threads `plan` $plan `unit` $unit (`alone` $alone^)?
    $body attr-dict
  }];
}

def DNN_BarrierOp : DNN_Op<"barrier"> {
  let summary = "waits for the other threads of a team";
  let description = [{
    What any thread wrote before its barrier is seen by every thread after it.
    A team of one goes on.
  }];
  let arguments = (ins Index:$threads, DNN_Pointer:$plan);
  let assemblyFormat = "$plan `of` $threads attr-dict";
}

def DNN_WaveOp : DNN_Op<"wave", [Pure]> {
  let summary = "whether threads run the stages of a function one behind another";
  let description = [{
    How many of them wait for each other after every turn of a loop over chunks
    of time; 1 where one thread or a team runs all stages. For so many chunks
    there is memory for what a stage hands on, since one stage is ahead of another
    by less.
    ```mlir
    %threads = dnn.wave %plan function 0
    ```
  }];
  let arguments = (ins DNN_Pointer:$plan, I32Attr:$function);
  let results = (outs Index:$threads);
  let assemblyFormat = "$plan `function` $function attr-dict";
}

def DNN_StageOp : DNN_Op<"stage", [Pure]> {
  let summary = "when a stage of a function runs, and whether on this thread";
  let description = [{
    `lag` is how many chunks of time the stage is behind the first one, 0 where
    one thread or a team runs all stages; `isMine` whether this thread runs it.
    ```mlir
    %lag, %isMine = dnn.stage 3 of %plan function 0
    ```
  }];
  let arguments = (ins I64Attr:$stage, DNN_Pointer:$plan, I32Attr:$function);
  let results = (outs Index:$lag, I1:$isMine);
  let assemblyFormat = "$stage `of` $plan `function` $function attr-dict";
}

//===----------------------------------------------------------------------===//
// GEMM sites
//===----------------------------------------------------------------------===//

def DNN_SiteOp : DNN_Op<"site", [Symbol]> {
  let summary = "a GEMM site: its sizes and the layout of its panels";
  let description = [{
    `C[M, n] = A[M, k] * W^T`. Panels hold W by blocks of columns: the n columns
    are `gates` equal slices of `n / gates` units, and a block takes `units` of
    them from every slice, so that a unit's gates meet in one kernel:
    `panel[block][k][gate][unit]`, zero beyond the last unit. An ordinary site
    has one gate.
    `function` and `index` name the site to the runtime (`rnn_table`);
    `panelOffset` is the element offset of its panels in the function's packed
    area. `tile` is the most rows of C whose sums the generated kernel keeps in
    registers; what suits the target unless told.

    `stored` says that the panels keep weights of f32 as bf16 or, with a scale a
    column, as i8 (compiler/lib/CodeGen/PanelWeights.h): products are sums of
    f32 all the same. The library knows no such panels, so a product there is
    always the generated kernel's.
    ```mlir
    dnn.site @forward_0 function 0 index 0 n 512 k 128 gates 4 units 16 f32 rows step
        at 0 lda 128 ldc 512
    dnn.site @step_0 function 0 index 0 n 512 k 128 gates 4 units 16 f32 stored bf16
        rows step at 0 lda 128 ldc 512
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I32Attr:$function, I32Attr:$index,
                       I64Attr:$n, I64Attr:$k, I64Attr:$gates, I64Attr:$units, OptionalAttr<I64Attr>:$tile_rows,
                       TypeAttr:$element_type, OptionalAttr<TypeAttr>:$storage,
                       DNN_RowsAttr:$rows, I64Attr:$panel_offset, I64Attr:$lda,
                       I64Attr:$ldc, OptionalAttr<I32Attr>:$axis);
  let assemblyFormat = [{
    $sym_name `function` $function `index` $index `n` $n `k` $k `gates` $gates
    `units` $units (`tile` $tile_rows^)? $element_type (`stored` $storage^)? `rows` $rows
    `at` $panel_offset `lda` $lda `ldc` $ldc (`axis` $axis^)? attr-dict
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Blocks of units; the last may be partial.
    int64_t getBlocks() { return (getN() / getGates() + getUnits() - 1) / getUnits(); }
  }];
}

def DNN_PackOp : DNN_Op<"pack", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "packs a weight, or a rectangle of it, for a site";
  let description = [{
    `weight` is W as `[n, k]` or, with `transposed`, as `[k, n]`: a static
    shape with any strides. Goes to the runtime's packing when the plan gives
    the site to the library (`plan` present), else into the panels. Without
    `plan` (a streaming step) always into the panels. A rectangle whose first
    element is W[row, column], `at [row, column]`, goes into the panels alone,
    and leaves the rest of them as it is; weights stored as a narrower type are
    packed as a whole.
    ```mlir
    dnn.pack @forward_0 %w, %packed plan %plan : memref<512x128xf32, strided<[193, 1], offset: ?>>
    dnn.pack @forward_1 %u at [128, 0], %packed : memref<128x128xf32, strided<[128, 1], offset: ?>>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$site, DNN_FloatBuffer:$weight,
                       DNN_Pointer:$packed, UnitAttr:$transposed,
                       OptionalAttr<DenseI64ArrayAttr>:$position,
                       Optional<DNN_Pointer>:$plan);
  let assemblyFormat = [{
    $site $weight (`transposed` $transposed^)? (`at` $position^)? `,` $packed
    (`plan` $plan^)? `:` type($weight) attr-dict
  }];
}

def DNN_GemmOp : DNN_Op<"gemm", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "C (+)= A * W^T at a site";
  let description = [{
    By the library where the plan says so (`plan` present and its flag set),
    else by the generated kernel: register-blocked over rows and a block of
    columns.
    ```mlir
    dnn.gemm @forward_0 %a, %c, %packed accumulate plan %plan : memref<..>, memref<..>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$site, DNN_FloatBuffer:$a,
                       DNN_FloatBuffer:$c, DNN_Pointer:$packed,
                       UnitAttr:$accumulate, Optional<DNN_Pointer>:$plan);
  let assemblyFormat = [{
    $site $a `,` $c `,` $packed (`accumulate` $accumulate^)? (`plan` $plan^)?
    `:` type($a) `,` type($c) attr-dict
  }];
}

def DNN_GemmPhaseOp : DNN_Op<"gemm_phase",
    [AttrSizedOperandSegments, SingleBlock, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a GEMM whose gates are consumed by an elementwise phase";
  let description = [{
    The gates of the product, and the inputs, go through the region, element by
    element; its `dnn.yield` gives the outputs. `outs` have n / gates features;
    the region's arguments are one scalar a gate, then one an input. Generated
    code runs the phase as the epilogue of the product: in registers for one
    row, else on a tile of the product in the first cache. The library's product
    goes to `scratch`, then through `dnn.phase`.

    No output may overlap `a`, which the product still reads.
    ```mlir
    dnn.gemm_phase @forward_0 %a, %scratch, %packed ins(%xp, %c : ...) outs(%h, %c2 : ...)
        plan %plan : memref<...>, memref<...> {
    ^bb0(%i: f32, %f: f32, %o: f32, %g: f32, %x: f32, %c0: f32):
      ...
      dnn.yield %h1, %c1 : f32, f32
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$site, DNN_FloatBuffer:$a,
                       DNN_FloatBuffer:$scratch, DNN_Pointer:$packed,
                       Variadic<DNN_FloatBuffer>:$inputs,
                       Variadic<DNN_FloatBuffer>:$outputs,
                       Optional<DNN_Pointer>:$plan);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $site $a `,` $scratch `,` $packed (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`outs` `(` $outputs^ `:` type($outputs) `)`)? (`plan` $plan^)?
    `:` type($a) `,` type($scratch) $body attr-dict
  }];
}

def DNN_GemmTNOp : DNN_Op<"gemm_tn", [AttrSizedOperandSegments]> {
  let summary = "C[n, k] (+)= sum over rows of A[r, n] B[r, k]: a weight gradient";
  let description = [{
    Adds to C with `accumulate`, but overwrites it where the condition after
    `unless` holds: a sum's first part need not be preceded by zeros. Without
    rows the sum is zero.
    ```mlir
    dnn.gemm_tn %a, %b, %c accumulate unless %first : memref<..>, memref<..>, memref<512x128xf32>
    ```
  }];
  let arguments = (ins DNN_FloatBuffer:$a, DNN_FloatBuffer:$b,
                       DNN_FloatBuffer:$c, UnitAttr:$accumulate,
                       Optional<I1>:$unless, Optional<DNN_Pointer>:$plan,
                       DefaultValuedAttr<I32Attr, "0">:$function);
  let assemblyFormat = [{
    $a `,` $b `,` $c (`accumulate` $accumulate^)? (`unless` $unless^)?
    (`plan` $plan^ `function` $function)?
    `:` type($a) `,` type($b) `,` type($c) attr-dict
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

def DNN_PhaseOp : DNN_Op<"phase", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "one fused elementwise loop";
  let description = [{
    For each row r and feature c: `outs[r, c] = region(ins[r, c])`. An input of
    one row (static 1) is repeated over rows; one of one feature over features.
    `rows` says how many rows. The region holds scalar `arith` and `math`
    operations. An output may be the same buffer as an input (same elements).

    After the outputs the region yields what is summed on the way: over the
    features of each row, times a number of `scales`, which `row_sums` receives
    (one feature each), and over all rows, which is added to `column_sums` (one
    row each).
    ```mlir
    dnn.phase rows %n ins(%a, %b : memref<..>, memref<1x128xf32>) outs(%c : memref<..>)
        column_sums(%d : memref<1x128xf32>) {
    ^bb0(%x: f32, %y: f32):
      %s = arith.addf %x, %y : f32
      dnn.yield %s, %s : f32, f32
    }
    ```
  }];
  let arguments = (ins Index:$rows, Variadic<DNN_FloatBuffer>:$inputs,
                       Variadic<DNN_FloatBuffer>:$outputs,
                       Variadic<DNN_FloatBuffer>:$rowSums,
                       Variadic<DNN_FloatBuffer>:$columnSums,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$scales);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `rows` $rows (`ins` `(` $inputs^ `:` type($inputs) `)`)?
    (`outs` `(` $outputs^ `:` type($outputs) `)`)?
    (`row_sums` `(` $rowSums^ `:` type($rowSums) `)`)?
    (`column_sums` `(` $columnSums^ `:` type($columnSums) `)`)? $body attr-dict
  }];
  let builders = [
    OpBuilder<(ins "::mlir::Value":$rows, "::mlir::ValueRange":$inputs,
                   "::mlir::ValueRange":$outputs), [{
      build($_builder, $_state, rows, inputs, outputs, {}, {},
            ::llvm::ArrayRef<double>());
    }]>
  ];
  let extraClassDeclaration = [{
    /// An output, or where there is none a column sum: it has the phase's
    /// features.
    ::mlir::Value getShapeBuffer() {
      return getOutputs().empty() ? getColumnSums().front()
                                  : getOutputs().front();
    }
  }];
  let hasVerifier = 1;
}

def DNN_YieldOp : DNN_Op<"yield", [Terminator, Pure,
    ParentOneOf<["PhaseOp", "GemmPhaseOp"]>]> {
  let summary = "the outputs of one element";
  let arguments = (ins Variadic<AnyFloat>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def DNN_DropoutOp : DNN_Op<"dropout", [Pure, AllTypesMatch<["value", "result"]>,
    ParentOneOf<["PhaseOp", "GemmPhaseOp"]>]> {
  let summary = "zeroes an element of a phase at random, or scales it";
  let description = [{
    The element's number is `first` plus its place in the phase, row by row. It
    is the 64-bit counter of Philox2x32 of 10 rounds under `key`; where the
    first word is at least `rate * 2^32`, the value divided by 1 - rate, else
    zero.
    ```mlir
    %d = dnn.dropout %x key %key first %n rate 0.5 : f32
    ```
  }];
  let arguments = (ins AnyFloat:$value, I32:$key, I64:$first, F64Attr:$rate);
  let results = (outs AnyFloat:$result);
  let assemblyFormat = [{
    $value `key` $key `first` $first `rate` $rate `:` type($value) attr-dict
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Row kernels
//===----------------------------------------------------------------------===//

def DNN_FillOp : DNN_Op<"fill"> {
  let summary = "one number in every element";
  let arguments = (ins F64Attr:$value, DNN_Buffer:$out);
  let assemblyFormat = "$value `,` $out `:` type($out) attr-dict";
}

def DNN_CopyOp : DNN_Op<"copy"> {
  let summary = "copies a buffer, transposed on request, added on request";
  let description = [{
    `from` and `to` may differ in strides. With `transposed`, `to` is
    `[F, rows]` of `from` (static shapes both). With `accumulate`, adds.
  }];
  let arguments = (ins DNN_Buffer:$from, DNN_Buffer:$to, UnitAttr:$transposed,
                       UnitAttr:$accumulate);
  let assemblyFormat = [{
    $from `,` $to (`transposed` $transposed^)? (`accumulate` $accumulate^)?
    `:` type($from) `,` type($to) attr-dict
  }];
  let hasVerifier = 1;
  let hasCanonicalizeMethod = 1;
}

def DNN_GatherOp : DNN_Op<"gather"> {
  let summary = "out[r, :] = table[token[r], :]";
  let arguments = (ins DNN_FloatBuffer:$table, DNN_TokenBuffer:$tokens,
                       DNN_FloatBuffer:$out);
  let assemblyFormat = [{
    $table `,` $tokens `,` $out `:` type($table) `,` type($tokens) `,` type($out) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_ScatterAddOp : DNN_Op<"scatter_add"> {
  let summary = "table[token[r], :] += rows[r, :]";
  let arguments = (ins DNN_TokenBuffer:$tokens, DNN_FloatBuffer:$rows,
                       DNN_FloatBuffer:$table);
  let assemblyFormat = [{
    $tokens `,` $rows `,` $table `:` type($tokens) `,` type($rows) `,` type($table) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_SumRowsOp : DNN_Op<"sum_rows"> {
  let summary = "out[b, :] (+)= scale * sum over rows r = b mod rows(out) of in[r, :]";
  let description = [{
    With an output of one row: the sum over all rows. With an output of B rows:
    the sum over time. `scale` is an f64 multiplied in before adding.
  }];
  let arguments = (ins DNN_FloatBuffer:$input, DNN_FloatBuffer:$out, F64:$scale,
                       UnitAttr:$accumulate);
  let assemblyFormat = [{
    $input `,` $out `scale` $scale (`accumulate` $accumulate^)?
    `:` type($input) `,` type($out) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_SumFeaturesOp : DNN_Op<"sum_features"> {
  let summary = "out[r, 0] = scale * sum over features of in[r, :]";
  let arguments = (ins DNN_FloatBuffer:$input, DNN_FloatBuffer:$out, F64:$scale);
  let assemblyFormat = [{
    $input `,` $out `scale` $scale `:` type($input) `,` type($out) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_SoftmaxOp : DNN_Op<"softmax"> {
  let summary = "softmax over the features of each row; in place allowed";
  let arguments = (ins DNN_FloatBuffer:$input, DNN_FloatBuffer:$out);
  let assemblyFormat = "$input `,` $out `:` type($input) `,` type($out) attr-dict";
  let hasVerifier = 1;
}

def DNN_CrossEntropyOp : DNN_Op<"cross_entropy"> {
  let summary = "out[r, 0] = -log softmax(logits[r, :])[token[r]]";
  let arguments = (ins DNN_FloatBuffer:$logits, DNN_TokenBuffer:$tokens,
                       DNN_FloatBuffer:$out);
  let assemblyFormat = [{
    $logits `,` $tokens `,` $out `:` type($logits) `,` type($tokens) `,` type($out) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_CrossEntropyGradientOp : DNN_Op<"cross_entropy_gradient"> {
  let summary = "out[r, c] = (softmax(logits[r, :])[c] - (c = token[r])) * cotangent[r]";
  let description = [{
    `nats` are what `dnn.cross_entropy` found for the rows; `out` may be the
    buffer of the logits.
  }];
  let arguments = (ins DNN_FloatBuffer:$logits, DNN_TokenBuffer:$tokens,
                       DNN_FloatBuffer:$nats, DNN_FloatBuffer:$cotangent,
                       DNN_FloatBuffer:$out);
  let assemblyFormat = [{
    $logits `,` $tokens `,` $nats `,` $cotangent `,` $out `:` type($logits) `,` type($tokens)
    `,` type($nats) `,` type($cotangent) `,` type($out) attr-dict
  }];
  let hasVerifier = 1;
}

def DNN_OneHotOp : DNN_Op<"one_hot"> {
  let summary = "out[r, c] = 1 where c = token[r], else 0";
  let arguments = (ins DNN_TokenBuffer:$tokens, DNN_FloatBuffer:$out);
  let assemblyFormat = "$tokens `,` $out `:` type($tokens) `,` type($out) attr-dict";
  let hasVerifier = 1;
}

def DNN_ArgmaxOp : DNN_Op<"argmax"> {
  let summary = "out[r, 0] = index of the first largest feature";
  let arguments = (ins DNN_FloatBuffer:$input, DNN_FloatBuffer:$out);
  let assemblyFormat = "$input `,` $out `:` type($input) `,` type($out) attr-dict";
  let hasVerifier = 1;
}

def DNN_TokenValueOp : DNN_Op<"token_value"> {
  let summary = "out[r, 0] = token[r] as a number";
  let arguments = (ins DNN_TokenBuffer:$tokens, DNN_FloatBuffer:$out);
  let assemblyFormat = "$tokens `,` $out `:` type($tokens) `,` type($out) attr-dict";
  let hasVerifier = 1;
}

#endif
