// RUN: rnn-opt %S/Inputs/vanilla.mlir --rnn-derive-step | FileCheck %s
// RUN: rnn-opt %S/Inputs/lstm.mlir --rnn-pipeline | FileCheck %s --check-prefix=FUSED
// RUN: rnn-opt %S/Inputs/translate.mlir --rnn-derive-step | FileCheck %s --check-prefix=CONTEXT
// RUN: rnn-opt %s --rnn-derive-step -split-input-file -verify-diagnostics

// The body of the scan stands in its place, the caller's state in place of its
// arguments, one step of the input in place of the sequence.
// CHECK-LABEL: rnn.func @step {
// CHECK-NOT: rnn.scan
// CHECK: %[[x:.*]] = rnn.get @x : tensor<?x3xf64>
// CHECK: %[[h:.*]] = rnn.initial_state @h
// CHECK: rnn.matmul %{{.*}}, %[[x]] : tensor<5x3xf64>
// CHECK: rnn.matmul %{{.*}}, %[[h]] : tensor<5x5xf64>
// CHECK: %[[next:.*]] = rnn.tanh
// CHECK: %[[p:.*]] = rnn.matmul %{{.*}}, %[[next]] : tensor<2x5xf64>
// CHECK: rnn.return [#rnn.role<output @p>, #rnn.role<state @h>] %[[p]], %[[next]]

// A layer of the step is one phase, with the recurrent product in it.
// FUSED-LABEL: rnn.func @step {
// FUSED: rnn.phase
// FUSED-NEXT: rnn.matmul %{{.*}} : tensor<20x5xf64>
// FUSED: rnn.yield
// FUSED: rnn.phase
// FUSED-NEXT: rnn.matmul
// FUSED: rnn.yield
// FUSED-NOT: rnn.phase
// FUSED: rnn.return

// What the step needs of inputs that it is not fed is in the stream's records,
// filled by @encode: the decoder's first state, and a product with a feature.
// The input that is read one step later only is fed as it is then.
// CONTEXT-DAG: rnn.state of_stream @[[c:stream.context.[0-9]]] : tensor<?x4xf64>
// CONTEXT-DAG: rnn.state of_stream @[[s:stream.state.[0-9]]] : tensor<?x4xf64>
// CONTEXT: rnn.stream [@y] -> [@p] starts [2]
// CONTEXT-LABEL: rnn.func @encode {
// CONTEXT: %[[final:.*]] = rnn.scan "S"
// CONTEXT: rnn.yield
// CONTEXT: %[[feature:.*]] = rnn.matmul
// CONTEXT: rnn.return
// CONTEXT-SAME: #rnn.role<state @[[c]]>
// CONTEXT-SAME: #rnn.role<state @[[s]]>
// CONTEXT-SAME: %[[feature]], %[[final]]
// CONTEXT-LABEL: rnn.func @step {
// CONTEXT-NOT: rnn.get @src
// CONTEXT-NOT: rnn.get @v
// CONTEXT-NOT: rnn.shift
// CONTEXT: rnn.initial_state @[[c]]
// CONTEXT: rnn.initial_state @[[s]]
// CONTEXT-NOT: rnn.dropout
// CONTEXT: rnn.return [#rnn.role<output @p>, #rnn.role<state @[[s]]>]

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @Backwards axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected a causal model for a stream, got a recurrence backwards in time}}
    %hT, %hs = rnn.scan "T" reverse (%xt = %x : !hs) init (%h = %zero : !h) -> (!hs) {
      %next = rnn.add %h, %xt : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @y>] %hs : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @SumOverTime axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !h
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    // expected-error @+1 {{expected a causal model for a stream, got a sum over time}}
    %y = rnn.sum_to mean %x : !hs to !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @FinalState axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !h
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %hT = rnn.scan "T" (%xt = %x : !hs) init (%h = %zero : !h) {
      %next = rnn.add %h, %xt : !h
      rnn.yield %next : !h
    }
    // expected-error @+1 {{expected a causal model for a stream, got the use of a final state}}
    %y = rnn.tanh %hT : !h
    rnn.return [#rnn.role<output @y>] %y : !h
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @OtherInput axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.input @z : !hs
  rnn.output @y : !hs
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    // expected-error @+1 {{expected a causal model for a stream, got an input that is not among the stream's: 'z'}}
    %z = rnn.get @z : !hs
    %y = rnn.add %x, %z : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

// What the stream does not hand out may be as it likes.
!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @OtherOutput axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.output @mean : !h
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %y = rnn.tanh %x : !hs
    %mean = rnn.sum_to mean %x : !hs to !h
    rnn.return [#rnn.role<output @y>, #rnn.role<output @mean>] %y, %mean : !hs, !h
  }
}

// -----

!x = tensor<?x?x1xi32, "T">
!e = tensor<?x?x2xf32, "T">
rnn.model @AlsoShifted axes ["T"] element f32 {
  rnn.param @E : tensor<3x2xf32> init "zeros"
  rnn.input @x : !x vocabulary 3
  rnn.output @y : !e
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y] starts [0]
  rnn.func @forward {
    // expected-error @+1 {{expected a causal model for a stream, got an input that is read both as it is and one step later: 'x'}}
    %x = rnn.get @x : !x
    %before = rnn.shift %x fill 0 : !x
    %E = rnn.get @E : tensor<3x2xf32>
    %a = rnn.gather %E, %x : tensor<3x2xf32>, !x to !e
    %b = rnn.gather %E, %before : tensor<3x2xf32>, !x to !e
    %y = rnn.add %a, %b : !e
    rnn.return [#rnn.role<output @y>] %y : !e
  }
}

// -----

!x = tensor<?x?x1xi32, "T">
!e = tensor<?x?x2xf32, "T">
rnn.model @FedAsItIs axes ["T"] element f32 {
  rnn.param @E : tensor<3x2xf32> init "zeros"
  rnn.input @x : !x vocabulary 3
  rnn.output @y : !e
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !x
    // expected-error @+1 {{expected a causal model for a stream, got an input one step later, where the step is fed the input as it is}}
    %before = rnn.shift %x fill 0 : !x
    %E = rnn.get @E : tensor<3x2xf32>
    %y = rnn.gather %E, %before : tensor<3x2xf32>, !x to !e
    rnn.return [#rnn.role<output @y>] %y : !e
  }
}

// -----

!hs = tensor<?x?x4xf32, "T">
rnn.model @FromTheEnd axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  // expected-note @+1 {{the stream is asked for here}}
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    // expected-error @+1 {{expected a causal model for a stream, got a value that depends on where the sequence ends}}
    %y = rnn.reverse %x : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

!hs = tensor<?x?x4xf32, "T">
!ss = tensor<?x?x4xf32, "S">
rnn.model @OtherAxis axes ["T", "S"] element f32 {
  rnn.input @x : !hs
  rnn.input @z : !ss
  rnn.output @y : !hs
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %z = rnn.get @z : !ss
    %zT = rnn.pick last %z : !ss to tensor<?x4xf32>
    %zs = rnn.broadcast %zT : tensor<?x4xf32> to !hs
    %y = rnn.add %x, %zs : !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}
