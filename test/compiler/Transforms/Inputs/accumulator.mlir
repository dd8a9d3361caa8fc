// Static states: one that decays at each step, and one that adds
// up a product the sum cannot be taken out of, because it decays as well.
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
    %none = rnn.constant 0.0 : tensor<3x3xf64>
    %scaleT, %memoryT, %hT = rnn.scan "T" (%xt = %x : !hs)
        init (%scale = %start : !w, %memory = %none : tensor<3x3xf64>, %h = %zero : !h) {
      %rate = rnn.constant 0.75 : !w
      %smaller = rnn.mul %scale, %rate : !w
      %s = rnn.broadcast %scale : !w to !h
      %sx = rnn.add %s, %xt : !h
      %p = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %q = rnn.add %p, %sx : !h
      %next = rnn.tanh %q : !h
      %pairs = rnn.outer %next, %xt : !h, !h to tensor<3x3xf64>
      %half = rnn.constant 0.5 : tensor<3x3xf64>
      %faded = rnn.mul %memory, %half : tensor<3x3xf64>
      %remembered = rnn.add %faded, %pairs : tensor<3x3xf64>
      rnn.yield %smaller, %remembered, %next : !w, tensor<3x3xf64>, !h
    }
    %r = rnn.matmul %memoryT, %hT : tensor<3x3xf64>, !h to !h
    %ends = rnn.broadcast %scaleT : !w to !h
    %t = rnn.add %r, %ends : !h
    %square = rnn.mul %t, %t : !h
    %loss = rnn.sum_to mean %square : !h to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
