// Parts and joins where values are handed on: as next states, stacked values,
// outputs; an output that is an input, a gradient that is a parameter, a
// product of a parameter with a parameter.
!h = tensor<?x3xf64>
!g = tensor<?x6xf64>
!xs = tensor<?x?x2xf64, "T">
!hs = tensor<?x?x3xf64, "T">
!gs = tensor<?x?x6xf64, "T">
rnn.model @Views axes ["T"] element f64 {
  rnn.param @W : tensor<6x3xf64> init "zeros"
  rnn.param @U : tensor<6x2xf64> init "zeros"
  rnn.param @b : tensor<3xf64> init "zeros"
  rnn.param @k : tensor<3xf64> init "zeros"
  rnn.input @x : !xs
  rnn.state @h : !h
  rnn.state @pair : !g
  rnn.output @same : !xs
  rnn.output @part : !hs
  rnn.output @second : !hs
  rnn.output @joined : !gs
  rnn.output @lastPart : tensor<?x2xf64>
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %W = rnn.get @W : tensor<6x3xf64>
    %U = rnn.get @U : tensor<6x2xf64>
    %b = rnn.get @b : tensor<3xf64>
    %zero = rnn.constant 0.0 : !h
    %none = rnn.constant 0.0 : !g
    %h0 = rnn.initial_state @h, %zero : !h
    %p0 = rnn.initial_state @pair, %none : !g
    %bias = rnn.matmul %W, %b : tensor<6x3xf64>, tensor<3xf64> to tensor<6xf64>
    %px = rnn.matmul %U, %x : tensor<6x2xf64>, !xs to !gs
    %right = rnn.slice %px dim 0 [3, 3] : !gs to !hs
    %hT, %pT, %first, %second, %whole = rnn.scan "T" (%g = %px : !gs, %r = %right : !hs)
        init (%h = %h0 : !h, %pair = %p0 : !g) -> (!hs, !hs, !gs) {
      %ph = rnn.matmul %W, %h : tensor<6x3xf64>, !h to !g
      %s = rnn.add %ph, %g : !g
      %bs = rnn.broadcast %bias : tensor<6xf64> to !g
      %t = rnn.add %s, %bs : !g
      %a = rnn.tanh %t : !g
      %left = rnn.slice %a dim 0 [0, 3] : !g to !h
      %end = rnn.slice %a dim 0 [3, 3] : !g to !h
      %old = rnn.slice %pair dim 0 [3, 3] : !g to !h
      %m = rnn.mul %old, %r : !h
      %joined = rnn.concat dim 0 %end, %m : !h, !h to !g
      rnn.yield %left, %joined, %end, %old, %a : !h, !g, !h, !h, !g
    }
    %lastPart = rnn.slice %pT dim 0 [2, 2] : !g to tensor<?x2xf64>
    rnn.return [#rnn.role<output @same>, #rnn.role<output @part>, #rnn.role<output @second>, #rnn.role<output @joined>, #rnn.role<output @lastPart>, #rnn.role<state @h>, #rnn.role<state @pair>]
      %x, %right, %second, %whole, %lastPart, %hT, %pT : !xs, !hs, !hs, !gs, tensor<?x2xf64>, !h, !g
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %W = rnn.get @W : tensor<6x3xf64>
    %U = rnn.get @U : tensor<6x2xf64>
    %b = rnn.get @b : tensor<3xf64>
    %k = rnn.get @k : tensor<3xf64>
    %zero = rnn.constant 0.0 : !h
    %none = rnn.constant 0.0 : !g
    %h0 = rnn.initial_state @h, %zero : !h
    %p0 = rnn.initial_state @pair, %none : !g
    %bias = rnn.matmul %W, %b : tensor<6x3xf64>, tensor<3xf64> to tensor<6xf64>
    %px = rnn.matmul %U, %x : tensor<6x2xf64>, !xs to !gs
    %right = rnn.slice %px dim 0 [3, 3] : !gs to !hs
    %hT, %pT, %first, %second, %whole = rnn.scan "T" (%g = %px : !gs, %r = %right : !hs)
        init (%h = %h0 : !h, %pair = %p0 : !g) -> (!hs, !hs, !gs) {
      %ph = rnn.matmul %W, %h : tensor<6x3xf64>, !h to !g
      %s = rnn.add %ph, %g : !g
      %bs = rnn.broadcast %bias : tensor<6xf64> to !g
      %t = rnn.add %s, %bs : !g
      %a = rnn.tanh %t : !g
      %left = rnn.slice %a dim 0 [0, 3] : !g to !h
      %end = rnn.slice %a dim 0 [3, 3] : !g to !h
      %old = rnn.slice %pair dim 0 [3, 3] : !g to !h
      %m = rnn.mul %old, %r : !h
      %joined = rnn.concat dim 0 %end, %m : !h, !h to !g
      rnn.yield %left, %joined, %end, %old, %a : !h, !g, !h, !h, !g
    }
    %product = rnn.mul %first, %second : !hs
    %data = rnn.sum_to %product : !hs to tensor<1xf64>
    %mean = rnn.sum_to mean %whole : !gs to tensor<1xf64>
    %bk = rnn.mul %b, %k : tensor<3xf64>
    %inner = rnn.sum_to %bk : tensor<3xf64> to tensor<1xf64>
    %l0 = rnn.add %data, %mean : tensor<1xf64>
    %loss = rnn.add %l0, %inner : tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>, #rnn.role<state @pair>] %loss, %hT, %pT : tensor<1xf64>, !h, !g
  }
}
