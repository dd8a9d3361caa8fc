// Two layers of LSTM on tokens, gates stacked, input and state joined: the
// second layer reads what the first stacks.
!h = tensor<?x5xf64>
!g = tensor<?x20xf64>
!hs = tensor<?x?x5xf64, "T">
!tokens = tensor<?x?x1xi32, "T">
!v = tensor<?x?x7xf64, "T">
rnn.model @Lstm axes ["T"] element f64 {
  rnn.param @W1 : tensor<20x12xf64> init "glorot" [1.0]
  rnn.param @b1 : tensor<20xf64> init "zeros"
  rnn.param @W2 : tensor<20x10xf64> init "glorot" [1.0]
  rnn.param @b2 : tensor<20xf64> init "zeros"
  rnn.param @Wo : tensor<7x5xf64> init "glorot" [1.0]
  rnn.input @x : !tokens vocabulary 7
  rnn.target @y : !tokens vocabulary 7
  rnn.state @h1 : !h
  rnn.state @c1 : !h
  rnn.state @h2 : !h
  rnn.state @c2 : !h
  rnn.output @p : !v
  rnn.stream [@x] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !tokens
    %W1 = rnn.get @W1 : tensor<20x12xf64>
    %b1 = rnn.get @b1 : tensor<20xf64>
    %W2 = rnn.get @W2 : tensor<20x10xf64>
    %b2 = rnn.get @b2 : tensor<20xf64>
    %Wo = rnn.get @Wo : tensor<7x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h10 = rnn.initial_state @h1, %zero : !h
    %c10 = rnn.initial_state @c1, %zero : !h
    %h20 = rnn.initial_state @h2, %zero : !h
    %c20 = rnn.initial_state @c2, %zero : !h
    %W1h = rnn.slice %W1 dim 1 [0, 5] : tensor<20x12xf64> to tensor<20x5xf64>
    %W1x = rnn.slice %W1 dim 1 [5, 7] : tensor<20x12xf64> to tensor<20x7xf64>
    %table = rnn.transpose %W1x : tensor<20x7xf64> to tensor<7x20xf64>
    %h1T, %c1T, %h1s = rnn.scan "T" (%xt = %x : !tokens) init (%h = %h10 : !h, %c = %c10 : !h) -> (!hs) {
      %px = rnn.gather %table, %xt : tensor<7x20xf64>, tensor<?x1xi32> to !g
      %ph = rnn.matmul %W1h, %h : tensor<20x5xf64>, !h to !g
      %sum = rnn.add %px, %ph : !g
      %bias = rnn.broadcast %b1 : tensor<20xf64> to !g
      %gates = rnn.add %sum, %bias : !g
      %i0 = rnn.slice %gates dim 0 [0, 5] : !g to !h
      %f0 = rnn.slice %gates dim 0 [5, 5] : !g to !h
      %o0 = rnn.slice %gates dim 0 [10, 5] : !g to !h
      %g0 = rnn.slice %gates dim 0 [15, 5] : !g to !h
      %i = rnn.sigmoid %i0 : !h
      %f = rnn.sigmoid %f0 : !h
      %o = rnn.sigmoid %o0 : !h
      %g = rnn.tanh %g0 : !h
      %keep = rnn.mul %f, %c : !h
      %write = rnn.mul %i, %g : !h
      %c1 = rnn.add %keep, %write : !h
      %squashed = rnn.tanh %c1 : !h
      %h1 = rnn.mul %o, %squashed : !h
      rnn.yield %h1, %c1, %h1 : !h, !h, !h
    }
    %h2T, %c2T, %h2s = rnn.scan "T" (%xt = %h1s : !hs) init (%h = %h20 : !h, %c = %c20 : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, !h to tensor<?x10xf64>
      %sum = rnn.matmul %W2, %joined : tensor<20x10xf64>, tensor<?x10xf64> to !g
      %bias = rnn.broadcast %b2 : tensor<20xf64> to !g
      %gates = rnn.add %sum, %bias : !g
      %i0 = rnn.slice %gates dim 0 [0, 5] : !g to !h
      %f0 = rnn.slice %gates dim 0 [5, 5] : !g to !h
      %o0 = rnn.slice %gates dim 0 [10, 5] : !g to !h
      %g0 = rnn.slice %gates dim 0 [15, 5] : !g to !h
      %i = rnn.sigmoid %i0 : !h
      %f = rnn.sigmoid %f0 : !h
      %o = rnn.sigmoid %o0 : !h
      %g = rnn.tanh %g0 : !h
      %keep = rnn.mul %f, %c : !h
      %write = rnn.mul %i, %g : !h
      %c1 = rnn.add %keep, %write : !h
      %squashed = rnn.tanh %c1 : !h
      %h1 = rnn.mul %o, %squashed : !h
      rnn.yield %h1, %c1, %h1 : !h, !h, !h
    }
    %logits = rnn.matmul %Wo, %h2s : tensor<7x5xf64>, !hs to !v
    %p = rnn.softmax %logits : !v
    rnn.return [#rnn.role<output @p>, #rnn.role<state @h1>, #rnn.role<state @c1>, #rnn.role<state @h2>, #rnn.role<state @c2>]
      %p, %h1T, %c1T, %h2T, %c2T : !v, !h, !h, !h, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !tokens
    %y = rnn.get @y : !tokens
    %W1 = rnn.get @W1 : tensor<20x12xf64>
    %b1 = rnn.get @b1 : tensor<20xf64>
    %W2 = rnn.get @W2 : tensor<20x10xf64>
    %b2 = rnn.get @b2 : tensor<20xf64>
    %Wo = rnn.get @Wo : tensor<7x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h10 = rnn.initial_state @h1, %zero : !h
    %c10 = rnn.initial_state @c1, %zero : !h
    %h20 = rnn.initial_state @h2, %zero : !h
    %c20 = rnn.initial_state @c2, %zero : !h
    %W1h = rnn.slice %W1 dim 1 [0, 5] : tensor<20x12xf64> to tensor<20x5xf64>
    %W1x = rnn.slice %W1 dim 1 [5, 7] : tensor<20x12xf64> to tensor<20x7xf64>
    %table = rnn.transpose %W1x : tensor<20x7xf64> to tensor<7x20xf64>
    %h1T, %c1T, %h1s = rnn.scan "T" (%xt = %x : !tokens) init (%h = %h10 : !h, %c = %c10 : !h) -> (!hs) {
      %px = rnn.gather %table, %xt : tensor<7x20xf64>, tensor<?x1xi32> to !g
      %ph = rnn.matmul %W1h, %h : tensor<20x5xf64>, !h to !g
      %sum = rnn.add %px, %ph : !g
      %bias = rnn.broadcast %b1 : tensor<20xf64> to !g
      %gates = rnn.add %sum, %bias : !g
      %i0 = rnn.slice %gates dim 0 [0, 5] : !g to !h
      %f0 = rnn.slice %gates dim 0 [5, 5] : !g to !h
      %o0 = rnn.slice %gates dim 0 [10, 5] : !g to !h
      %g0 = rnn.slice %gates dim 0 [15, 5] : !g to !h
      %i = rnn.sigmoid %i0 : !h
      %f = rnn.sigmoid %f0 : !h
      %o = rnn.sigmoid %o0 : !h
      %g = rnn.tanh %g0 : !h
      %keep = rnn.mul %f, %c : !h
      %write = rnn.mul %i, %g : !h
      %c1 = rnn.add %keep, %write : !h
      %squashed = rnn.tanh %c1 : !h
      %h1 = rnn.mul %o, %squashed : !h
      rnn.yield %h1, %c1, %h1 : !h, !h, !h
    }
    %h2T, %c2T, %h2s = rnn.scan "T" (%xt = %h1s : !hs) init (%h = %h20 : !h, %c = %c20 : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, !h to tensor<?x10xf64>
      %sum = rnn.matmul %W2, %joined : tensor<20x10xf64>, tensor<?x10xf64> to !g
      %bias = rnn.broadcast %b2 : tensor<20xf64> to !g
      %gates = rnn.add %sum, %bias : !g
      %i0 = rnn.slice %gates dim 0 [0, 5] : !g to !h
      %f0 = rnn.slice %gates dim 0 [5, 5] : !g to !h
      %o0 = rnn.slice %gates dim 0 [10, 5] : !g to !h
      %g0 = rnn.slice %gates dim 0 [15, 5] : !g to !h
      %i = rnn.sigmoid %i0 : !h
      %f = rnn.sigmoid %f0 : !h
      %o = rnn.sigmoid %o0 : !h
      %g = rnn.tanh %g0 : !h
      %keep = rnn.mul %f, %c : !h
      %write = rnn.mul %i, %g : !h
      %c1 = rnn.add %keep, %write : !h
      %squashed = rnn.tanh %c1 : !h
      %h1 = rnn.mul %o, %squashed : !h
      rnn.yield %h1, %c1, %h1 : !h, !h, !h
    }
    %logits = rnn.matmul %Wo, %h2s : tensor<7x5xf64>, !hs to !v
    %nats = rnn.cross_entropy %logits, %y : !v, !tokens to tensor<?x?x1xf64, "T">
    %loss = rnn.sum_to mean %nats : tensor<?x?x1xf64, "T"> to tensor<1xf64>
    %first = rnn.argmax %logits : !v to tensor<?x?x1xf64, "T">
    %wanted = rnn.token_value %y : !tokens to tensor<?x?x1xf64, "T">
    %hits = rnn.equal %first, %wanted : tensor<?x?x1xf64, "T">
    %accuracy = rnn.sum_to mean %hits : tensor<?x?x1xf64, "T"> to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<metric @accuracy>, #rnn.role<state @h1>, #rnn.role<state @c1>, #rnn.role<state @h2>, #rnn.role<state @c2>]
      %loss, %accuracy, %h1T, %c1T, %h2T, %c2T : tensor<1xf64>, tensor<1xf64>, !h, !h, !h, !h
  }
  rnn.metric @accuracy
}
