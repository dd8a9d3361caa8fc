// RUN: rnn-opt %s --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-hoist,canonicalize,cse)))' -split-input-file | FileCheck %s

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
!tokens = tensor<?x?x1xi32, "T">

// What a step multiplies of its inputs alone, or looks up for them, is done for
// all steps at once, sums of such products with it; what is not worth a pass
// over memory stays in the step, and so does what depends on the state.
// CHECK-LABEL: rnn.model @Projections
// CHECK-DAG: %[[W:.*]] = rnn.get @W
// CHECK-DAG: %[[U:.*]] = rnn.get @U
// CHECK-DAG: %[[x:.*]] = rnn.get @x
// CHECK-DAG: %[[t:.*]] = rnn.get @t
// CHECK-DAG: %[[looked:.*]] = rnn.gather %[[W]], %[[t]] : tensor<4x4xf32>, tensor<?x?x1xi32, "T">
// CHECK-DAG: %[[squashed:.*]] = rnn.tanh %[[x]] : tensor<?x?x4xf32, "T">
// CHECK-DAG: %[[product:.*]] = rnn.matmul %[[W]], %[[squashed]] : tensor<4x4xf32>, tensor<?x?x4xf32, "T">
// CHECK: %[[sum:.*]] = rnn.add %[[looked]], %[[product]] : tensor<?x?x4xf32, "T">
// CHECK: rnn.scan "T"
// CHECK-SAME: %[[st:.*]] = %[[sum]]
// CHECK-SAME: init (%[[h:.*]] = %
// CHECK-NOT: rnn.gather
// CHECK: rnn.exp
// CHECK: rnn.matmul %[[U]], %[[h]]
// CHECK-NOT: rnn.matmul
// CHECK: rnn.yield
rnn.model @Projections axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.param @U : tensor<4x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.input @t : !tokens vocabulary 4
  rnn.output @y : !hs
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf32>
    %U = rnn.get @U : tensor<4x4xf32>
    %x = rnn.get @x : !hs
    %t = rnn.get @t : !tokens
    %zero = rnn.constant 0.0 : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !hs, %tt = %t : !tokens) init (%h = %zero : !h) -> (!hs) {
      %row = rnn.gather %W, %tt : tensor<4x4xf32>, tensor<?x1xi32> to !h
      %squashed = rnn.tanh %xt : !h
      %px = rnn.matmul %W, %squashed : tensor<4x4xf32>, !h to !h
      %sum = rnn.add %row, %px : !h
      %cheap = rnn.exp %xt : !h
      %ph = rnn.matmul %U, %h : tensor<4x4xf32>, !h to !h
      %1 = rnn.add %sum, %ph : !h
      %2 = rnn.mul %1, %cheap : !h
      %next = rnn.tanh %2 : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @y>] %hs : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// What depends on nothing in the step is computed once.
// CHECK-LABEL: rnn.model @Invariants
// CHECK: %[[rate:.*]] = rnn.sigmoid %{{.*}} : tensor<4xf32>
// CHECK: %[[squared:.*]] = rnn.mul %{{.*}} : tensor<4x4xf32>
// CHECK: %[[once:.*]] = rnn.matmul %{{.*}} : tensor<4x4xf32>, tensor<?x4xf32> to tensor<?x4xf32>
// CHECK: rnn.scan
// CHECK-NOT: rnn.sigmoid
// CHECK: rnn.matmul %[[squared]]
// CHECK: rnn.broadcast %[[rate]]
// CHECK: rnn.add %{{.*}}, %[[once]]
rnn.model @Invariants axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.param @w : tensor<4xf32> init "zeros"
  rnn.input @speaker : !h
  rnn.output @y : !hs
  rnn.input @x : !hs
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf32>
    %w = rnn.get @w : tensor<4xf32>
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %zero = rnn.constant 0.0 : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) -> (!hs) {
      %rate = rnn.sigmoid %w : tensor<4xf32>
      %squared = rnn.mul %W, %W : tensor<4x4xf32>
      %who = rnn.matmul %W, %speaker : tensor<4x4xf32>, !h to !h
      %p = rnn.matmul %squared, %h : tensor<4x4xf32>, !h to !h
      %rates = rnn.broadcast %rate : tensor<4xf32> to !h
      %q = rnn.mul %p, %rates : !h
      %r = rnn.add %q, %who : !h
      %next = rnn.add %r, %xt : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @y>] %hs : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
