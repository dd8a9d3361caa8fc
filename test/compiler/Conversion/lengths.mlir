// RUN: rnn-opt %s --rnn-pipeline=gradient=false --rnnc-lower-rnn --canonicalize --cse -split-input-file | FileCheck %s

// What stands between two scans runs in one loop over the parts of a chunk: the
// steps that every sequence has, at once, then a step at a time; and in it in a
// loop over runs, which is entered once where all rows are there. No code is
// there twice.

!h = tensor<?x8xf32>
!xs = tensor<?x?x4xf32, "T">
!hs = tensor<?x?x8xf32, "T">

// CHECK-LABEL: func.func @Rows_forward(
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG: %[[ONE:.*]] = arith.constant 1 : index
// CHECK: scf.for
// CHECK: %[[FULL:.*]] = arith.minsi
// CHECK: scf.for %[[PART:.*]] = %[[ZERO]] to
// CHECK: %[[ISFULL:.*]] = arith.cmpi slt, %[[PART]]
// CHECK: %[[STEPS:.*]] = arith.select %[[ISFULL]], %[[FULL]], %[[ONE]] : index
// CHECK: %[[BOUNDS:.*]]:2 = scf.if %[[ISFULL]]
// CHECK-NEXT: scf.yield %[[ZERO]], %[[ONE]] : index, index
// CHECK: scf.for %{{.*}} = %[[BOUNDS]]#0 to %[[BOUNDS]]#1 step %[[ONE]]
// CHECK: %[[ROWS:.*]]:2 = scf.if %[[ISFULL]]
// CHECK-NEXT: scf.yield %[[ZERO]], %[[BATCH:.*]] : index, index
// CHECK: arith.muli %[[STEPS]], %[[ROWS]]#1 : index
// CHECK: dnn.gemm @Rows_forward_site0
// CHECK-NOT: dnn.gemm @Rows_forward_site0

// A step likewise; states of sequences that have ended go on first.
// CHECK: scf.for
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK: dnn.copy
// CHECK: }
// CHECK: scf.for
// CHECK: dnn.gemm_phase @Rows_forward_site1
// CHECK-NOT: dnn.gemm_phase @Rows_forward_site1

// The product and the softmax share a loop.
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK: dnn.gemm @Rows_forward_site2
// CHECK-NOT: }
// CHECK: dnn.softmax
// CHECK: return
rnn.model @Rows axes ["T"] element f32 {
  rnn.param @W : tensor<8x4xf32> init "zeros"
  rnn.param @U : tensor<8x8xf32> init "zeros"
  rnn.input @x : !xs
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %W = rnn.get @W : tensor<8x4xf32>
    %U = rnn.get @U : tensor<8x8xf32>
    %zero = rnn.constant 0.0 : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %zero : !h) -> (!hs) {
      %p = rnn.matmul %W, %xt : tensor<8x4xf32>, tensor<?x4xf32> to !h
      %q = rnn.matmul %U, %h : tensor<8x8xf32>, !h to !h
      %r = rnn.add %p, %q : !h
      %next = rnn.tanh %r : !h
      rnn.yield %next, %next : !h, !h
    }
    %z = rnn.matmul %U, %hs : tensor<8x8xf32>, !hs to !hs
    %y = rnn.softmax %z : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

// The last step is kept chunk by chunk: no sequence is stored as a whole.
!h = tensor<?x8xf32>
!hs = tensor<?x?x8xf32, "T">
// CHECK-LABEL: rnn.model @Last
// CHECK-SAME: arena = array<i64: 0, 32, 0,
rnn.model @Last axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !h
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) -> (!hs) {
      %next = rnn.add %xt, %h : !h
      rnn.yield %next, %next : !h, !h
    }
    %s = rnn.softmax %hs : !hs
    %y = rnn.pick last %s : !hs to !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}

// -----

// A recurrence that is written backwards by reversing its input and its output
// goes backwards itself, and moves nothing but what the caller gets: its states
// have memory for a chunk.
!h = tensor<?x8xf32>
!hs = tensor<?x?x8xf32, "T">
// CHECK-LABEL: rnn.model @Backwards
// CHECK-SAME: arena = array<i64: 0, 16, 0,
// CHECK: func.func @Backwards_forward(
// CHECK-NOT: dnn.copy
// CHECK: scf.for
// CHECK: scf.for
// CHECK: dnn.copy
// CHECK: dnn.phase
rnn.model @Backwards axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %r = rnn.reverse %x : !hs
    %hT, %hs = rnn.scan "T" (%xt = %r : !hs) init (%h = %zero : !h) -> (!hs) {
      %next = rnn.add %xt, %h : !h
      rnn.yield %next, %next : !h, !h
    }
    %y = rnn.reverse %hs : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

// A weight gradient adds up full steps at once; the rows of runs are put
// together, each operand once, and added up when the chunk ends. What comes
// first overwrites it; zeros are written only where there is no chunk.
!h = tensor<?x8xf32>
!hs = tensor<?x?x8xf32, "T">
!w = tensor<8x8xf32>
// CHECK-LABEL: func.func @Outer_loss(
// CHECK: %[[ROWS:.*]] = llvm.alloca
// CHECK: %[[NONE:.*]] = arith.cmpi eq
// CHECK-NOT: dnn.fill
// CHECK: scf.if %[[NONE]]
// CHECK-COUNT-2: dnn.fill
// CHECK: scf.for %[[CHUNK:.*]] =
// CHECK: %[[FIRST:.*]] = arith.cmpi eq, %[[CHUNK]], %c0
// CHECK: llvm.store %{{.*}}, %[[ROWS]]
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: dnn.gemm_tn {{.*}} accumulate unless %[[FIRST]]
// CHECK: else
// CHECK-COUNT-2: dnn.copy
// CHECK-NOT: dnn
// CHECK: llvm.store %{{.*}}, %[[ROWS]]
// CHECK: %[[ALONE:.*]] = arith.andi %[[FIRST]]
// CHECK: %[[NEEDED:.*]] = arith.ori %{{.*}}, %[[ALONE]]
// CHECK: scf.if %[[NEEDED]]
// CHECK-COUNT-2: dnn.gemm_tn {{.*}} accumulate unless %[[ALONE]]
// CHECK-NOT: dnn.gemm_tn
// CHECK: return
rnn.model @Outer axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.target @y : !hs
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %y = rnn.get @y : !hs
    %a = rnn.outer %x, %y : !hs, !hs to !w
    %b = rnn.outer %y, %x : !hs, !hs to !w
    %d = rnn.mul %a, %b : !w
    %s = rnn.sum_to %d : !w to tensor<8x1xf32>
    %t = rnn.transpose %s : tensor<8x1xf32> to tensor<1x8xf32>
    %l = rnn.sum_to %t : tensor<1x8xf32> to tensor<1x1xf32>
    %k = rnn.constant 1.0 : tensor<1xf32>
    %loss = rnn.matmul %l, %k : tensor<1x1xf32>, tensor<1xf32> to tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }
}
