// One recurrence forwards and one backwards over the same input, final states
// of both in the loss, and a third recurrence over both.
!h = tensor<?x3xf64>
!xs = tensor<?x?x2xf64, "T">
!hs = tensor<?x?x3xf64, "T">
!both = tensor<?x?x6xf64, "T">
rnn.model @Bidirectional axes ["T"] element f64 {
  rnn.param @Wf : tensor<3x5xf64> init "zeros"
  rnn.param @Wb : tensor<3x5xf64> init "zeros"
  rnn.param @Wt : tensor<3x9xf64> init "zeros"
  rnn.input @x : !xs
  rnn.output @y : !hs
  rnn.output @last : !h
  rnn.func @forward {
    %x = rnn.get @x : !xs
    %Wf = rnn.get @Wf : tensor<3x5xf64>
    %Wb = rnn.get @Wb : tensor<3x5xf64>
    %Wt = rnn.get @Wt : tensor<3x9xf64>
    %zero = rnn.constant 0.0 : !h
    %fT, %fs = rnn.scan "T" (%xt = %x : !xs) init (%h = %zero : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x5xf64>
      %p = rnn.matmul %Wf, %joined : tensor<3x5xf64>, tensor<?x5xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %bT, %bs = rnn.scan "T" reverse (%xt = %x : !xs) init (%h = %zero : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x5xf64>
      %p = rnn.matmul %Wb, %joined : tensor<3x5xf64>, tensor<?x5xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %both = rnn.concat dim 0 %fs, %bs : !hs, !hs to !both
    %tT, %ts = rnn.scan "T" reverse (%xt = %both : !both) init (%h = %fT : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x6xf64> to tensor<?x9xf64>
      %p = rnn.matmul %Wt, %joined : tensor<3x9xf64>, tensor<?x9xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %last = rnn.add %bT, %tT : !h
    rnn.return [#rnn.role<output @y>, #rnn.role<output @last>] %ts, %last : !hs, !h
  }
  rnn.func @loss {
    %x = rnn.get @x : !xs
    %Wf = rnn.get @Wf : tensor<3x5xf64>
    %Wb = rnn.get @Wb : tensor<3x5xf64>
    %Wt = rnn.get @Wt : tensor<3x9xf64>
    %zero = rnn.constant 0.0 : !h
    %fT, %fs = rnn.scan "T" (%xt = %x : !xs) init (%h = %zero : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x5xf64>
      %p = rnn.matmul %Wf, %joined : tensor<3x5xf64>, tensor<?x5xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %bT, %bs = rnn.scan "T" reverse (%xt = %x : !xs) init (%h = %zero : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x5xf64>
      %p = rnn.matmul %Wb, %joined : tensor<3x5xf64>, tensor<?x5xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %both = rnn.concat dim 0 %fs, %bs : !hs, !hs to !both
    %tT, %ts = rnn.scan "T" reverse (%xt = %both : !both) init (%h = %fT : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x6xf64> to tensor<?x9xf64>
      %p = rnn.matmul %Wt, %joined : tensor<3x9xf64>, tensor<?x9xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next, %next : !h, !h
    }
    %last = rnn.add %bT, %tT : !h
    %spread = rnn.broadcast %last : !h to !hs
    %square = rnn.mul %ts, %spread : !hs
    %loss = rnn.sum_to mean %square : !hs to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