!v = tensor<?x?x7xf32, "T">

// Logits, which no state depends on, and what follows from them leave the step;
// it stacks the state alone.
// CHECK-LABEL: rnn.model @Logits
// CHECK: %[[scan:.*]]:2 = rnn.scan "T" {{.*}} -> (tensor<?x?x4xf32, "T">) {
// CHECK-NOT: rnn.softmax
// CHECK: rnn.yield %[[next:.*]], %[[next]] :
// CHECK: %[[logits:.*]] = rnn.matmul %{{.*}}, %[[scan]]#1 : tensor<7x4xf32>, tensor<?x?x4xf32, "T"> to tensor<?x?x7xf32, "T">
// CHECK: %[[bias:.*]] = rnn.broadcast %{{.*}} : tensor<7xf32> to tensor<?x?x7xf32, "T">
// CHECK: %[[biased:.*]] = rnn.add %[[logits]], %[[bias]]
// CHECK: %[[p:.*]] = rnn.softmax %[[biased]] : tensor<?x?x7xf32, "T">
// CHECK: rnn.return {{.*}} %[[p]]
rnn.model @Logits axes ["T"] element f32 {
  rnn.param @W : tensor<7x4xf32> init "zeros"
  rnn.param @b : tensor<7xf32> init "zeros"
  rnn.input @x : !hs
  rnn.output @p : !v
  rnn.func @forward {
    %W = rnn.get @W : tensor<7x4xf32>
    %b = rnn.get @b : tensor<7xf32>
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %hT, %p = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) -> (!v) {
      %s = rnn.add %h, %xt : !h
      %next = rnn.tanh %s : !h
      %logits = rnn.matmul %W, %next : tensor<7x4xf32>, !h to tensor<?x7xf32>
      %bias = rnn.broadcast %b : tensor<7xf32> to tensor<?x7xf32>
      %biased = rnn.add %logits, %bias : tensor<?x7xf32>
      %pt = rnn.softmax %biased : tensor<?x7xf32>
      rnn.yield %next, %pt : !h, tensor<?x7xf32>
    }
    rnn.return [#rnn.role<output @p>] %p : !v
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// A number that the step computes, repeated over features, goes with the product
// that it enters.
// CHECK-LABEL: rnn.model @RepeatedNumber
// CHECK: rnn.scan
// CHECK-NOT: rnn.matmul
// CHECK: rnn.yield
// CHECK: rnn.matmul %{{.*}} : tensor<4x4xf32>, tensor<?x?x4xf32, "T">
rnn.model @RepeatedNumber axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf32>
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %hT, %y = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) -> (!hs) {
      %next = rnn.add %h, %xt : !h
      %number = rnn.sum_to %next : !h to tensor<?x1xf32>
      %gate = rnn.broadcast %number : tensor<?x1xf32> to !h
      %p = rnn.matmul %W, %gate : tensor<4x4xf32>, !h to !h
      rnn.yield %next, %p : !h, !h
    }
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
!w = tensor<4x4xf32>

// What a step adds to a sum over rows is one sum over the rows of all steps; a
// sum that decays is not.
// CHECK-LABEL: rnn.model @Sums
// CHECK: %[[scan:.*]]:3 = rnn.scan "T" {{.*}} init (%[[decaying:.*]] = %{{.*}} : tensor<4xf32>, %[[h:.*]] = %{{.*}} : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
// CHECK-NOT: rnn.outer
// CHECK: rnn.sum_to %{{.*}} : tensor<?x4xf32> to tensor<4xf32>
// CHECK: rnn.yield
// CHECK: rnn.outer %[[scan]]#2, %{{.*}} : tensor<?x?x4xf32, "T">, tensor<?x?x4xf32, "T"> to tensor<4x4xf32>
rnn.model @Sums axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !h
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %none = rnn.constant 0.0 : !w
    %nothing = rnn.constant 0.0 : tensor<4xf32>
    %sumT, %decayedT, %hT = rnn.scan "T" (%xt = %x : !hs) init (%sum = %none : !w, %decaying = %nothing : tensor<4xf32>, %h = %zero : !h) {
      %s = rnn.add %h, %xt : !h
      %next = rnn.tanh %s : !h
      %pairs = rnn.outer %next, %xt : !h, !h to !w
      %half = rnn.constant 0.5 : !w
      %more = rnn.add %sum, %pairs : !w
      %rate = rnn.constant 0.5 : tensor<4xf32>
      %faded = rnn.mul %decaying, %rate : tensor<4xf32>
      %row = rnn.sum_to %next : !h to tensor<4xf32>
      %remembered = rnn.add %faded, %row : tensor<4xf32>
      rnn.yield %more, %remembered, %next : !w, tensor<4xf32>, !h
    }
    %p = rnn.matmul %sumT, %hT : !w, !h to !h
    %b = rnn.broadcast %decayedT : tensor<4xf32> to !h
    %y = rnn.add %p, %b : !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// What a step computes of values that are free to make is computed once, too. A
// mask that stays the same at every step becomes a factor of the batch; one of
// its own each step stays, though its operand does not change.
// CHECK-LABEL: rnn.model @Masks
// CHECK: %[[ones:.*]] = rnn.constant 1.000000e+00 : tensor<?x4xf32>
// CHECK: %[[x:.*]] = rnn.get @x
// CHECK: %[[whole:.*]] = rnn.dropout sequence %[[ones]] rate 2.500000e-01 site 0 : tensor<?x4xf32>
// CHECK: %[[wholes:.*]] = rnn.broadcast %[[whole]] : tensor<?x4xf32> to tensor<?x?x4xf32, "T">
// CHECK: %[[xs:.*]] = rnn.mul %[[x]], %[[wholes]]
// CHECK-DAG: %[[mask:.*]] = rnn.dropout sequence %[[ones]] rate 5.000000e-01 site 1 : tensor<?x4xf32>
// CHECK-DAG: %[[rest:.*]] = rnn.sub %{{.*}} : tensor<4x4xf32>
// CHECK: rnn.scan "T" (%[[xt:.*]] = %[[xs]] : {{.*}}) init (%[[h:.*]] = %
// CHECK-NOT: rnn.sub
// CHECK: rnn.mul %[[h]], %[[mask]]
// CHECK: rnn.matmul %[[rest]]
// CHECK: rnn.dropout %{{.*}} rate 5.000000e-01 site 2
// CHECK: rnn.yield
rnn.model @Masks axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.input @speaker : !h
  rnn.output @y : !hs
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf32>
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %zero = rnn.constant 0.0 : !h
    %xs = rnn.dropout sequence %x rate 0.25 site 0 : !hs
    %hT, %hs = rnn.scan "T" (%xt = %xs : !hs) init (%h = %zero : !h) -> (!hs) {
      %kept = rnn.dropout sequence %h rate 0.5 site 1 : !h
      %one = rnn.constant 1.0 : tensor<4x4xf32>
      %rest = rnn.sub %one, %W : tensor<4x4xf32>
      %p = rnn.matmul %rest, %kept : tensor<4x4xf32>, !h to !h
      %told = rnn.dropout %speaker rate 0.5 site 2 : !h
      %1 = rnn.add %p, %told : !h
      %2 = rnn.add %1, %xt : !h
      %next = rnn.tanh %2 : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @y>] %hs : !hs
  }
}
