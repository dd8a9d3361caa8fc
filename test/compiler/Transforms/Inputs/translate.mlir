// An encoder, a feature once a sequence, and a decoder that is fed its own last
// symbol. Weights are shared to keep it short.
!h = tensor<?x4xf64>
!hs = tensor<?x?x4xf64, "T">
rnn.model @Translate axes ["S", "T"] element f64 {
  rnn.param @W : tensor<4x4xf64> init "glorot" [1.0]
  rnn.param @E : tensor<3x4xf64> init "glorot" [1.0]
  rnn.param @O : tensor<3x4xf64> init "glorot" [1.0]
  rnn.input @src : tensor<?x?x4xf64, "S">
  rnn.input @v : tensor<?x4xf64>
  rnn.input @y : tensor<?x?x1xi32, "T"> vocabulary 3
  rnn.output @p : tensor<?x?x3xf64, "T">
  rnn.stream [@y] -> [@p] starts [2]
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf64>
    %E = rnn.get @E : tensor<3x4xf64>
    %O = rnn.get @O : tensor<3x4xf64>
    %src = rnn.get @src : tensor<?x?x4xf64, "S">
    %v = rnn.get @v : !h
    %y = rnn.get @y : tensor<?x?x1xi32, "T">
    %zero = rnn.constant 0.0 : !h
    %final = rnn.scan "S" (%xt = %src : tensor<?x?x4xf64, "S">) init (%h = %zero : !h) {
      %product = rnn.matmul %W, %h : tensor<4x4xf64>, !h to !h
      %sum = rnn.add %product, %xt : !h
      %next = rnn.tanh %sum : !h
      rnn.yield %next : !h
    }
    %feature = rnn.matmul %W, %v : tensor<4x4xf64>, !h to !h
    %before = rnn.shift %y fill 2 : tensor<?x?x1xi32, "T">
    %es = rnn.gather %E, %before : tensor<3x4xf64>, tensor<?x?x1xi32, "T"> to !hs
    %hT, %hs = rnn.scan "T" (%e = %es : !hs) init (%h = %final : !h) -> (!hs) {
      %product = rnn.matmul %W, %h : tensor<4x4xf64>, !h to !h
      %sum = rnn.add %product, %e : !h
      %both = rnn.add %sum, %feature : !h
      %next = rnn.tanh %both : !h
      rnn.yield %next, %next : !h, !h
    }
    %dropped = rnn.dropout %hs rate 0.5 site 0 : !hs
    %p = rnn.matmul %O, %dropped : tensor<3x4xf64>, !hs to tensor<?x?x3xf64, "T">
    rnn.return [#rnn.role<output @p>] %p : tensor<?x?x3xf64, "T">
  }
}
