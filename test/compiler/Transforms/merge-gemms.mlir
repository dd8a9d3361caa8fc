// RUN: rnn-opt %s --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-merge-gemms)))' -split-input-file | FileCheck %s
// RUN: rnn-opt %S/Inputs/gru.mlir --rnn-pipeline=gradient=false | FileCheck %s --check-prefix=GRU

// A GRU written gate by gate ends with one product of the input over all steps,
// one of the state for both gates, and one for the candidate.

// GRU: rnn.func @forward
// GRU-NOT: rnn.matmul
// GRU: rnn.matmul %{{.*}} : tensor<15x3xf64>, tensor<?x?x3xf64, "T">
// GRU-NOT: rnn.matmul
// GRU: rnn.scan
// GRU-NOT: rnn.matmul
// GRU: rnn.matmul %{{.*}} : tensor<10x5xf64>
// GRU-NOT: rnn.matmul
// GRU: rnn.matmul %{{.*}} : tensor<5x5xf64>
// GRU-NOT: rnn.matmul
// GRU: rnn.return

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// The stacked weight is made once, before the recurrence.
// CHECK-LABEL: rnn.model @Shared
// CHECK: %[[A:.*]] = rnn.get @A
// CHECK: %[[B:.*]] = rnn.get @B
// CHECK: %[[AB:.*]] = rnn.concat dim 0 %[[A]], %[[B]] : tensor<4x4xf32>, tensor<2x4xf32> to tensor<6x4xf32>
// CHECK: rnn.scan "T" (%[[x:.*]] = %{{.*}}) init (%[[h:.*]] = %{{.*}})
// CHECK-NEXT: %[[both:.*]] = rnn.matmul %[[AB]], %[[h]]
// CHECK-NEXT: %[[a:.*]] = rnn.slice %[[both]] dim 0[0, 4]
// CHECK-NEXT: %[[b:.*]] = rnn.slice %[[both]] dim 0[4, 2]
// CHECK-NEXT: %[[other:.*]] = rnn.matmul %[[A]], %[[x]]
// CHECK-NEXT: %[[next:.*]] = rnn.add %[[a]], %[[other]]
// CHECK-NEXT: rnn.yield %[[next]], %[[b]]
rnn.model @Shared axes ["T"] element f32 {
  rnn.param @A : tensor<4x4xf32> init "zeros"
  rnn.param @B : tensor<2x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.output @y : tensor<?x?x2xf32, "T">
  rnn.func @forward {
    %A = rnn.get @A : tensor<4x4xf32>
    %B = rnn.get @B : tensor<2x4xf32>
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %hT, %y = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) -> (tensor<?x?x2xf32, "T">) {
      %a = rnn.matmul %A, %h : tensor<4x4xf32>, !h to !h
      %other = rnn.matmul %A, %xt : tensor<4x4xf32>, !h to !h
      %b = rnn.matmul %B, %h : tensor<2x4xf32>, !h to tensor<?x2xf32>
      %next = rnn.add %a, %other : !h
      rnn.yield %next, %b : !h, tensor<?x2xf32>
    }
    rnn.return [#rnn.role<output @y>] %y : tensor<?x?x2xf32, "T">
  }
}

// -----

// A weight that is known only after the first product, or that each step makes,
// cannot be stacked before it.
!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// CHECK-LABEL: rnn.model @Late
// CHECK: rnn.func @forward
// CHECK-NOT: rnn.concat
// CHECK: rnn.return
rnn.model @Late axes ["T"] element f32 {
  rnn.param @A : tensor<4x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.func @forward {
    %A = rnn.get @A : tensor<4x4xf32>
    %x = rnn.get @x : !hs
    %a = rnn.matmul %A, %x : tensor<4x4xf32>, !hs to !hs
    %late = rnn.outer %a, %x : !hs, !hs to tensor<4x4xf32>
    %b = rnn.matmul %late, %x : tensor<4x4xf32>, !hs to !hs
    %ab = rnn.add %a, %b : !hs
    %hT, %hs = rnn.scan "T" (%xt = %ab : !hs) init (%w = %A : tensor<4x4xf32>) -> (!hs) {
      %p = rnn.matmul %w, %xt : tensor<4x4xf32>, !h to !h
      %v = rnn.tanh %w : tensor<4x4xf32>
      %q = rnn.matmul %v, %xt : tensor<4x4xf32>, !h to !h
      %pq = rnn.add %p, %q : !h
      rnn.yield %v, %pq : tensor<4x4xf32>, !h
    }
    rnn.return [#rnn.role<output @y>] %hs : !hs
  }
}

// -----

// Products of different operands stay apart, whatever their weights.
!h = tensor<?x4xf32>

// CHECK-LABEL: rnn.model @Apart
// CHECK: rnn.func @forward
// CHECK-NOT: rnn.concat
// CHECK: rnn.return
rnn.model @Apart axes ["T"] element f32 {
  rnn.param @A : tensor<4x4xf32> init "zeros"
  rnn.input @x : !h
  rnn.input @z : !h
  rnn.output @y : !h
  rnn.func @forward {
    %A = rnn.get @A : tensor<4x4xf32>
    %x = rnn.get @x : !h
    %z = rnn.get @z : !h
    %a = rnn.matmul %A, %x : tensor<4x4xf32>, !h to !h
    %b = rnn.matmul %A, %z : tensor<4x4xf32>, !h to !h
    %y = rnn.add %a, %b : !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}
