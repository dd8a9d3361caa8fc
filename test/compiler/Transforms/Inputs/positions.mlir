// Operations over time: ends of sequences, reversed sequences and recurrences,
// tokens one step later, steps that remain, means over time and masks.
!h = tensor<?x3xf64>
!x = tensor<?x2xf64>
!one = tensor<?x1xf64>
!xs = tensor<?x?x2xf64, "T">
!hs = tensor<?x?x3xf64, "T">
!ones = tensor<?x?x1xf64, "T">
!tokens = tensor<?x?x1xi32, "T">
rnn.model @Positions axes ["T"] element f64 {
  rnn.param @W : tensor<3x2xf64> init "zeros"
  rnn.param @U : tensor<3x3xf64> init "zeros"
  rnn.param @E : tensor<4x3xf64> init "zeros"
  rnn.input @x : !xs
  rnn.input @v : !h
  rnn.input @k : !tokens vocabulary 4
  rnn.state @h : !h
  rnn.output @y : !hs
  rnn.output @z : !h
  rnn.output @mean : !h
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %v = rnn.get @v : !h
    %k = rnn.get @k : !tokens
    %W = rnn.get @W : tensor<3x2xf64>
    %U = rnn.get @U : tensor<3x3xf64>
    %E = rnn.get @E : tensor<4x3xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!hs) {
      %p = rnn.matmul %W, %xt : tensor<3x2xf64>, !x to !h
      %q = rnn.matmul %U, %h : tensor<3x3xf64>, !h to !h
      %r = rnn.add %p, %q : !h
      %next = rnn.tanh %r : !h
      rnn.yield %next, %next : !h, !h
    }
    %xr = rnn.reverse %x : !xs
    %bT, %br = rnn.scan "T" (%xt = %xr : !xs) init (%h = %v : !h) -> (!hs) {
      %p = rnn.matmul %W, %xt : tensor<3x2xf64>, !x to !h
      %q = rnn.matmul %U, %h : tensor<3x3xf64>, !h to !h
      %r = rnn.add %p, %q : !h
      %next = rnn.softplus %r : !h
      rnn.yield %next, %next : !h, !h
    }
    %bs = rnn.reverse %br : !hs
    %both = rnn.mul %hs, %bs : !hs
    %backwards = rnn.reverse %both : !hs
    %before = rnn.shift %k fill 2 : !tokens
    %later = rnn.reverse %before : !tokens
    %twice = rnn.shift %before fill 1 : !tokens
    %e0 = rnn.gather %E, %later : tensor<4x3xf64>, !tokens to !hs
    %e1 = rnn.gather %E, %twice : tensor<4x3xf64>, !tokens to !hs
    %left = rnn.remaining : !ones
    %two = rnn.constant 2.0 : !ones
    %ends = rnn.less %left, %two : !ones
    %mask = rnn.broadcast %ends : !ones to !hs
    %placed = rnn.place last %v : !h to !hs
    %started = rnn.place first %v : !h to !hs
    %s0 = rnn.mul %mask, %backwards : !hs
    %s1 = rnn.add %s0, %e0 : !hs
    %s2 = rnn.mul %e1, %hs : !hs
    %s3 = rnn.add %s1, %s2 : !hs
    %s4 = rnn.add %s3, %placed : !hs
    %y = rnn.sub %s4, %started : !hs
    %last = rnn.pick last %hs : !hs to !h
    %first = rnn.pick first %y : !hs to !h
    %other = rnn.pick first %backwards : !hs to !h
    %z0 = rnn.mul %last, %first : !h
    %z1 = rnn.add %z0, %other : !h
    %z = rnn.add %z1, %bT : !h
    %mean = rnn.sum_to mean %y : !hs to !h
    rnn.return [#rnn.role<output @y>, #rnn.role<output @z>, #rnn.role<output @mean>, #rnn.role<state @h>] %y, %z, %mean, %hT : !hs, !h, !h, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %v = rnn.get @v : !h
    %k = rnn.get @k : !tokens
    %W = rnn.get @W : tensor<3x2xf64>
    %U = rnn.get @U : tensor<3x3xf64>
    %E = rnn.get @E : tensor<4x3xf64>
    %zero = rnn.constant 0.0 : !h
    %h0 = rnn.initial_state @h, %zero : !h
    %hT, %hs = rnn.scan "T" (%xt = %x : !xs) init (%h = %h0 : !h) -> (!hs) {
      %p = rnn.matmul %W, %xt : tensor<3x2xf64>, !x to !h
      %q = rnn.matmul %U, %h : tensor<3x3xf64>, !h to !h
      %r = rnn.add %p, %q : !h
      %next = rnn.tanh %r : !h
      rnn.yield %next, %next : !h, !h
    }
    %xr = rnn.reverse %x : !xs
    %bT, %br = rnn.scan "T" (%xt = %xr : !xs) init (%h = %v : !h) -> (!hs) {
      %p = rnn.matmul %W, %xt : tensor<3x2xf64>, !x to !h
      %q = rnn.matmul %U, %h : tensor<3x3xf64>, !h to !h
      %r = rnn.add %p, %q : !h
      %next = rnn.softplus %r : !h
      rnn.yield %next, %next : !h, !h
    }
    %bs = rnn.reverse %br : !hs
    %both = rnn.mul %hs, %bs : !hs
    %backwards = rnn.reverse %both : !hs
    %before = rnn.shift %k fill 2 : !tokens
    %e = rnn.gather %E, %before : tensor<4x3xf64>, !tokens to !hs
    %left = rnn.remaining : !ones
    %two = rnn.constant 2.0 : !ones
    %ends = rnn.less %left, %two : !ones
    %mask = rnn.broadcast %ends : !ones to !hs
    %masked = rnn.mul %mask, %backwards : !hs
    %placed = rnn.place last %v : !h to !hs
    %s0 = rnn.add %masked, %e : !hs
    %s1 = rnn.add %s0, %placed : !hs
    %average = rnn.sum_to mean %s1 : !hs to !h
    %last = rnn.pick last %hs : !hs to !h
    %first = rnn.pick first %bs : !hs to !h
    %z0 = rnn.mul %average, %last : !h
    %z1 = rnn.add %z0, %first : !h
    %z2 = rnn.mul %z1, %z1 : !h
    %l0 = rnn.sum_to mean %z2 : !h to tensor<1xf64>
    %squares = rnn.mul %s1, %hs : !hs
    %l1 = rnn.sum_to mean %squares : !hs to tensor<1xf64>
    %weights = rnn.sum_to %ends : !ones to tensor<1xf64>
    %some = rnn.constant 1.0 : tensor<1xf64>
    %most = rnn.add %weights, %some : tensor<1xf64>
    %l2 = rnn.div %l0, %most : tensor<1xf64>
    %loss = rnn.add %l1, %l2 : tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>] %loss, %hT : tensor<1xf64>, !h
  }
}
