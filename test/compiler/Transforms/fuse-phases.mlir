// RUN: rnn-opt %s --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-fuse-phases)))' -split-input-file | FileCheck %s
// RUN: rnn-opt %S/Inputs/lstm.mlir --rnn-pipeline=gradient=false | FileCheck %s --check-prefix=LSTM

// The step of an LSTM is one loop, with the product whose gates it consumes.
// LSTM-LABEL: rnn.func @forward
// LSTM: rnn.scan
// LSTM-NOT: rnn.matmul
// LSTM: rnn.phase -> tensor<?x5xf64>, tensor<?x5xf64> {
// LSTM-NEXT: rnn.matmul %{{.*}} : tensor<20x5xf64>, tensor<?x5xf64>
// LSTM-COUNT-3: rnn.sigmoid
// LSTM: rnn.tanh
// LSTM: rnn.tanh
// LSTM: rnn.yield
// LSTM: }
// LSTM-NEXT: rnn.yield

!h = tensor<?x4xf32>
!g = tensor<?x8xf32>

// Elementwise operations between the same products are one phase, which takes
// its constants and broadcasts with it; it yields what others read.
// CHECK-LABEL: rnn.model @Between
// CHECK: %[[first:.*]]:2 = rnn.phase -> tensor<?x4xf32>, tensor<?x4xf32> {
// CHECK-DAG: rnn.broadcast
// CHECK-DAG: rnn.constant
// CHECK: rnn.tanh
// CHECK: rnn.yield
// CHECK: }
// CHECK: rnn.phase -> tensor<?x4xf32> {
// CHECK-NEXT: rnn.matmul %{{.*}}, %[[first]]#
// CHECK: rnn.add
// CHECK: rnn.yield
// CHECK: }
// CHECK-NEXT: rnn.return
rnn.model @Between axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.param @b : tensor<4xf32> init "zeros"
  rnn.input @x : !h
  rnn.output @y : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %W = rnn.get @W : tensor<4x4xf32>
    %b = rnn.get @b : tensor<4xf32>
    %bias = rnn.broadcast %b : tensor<4xf32> to !h
    %half = rnn.constant 0.5 : !h
    %1 = rnn.add %x, %bias : !h
    %2 = rnn.mul %1, %half : !h
    %3 = rnn.tanh %2 : !h
    %4 = rnn.mul %1, %1 : !h
    %p = rnn.matmul %W, %3 : tensor<4x4xf32>, !h to !h
    %y = rnn.add %p, %4 : !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}

// -----

!h = tensor<?x4xf32>
!g = tensor<?x8xf32>

// A product that something else reads too, or whose gates are not all read,
// stays outside of the phase.
// CHECK-LABEL: rnn.model @NotAlone
// CHECK: %[[shared:.*]] = rnn.matmul
// CHECK: %[[partial:.*]] = rnn.matmul
// CHECK: rnn.phase
// CHECK-NOT: rnn.matmul
// CHECK: rnn.yield
// CHECK: rnn.softmax %[[shared]]
rnn.model @NotAlone axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.param @V : tensor<8x4xf32> init "zeros"
  rnn.input @x : !h
  rnn.output @y : !h
  rnn.output @p : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %W = rnn.get @W : tensor<4x4xf32>
    %V = rnn.get @V : tensor<8x4xf32>
    %shared = rnn.matmul %W, %x : tensor<4x4xf32>, !h to !h
    %gates = rnn.matmul %V, %x : tensor<8x4xf32>, !h to !g
    %first = rnn.slice %gates dim 0 [0, 4] : !g to !h
    %y = rnn.add %shared, %first : !h
    %p = rnn.softmax %shared : !h
    rnn.return [#rnn.role<output @y>, #rnn.role<output @p>] %y, %p : !h, !h
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// A value of the batch repeated over time has other rows than the phase: it is
// made before.
// CHECK-LABEL: rnn.model @OverTime
// CHECK: %[[repeated:.*]] = rnn.broadcast %{{.*}} : tensor<?x4xf32> to tensor<?x?x4xf32, "T">
// CHECK: rnn.phase
// CHECK-NEXT: rnn.add %{{.*}}, %[[repeated]]
rnn.model @OverTime axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.input @speaker : !h
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %who = rnn.broadcast %speaker : !h to !hs
    %y = rnn.add %x, %who : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

// Arithmetic that nothing reads makes no phase.
!h = tensor<?x4xf32>
// CHECK-LABEL: rnn.model @Dead
// CHECK-NOT: rnn.phase
// CHECK: rnn.return
rnn.model @Dead axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.output @y : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %a = rnn.tanh %x : !h
    %b = rnn.exp %a : !h
    rnn.return [#rnn.role<output @y>] %x : !h
  }
}

// -----

