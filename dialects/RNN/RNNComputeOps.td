//===- RNNComputeOps.td - Arithmetic with derivatives -------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations that compute values. Each is defined on all three levels
// (static, batch, sequence) unless its description says otherwise, and brings
// its derivatives. Included from RNNOps.td.
//===----------------------------------------------------------------------===//

#ifndef RNN_COMPUTE_OPS_TD
#define RNN_COMPUTE_OPS_TD

class RNN_ComputeOp<string mnemonic, list<Trait> traits = []>
    : RNN_Op<mnemonic, !listconcat([Pure,
        DeclareOpInterfaceMethods<DifferentiableOpInterface>], traits)>;

include "dialects/RNN/RNNElementwiseOps.td"

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

def RNN_BroadcastOp : RNN_ComputeOp<"broadcast", [RowwiseOp]> {
  let summary = "repeats a value over features, batch or time";
  let description = [{
    From a static vector to batch or sequence; from batch to sequence; and,
    together with these, from one feature to F; from a static matrix `[N, 1]` to
    `[N, K]`. With `mean` the result is divided by the number of copies of each
    element (the dual of `rnn.sum_to` with `mean`).
    ```mlir
    %b = rnn.broadcast %bias : tensor<512xf32> to tensor<?x512xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$operand, UnitAttr:$mean);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    (`mean` $mean^)? $operand `:` type($operand) `to` type($result) attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def RNN_SumToOp : RNN_ComputeOp<"sum_to"> {
  let summary = "sums over features, batch or time: the dual of broadcast";
  let description = [{
    From sequence to batch or static, from batch to static, and, together with
    these, from F features to one; from a static matrix `[N, K]` to `[N, 1]`.
    With `mean` the sum is divided by the number of elements summed into each
    (where there are none, the mean is 0). Sums over rows go chunk by chunk.
    ```mlir
    %loss = rnn.sum_to mean %ce : tensor<?x?x1xf32, "T"> to tensor<1xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$operand, UnitAttr:$mean);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    (`mean` $mean^)? $operand `:` type($operand) `to` type($result) attr-dict
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def RNN_SliceOp : RNN_ComputeOp<"slice", [RowwiseOp]> {
  let summary = "a range of features (of a static dimension)";
  let description = [{
    `dim` counts the feature dimensions: 0 is the only one of vectors, batch
    and sequence values; matrices have 0 (rows) and 1 (columns).
    ```mlir
    %i = rnn.slice %g dim 0 [0, 128] : tensor<?x512xf32> to tensor<?x128xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$operand, I64Attr:$dim, I64Attr:$offset,
                       I64Attr:$size);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $operand `dim` $dim `[` $offset `,` $size `]` `:`
    type($operand) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "int64_t":$dim,
                                 "int64_t":$offset, "int64_t":$size)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def RNN_PadOp : RNN_ComputeOp<"pad", [RowwiseOp]> {
  let summary = "places a value at an offset among zeros: the dual of slice";
  let arguments = (ins AnyRankedTensor:$operand, I64Attr:$dim, I64Attr:$offset,
                       I64Attr:$size);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $operand `dim` $dim `at` $offset `of` $size `:`
    type($operand) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$operand, "int64_t":$dim,
                                 "int64_t":$offset, "int64_t":$size)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def RNN_ConcatOp : RNN_ComputeOp<"concat", [RowwiseOp]> {
  let summary = "joins values along a feature dimension";
  let arguments = (ins I64Attr:$dim, Variadic<AnyRankedTensor>:$operands);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    `dim` $dim $operands `:` type($operands) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "int64_t":$dim, "::mlir::ValueRange":$operands)>];
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def RNN_TransposeOp : RNN_ComputeOp<"transpose"> {
  let summary = "the transpose of a static matrix";
  let arguments = (ins AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `:` type($operand) `to` type($result) attr-dict";
  let builders = [OpBuilder<(ins "::mlir::Value":$operand)>];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Positions in time. Each sequence of a batch has its own length.
//===----------------------------------------------------------------------===//

def RNN_PickOp : RNN_ComputeOp<"pick"> {
  let summary = "the first or the last step of each sequence";
  let description = [{
    From sequence to batch; zero for a sequence of length 0.
    ```mlir
    %h = rnn.pick last %hs : tensor<?x?x128xf32, "T"> to tensor<?x128xf32>
    ```
  }];
  let arguments = (ins RNN_EndAttr:$end, AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    `` $end $operand `:` type($operand) `to` type($result) attr-dict
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def RNN_PlaceOp : RNN_ComputeOp<"place"> {
  let summary = "a value at the first or the last step, zero at the others";
  let description = [{ From batch to sequence: the dual of `rnn.pick`. }];
  let arguments = (ins RNN_EndAttr:$end, AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    `` $end $operand `:` type($operand) `to` type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_ReverseOp : RNN_ComputeOp<"reverse", [SameOperandsAndResultType]> {
  let summary = "each sequence from its last step to its first";
  let arguments = (ins AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `:` type($result) attr-dict";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def RNN_ShiftOp : RNN_ComputeOp<"shift", [SameOperandsAndResultType]> {
  let summary = "tokens one step later";
  let description = [{
    Step t is the operand's step t - 1, step 0 the token `fill`. The operand
    is any sequence of tokens. (Real values go through a scan that carries
    them.)
  }];
  let arguments = (ins AnyRankedTensor:$operand, I64Attr:$fill);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `fill` $fill `:` type($result) attr-dict";
  let hasVerifier = 1;
}

def RNN_RemainingOp : RNN_ComputeOp<"remaining", [RowwiseOp]> {
  let summary = "the number of steps that follow each step of a sequence";
  let arguments = (ins);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "`:` type($result) attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Matrix products: the GEMM sites
//===----------------------------------------------------------------------===//

def RNN_MatmulOp : RNN_ComputeOp<"matmul", [RowwiseOp]> {
  let summary = "W @ x for each row x";
  let description = [{
    `result[r, n] = sum_k W[n, k] x[r, k]` for a static matrix `W` of shape
    `[N, K]` and x of level batch or sequence (or a static vector: one row). The
    transpose of W is written `rnn.transpose`: packing takes it for free.
    ```mlir
    %y = rnn.matmul %W, %x : tensor<512x128xf32>, tensor<?x128xf32> to tensor<?x512xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$weight, AnyRankedTensor:$input);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $weight `,` $input `:` type($weight) `,` type($input) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$weight, "::mlir::Value":$input)>];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def RNN_OuterOp : RNN_ComputeOp<"outer", [RowSumOp]> {
  let summary = "sum over rows of the outer products: a weight gradient";
  let description = [{
    `result[n, k] = sum_r lhs[r, n] rhs[r, k]` over all rows (batch and time).
    ```mlir
    %dW = rnn.outer %dg, %h : tensor<?x?x512xf32, "T">, tensor<?x?x128xf32, "T">
                              to tensor<512x128xf32>
    ```
  }];
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs `:` type($lhs) `,` type($rhs) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$lhs, "::mlir::Value":$rhs)>];
  let hasVerifier = 1;
}

