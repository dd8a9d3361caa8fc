// A hidden Markov model whose matrices are softmaxes of parameters, and products
// by other expressions of matrices: elementwise, with a mask, with a column
// repeated, with a product of two vectors, made in the step.
!a = tensor<?x3xf64>
!as = tensor<?x?x3xf64, "T">
!n = tensor<?x1xf64>
!ns = tensor<?x?x1xf64, "T">
!tokens = tensor<?x?x1xi32, "T">
!m = tensor<3x3xf64>
!v = tensor<3xf64>
rnn.model @Matrices axes ["T"] element f64 {
  rnn.param @Tr : !m init "zeros"
  rnn.param @E : tensor<5x3xf64> init "zeros"
  rnn.param @a0 : !v init "zeros"
  rnn.param @W : !m init "zeros"
  rnn.param frozen @M : !m init "sparse" [0.5, 0.9]
  rnn.param @u : !v init "zeros"
  rnn.param @c : tensor<3x1xf64> init "zeros"
  rnn.input @x : !tokens vocabulary 5
  rnn.target @y : !as
  rnn.state @a : !a
  rnn.state @h : !a
  rnn.output @p : !as
  rnn.stream [@x] -> [@p]
  rnn.func @forward {
    %x = rnn.get @x : !tokens
    %Tr = rnn.get @Tr : !m
    %E = rnn.get @E : tensor<5x3xf64>
    %a0 = rnn.get @a0 : !v
    %W = rnn.get @W : !m
    %M = rnn.get @M : !m
    %u = rnn.get @u : !v
    %c = rnn.get @c : tensor<3x1xf64>
    %rows = rnn.softmax %Tr : !m
    %move = rnn.transpose %rows : !m to !m
    %Et = rnn.transpose %E : tensor<5x3xf64> to tensor<3x5xf64>
    %shown = rnn.softmax %Et : tensor<3x5xf64>
    %table = rnn.transpose %shown : tensor<3x5xf64> to tensor<5x3xf64>
    %squashed = rnn.tanh %W : !m
    %masked = rnn.mul %squashed, %M : !m
    %cs = rnn.broadcast %c : tensor<3x1xf64> to !m
    %means = rnn.sum_to mean %squashed : !m to tensor<3x1xf64>
    %spread = rnn.broadcast mean %means : tensor<3x1xf64> to !m
    %rank = rnn.outer %u, %a0 : !v, !v to !m
    %1 = rnn.add %masked, %cs : !m
    %2 = rnn.add %1, %rank : !m
    %all = rnn.sub %2, %spread : !m
    %tall = rnn.concat dim 0 %all, %W : !m, !m to tensor<6x3xf64>
    %start = rnn.softmax %a0 : !v
    %starts = rnn.broadcast %start : !v to !a
    %ai = rnn.initial_state @a, %starts : !a
    %moved = rnn.matmul %all, %u : !m, !v to !v
    %begin = rnn.tanh %moved : !v
    %begins = rnn.broadcast %begin : !v to !a
    %hi = rnn.initial_state @h, %begins : !a
    %aT, %hT, %as, %norms, %hs = rnn.scan "T" (%xt = %x : !tokens) init (%a = %ai : !a, %h = %hi : !a) -> (!as, !ns, !as) {
      %moves = rnn.matmul %move, %a : !m, !a to !a
      %e = rnn.gather %table, %xt : tensor<5x3xf64>, tensor<?x1xi32> to !a
      %q = rnn.mul %moves, %e : !a
      %q2 = rnn.mul %q, %q : !a
      %total = rnn.sum_to %q2 : !a to !n
      %half = rnn.constant 0.5 : !n
      %norm = rnn.add %total, %half : !n
      %norm3 = rnn.broadcast %norm : !n to !a
      %next = rnn.div %q, %norm3 : !a
      %one = rnn.constant 1.0 : !m
      %rest = rnn.sub %one, %W : !m
      %hp = rnn.matmul %rest, %h : !m, !a to !a
      %sum = rnn.add %hp, %next : !a
      %hn = rnn.tanh %sum : !a
      rnn.yield %next, %hn, %next, %norm, %hn : !a, !a, !a, !n, !a
    }
    %both = rnn.matmul %tall, %as : tensor<6x3xf64>, !as to tensor<?x?x6xf64, "T">
    %low = rnn.slice %both dim 0 [0, 3] : tensor<?x?x6xf64, "T"> to !as
    %high = rnn.slice %both dim 0 [3, 3] : tensor<?x?x6xf64, "T"> to !as
    %lh = rnn.mul %low, %high : !as
    %p = rnn.add %lh, %hs : !as
    rnn.return [#rnn.role<output @p>, #rnn.role<state @a>, #rnn.role<state @h>] %p, %aT, %hT : !as, !a, !a
  }
  rnn.func @loss {
    %x = rnn.get @x : !tokens
    %Tr = rnn.get @Tr : !m
    %E = rnn.get @E : tensor<5x3xf64>
    %a0 = rnn.get @a0 : !v
    %W = rnn.get @W : !m
    %M = rnn.get @M : !m
    %u = rnn.get @u : !v
    %c = rnn.get @c : tensor<3x1xf64>
    %rows = rnn.softmax %Tr : !m
    %move = rnn.transpose %rows : !m to !m
    %Et = rnn.transpose %E : tensor<5x3xf64> to tensor<3x5xf64>
    %shown = rnn.softmax %Et : tensor<3x5xf64>
    %table = rnn.transpose %shown : tensor<3x5xf64> to tensor<5x3xf64>
    %squashed = rnn.tanh %W : !m
    %masked = rnn.mul %squashed, %M : !m
    %cs = rnn.broadcast %c : tensor<3x1xf64> to !m
    %means = rnn.sum_to mean %squashed : !m to tensor<3x1xf64>
    %spread = rnn.broadcast mean %means : tensor<3x1xf64> to !m
    %rank = rnn.outer %u, %a0 : !v, !v to !m
    %1 = rnn.add %masked, %cs : !m
    %2 = rnn.add %1, %rank : !m
    %all = rnn.sub %2, %spread : !m
    %tall = rnn.concat dim 0 %all, %W : !m, !m to tensor<6x3xf64>
    %start = rnn.softmax %a0 : !v
    %starts = rnn.broadcast %start : !v to !a
    %ai = rnn.initial_state @a, %starts : !a
    %moved = rnn.matmul %all, %u : !m, !v to !v
    %begin = rnn.tanh %moved : !v
    %begins = rnn.broadcast %begin : !v to !a
    %hi = rnn.initial_state @h, %begins : !a
    %aT, %hT, %as, %norms, %hs = rnn.scan "T" (%xt = %x : !tokens) init (%a = %ai : !a, %h = %hi : !a) -> (!as, !ns, !as) {
      %moves = rnn.matmul %move, %a : !m, !a to !a
      %e = rnn.gather %table, %xt : tensor<5x3xf64>, tensor<?x1xi32> to !a
      %q = rnn.mul %moves, %e : !a
      %q2 = rnn.mul %q, %q : !a
      %total = rnn.sum_to %q2 : !a to !n
      %half = rnn.constant 0.5 : !n
      %norm = rnn.add %total, %half : !n
      %norm3 = rnn.broadcast %norm : !n to !a
      %next = rnn.div %q, %norm3 : !a
      %one = rnn.constant 1.0 : !m
      %rest = rnn.sub %one, %W : !m
      %hp = rnn.matmul %rest, %h : !m, !a to !a
      %sum = rnn.add %hp, %next : !a
      %hn = rnn.tanh %sum : !a
      rnn.yield %next, %hn, %next, %norm, %hn : !a, !a, !a, !n, !a
    }
    %both = rnn.matmul %tall, %as : tensor<6x3xf64>, !as to tensor<?x?x6xf64, "T">
    %low = rnn.slice %both dim 0 [0, 3] : tensor<?x?x6xf64, "T"> to !as
    %high = rnn.slice %both dim 0 [3, 3] : tensor<?x?x6xf64, "T"> to !as
    %lh = rnn.mul %low, %high : !as
    %p = rnn.add %lh, %hs : !as
    %y = rnn.get @y : !as
    %logs = rnn.log %norms : !ns
    %likely = rnn.sum_to mean %logs : !ns to tensor<1xf64>
    %e = rnn.mul %p, %y : !as
    %fit = rnn.sum_to mean %e : !as to tensor<1xf64>
    %loss = rnn.sub %fit, %likely : tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<state @a>, #rnn.role<state @h>] %loss, %aT, %hT : tensor<1xf64>, !a, !a
  }
}