// Gates of one product are consumed together where one is needed early: the
// other is kept as what is made of it, here by two operations.
!h = tensor<?x4xf32>
!g = tensor<?x8xf32>
// CHECK-LABEL: rnn.model @EarlyGate
// CHECK: %[[gates:.*]]:2 = rnn.phase
// CHECK: rnn.matmul
// CHECK: rnn.slice
// CHECK: rnn.slice
// CHECK-COUNT-2: rnn.sigmoid
// CHECK: rnn.yield
// CHECK: rnn.phase
// CHECK-NOT: rnn.sigmoid
// CHECK: rnn.return
rnn.model @EarlyGate axes ["T"] element f32 {
  rnn.param @W : tensor<8x4xf32> init "zeros"
  rnn.param @V : tensor<4x4xf32> init "zeros"
  rnn.param @b : tensor<4xf32> init "zeros"
  rnn.input @x : !h
  rnn.output @y : !h
  rnn.func @forward {
    %W = rnn.get @W : tensor<8x4xf32>
    %V = rnn.get @V : tensor<4x4xf32>
    %b = rnn.get @b : tensor<4xf32>
    %x = rnn.get @x : !h
    %gates = rnn.matmul %W, %x : tensor<8x4xf32>, !h to !g
    %0 = rnn.slice %gates dim 0 [0, 4] : !g to !h
    %r = rnn.sigmoid %0 : !h
    %1 = rnn.slice %gates dim 0 [4, 4] : !g to !h
    %2 = rnn.broadcast %b : tensor<4xf32> to !h
    %3 = rnn.add %1, %2 : !h
    %z = rnn.sigmoid %3 : !h
    %4 = rnn.mul %r, %x : !h
    %n = rnn.matmul %V, %4 : tensor<4x4xf32>, !h to !h
    %5 = rnn.mul %z, %n : !h
    %6 = rnn.sub %z, %5 : !h
    %7 = rnn.mul %z, %6 : !h
    rnn.return [#rnn.role<output @y>] %7 : !h
  }
}

// -----

// The sums over features that a phase's values have are made in its loop; what
// only they read is no result, save that one gives the loop its shape.
!h = tensor<?x4xf32>
!s = tensor<?x1xf32>
// CHECK-LABEL: rnn.model @Sums
// CHECK: %[[p:.*]]:3 = rnn.phase -> tensor<?x4xf32>, tensor<?x1xf32>, tensor<?x1xf32> {
// CHECK: %[[sum:.*]] = rnn.sum_to %[[a:.*]] : tensor<?x4xf32> to tensor<?x1xf32>
// CHECK: %[[mean:.*]] = rnn.sum_to mean %{{.*}} : tensor<?x4xf32> to tensor<?x1xf32>
// CHECK: rnn.yield %[[a]], %[[sum]], %[[mean]]
// CHECK: %[[q:.*]]:2 = rnn.phase -> tensor<?x4xf32>, tensor<?x1xf32> {
// CHECK: rnn.broadcast %[[p]]#2
// CHECK: rnn.exp
// CHECK: rnn.sum_to
// CHECK-NOT: rnn.sum_to
// CHECK: rnn.return {{.*}} %{{.*}}, %[[q]]#1, %[[p]]#1
rnn.model @Sums axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.output @y : !h
  rnn.output @s : !s
  rnn.output @e : !s
  rnn.func @forward {
    %x = rnn.get @x : !h
    %a = rnn.tanh %x : !h
    %b = rnn.mul %a, %a : !h
    %sum = rnn.sum_to %a : !h to !s
    %mean = rnn.sum_to mean %b : !h to !s
    %m = rnn.broadcast %mean : !s to !h
    %y = rnn.sub %a, %m : !h
    %e = rnn.exp %y : !h
    %t = rnn.sum_to %e : !h to !s
    rnn.return [#rnn.role<output @y>, #rnn.role<output @e>, #rnn.role<output @s>] %x, %t, %sum : !h, !s, !s
  }
}

// -----

// A mean over features that is repeated over them is divided in a phase of its
// own width; the phase that reads it repeats it. One over the batch is not.
!h = tensor<?x8xf32>
!s = tensor<?x1xf32>
// CHECK-LABEL: rnn.model @Means
// CHECK: %[[divided:.*]] = rnn.phase -> tensor<?x1xf32> {
// CHECK: %[[root:.*]] = rnn.sqrt
// CHECK: %[[eighth:.*]] = rnn.constant 1.250000e-01 : tensor<?x1xf32>
// CHECK: rnn.mul %[[root]], %[[eighth]]
// CHECK: rnn.broadcast mean %{{.*}} : tensor<8xf32> to tensor<?x8xf32>
// CHECK: rnn.phase -> tensor<?x8xf32> {
// CHECK: rnn.broadcast %[[divided]] : tensor<?x1xf32> to tensor<?x8xf32>
rnn.model @Means axes ["T"] element f32 {
  rnn.param @b : tensor<8xf32> init "zeros"
  rnn.input @x : !h
  rnn.input @v : !s
  rnn.output @y : !h
  rnn.func @forward {
    %b = rnn.get @b : tensor<8xf32>
    %x = rnn.get @x : !h
    %v = rnn.get @v : !s
    %root = rnn.sqrt %v : !s
    %mean = rnn.broadcast mean %root : !s to !h
    %over = rnn.broadcast mean %b : tensor<8xf32> to !h
    %a = rnn.mul %x, %mean : !h
    %y = rnn.add %a, %over : !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}
