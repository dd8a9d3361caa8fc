// No recurrence at all, a loss that is linear: gradients are constants, means,
// inputs and targets as they stand; two losses and an input without time.
!x = tensor<?x3xf64>
!xs = tensor<?x?x3xf64, "T">
!one = tensor<1xf64>
rnn.model @Linear axes ["T"] element f64 {
  rnn.param @w : tensor<3xf64> init "zeros"
  rnn.param @v : tensor<1xf64> init "zeros"
  rnn.input @x : !xs
  rnn.input @z : !x
  rnn.target @y : !xs
  rnn.output @scaled : !xs
  rnn.output @mean : !x
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %z = rnn.get @z : !x
    %w = rnn.get @w : tensor<3xf64>
    %ws = rnn.broadcast %w : tensor<3xf64> to !xs
    %scaled = rnn.mul %x, %ws : !xs
    %m = rnn.sum_to mean %scaled : !xs to !x
    %mean = rnn.add %m, %z : !x
    rnn.return [#rnn.role<output @scaled>, #rnn.role<output @mean>] %scaled, %mean : !xs, !x
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %z = rnn.get @z : !x
    %y = rnn.get @y : !xs
    %w = rnn.get @w : tensor<3xf64>
    %v = rnn.get @v : !one
    %xy = rnn.mul %x, %y : !xs
    %a = rnn.sum_to mean %xy : !xs to !one
    %mx = rnn.sum_to mean %x : !xs to !x
    %mz = rnn.mul %mx, %z : !x
    %b = rnn.sum_to %mz : !x to !one
    %ws = rnn.broadcast %w : tensor<3xf64> to !x
    %wz = rnn.add %ws, %z : !x
    %c = rnn.sum_to mean %wz : !x to !one
    %ab = rnn.add %a, %b : !one
    %abc = rnn.add %ab, %c : !one
    %first = rnn.mul %abc, %v : !one
    %rows = rnn.sum_to mean %x : !xs to tensor<?x?x1xf64, "T">
    %second = rnn.sum_to %rows : tensor<?x?x1xf64, "T"> to !one
    %loss = rnn.add %first, %second : !one
    rnn.return [#rnn.role<loss @loss>] %loss : !one
  }
}
