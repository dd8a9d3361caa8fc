// Next states that are not made by the step: another state (a swap), a step of
// an input (a delay), the state itself, a constant, a value from outside.
!h = tensor<?x3xf64>
!hs = tensor<?x?x3xf64, "T">
rnn.model @Swap axes ["T"] element f64 {
  rnn.param @w : tensor<3xf64> init "zeros"
  rnn.param @k : tensor<3xf64> init "zeros"
  rnn.input @x : !hs
  rnn.state @a : !h
  rnn.state @b : !h
  rnn.state @delay : !h
  rnn.state @still : !h
  rnn.state @reset : !h
  rnn.state @held : !h
  rnn.output @y : !hs
  rnn.stream [@x] -> [@y]
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %w = rnn.get @w : tensor<3xf64>
    %k = rnn.get @k : tensor<3xf64>
    %outside = rnn.broadcast %k : tensor<3xf64> to !h
    %zero = rnn.constant 0.0 : !h
    %one = rnn.constant 1.0 : !h
    %a0 = rnn.initial_state @a, %one : !h
    %b0 = rnn.initial_state @b, %zero : !h
    %d0 = rnn.initial_state @delay, %zero : !h
    %s0 = rnn.initial_state @still, %one : !h
    %r0 = rnn.initial_state @reset, %zero : !h
    %o0 = rnn.initial_state @held, %zero : !h
    %aT, %bT, %dT, %sT, %rT, %oT, %y = rnn.scan "T" (%xt = %x : !hs)
        init (%a = %a0 : !h, %b = %b0 : !h, %d = %d0 : !h, %s = %s0 : !h, %r = %r0 : !h, %o = %o0 : !h) -> (!hs) {
      %ws = rnn.broadcast %w : tensor<3xf64> to !h
      %p = rnn.mul %a, %ws : !h
      %q = rnn.mul %b, %d : !h
      %t = rnn.add %p, %q : !h
      %u = rnn.mul %t, %s : !h
      %v = rnn.add %u, %r : !h
      %out = rnn.add %v, %o : !h
      %half = rnn.constant 0.5 : !h
      rnn.yield %b, %a, %xt, %s, %half, %outside, %out : !h, !h, !h, !h, !h, !h, !h
    }
    rnn.return [#rnn.role<output @y>, #rnn.role<state @a>, #rnn.role<state @b>, #rnn.role<state @delay>, #rnn.role<state @still>, #rnn.role<state @reset>, #rnn.role<state @held>]
      %y, %aT, %bT, %dT, %sT, %rT, %oT : !hs, !h, !h, !h, !h, !h, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %w = rnn.get @w : tensor<3xf64>
    %k = rnn.get @k : tensor<3xf64>
    %outside = rnn.broadcast %k : tensor<3xf64> to !h
    %zero = rnn.constant 0.0 : !h
    %one = rnn.constant 1.0 : !h
    %a0 = rnn.initial_state @a, %one : !h
    %b0 = rnn.initial_state @b, %zero : !h
    %d0 = rnn.initial_state @delay, %zero : !h
    %s0 = rnn.initial_state @still, %one : !h
    %r0 = rnn.initial_state @reset, %zero : !h
    %o0 = rnn.initial_state @held, %zero : !h
    %aT, %bT, %dT, %sT, %rT, %oT, %y = rnn.scan "T" (%xt = %x : !hs)
        init (%a = %a0 : !h, %b = %b0 : !h, %d = %d0 : !h, %s = %s0 : !h, %r = %r0 : !h, %o = %o0 : !h) -> (!hs) {
      %ws = rnn.broadcast %w : tensor<3xf64> to !h
      %p = rnn.mul %a, %ws : !h
      %q = rnn.mul %b, %d : !h
      %t = rnn.add %p, %q : !h
      %u = rnn.mul %t, %s : !h
      %v = rnn.add %u, %r : !h
      %out = rnn.add %v, %o : !h
      %half = rnn.constant 0.5 : !h
      rnn.yield %b, %a, %xt, %s, %half, %outside, %out : !h, !h, !h, !h, !h, !h, !h
    }
    %square = rnn.mul %y, %y : !hs
    %loss = rnn.sum_to %square : !hs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @a>, #rnn.role<state @b>, #rnn.role<state @delay>, #rnn.role<state @still>, #rnn.role<state @reset>, #rnn.role<state @held>]
      %loss, %aT, %bT, %dT, %sT, %rT, %oT : tensor<1xf64>, !h, !h, !h, !h, !h, !h
  }
}
