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
rnn.model @WeightOfInputsInStream axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.input @s : !h
  rnn.output @y : !hs
  rnn.stream [@x, @s] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %s = rnn.get @s : !h
    %pairs = rnn.outer %s, %s : !h, !h to tensor<4x4xf32>
    // expected-error @+1 {{expected a weight made of parameters in a stream, got one that depends on its inputs}}
    %y = rnn.matmul %pairs, %x : tensor<4x4xf32>, !hs to !hs
    rnn.return [#rnn.role<output @y>] %y : !hs
  }
}
