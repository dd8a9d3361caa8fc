// RUN: rnn-opt %s --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-fuse-losses)))' -split-input-file | FileCheck %s

!v = tensor<?x?x4xf32, "T">
!n = tensor<?x?x1xf32, "T">
!t = tensor<?x?x1xi32, "T">

// The slope of a loss that is there becomes one operation, which reads it.
// CHECK-LABEL: rnn.model @Fused
// CHECK: %[[z:.*]] = rnn.get @z
// CHECK: %[[y:.*]] = rnn.get @y
// CHECK: %[[w:.*]] = rnn.get @w
// CHECK-NEXT: %[[nats:.*]] = rnn.cross_entropy %[[z]], %[[y]]
// CHECK-NEXT: %[[slope:.*]] = rnn.cross_entropy_gradient %[[z]], %[[y]], %[[nats]], %[[w]]
// CHECK-NEXT: rnn.return {{.*}} %[[slope]]
rnn.model @Fused axes ["T"] element f32 {
  rnn.input @z : !v
  rnn.input @w : !n
  rnn.target @y : !t
  rnn.output @d : !v
  rnn.func @forward {
    %z = rnn.get @z : !v
    %y = rnn.get @y : !t
    %w = rnn.get @w : !n
    %nats = rnn.cross_entropy %z, %y : !v, !t to !n
    %p = rnn.softmax %z : !v
    %hot = rnn.one_hot %y : !t to !v
    %slope = rnn.sub %p, %hot : !v
    %many = rnn.broadcast %w : !n to !v
    %d = rnn.mul %many, %slope : !v
    rnn.return [#rnn.role<output @d>] %d : !v
  }
}

// -----

!v = tensor<?x?x4xf32, "T">
!n = tensor<?x?x1xf32, "T">
!t = tensor<?x?x1xi32, "T">

// Without the loss, or times something else than a number a row, it stays.
// CHECK-LABEL: rnn.model @Apart
// CHECK-NOT: rnn.cross_entropy_gradient
rnn.model @Apart axes ["T"] element f32 {
  rnn.input @z : !v
  rnn.input @u : !v
  rnn.input @w : !n
  rnn.target @y : !t
  rnn.output @d : !v
  rnn.output @e : !v
  rnn.output @n : !n
  rnn.func @forward {
    %z = rnn.get @z : !v
    %u = rnn.get @u : !v
    %y = rnn.get @y : !t
    %w = rnn.get @w : !n
    %many = rnn.broadcast %w : !n to !v
    %p = rnn.softmax %u : !v
    %hot = rnn.one_hot %y : !t to !v
    %slope = rnn.sub %p, %hot : !v
    %d = rnn.mul %slope, %many : !v
    %nats = rnn.cross_entropy %z, %y : !v, !t to !n
    %q = rnn.softmax %z : !v
    %other = rnn.sub %q, %hot : !v
    %e = rnn.mul %other, %u : !v
    rnn.return [#rnn.role<output @d>, #rnn.role<output @e>, #rnn.role<output @n>] %d, %e, %nats : !v, !v, !n
  }
}
