// A plain recurrence with a readout: h' = tanh(Wx x + Wh h + b).
!x = tensor<?x3xf64>
!h = tensor<?x5xf64>
!xs = tensor<?x?x3xf64, "T">
!hs = tensor<?x?x5xf64, "T">
!ys = tensor<?x?x2xf64, "T">
rnn.model @Vanilla axes ["T"] element f64 {
  rnn.param @Wx : tensor<5x3xf64> init "glorot" [1.0]
  rnn.param @Wh : tensor<5x5xf64> init "orthogonal" [1.0]
  rnn.param @b : tensor<5xf64> init "zeros"
  rnn.param @Wo : tensor<2x5xf64> init "glorot" [1.0]
  rnn.input @x : !xs
  rnn.target @y : !ys
  rnn.state @h : !h
  rnn.output @p : !ys
  rnn.stream [@x] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %Wx = rnn.get @Wx : tensor<5x3xf64>
    %Wh = rnn.get @Wh : tensor<5x5xf64>
    %b = rnn.get @b : tensor<5xf64>
    %Wo = rnn.get @Wo : tensor<2x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %p = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!ys) {
      %px = rnn.matmul %Wx, %xt : tensor<5x3xf64>, !x to !h
      %ph = rnn.matmul %Wh, %h : tensor<5x5xf64>, !h to !h
      %sum = rnn.add %px, %ph : !h
      %bias = rnn.broadcast %b : tensor<5xf64> to !h
      %biased = rnn.add %sum, %bias : !h
      %next = rnn.tanh %biased : !h
      %o = rnn.matmul %Wo, %next : tensor<2x5xf64>, !h to tensor<?x2xf64>
      rnn.yield %next, %o : !h, tensor<?x2xf64>
    }
    rnn.return [#rnn.role<output @p>, #rnn.role<state @h>] %p, %hT : !ys, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %y = rnn.get @y : !ys
    %Wx = rnn.get @Wx : tensor<5x3xf64>
    %Wh = rnn.get @Wh : tensor<5x5xf64>
    %b = rnn.get @b : tensor<5xf64>
    %Wo = rnn.get @Wo : tensor<2x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %p = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!ys) {
      %px = rnn.matmul %Wx, %xt : tensor<5x3xf64>, !x to !h
      %ph = rnn.matmul %Wh, %h : tensor<5x5xf64>, !h to !h
      %sum = rnn.add %px, %ph : !h
      %bias = rnn.broadcast %b : tensor<5xf64> to !h
      %biased = rnn.add %sum, %bias : !h
      %next = rnn.tanh %biased : !h
      %o = rnn.matmul %Wo, %next : tensor<2x5xf64>, !h to tensor<?x2xf64>
      rnn.yield %next, %o : !h, tensor<?x2xf64>
    }
    %error = rnn.sub %p, %y : !ys
    %square = rnn.mul %error, %error : !ys
    %loss = rnn.sum_to mean %square : !ys to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
