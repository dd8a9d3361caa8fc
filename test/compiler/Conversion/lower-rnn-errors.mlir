// RUN: rnn-opt %s --rnn-pipeline --rnnc-lower-rnn -split-input-file -verify-diagnostics

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @WeightOfStep axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %none = rnn.constant 0.0 : tensor<4x4xf32>
    %wT, %y = rnn.scan "T" (%xt = %x : !hs) init (%w = %none : tensor<4x4xf32>) -> (!hs) {
      %half = rnn.constant 0.5 : tensor<4x4xf32>
      %faded = rnn.mul %w, %half : tensor<4x4xf32>
      %pairs = rnn.outer %xt, %xt : !h, !h to tensor<4x4xf32>
      %next = rnn.add %faded, %pairs : tensor<4x4xf32>
      // expected-error @+1 {{expected a weight that stays as it is over time, got one that a step computes}}
      %p = rnn.matmul %next, %xt : tensor<4x4xf32>, !h to !h
      rnn.yield %next, %p : tensor<4x4xf32>, !h
    }
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ComputedWeightInStream axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.output @y : !hs
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %W = rnn.get @W : tensor<4x4xf32>
    %squared = rnn.mul %W, %W : tensor<4x4xf32>
    // expected-error @+1 {{expected a weight made of parameters in a stream, got one that is computed}}
    %y = rnn.matmul %squared, %x : tensor<4x4xf32>, !hs to !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}
