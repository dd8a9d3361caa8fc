//===- RNNElementwiseOps.td - Operations on each element ---*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Operations of which each element of the result depends on the same element of
// the operands. Included from RNNComputeOps.td.
//===----------------------------------------------------------------------===//

#ifndef RNN_ELEMENTWISE_OPS_TD
#define RNN_ELEMENTWISE_OPS_TD

class RNN_UnaryOp<string mnemonic, string what, list<Trait> traits = []>
    : RNN_ComputeOp<mnemonic, !listconcat([SameOperandsAndResultType,
        ElementwiseOp, RowwiseOp], traits)> {
  let summary = what # ", elementwise";
  let arguments = (ins AnyRankedTensor:$operand);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$operand `:` type($result) attr-dict";
}

class RNN_BinaryOp<string mnemonic, string what, list<Trait> traits = []>
    : RNN_ComputeOp<mnemonic, !listconcat([SameOperandsAndResultType,
        ElementwiseOp, RowwiseOp], traits)> {
  let summary = what # ", elementwise";
  let arguments = (ins AnyRankedTensor:$lhs, AnyRankedTensor:$rhs);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$lhs `,` $rhs `:` type($result) attr-dict";
}

def RNN_NegOp : RNN_UnaryOp<"neg", "negation"> { let hasCanonicalizer = 1; }
def RNN_ExpOp : RNN_UnaryOp<"exp", "the exponential">;
def RNN_LogOp : RNN_UnaryOp<"log", "the natural logarithm"> {
  let hasCanonicalizer = 1;
}
def RNN_SqrtOp : RNN_UnaryOp<"sqrt", "the square root">;
def RNN_SigmoidOp : RNN_UnaryOp<"sigmoid", "the logistic sigmoid 1 / (1 + exp(-x))">;
def RNN_TanhOp : RNN_UnaryOp<"tanh", "the hyperbolic tangent">;
def RNN_SoftplusOp : RNN_UnaryOp<"softplus", "log(1 + exp(x)), the integral of the sigmoid">;
def RNN_ReluOp : RNN_UnaryOp<"relu", "max(x, 0)">;

def RNN_AddOp : RNN_BinaryOp<"add", "addition", [Commutative]> {
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}
def RNN_SubOp : RNN_BinaryOp<"sub", "subtraction"> { let hasFolder = 1; }
def RNN_MulOp : RNN_BinaryOp<"mul", "multiplication", [Commutative]> {
  let hasFolder = 1;
}
def RNN_DivOp : RNN_BinaryOp<"div", "division"> { let hasFolder = 1; }

def RNN_WherePositiveOp : RNN_BinaryOp<"where_positive",
    "rhs where lhs > 0, else zero"> {
  let description = [{
    The derivative of `rnn.relu`. Differentiable in `rhs`; its derivative in
    `lhs` is zero.
  }];
}

def RNN_EqualOp : RNN_BinaryOp<"equal", "1 where lhs = rhs, else 0"> {
  let description = [{ For metrics. Its derivative is zero. }];
}

def RNN_LessOp : RNN_BinaryOp<"less", "1 where lhs < rhs, else 0"> {
  let description = [{ For masks and weights. Its derivative is zero. }];
}

def RNN_DropoutOp : RNN_ComputeOp<"dropout", [SameOperandsAndResultType,
    ElementwiseOp, RowwiseOp]> {
  let summary = "zeroes elements at random and scales the others, in training";
  let description = [{
    Inverted dropout: an element is zero with probability `rate`, else divided
    by 1 - rate. The mask is a function of the call's seed, of `site`, of the
    row and of the feature, so it is never stored: the first word of Philox2x32
    of 10 rounds with the 64-bit counter `row * F + feature` and the key
    `low(seed) ^ high(seed) ^ (0x9E3779B9 * (site + 1))` is kept where it is at
    least `rate * 2^32`. The row is `t * B + b`, or b once a sequence or with
    `sequence`: then the mask is the same at every step. In calls that do
    not train, and in `@step`, it is the identity. Its transpose is itself.
    ```mlir
    %d = rnn.dropout %h rate 0.2 site 3 : tensor<?x?x128xf32, "T">
    ```
  }];
  let arguments = (ins AnyRankedTensor:$operand, F64Attr:$rate, I64Attr:$site,
                       UnitAttr:$sequence);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    (`sequence` $sequence^)? $operand `rate` $rate `site` $site `:`
    type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def RNN_ConstantOp : RNN_ComputeOp<"constant", [ElementwiseOp, RowwiseOp,
    ConstantLike]> {
  let summary = "one number in every element";
  let arguments = (ins F64Attr:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value `:` type($result) attr-dict";
  let hasFolder = 1;
}

#endif