def RNN_GatherOp : RNN_ComputeOp<"gather", [RowwiseOp]> {
  let summary = "the row of a table that each token names";
  let description = [{
    `result[r, :] = table[token[r], :]`: what a product with a one-hot vector
    comes to. The table is static, `[V, F]`.
  }];
  let arguments = (ins AnyRankedTensor:$table, AnyRankedTensor:$tokens);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $table `,` $tokens `:` type($table) `,` type($tokens) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$table, "::mlir::Value":$tokens)>];
  let hasVerifier = 1;
}

def RNN_ScatterAddOp : RNN_ComputeOp<"scatter_add", [RowSumOp]> {
  let summary = "adds each row to the row that its token names";
  let description = [{
    `result[v, :] = sum of rows[r, :] over r with token[r] = v`, of shape
    `[V, F]`: the cotangent of a gather's table.
  }];
  let arguments = (ins AnyRankedTensor:$tokens, AnyRankedTensor:$rows);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $tokens `,` $rows `:` type($tokens) `,` type($rows) `to` type($result) attr-dict
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Rows: softmax and its company
//===----------------------------------------------------------------------===//

def RNN_SoftmaxOp : RNN_ComputeOp<"softmax", [SameOperandsAndResultType, RowwiseOp]> {
  let summary = "softmax over the features of each row";
  let arguments = (ins AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `:` type($result) attr-dict";
}

def RNN_CrossEntropyOp : RNN_ComputeOp<"cross_entropy", [RowwiseOp]> {
  let summary = "-log softmax(logits)[token] for each row";
  let description = [{
    From logits `[.., V]` and tokens `[.., 1]` to nats `[.., 1]`, stable for any
    finite logits.
  }];
  let arguments = (ins AnyRankedTensor:$logits, AnyRankedTensor:$tokens);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $logits `,` $tokens `:` type($logits) `,` type($tokens) `to` type($result) attr-dict
  }];
  let builders = [OpBuilder<(ins "::mlir::Value":$logits, "::mlir::Value":$tokens)>];
  let hasVerifier = 1;
}

def RNN_CrossEntropyGradientOp : RNN_Op<"cross_entropy_gradient", [Pure, RowwiseOp,
    AllTypesMatch<["logits", "result"]>, AllTypesMatch<["nats", "cotangent"]>]> {
  let summary = "(softmax(logits) - one_hot(token)) * cotangent for each row";
  let description = [{
    What a cross-entropy passes back to its logits, in one pass over a row: the
    row's `nats`, its result, stand for the sum of exponentials, since
    `softmax(x)[c] = exp(x[c] - x[token] - nats)`. Made by `rnn-fuse-losses`
    when derivatives have been taken; it has none itself.
  }];
  let arguments = (ins AnyRankedTensor:$logits, AnyRankedTensor:$tokens,
                       AnyRankedTensor:$nats, AnyRankedTensor:$cotangent);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    $logits `,` $tokens `,` $nats `,` $cotangent `:` type($logits) `,` type($tokens) `,`
    type($nats) attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_OneHotOp : RNN_ComputeOp<"one_hot", [RowwiseOp]> {
  let summary = "1 at the feature that the token names, else 0";
  let arguments = (ins AnyRankedTensor:$tokens);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$tokens `:` type($tokens) `to` type($result) attr-dict";
  let hasVerifier = 1;
}

def RNN_ArgmaxOp : RNN_ComputeOp<"argmax", [RowwiseOp]> {
  let summary = "the index of the first largest feature of each row";
  let description = [{
    The result has one feature of the operand's element type, so that metrics
    can compare it (`rnn.equal`). Its derivative is zero.
  }];
  let arguments = (ins AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `:` type($operand) `to` type($result) attr-dict";
  let hasVerifier = 1;
}

def RNN_TokenValueOp : RNN_ComputeOp<"token_value", [RowwiseOp]> {
  let summary = "a token as a number, for comparisons";
  let arguments = (ins AnyRankedTensor:$tokens);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$tokens `:` type($tokens) `to` type($result) attr-dict";
  let hasVerifier = 1;
}

#endif
