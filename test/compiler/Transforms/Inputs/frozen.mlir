// A fixed reservoir with a learned read-out and a learned initial state.
!h = tensor<?x5xf64>
!hs = tensor<?x?x5xf64, "T">
!xs = tensor<?x?x2xf64, "T">
rnn.model @Frozen axes ["T"] element f64 {
  rnn.param frozen @Win : tensor<5x2xf64> init "uniform" [-0.5, 0.5]
  rnn.param frozen @Whh : tensor<5x5xf64> init "sparse" [0.2, 0.95]
  rnn.param frozen @b : tensor<5xf64> init "zeros"
  rnn.param @h0 : tensor<5xf64> init "zeros"
  rnn.param @Wout : tensor<2x5xf64> init "zeros"
  rnn.input @x : !xs
  rnn.target @y : !xs
  rnn.state @h : !h
  rnn.output @p : !xs
  rnn.stream [@x] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %Win = rnn.get @Win : tensor<5x2xf64>
    %Whh = rnn.get @Whh : tensor<5x5xf64>
    %b = rnn.get @b : tensor<5xf64>
    %h0 = rnn.get @h0 : tensor<5xf64>
    %Wout = rnn.get @Wout : tensor<2x5xf64>
    %start = rnn.tanh %h0 : tensor<5xf64>
    %starts = rnn.broadcast %start : tensor<5xf64> to !h
    %hi = rnn.initial_state @h, %starts : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %hi : !h) -> (!hs) {
      %px = rnn.matmul %Win, %xt : tensor<5x2xf64>, tensor<?x2xf64> to !h
      %ph = rnn.matmul %Whh, %h : tensor<5x5xf64>, !h to !h
      %sum = rnn.add %px, %ph : !h
      %bias = rnn.broadcast %b : tensor<5xf64> to !h
      %all = rnn.add %sum, %bias : !h
      %next = rnn.tanh %all : !h
      rnn.yield %next, %next : !h, !h
    }
    %p = rnn.matmul %Wout, %hs : tensor<2x5xf64>, !hs to !xs
    rnn.return [#rnn.role<output @p>, #rnn.role<state @h>] %p, %hT : !xs, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %Win = rnn.get @Win : tensor<5x2xf64>
    %Whh = rnn.get @Whh : tensor<5x5xf64>
    %b = rnn.get @b : tensor<5xf64>
    %h0 = rnn.get @h0 : tensor<5xf64>
    %Wout = rnn.get @Wout : tensor<2x5xf64>
    %start = rnn.tanh %h0 : tensor<5xf64>
    %starts = rnn.broadcast %start : tensor<5xf64> to !h
    %hi = rnn.initial_state @h, %starts : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %hi : !h) -> (!hs) {
      %px = rnn.matmul %Win, %xt : tensor<5x2xf64>, tensor<?x2xf64> to !h
      %ph = rnn.matmul %Whh, %h : tensor<5x5xf64>, !h to !h
      %sum = rnn.add %px, %ph : !h
      %bias = rnn.broadcast %b : tensor<5xf64> to !h
      %all = rnn.add %sum, %bias : !h
      %next = rnn.tanh %all : !h
      rnn.yield %next, %next : !h, !h
    }
    %p = rnn.matmul %Wout, %hs : tensor<2x5xf64>, !hs to !xs
    %y = rnn.get @y : !xs
    %e = rnn.sub %p, %y : !xs
    %e2 = rnn.mul %e, %e : !xs
    %loss = rnn.sum_to mean %e2 : !xs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
