// A GRU written gate by gate, as in the paper.
!x = tensor<?x3xf64>
!h = tensor<?x5xf64>
!xs = tensor<?x?x3xf64, "T">
!hs = tensor<?x?x5xf64, "T">
rnn.model @Gru axes ["T"] element f64 {
  rnn.param @Wxr : tensor<5x3xf64> init "glorot" [1.0]
  rnn.param @Whr : tensor<5x5xf64> init "glorot" [1.0]
  rnn.param @br : tensor<5xf64> init "zeros"
  rnn.param @Wxz : tensor<5x3xf64> init "glorot" [1.0]
  rnn.param @Whz : tensor<5x5xf64> init "glorot" [1.0]
  rnn.param @bz : tensor<5xf64> init "zeros"
  rnn.param @Wxn : tensor<5x3xf64> init "glorot" [1.0]
  rnn.param @Whn : tensor<5x5xf64> init "glorot" [1.0]
  rnn.param @bn : tensor<5xf64> init "zeros"
  rnn.input @x : !xs
  rnn.target @y : !hs
  rnn.state @h : !h
  rnn.output @p : !hs
  rnn.stream [@x] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %Wxr = rnn.get @Wxr : tensor<5x3xf64>
    %Whr = rnn.get @Whr : tensor<5x5xf64>
    %br = rnn.get @br : tensor<5xf64>
    %Wxz = rnn.get @Wxz : tensor<5x3xf64>
    %Whz = rnn.get @Whz : tensor<5x5xf64>
    %bz = rnn.get @bz : tensor<5xf64>
    %Wxn = rnn.get @Wxn : tensor<5x3xf64>
    %Whn = rnn.get @Whn : tensor<5x5xf64>
    %bn = rnn.get @bn : tensor<5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!hs) {
      %xr = rnn.matmul %Wxr, %xt : tensor<5x3xf64>, !x to !h
      %hr = rnn.matmul %Whr, %h : tensor<5x5xf64>, !h to !h
      %r0 = rnn.add %xr, %hr : !h
      %rb = rnn.broadcast %br : tensor<5xf64> to !h
      %r1 = rnn.add %r0, %rb : !h
      %r = rnn.sigmoid %r1 : !h
      %xz = rnn.matmul %Wxz, %xt : tensor<5x3xf64>, !x to !h
      %hz = rnn.matmul %Whz, %h : tensor<5x5xf64>, !h to !h
      %z0 = rnn.add %xz, %hz : !h
      %zb = rnn.broadcast %bz : tensor<5xf64> to !h
      %z1 = rnn.add %z0, %zb : !h
      %z = rnn.sigmoid %z1 : !h
      %xn = rnn.matmul %Wxn, %xt : tensor<5x3xf64>, !x to !h
      %rh = rnn.mul %r, %h : !h
      %hn = rnn.matmul %Whn, %rh : tensor<5x5xf64>, !h to !h
      %n0 = rnn.add %xn, %hn : !h
      %nb = rnn.broadcast %bn : tensor<5xf64> to !h
      %n1 = rnn.add %n0, %nb : !h
      %n = rnn.tanh %n1 : !h
      %one = rnn.constant 1.0 : !h
      %rest = rnn.sub %one, %z : !h
      %old = rnn.mul %z, %h : !h
      %new = rnn.mul %rest, %n : !h
      %next = rnn.add %old, %new : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @p>, #rnn.role<state @h>] %hs, %hT : !hs, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %y = rnn.get @y : !hs
    %Wxr = rnn.get @Wxr : tensor<5x3xf64>
    %Whr = rnn.get @Whr : tensor<5x5xf64>
    %br = rnn.get @br : tensor<5xf64>
    %Wxz = rnn.get @Wxz : tensor<5x3xf64>
    %Whz = rnn.get @Whz : tensor<5x5xf64>
    %bz = rnn.get @bz : tensor<5xf64>
    %Wxn = rnn.get @Wxn : tensor<5x3xf64>
    %Whn = rnn.get @Whn : tensor<5x5xf64>
    %bn = rnn.get @bn : tensor<5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!hs) {
      %xr = rnn.matmul %Wxr, %xt : tensor<5x3xf64>, !x to !h
      %hr = rnn.matmul %Whr, %h : tensor<5x5xf64>, !h to !h
      %r0 = rnn.add %xr, %hr : !h
      %rb = rnn.broadcast %br : tensor<5xf64> to !h
      %r1 = rnn.add %r0, %rb : !h
      %r = rnn.sigmoid %r1 : !h
      %xz = rnn.matmul %Wxz, %xt : tensor<5x3xf64>, !x to !h
      %hz = rnn.matmul %Whz, %h : tensor<5x5xf64>, !h to !h
      %z0 = rnn.add %xz, %hz : !h
      %zb = rnn.broadcast %bz : tensor<5xf64> to !h
      %z1 = rnn.add %z0, %zb : !h
      %z = rnn.sigmoid %z1 : !h
      %xn = rnn.matmul %Wxn, %xt : tensor<5x3xf64>, !x to !h
      %rh = rnn.mul %r, %h : !h
      %hn = rnn.matmul %Whn, %rh : tensor<5x5xf64>, !h to !h
      %n0 = rnn.add %xn, %hn : !h
      %nb = rnn.broadcast %bn : tensor<5xf64> to !h
      %n1 = rnn.add %n0, %nb : !h
      %n = rnn.tanh %n1 : !h
      %one = rnn.constant 1.0 : !h
      %rest = rnn.sub %one, %z : !h
      %old = rnn.mul %z, %h : !h
      %new = rnn.mul %rest, %n : !h
      %next = rnn.add %old, %new : !h
      rnn.yield %next, %next : !h, !h
    }
    %error = rnn.sub %hs, %y : !hs
    %square = rnn.mul %error, %error : !hs
    %loss = rnn.sum_to mean %square : !hs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
