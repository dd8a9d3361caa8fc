// Dropout on inputs, on what goes into a product of the step, on the recurrence
// with one mask a sequence, and between layers.
!h = tensor<?x5xf64>
!hs = tensor<?x?x5xf64, "T">
!g = tensor<?x10xf64>
rnn.model @Dropout axes ["T"] element f64 {
  rnn.param @W : tensor<5x5xf64> init "zeros"
  rnn.param @U : tensor<10x5xf64> init "zeros"
  rnn.param @V : tensor<5x5xf64> init "zeros"
  rnn.input @x : !hs
  rnn.input @speaker : !h
  rnn.target @y : !hs
  rnn.state @h : !h
  rnn.output @p : !hs
  rnn.stream [@x, @speaker] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %speaker = rnn.get @speaker : !h
    %W = rnn.get @W : tensor<5x5xf64>
    %U = rnn.get @U : tensor<10x5xf64>
    %V = rnn.get @V : tensor<5x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %once = rnn.dropout %speaker rate 0.25 site 4 : !h
    %xd = rnn.dropout %x rate 0.5 site 0 : !hs
    %xs = rnn.dropout sequence %xd rate 0.25 site 1 : !hs
    %hT, %hs = rnn.scan "T" (%xt = %xs : !hs) init (%h = %h0 : !h) -> (!hs) {
      %hd = rnn.dropout sequence %h rate 0.25 site 2 : !h
      %px = rnn.matmul %W, %xt : tensor<5x5xf64>, !h to !h
      %g = rnn.matmul %U, %hd : tensor<10x5xf64>, !h to !g
      %a = rnn.slice %g dim 0 [0, 5] : !g to !h
      %b = rnn.slice %g dim 0 [5, 5] : !g to !h
      %keep = rnn.sigmoid %a : !h
      %sum = rnn.add %b, %px : !h
      %told = rnn.dropout %once rate 0.5 site 5 : !h
      %all = rnn.add %sum, %told : !h
      %new = rnn.tanh %all : !h
      %some = rnn.dropout %new rate 0.25 site 3 : !h
      %write = rnn.mul %keep, %some : !h
      %half = rnn.constant 0.5 : !h
      %rest = rnn.mul %half, %h : !h
      %next = rnn.add %rest, %write : !h
      rnn.yield %next, %next : !h, !h
    }
    %out = rnn.dropout %hs rate 0.5 site 6 : !hs
    %p = rnn.matmul %V, %out : tensor<5x5xf64>, !hs to !hs
    rnn.return [#rnn.role<output @p>, #rnn.role<state @h>] %p, %hT : !hs, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %y = rnn.get @y : !hs
    %speaker = rnn.get @speaker : !h
    %W = rnn.get @W : tensor<5x5xf64>
    %U = rnn.get @U : tensor<10x5xf64>
    %V = rnn.get @V : tensor<5x5xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %once = rnn.dropout %speaker rate 0.25 site 4 : !h
    %xd = rnn.dropout %x rate 0.5 site 0 : !hs
    %xs = rnn.dropout sequence %xd rate 0.25 site 1 : !hs
    %hT, %hs = rnn.scan "T" (%xt = %xs : !hs) init (%h = %h0 : !h) -> (!hs) {
      %hd = rnn.dropout sequence %h rate 0.25 site 2 : !h
      %px = rnn.matmul %W, %xt : tensor<5x5xf64>, !h to !h
      %g = rnn.matmul %U, %hd : tensor<10x5xf64>, !h to !g
      %a = rnn.slice %g dim 0 [0, 5] : !g to !h
      %b = rnn.slice %g dim 0 [5, 5] : !g to !h
      %keep = rnn.sigmoid %a : !h
      %sum = rnn.add %b, %px : !h
      %told = rnn.dropout %once rate 0.5 site 5 : !h
      %all = rnn.add %sum, %told : !h
      %new = rnn.tanh %all : !h
      %some = rnn.dropout %new rate 0.25 site 3 : !h
      %write = rnn.mul %keep, %some : !h
      %half = rnn.constant 0.5 : !h
      %rest = rnn.mul %half, %h : !h
      %next = rnn.add %rest, %write : !h
      rnn.yield %next, %next : !h, !h
    }
    %out = rnn.dropout %hs rate 0.5 site 6 : !hs
    %p = rnn.matmul %V, %out : tensor<5x5xf64>, !hs to !hs
    %e = rnn.sub %p, %y : !hs
    %e2 = rnn.mul %e, %e : !hs
    %loss = rnn.sum_to mean %e2 : !hs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
