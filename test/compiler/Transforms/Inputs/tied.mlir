// One parameter in two layers, as a table, and transposed as the readout.
!h = tensor<?x4xf64>
!hs = tensor<?x?x4xf64, "T">
!tokens = tensor<?x?x1xi32, "T">
!v = tensor<?x?x6xf64, "T">
rnn.model @Tied axes ["T"] element f64 {
  rnn.param @E : tensor<6x4xf64> init "zeros"
  rnn.param @W : tensor<4x4xf64> init "zeros"
  rnn.input @x : !tokens vocabulary 6
  rnn.target @y : !tokens vocabulary 6
  rnn.state @h : !h
  rnn.state @k : !h
  rnn.func @loss {
    %x = rnn.get @x : !tokens
    %y = rnn.get @y : !tokens
    %E = rnn.get @E : tensor<6x4xf64>
    %W = rnn.get @W : tensor<4x4xf64>
    %Wt = rnn.transpose %W : tensor<4x4xf64> to tensor<4x4xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %k0 = rnn.initial_state @k, %zero : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !tokens) init (%h = %h0 : !h) -> (!hs) {
      %px = rnn.gather %E, %xt : tensor<6x4xf64>, tensor<?x1xi32> to !h
      %ph = rnn.matmul %W, %h : tensor<4x4xf64>, !h to !h
      %sum = rnn.add %px, %ph : !h
      %next = rnn.tanh %sum : !h
      rnn.yield %next, %next : !h, !h
    }
    %kT, %ks = rnn.scan "T" (%xt = %hs : !hs) init (%k = %k0 : !h) -> (!hs) {
      %px = rnn.matmul %Wt, %xt : tensor<4x4xf64>, !h to !h
      %pk = rnn.matmul %W, %k : tensor<4x4xf64>, !h to !h
      %sum = rnn.add %px, %pk : !h
      %next = rnn.tanh %sum : !h
      rnn.yield %next, %next : !h, !h
    }
    %logits = rnn.matmul %E, %ks : tensor<6x4xf64>, !hs to !v
    %nats = rnn.cross_entropy %logits, %y : !v, !tokens to tensor<?x?x1xf64, "T">
    %loss = rnn.sum_to mean %nats : tensor<?x?x1xf64, "T"> to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>, #rnn.role<state @k>] %loss, %hT, %kT : tensor<1xf64>, !h, !h
  }
}
