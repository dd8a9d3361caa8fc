// RUN: rnn-opt %S/Inputs/vanilla.mlir --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-hoist,canonicalize,rnn-chunk-time)))' | FileCheck %s
// RUN: rnn-opt %S/Inputs/two-axes.mlir --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-chunk-time)))' | FileCheck %s --check-prefix=AXES
// RUN: rnn-opt %S/Inputs/bidirectional.mlir --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-chunk-time)))' | FileCheck %s --check-prefix=BOTH
// RUN: rnn-opt %s --split-input-file --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-chunk-time)))' | FileCheck %s --check-prefix=SUM

// Projection, recurrence, logits, loss of a chunk follow each other; what has
// no time is outside.
// CHECK-LABEL: rnn.func @loss
// CHECK-NOT: rnn.matmul
// CHECK: rnn.initial_state
// CHECK: %[[chunk:.*]]:2 = rnn.chunk "T" -> tensor<?x5xf64>, tensor<2xf64> {
// CHECK-NEXT: %[[projection:.*]] = rnn.matmul
// CHECK-NEXT: %[[scan:.*]]:{{.*}} = rnn.scan "T" ({{.*}} = %[[projection]] :
// CHECK: rnn.matmul %{{.*}}, %[[scan]]#{{.*}} : tensor<2x5xf64>, tensor<?x?x5xf64, "T">
// CHECK-NEXT: rnn.sub
// CHECK-NEXT: rnn.mul
// CHECK-NEXT: %[[loss:.*]] = rnn.sum_to
// CHECK-NEXT: rnn.yield %[[scan]]#0, %[[loss]]
// CHECK-NOT: rnn.chunk
// CHECK: rnn.sum_to mean %[[chunk]]#1 : tensor<2xf64> to tensor<1xf64>

// Each time axis has its own chunks; a final state is there when its axis is
// done.
// AXES-LABEL: rnn.func @forward
// AXES: %[[encoded:.*]] = rnn.chunk "S"
// AXES-NOT: "T"
// AXES: rnn.yield
// AXES: rnn.chunk "T"
// AXES: rnn.scan "T" {{.*}} init (%{{.*}} = %[[encoded]] :
// AXES: rnn.matmul %{{.*}} : tensor<2x4xf64>, tensor<?x?x4xf64, "T">

// Recurrences of both directions need chunks of their own; those of one
// direction share them.
// BOTH-LABEL: rnn.func @forward
// BOTH: rnn.chunk "T" ->
// BOTH: rnn.scan "T" (
// BOTH: rnn.chunk "T" reverse
// BOTH: rnn.scan "T" reverse
// BOTH: rnn.concat
// BOTH: rnn.scan "T" reverse
// BOTH-NOT: rnn.chunk
// BOTH: rnn.return

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// A sum over time is complete after the last chunk: what needs it, repeated
// over time, is in chunks after these.
// SUM-LABEL: rnn.model @Centred
// SUM: %[[mean:.*]] = rnn.chunk "T" -> tensor<?x4xf32> {
// SUM-NEXT: rnn.sum_to mean
// SUM-NEXT: rnn.yield
// SUM: %[[squared:.*]] = rnn.mul %[[mean]], %[[mean]]
// SUM-NEXT: rnn.chunk "T"
// SUM-NEXT: rnn.broadcast %[[squared]]
// SUM-NEXT: rnn.sub
// SUM-NEXT: rnn.yield
rnn.model @Centred axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %mean = rnn.sum_to mean %x : !hs to !h
    %squared = rnn.mul %mean, %mean : !h
    %means = rnn.broadcast %squared : !h to !hs
    %y = rnn.sub %x, %means : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
!tokens = tensor<?x?x1xi32, "T">

// What reads other steps than it makes reads inputs in the first chunks, and
// what chunks make when all of them are done. The ends of sequences are kept
// chunk by chunk.
// SUM-LABEL: rnn.model @Positions
// SUM: %[[chunk:.*]]:3 = rnn.chunk "T" -> tensor<?x?x4xf32, "T">, tensor<?x4xf32>, tensor<?x?x1xf32, "T"> {
// SUM-NEXT: rnn.reverse
// SUM-NEXT: rnn.shift
// SUM-NEXT: rnn.gather
// SUM-NEXT: %[[sum:.*]] = rnn.add
// SUM-NEXT: %[[last:.*]] = rnn.pick last
// SUM-NEXT: %[[left:.*]] = rnn.remaining
// SUM-NEXT: rnn.yield %[[sum]], %[[last]], %[[left]]
// SUM: rnn.chunk "T"
// SUM-NEXT: rnn.reverse %[[chunk]]#0
// SUM-NEXT: rnn.place first %[[chunk]]#1
// SUM-NEXT: rnn.add
rnn.model @Positions axes ["T"] element f32 {
  rnn.param @E : tensor<3x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.input @k : !tokens vocabulary 3
  rnn.output @y : !hs
  rnn.output @left : tensor<?x?x1xf32, "T">
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %k = rnn.get @k : !tokens
    %E = rnn.get @E : tensor<3x4xf32>
    %r = rnn.reverse %x : !hs
    %before = rnn.shift %k fill 2 : !tokens
    %e = rnn.gather %E, %before : tensor<3x4xf32>, !tokens to !hs
    %s = rnn.add %r, %e : !hs
    %last = rnn.pick last %s : !hs to !h
    %back = rnn.reverse %s : !hs
    %placed = rnn.place first %last : !h to !hs
    %left = rnn.remaining : tensor<?x?x1xf32, "T">
    %y = rnn.add %back, %placed : !hs
    rnn.return [#rnn.role<output @y>, #rnn.role<output @left>] %y, %left : !hs, tensor<?x?x1xf32, "T">
  }
}
