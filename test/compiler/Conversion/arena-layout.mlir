// RUN: rnn-opt %s --rnn-pipeline --rnnc-lower-rnn -split-input-file | FileCheck %s

// `arena` counts elements a row of each class: whole sequences and chunks of
// axis 0 come first, then (at 12 and 13) rows of the batch and static values.
// Buffers start at multiples of 16 elements.

!v = tensor<?x32xf32>
!vs = tensor<?x?x32xf32, "T">

// A chain of values over time is worked on in place, for a chunk only. So is an
// output that the caller does not want.
// CHECK-LABEL: rnn.model @Chain
// CHECK-SAME: arena = array<i64: 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {{.*}}index = 0
rnn.model @Chain axes ["T"] element f32 {
  rnn.input @x : !vs
  rnn.output @y : !vs
  rnn.func @forward {
    %x = rnn.get @x : !vs
    %1 = rnn.softmax %x : !vs
    %2 = rnn.softmax %1 : !vs
    %3 = rnn.softmax %2 : !vs
    %4 = rnn.softmax %3 : !vs
    %y = rnn.softmax %4 : !vs
    rnn.return [#rnn.role<output @y>] %y : !vs
  }
}

// -----

!v = tensor<?x32xf32>
!vs = tensor<?x?x32xf32, "T">

// The trajectory of a state is carried from chunk to chunk: nothing else may
// take its place, before the steps or after them.
// CHECK-LABEL: rnn.model @Carried
// CHECK-SAME: arena = array<i64: 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {{.*}}index = 0
rnn.model @Carried axes ["T"] element f32 {
  rnn.input @x : !vs
  rnn.output @y : !vs
  rnn.func @forward {
    %x = rnn.get @x : !vs
    %zero = rnn.constant 0.0 : !v
    %1 = rnn.softmax %x : !vs
    %hT, %hs = rnn.scan "T" (%xt = %1 : !vs) init (%h = %zero : !v) -> (!vs) {
      %s = rnn.add %h, %xt : !v
      %next = rnn.tanh %s : !v
      rnn.yield %next, %next : !v, !v
    }
    %2 = rnn.softmax %hs : !vs
    %3 = rnn.softmax %2 : !vs
    %y = rnn.softmax %3 : !vs
    rnn.return [#rnn.role<output @y>] %y : !vs
  }
}

// -----

!v = tensor<?x32xf32>
!vs = tensor<?x?x32xf32, "T">

// A final state is read after other chunks have run: theirs lie beside it.
// CHECK-LABEL: rnn.model @FinalState
// CHECK-SAME: arena = array<i64: 0, 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {{[0-9]+}}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {{.*}}index = 0
rnn.model @FinalState axes ["T"] element f32 {
  rnn.input @x : !vs
  rnn.output @y : !v
  rnn.func @forward {
    %x = rnn.get @x : !vs
    %zero = rnn.constant 0.0 : !v
    %aT = rnn.scan "T" (%xt = %x : !vs) init (%a = %zero : !v) {
      %s = rnn.add %a, %xt : !v
      %next = rnn.tanh %s : !v
      rnn.yield %next : !v
    }
    %bT = rnn.scan "T" reverse (%xt = %x : !vs) init (%b = %zero : !v) {
      %s = rnn.mul %b, %xt : !v
      %next = rnn.tanh %s : !v
      rnn.yield %next : !v
    }
    %y = rnn.add %aT, %bT : !v
    rnn.return [#rnn.role<output @y>] %y : !v
  }
}

// -----

// A value of one feature is as wide as the alignment.
// CHECK-LABEL: rnn.model @Narrow
// CHECK-SAME: arena = array<i64: 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {{.*}}index = 1
rnn.model @Narrow axes ["T"] element f32 {
  rnn.input @x : tensor<?x?x32xf32, "T">
  rnn.func @loss {
    %x = rnn.get @x : tensor<?x?x32xf32, "T">
    %best = rnn.argmax %x : tensor<?x?x32xf32, "T"> to tensor<?x?x1xf32, "T">
    %loss = rnn.sum_to mean %best : tensor<?x?x1xf32, "T"> to tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }
}

// -----

!v = tensor<?x32xf32>
!vs = tensor<?x?x32xf32, "T">

// Run by run of rows, a run's first values are made after the last ones of the
// run before: what is read after all runs has a place of its own, though
// nothing reads the first values by then.
// CHECK-LABEL: rnn.model @Runs
// CHECK-SAME: arena = array<i64: 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>, {{.*}}index = 0
rnn.model @Runs axes ["T"] element f32 {
  rnn.param @W : tensor<32x32xf32> init "zeros"
  rnn.input @x : !vs
  rnn.output @y : !vs
  rnn.func @forward {
    %x = rnn.get @x : !vs
    %zero = rnn.constant 0.0 : !v
    %W = rnn.get @W : tensor<32x32xf32>
    %1 = rnn.matmul %W, %x : tensor<32x32xf32>, !vs to !vs
    %2 = rnn.matmul %W, %1 : tensor<32x32xf32>, !vs to !vs
    %3 = rnn.matmul %W, %2 : tensor<32x32xf32>, !vs to !vs
    %hT, %hs = rnn.scan "T" (%xt = %3 : !vs) init (%h = %zero : !v) -> (!vs) {
      %s = rnn.add %h, %xt : !v
      %next = rnn.tanh %s : !v
      rnn.yield %next, %next : !v, !v
    }
    %y = rnn.softmax %hs : !vs
    rnn.return [#rnn.role<output @y>] %y : !vs
  }
}

// -----

!vs = tensor<?x?x512xf32, "T">
!ws = tensor<?x?x1000xf32, "T">

// Rows a multiple of 2 KiB apart would lie on the same sets of a cache: in the
// arena they have a line more. The caller's are as they are.
// CHECK-LABEL: rnn.model @Apart
// CHECK-SAME: arena = array<i64: 0, 1536, {{.*}}index = 0
// CHECK: dnn.buffer {{.*}} : memref<?x512xf32, strided<[512, 1]>>
// CHECK: dnn.softmax {{.*}} : memref<?x512xf32, strided<[512, 1]>>, memref<?x512xf32, strided<[528, 1]>>
// CHECK: dnn.gemm {{.*}} : memref<?x512xf32, strided<[528, 1]>>, memref<?x1000xf32, strided<[1000, 1]>>
rnn.model @Apart axes ["T"] element f32 {
  rnn.param @W : tensor<1000x512xf32> init "zeros"
  rnn.param @V : tensor<512x1000xf32> init "zeros"
  rnn.input @x : !vs
  rnn.output @y : !vs
  rnn.func @forward {
    %x = rnn.get @x : !vs
    %W = rnn.get @W : tensor<1000x512xf32>
    %V = rnn.get @V : tensor<512x1000xf32>
    %1 = rnn.softmax %x : !vs
    %2 = rnn.matmul %W, %1 : tensor<1000x512xf32>, !vs to !ws
    %y = rnn.matmul %V, %2 : tensor<512x1000xf32>, !ws to !vs
    rnn.return [#rnn.role<output @y>] %y : !vs
  }
}
