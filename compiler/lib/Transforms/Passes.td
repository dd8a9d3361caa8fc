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

def FindSlices : Pass<"rnn-find-slices", "::rnnc::rnn::FuncOp"> {
  let summary = "finds out what may run on parts of a batch";
  let description = [{
    Marks a function with `rnnc.slices` where a plan may cut the batch among its
    threads: outputs and states are rows of the batch, and whatever is summed over
    the batch (loss and metrics) goes linearly into the results, so that the
    results of the parts add up. `mean(e)` qualifies, since the parts divide by
    the number of the whole; `mean(e, w)`, the root of a mean and a penalty on
    parameters beside the data's loss do not. What is derived from the function
    later inherits this.
  }];
}

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
    What a step computes of nothing that changes is computed once; so is the
    mask of `rnn.dropout sequence`, which becomes a factor. What it computes
    from its inputs alone is computed for all steps before the scan; products that no state depends on, for all steps after it; sums
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
    are returned with the role `gradient`. Nothing is computed for values that
    none of these enters, or frozen parameters alone.
  }];
}

def JoinFunctions : Pass<"rnn-join-functions", "::rnnc::rnn::ModelOp"> {
  let summary = "makes @tangent of what @forward and @loss compute";
  let description = [{
    One function that returns what both return and computes once what they
    share. It runs before products are merged, while both look alike;
    `rnn-differentiate-forward` adds the tangents.
  }];
}

def DifferentiateForward
    : Pass<"rnn-differentiate-forward", "::rnnc::rnn::ModelOp"> {
  let summary = "adds tangents to @tangent by forward mode";
  let description = [{
    The tangents of outputs and of the loss along the caller's direction in the
    space of the parameters, with the roles `output_tangent` and `loss_tangent`.
    A scan carries the tangents of its states beside them, those that are not
    zero throughout. Where the model has no @tangent it is made first, as
    `rnn-join-functions` does.
  }];
}

def GaussNewton : Pass<"rnn-gauss-newton", "::rnnc::rnn::ModelOp"> {
  let summary = "makes @gauss_newton from @loss";
  let description = [{
    The product of the Gauss-Newton matrix of the loss with the caller's
    direction, J' H J v (Schraudolph 2002), returned with the role `gradient` in
    every parameter, and the loss. Going back from the loss, all that is linear
    in what depends on parameters belongs to the loss, and so do the convex
    functions that come next (cross-entropy, square, softplus, exponential,
    negative logarithm and root): H is their second derivative in their
    operands, J the derivative of those operands in the parameters. A loss
    without such a function is an error.

    Structural damping (Martens & Sutskever 2011) adds
    `damping / rows * sum_t J_t' J_t v` for each hidden state h_t, J_t its
    derivative, rows the number of valid steps of the batch. Hidden states are
    the states of scans that depend on their own past.
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

def Checkpoint : Pass<"rnn-checkpoint", "::rnnc::rnn::FuncOp"> {
  let summary = "computes forward values again where the reverse pass reads them";
  let description = [{
    In a function that returns gradients, the sequences that chunks of time
    yield only for chunks of the other direction are not kept: the operations
    that make them are cloned to where they are read, and scans go on there from
    the states that each chunk began with (`rnn.checkpoint`, `rnn.resume`). Sums
    over the cloned values (losses, weight gradients) move with them. What a
    scan that is computed again makes is kept where it leaves the chunk, so that
    recomputation does not nest; so are sequences that chunks of both directions
    read.
    ```mlir
    %tape = rnn.chunk "T" {                              // before
      ... rnn.scan "T" ... init (%h = %h0) -> (%tape)
    rnn.chunk "T" reverse {
      ... rnn.scan "T" reverse (... = %tape)

    %starts = rnn.chunk "T" {                            // after
      ... rnn.scan "T" ... init (%h = %h0) -> (%hs)
      rnn.checkpoint every %hs
    rnn.chunk "T" reverse {
      rnn.resume %h0 from %starts
      ... rnn.scan "T" ... -> (%tape)
      ... rnn.scan "T" reverse (... = %tape)
    ```
  }];
  let options = [
    Option<"logarithmic", "log", "bool", "false",
           "keep the states of O(log) chunks rather than of every chunk">,
    Option<"interval", "interval", "int64_t", "0",
           "steps from one checkpoint to the next; 0: as the plan chooses">];
  let statistics = [
    Statistic<"numSequences", "sequences", "sequences no longer kept">,
    Statistic<"numScans", "scans", "scans evaluated again">,
    Statistic<"numSums", "sums", "sums moved to where their terms are">];
}

def FuseLosses : Pass<"rnn-fuse-losses", "::rnnc::rnn::FuncOp"> {
  let summary = "makes the gradient of a cross-entropy one operation";
  let description = [{
    The slope `softmax(logits) - one_hot(token)`, times a cotangent a row, becomes
    `rnn.cross_entropy_gradient` where the loss of the same logits and tokens is
    at hand. It comes after all derivatives, for it has none.
  }];
  let statistics = [Statistic<"numFused", "fused", "gradients made one operation">];
}

def FusePhases : Pass<"rnn-fuse-phases", "::rnnc::rnn::FuncOp"> {
  let summary = "cuts a block into products and fused elementwise phases";
  let description = [{
    Elementwise operations of one shape between the same products become one
    `rnn.phase`. In a step, the product whose gates a phase consumes joins it;
    otherwise sums over the features of what it makes do.
  }];
  let statistics = [
    Statistic<"numPhases", "phases", "phases made">,
    Statistic<"numEpilogues", "epilogues", "phases with their product">,
    Statistic<"numSums", "sums", "sums in phases">];
}

def FindStages : Pass<"rnn-find-stages", "::rnnc::rnn::FuncOp"> {
  let summary = "finds the layers that threads may run one behind another";
  let description = [{
    A chunk of time with several scans is cut into stages: operations in the
    order that they run in, with one scan each and what belongs to it, and
    products before the first scan or after the last. While one thread runs a
    stage on a chunk, another may run the next stage on the chunk before (a
    wavefront over layers and time). Operations are marked `rnnc.stage`, the
    chunk `rnnc.stages`, with what each stage costs: multiplications a row, those
    of a scan three times. What is computed again for a checkpoint has no stages.
    ```mlir
    rnn.chunk "T" {
      %1 = rnn.matmul %V1, %x {rnnc.stage = 0}
      %2 = rnn.scan "T" (... = %1) ... {rnnc.stage = 0}
      %3 = rnn.matmul %V2, %2 {rnnc.stage = 1}
      %4 = rnn.scan "T" (... = %3) ... {rnnc.stage = 1}
    } {rnnc.stages = array<i64: 65536, 65536>}
    ```
  }];
  let statistics = [Statistic<"numStages", "stages", "stages of chunks">];
}

#endif
