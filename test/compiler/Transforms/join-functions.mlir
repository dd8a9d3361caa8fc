// RUN: rnn-opt %S/Inputs/vanilla.mlir --rnn-join-functions | FileCheck %s
// RUN: rnn-opt %s --split-input-file --rnn-join-functions | FileCheck %s --check-prefix=ONE

// What both compute is there once, and neither loses its own: the outputs of
// one, the loss of the other, the state that both return. No tangents yet, and
// products still as they were written.
// CHECK-LABEL: rnn.func @forward
// CHECK: rnn.return [#rnn.role<output @p>, #rnn.role<state @h>]
// CHECK-LABEL: rnn.func @loss
// CHECK: rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>]
// CHECK-LABEL: rnn.func @tangent
// CHECK-COUNT-1: rnn.get @Wh
// CHECK-NOT: rnn.get @Wh
// CHECK: %[[scan:.*]]:2 = rnn.scan
// CHECK-COUNT-3: rnn.matmul
// CHECK-NOT: rnn.matmul
// CHECK-NOT: rnn.scan
// CHECK: %[[y:.*]] = rnn.get @y
// CHECK: rnn.sub %[[scan]]#1, %[[y]]
// CHECK: %[[loss:.*]] = rnn.sum_to mean
// CHECK-NOT: rnn.direction
// CHECK: rnn.return [#rnn.role<output @p>, #rnn.role<state @h>, #rnn.role<loss @loss>] %[[scan]]#1, %[[scan]]#0, %[[loss]]

// Without a loss it is what @forward computes.
// ONE-LABEL: rnn.model @Outputs
// ONE: rnn.func @forward
// ONE: rnn.func @tangent
// ONE: %[[x:.*]] = rnn.get @x
// ONE: %[[y:.*]] = rnn.tanh %[[x]]
// ONE: rnn.return [#rnn.role<output @y>] %[[y]]
rnn.model @Outputs axes ["T"] element f32 {
  rnn.input @x : tensor<?x?x3xf32, "T">
  rnn.output @y : tensor<?x?x3xf32, "T">
  rnn.func @forward {
    %x = rnn.get @x : tensor<?x?x3xf32, "T">
    %y = rnn.tanh %x : tensor<?x?x3xf32, "T">
    rnn.return [#rnn.role<output @y>] %y : tensor<?x?x3xf32, "T">
  }
}

// -----

// Where nothing is computed there is nothing to join.
// ONE-LABEL: rnn.model @Nothing
// ONE-NOT: rnn.func
rnn.model @Nothing axes ["T"] element f32 {
  rnn.input @x : tensor<?x?x3xf32, "T">
}
