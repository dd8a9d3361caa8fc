// A state stacked twice, the state before the step stacked too, a state and a
// stacked value that nothing reads, a parameter the loss does not depend on.
!h = tensor<?x3xf64>
!hs = tensor<?x?x3xf64, "T">
rnn.model @Unused axes ["T"] element f64 {
  rnn.param @W : tensor<3x3xf64> init "zeros"
  rnn.param @idle : tensor<4xf64> init "zeros"
  rnn.input @x : !hs
  rnn.state @h : !h
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %W = rnn.get @W : tensor<3x3xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %uT, %first, %second, %before, %nobody, %xs = rnn.scan "T" (%xt = %x : !hs, %again = %x : !hs)
        init (%h = %h0 : !h, %u = %zero : !h) -> (!hs, !hs, !hs, !hs, !hs) {
      %p = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %p, %xt : !h
      %m = rnn.mul %s, %again : !h
      %next = rnn.tanh %m : !h
      %un = rnn.add %u, %next : !h
      %n = rnn.exp %un : !h
      rnn.yield %next, %un, %next, %next, %h, %n, %xt : !h, !h, !h, !h, !h, !h, !h
    }
    %a = rnn.mul %first, %second : !hs
    %b = rnn.mul %before, %xs : !hs
    %c = rnn.add %a, %b : !hs
    %loss = rnn.sum_to %c : !hs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
