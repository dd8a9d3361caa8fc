// Many to one, then one to many: a final state over one axis starts the
// recurrence over another and is read at each of its steps.
!h = tensor<?x4xf64>
!ss = tensor<?x?x3xf64, "S">
!ts = tensor<?x?x2xf64, "T">
!hs = tensor<?x?x4xf64, "T">
rnn.model @TwoAxes axes ["S", "T"] element f64 {
  rnn.param @We : tensor<4x7xf64> init "zeros"
  rnn.param @Wd : tensor<4x6xf64> init "zeros"
  rnn.param @Wo : tensor<2x4xf64> init "zeros"
  rnn.input @source : !ss
  rnn.input @previous : !ts
  rnn.target @y : !ts
  rnn.output @p : !ts
  rnn.func @forward {
    %source = rnn.get @source : !ss
    %previous = rnn.get @previous : !ts
    %We = rnn.get @We : tensor<4x7xf64>
    %Wd = rnn.get @Wd : tensor<4x6xf64>
    %Wo = rnn.get @Wo : tensor<2x4xf64>
    %zero = rnn.constant 0.0 : !h
    %encoded = rnn.scan "S" (%xt = %source : !ss) init (%h = %zero : !h) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x3xf64> to tensor<?x7xf64>
      %p = rnn.matmul %We, %joined : tensor<4x7xf64>, tensor<?x7xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next : !h
    }
    %hT, %hs = rnn.scan "T" (%xt = %previous : !ts) init (%h = %encoded : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x6xf64>
      %p = rnn.matmul %Wd, %joined : tensor<4x6xf64>, tensor<?x6xf64> to !h
      %s = rnn.add %p, %encoded : !h
      %next = rnn.tanh %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %p = rnn.matmul %Wo, %hs : tensor<2x4xf64>, !hs to !ts
    rnn.return [#rnn.role<output @p>] %p : !ts
  }
  rnn.func @loss {
    %source = rnn.get @source : !ss
    %previous = rnn.get @previous : !ts
    %y = rnn.get @y : !ts
    %We = rnn.get @We : tensor<4x7xf64>
    %Wd = rnn.get @Wd : tensor<4x6xf64>
    %Wo = rnn.get @Wo : tensor<2x4xf64>
    %zero = rnn.constant 0.0 : !h
    %encoded = rnn.scan "S" (%xt = %source : !ss) init (%h = %zero : !h) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x3xf64> to tensor<?x7xf64>
      %p = rnn.matmul %We, %joined : tensor<4x7xf64>, tensor<?x7xf64> to !h
      %next = rnn.tanh %p : !h
      rnn.yield %next : !h
    }
    %hT, %hs = rnn.scan "T" (%xt = %previous : !ts) init (%h = %encoded : !h) -> (!hs) {
      %joined = rnn.concat dim 0 %h, %xt : !h, tensor<?x2xf64> to tensor<?x6xf64>
      %p = rnn.matmul %Wd, %joined : tensor<4x6xf64>, tensor<?x6xf64> to !h
      %s = rnn.add %p, %encoded : !h
      %next = rnn.tanh %s : !h
      rnn.yield %next, %next : !h, !h
    }
    %p = rnn.matmul %Wo, %hs : tensor<2x4xf64>, !hs to !ts
    %error = rnn.sub %p, %y : !ts
    %square = rnn.mul %error, %error : !ts
    %loss = rnn.sum_to mean %square : !ts to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
