// Weights that are expressions of parameters: elementwise, joined, padded, a
// product of a matrix and a vector; a state whose initial value is learned.
!h = tensor<?x4xf64>
!hs = tensor<?x?x4xf64, "T">
rnn.model @Weights axes ["T"] element f64 {
  rnn.param @W : tensor<4x4xf64> init "zeros"
  rnn.param @scale : tensor<4xf64> init "zeros"
  rnn.param @half : tensor<2xf64> init "zeros"
  rnn.param @h0 : tensor<4xf64> init "zeros"
  rnn.input @x : !hs
  rnn.state @h : !h
  rnn.output @y : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %W = rnn.get @W : tensor<4x4xf64>
    %scale = rnn.get @scale : tensor<4xf64>
    %half = rnn.get @half : tensor<2xf64>
    %h0 = rnn.get @h0 : tensor<4xf64>
    %W2 = rnn.mul %W, %W : tensor<4x4xf64>
    %rate = rnn.sigmoid %scale : tensor<4xf64>
    %both = rnn.concat dim 0 %half, %half : tensor<2xf64>, tensor<2xf64> to tensor<4xf64>
    %padded = rnn.pad %half dim 0 at 1 of 4 : tensor<2xf64> to tensor<4xf64>
    %bias0 = rnn.add %both, %padded : tensor<4xf64>
    %bias = rnn.matmul %W, %bias0 : tensor<4x4xf64>, tensor<4xf64> to tensor<4xf64>
    %start = rnn.broadcast %h0 : tensor<4xf64> to !h
    %hi = rnn.initial_state @h, %start : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !hs) init (%h = %hi : !h) -> (!hs) {
      %p = rnn.matmul %W2, %h : tensor<4x4xf64>, !h to !h
      %rates = rnn.broadcast %rate : tensor<4xf64> to !h
      %q = rnn.mul %p, %rates : !h
      %b = rnn.broadcast %bias : tensor<4xf64> to !h
      %s = rnn.add %q, %b : !h
      %t = rnn.add %s, %xt : !h
      %next = rnn.tanh %t : !h
      rnn.yield %next, %next : !h, !h
    }
    rnn.return [#rnn.role<output @y>, #rnn.role<state @h>] %hs, %hT : !hs, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %W = rnn.get @W : tensor<4x4xf64>
    %scale = rnn.get @scale : tensor<4xf64>
    %half = rnn.get @half : tensor<2xf64>
    %h0 = rnn.get @h0 : tensor<4xf64>
    %W2 = rnn.mul %W, %W : tensor<4x4xf64>
    %rate = rnn.sigmoid %scale : tensor<4xf64>
    %both = rnn.concat dim 0 %half, %half : tensor<2xf64>, tensor<2xf64> to tensor<4xf64>
    %padded = rnn.pad %half dim 0 at 1 of 4 : tensor<2xf64> to tensor<4xf64>
    %bias0 = rnn.add %both, %padded : tensor<4xf64>
    %bias = rnn.matmul %W, %bias0 : tensor<4x4xf64>, tensor<4xf64> to tensor<4xf64>
    %start = rnn.broadcast %h0 : tensor<4xf64> to !h
    %hi = rnn.initial_state @h, %start : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !hs) init (%h = %hi : !h) -> (!hs) {
      %p = rnn.matmul %W2, %h : tensor<4x4xf64>, !h to !h
      %rates = rnn.broadcast %rate : tensor<4xf64> to !h
      %q = rnn.mul %p, %rates : !h
      %b = rnn.broadcast %bias : tensor<4xf64> to !h
      %s = rnn.add %q, %b : !h
      %t = rnn.add %s, %xt : !h
      %next = rnn.tanh %t : !h
      rnn.yield %next, %next : !h, !h
    }
    %end = rnn.matmul %W2, %hT : tensor<4x4xf64>, !h to !h
    %ends = rnn.broadcast %end : !h to !hs
    %square = rnn.mul %hs, %ends : !hs
    %data = rnn.sum_to mean %square : !hs to tensor<1xf64>
    %weights = rnn.mul %scale, %scale : tensor<4xf64>
    %decay = rnn.sum_to %weights : tensor<4xf64> to tensor<1xf64>
    %tenth = rnn.constant 0.1 : tensor<1xf64>
    %penalty = rnn.mul %decay, %tenth : tensor<1xf64>
    %loss = rnn.add %data, %penalty : tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
