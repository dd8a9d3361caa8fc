//===- Passes.td - Passes on the rnn dialect ----------------*- tablegen -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The passes between the front end and the lowering to buffers.
//===----------------------------------------------------------------------===//

#ifndef RNNC_TRANSFORMS_PASSES_TD
#define RNNC_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def MergeGemms : Pass<"rnn-merge-gemms", "::rnnc::rnn::FuncOp"> {
  let summary = "makes products on one operand one product over stacked weights";
  let description = [{
    A GRU written gate by gate then costs what the stacked form costs.
    ```mlir
    %r = rnn.matmul %Wr, %h : ...           // before
    %z = rnn.matmul %Wz, %h : ...

    %W = rnn.concat dim 0 %Wr, %Wz : ...    // after
    %g = rnn.matmul %W, %h : ...
    %r = rnn.slice %g dim 0 [0, 128] : ...
    %z = rnn.slice %g dim 0 [128, 128] : ...
    ```
  }];
  let statistics = [Statistic<"numMerged", "merged-products",
                              "products that became part of another">];
}

def Hoist : Pass<"rnn-hoist", "::rnnc::rnn::FuncOp"> {
  let summary = "moves products out of the recurrence, before or after it";
  let description = [{
    What a step computes from its inputs alone is computed for all steps before
    the scan; products that no state depends on, for all steps after it; sums
    over rows that a scan accumulates (weight gradients) become one sum over
    all rows of all steps. Only the recurrent product stays in the step.
    ```mlir
    rnn.scan "T" (%xt = %x : ...) init (...) {       // before
      %p = rnn.matmul %Wx, %xt : ...

    %xp = rnn.matmul %Wx, %x : ...                   // after
    rnn.scan "T" (%p = %xp : ...) init (...) {
    ```
  }];
  let statistics = [
    Statistic<"numHoisted", "hoisted", "operations moved before a scan">,
    Statistic<"numSunk", "sunk", "operations moved after a scan">,
    Statistic<"numSums", "sums", "accumulations that became one sum">];
}

def Differentiate : Pass<"rnn-differentiate", "::rnnc::rnn::ModelOp"> {
  let summary = "makes @gradient from @loss by reverse mode";
  let description = [{
    Backpropagation through time: the cotangents of a scan are a scan in the
    other direction, over a tape of the values that the derivatives use.
    The gradients in every parameter, every real input and every initial state
    are returned with the role `gradient`.
  }];
}

def DeriveStep : Pass<"rnn-derive-step", "::rnnc::rnn::ModelOp"> {
  let summary = "makes the streaming function @step from @forward";
  let description = [{
    One step of every sequence, with the body of each scan once. What is not
    causal (a scan backwards, a sum over time, the use of a final state) is an
    error at the operation.
  }];
}

def ChunkTime : Pass<"rnn-chunk-time", "::rnnc::rnn::FuncOp"> {
  let summary = "groups operations over time into loops over chunks of time";
  let description = [{
    Operations on sequences of one axis that can run in one direction of time
    share an `rnn.chunk`: projections, recurrence, logits, losses and weight
    gradients of a chunk follow each other while its data is in cache, and what
    only they use lives for one chunk.
  }];
}

def FusePhases : Pass<"rnn-fuse-phases", "::rnnc::rnn::FuncOp"> {
  let summary = "cuts a block into products and fused elementwise phases";
  let description = [{
    Elementwise operations of one shape between the same products become one
    `rnn.phase`. In a step, the product whose gates a phase consumes joins it.
  }];
  let statistics = [
    Statistic<"numPhases", "phases", "phases made">,
    Statistic<"numEpilogues", "epilogues", "phases with their product">];
}

#endif
