// Constants and repeated values where anything may stand: as a sequence that a
// scan reads, a stacked value, an output, a part of a concatenation, the whole
// input of a product; an input that is there once a sequence.
!h = tensor<?x2xf64>
!hs = tensor<?x?x2xf64, "T">
rnn.model @Broadcasts axes ["T"] element f64 {
  rnn.param @w : tensor<2xf64> init "zeros"
  rnn.param @one : tensor<1xf64> init "zeros"
  rnn.param @W : tensor<2x6xf64> init "zeros"
  rnn.param @U : tensor<2x2xf64> init "zeros"
  rnn.input @x : !hs
  rnn.input @speaker : !h
  rnn.output @y : !hs
  rnn.output @fixed : !hs
  rnn.output @bias : !hs
  rnn.output @who : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %w = rnn.get @w : tensor<2xf64>
    %one = rnn.get @one : tensor<1xf64>
    %W = rnn.get @W : tensor<2x6xf64>
    %U = rnn.get @U : tensor<2x2xf64>
    %zero = rnn.constant 0.0 : !h
    %threes = rnn.constant 3.0 : !hs
    %bias = rnn.broadcast %w : tensor<2xf64> to !hs
    %who = rnn.broadcast %speaker : !h to !hs
    %hT, %halves, %biases, %speakers, %hs = rnn.scan "T" (%xt = %x : !hs, %c = %threes : !hs, %b = %bias : !hs, %s = %who : !hs)
        init (%h = %zero : !h) -> (!hs, !hs, !hs, !hs) {
      %half = rnn.constant 0.5 : !h
      %again = rnn.broadcast %w : tensor<2xf64> to !h
      %spread = rnn.broadcast %one : tensor<1xf64> to !h
      %joined = rnn.concat dim 0 %spread, %half, %xt : !h, !h, !h to tensor<?x6xf64>
      %p = rnn.matmul %W, %joined : tensor<2x6xf64>, tensor<?x6xf64> to !h
      %q = rnn.matmul %U, %again : tensor<2x2xf64>, !h to !h
      %r = rnn.matmul %U, %speaker : tensor<2x2xf64>, !h to !h
      %k = rnn.matmul %U, %half : tensor<2x2xf64>, !h to !h
      %1 = rnn.add %p, %q : !h
      %2 = rnn.add %1, %r : !h
      %3 = rnn.add %2, %k : !h
      %4 = rnn.mul %3, %c : !h
      %5 = rnn.add %4, %b : !h
      %6 = rnn.add %5, %s : !h
      %7 = rnn.add %6, %h : !h
      %next = rnn.tanh %7 : !h
      rnn.yield %next, %half, %again, %speaker, %next : !h, !h, !h, !h, !h
    }
    %y0 = rnn.mul %hs, %halves : !hs
    %y1 = rnn.add %y0, %biases : !hs
    %y = rnn.add %y1, %speakers : !hs
    rnn.return [#rnn.role<output @y>, #rnn.role<output @fixed>, #rnn.role<output @bias>, #rnn.role<output @who>]
      %y, %threes, %bias, %who : !hs, !hs, !hs, !hs
  }
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %w = rnn.get @w : tensor<2xf64>
    %one = rnn.get @one : tensor<1xf64>
    %W = rnn.get @W : tensor<2x6xf64>
    %U = rnn.get @U : tensor<2x2xf64>
    %zero = rnn.constant 0.0 : !h
    %threes = rnn.constant 3.0 : !hs
    %bias = rnn.broadcast %w : tensor<2xf64> to !hs
    %who = rnn.broadcast %speaker : !h to !hs
    %hT, %halves, %biases, %speakers, %hs = rnn.scan "T" (%xt = %x : !hs, %c = %threes : !hs, %b = %bias : !hs, %s = %who : !hs)
        init (%h = %zero : !h) -> (!hs, !hs, !hs, !hs) {
      %half = rnn.constant 0.5 : !h
      %again = rnn.broadcast %w : tensor<2xf64> to !h
      %spread = rnn.broadcast %one : tensor<1xf64> to !h
      %joined = rnn.concat dim 0 %spread, %half, %xt : !h, !h, !h to tensor<?x6xf64>
      %p = rnn.matmul %W, %joined : tensor<2x6xf64>, tensor<?x6xf64> to !h
      %q = rnn.matmul %U, %again : tensor<2x2xf64>, !h to !h
      %r = rnn.matmul %U, %speaker : tensor<2x2xf64>, !h to !h
      %k = rnn.matmul %U, %half : tensor<2x2xf64>, !h to !h
      %1 = rnn.add %p, %q : !h
      %2 = rnn.add %1, %r : !h
      %3 = rnn.add %2, %k : !h
      %4 = rnn.mul %3, %c : !h
      %5 = rnn.add %4, %b : !h
      %6 = rnn.add %5, %s : !h
      %7 = rnn.add %6, %h : !h
      %next = rnn.tanh %7 : !h
      rnn.yield %next, %half, %again, %speaker, %next : !h, !h, !h, !h, !h
    }
    %y0 = rnn.mul %hs, %halves : !hs
    %y1 = rnn.add %y0, %biases : !hs
    %y = rnn.add %y1, %speakers : !hs
    %square = rnn.mul %y, %y : !hs
    %rows = rnn.sum_to %square : !hs to tensor<?x?x1xf64, "T">
    %batch = rnn.sum_to mean %rows : tensor<?x?x1xf64, "T"> to tensor<?x1xf64>
    %loss = rnn.sum_to mean %batch : tensor<?x1xf64> to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
