// Static states: one that decays at each step, and one that adds up what the
// sum cannot be taken out of, because it decays as well.
!h = tensor<?x3xf64>
!hs = tensor<?x?x3xf64, "T">
!w = tensor<3xf64>
rnn.model @Accumulator axes ["T"] element f64 {
  rnn.param @start : !w init "zeros"
  rnn.param @W : tensor<3x3xf64> init "zeros"
  rnn.input @x : !hs
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %start = rnn.get @start : !w
    %W = rnn.get @W : tensor<3x3xf64>
    %zero = rnn.constant 0.0 : !h
    %none = rnn.constant 0.0 : !w
    %scaleT, %memoryT, %hT = rnn.scan "T" (%xt = %x : !hs)
        init (%scale = %start : !w, %memory = %none : !w, %h = %zero : !h) {
      %rate = rnn.constant 0.75 : !w
      %smaller = rnn.mul %scale, %rate : !w
      %s = rnn.broadcast %scale : !w to !h
      %sx = rnn.add %s, %xt : !h
      %p = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %q = rnn.add %p, %sx : !h
      %next = rnn.tanh %q : !h
      %sum = rnn.sum_to %next : !h to !w
      %half = rnn.constant 0.5 : !w
      %faded = rnn.mul %memory, %half : !w
      %remembered = rnn.add %faded, %sum : !w
      rnn.yield %smaller, %remembered, %next : !w, !w, !h
    }
    %memories = rnn.broadcast %memoryT : !w to !h
    %r = rnn.mul %memories, %hT : !h
    %ends = rnn.broadcast %scaleT : !w to !h
    %t = rnn.add %r, %ends : !h
    %square = rnn.mul %t, %t : !h
    %loss = rnn.sum_to mean %square : !h to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
