// Two layers of both directions: each layer reads both recurrences of the one
// below, and recurrences of either direction feed ones of the other.
!h = tensor<?x3xf64>
!hs = tensor<?x?x3xf64, "T">
!xs = tensor<?x?x2xf64, "T">
!both = tensor<?x?x6xf64, "T">
rnn.model @DeepBidirectional axes ["T"] element f64 {
  rnn.param @U1f : tensor<3x2xf64> init "zeros"
  rnn.param @U1b : tensor<3x2xf64> init "zeros"
  rnn.param @U2f : tensor<3x6xf64> init "zeros"
  rnn.param @U2b : tensor<3x6xf64> init "zeros"
  rnn.param @W : tensor<3x3xf64> init "zeros"
  rnn.param @V : tensor<2x6xf64> init "zeros"
  rnn.input @x : !xs
  rnn.target @y : !xs
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %y = rnn.get @y : !xs
    %U1f = rnn.get @U1f : tensor<3x2xf64>
    %U1b = rnn.get @U1b : tensor<3x2xf64>
    %U2f = rnn.get @U2f : tensor<3x6xf64>
    %U2b = rnn.get @U2b : tensor<3x6xf64>
    %W = rnn.get @W : tensor<3x3xf64>
    %V = rnn.get @V : tensor<2x6xf64>
    %zero = rnn.constant 0.0 : !h
    %p1f = rnn.matmul %U1f, %x : tensor<3x2xf64>, !xs to !hs
    %f1T, %f1 = rnn.scan "T" (%p = %p1f : !hs) init (%h = %zero : !h) -> (!hs) {
      %q = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %q, %p : !h
      %next = rnn.tanh %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %p1b = rnn.matmul %U1b, %x : tensor<3x2xf64>, !xs to !hs
    %b1T, %b1 = rnn.scan "T" reverse (%p = %p1b : !hs) init (%h = %zero : !h) -> (!hs) {
      %q = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %q, %p : !h
      %next = rnn.sigmoid %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %both1 = rnn.concat dim 0 %f1, %b1 : !hs, !hs to !both
    %p2f = rnn.matmul %U2f, %both1 : tensor<3x6xf64>, !both to !hs
    %f2T, %f2 = rnn.scan "T" (%p = %p2f : !hs) init (%h = %b1T : !h) -> (!hs) {
      %q = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %q, %p : !h
      %next = rnn.tanh %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %p2b = rnn.matmul %U2b, %both1 : tensor<3x6xf64>, !both to !hs
    %b2T, %b2 = rnn.scan "T" reverse (%p = %p2b : !hs) init (%h = %f1T : !h) -> (!hs) {
      %q = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %q, %p : !h
      %next = rnn.sigmoid %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %both2 = rnn.concat dim 0 %f2, %b2 : !hs, !hs to !both
    %out = rnn.matmul %V, %both2 : tensor<2x6xf64>, !both to !xs
    %error = rnn.sub %out, %y : !xs
    %square = rnn.mul %error, %error : !xs
    %loss = rnn.sum_to mean %square : !xs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
