// RUN: rnn-opt %s --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-find-slices)))' | FileCheck %s

!s = tensor<?x?x3xf32, "T">
!o = tensor<?x?x1xf32, "T">
rnn.model @Net axes ["T"] element f32 {
  rnn.param @W : tensor<3x3xf32> init "zeros"
  rnn.param @scale : tensor<1xf32> init "zeros"
  rnn.input @x : !s
  rnn.input @w : !o
  rnn.target @t : !s
  rnn.output @p : !s
  rnn.metric @m

  // Rows of the batch.
  // CHECK: rnn.func @rows attributes {rnnc.slices}
  rnn.func @rows {
    %x = rnn.get @x : !s
    %W = rnn.get @W : tensor<3x3xf32>
    %p = rnn.matmul %W, %x : tensor<3x3xf32>, !s to !s
    rnn.return [#rnn.role<output @p>] %p : !s
  }

  // Sums of the batch, weighed by what is static, and their sums.
  // CHECK: rnn.func @sums attributes {rnnc.slices}
  rnn.func @sums {
    %x = rnn.get @x : !s
    %t = rnn.get @t : !s
    %scale = rnn.get @scale : tensor<1xf32>
    %a = rnn.sum_to mean %x : !s to tensor<1xf32>
    %b = rnn.sum_to %t : !s to tensor<3xf32>
    %c = rnn.sum_to %b : tensor<3xf32> to tensor<1xf32>
    %d = rnn.mul %scale, %a : tensor<1xf32>
    %e = rnn.div %c, %scale : tensor<1xf32>
    %f = rnn.neg %e : tensor<1xf32>
    %loss = rnn.sub %d, %f : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>, #rnn.role<metric @m>] %loss, %a : tensor<1xf32>, tensor<1xf32>
  }

  // A quotient of sums is not the sum of the slices' quotients.
  // CHECK: rnn.func @weighted {
  rnn.func @weighted {
    %t = rnn.get @t : !s
    %w = rnn.get @w : !o
    %a = rnn.sum_to %t : !s to tensor<1xf32>
    %b = rnn.sum_to %w : !o to tensor<1xf32>
    %loss = rnn.div %a, %b : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }

  // Every slice would add the penalty.
  // CHECK: rnn.func @penalty {
  rnn.func @penalty {
    %t = rnn.get @t : !s
    %scale = rnn.get @scale : tensor<1xf32>
    %a = rnn.sum_to %t : !s to tensor<1xf32>
    %p = rnn.mul %scale, %scale : tensor<1xf32>
    %loss = rnn.add %a, %p : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }

  // CHECK: rnn.func @static {
  rnn.func @static {
    %scale = rnn.get @scale : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %scale : tensor<1xf32>
  }

  // CHECK: rnn.func @root {
  rnn.func @root {
    %t = rnn.get @t : !s
    %a = rnn.sum_to mean %t : !s to tensor<1xf32>
    %loss = rnn.sqrt %a : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }

  // CHECK: rnn.func @square {
  rnn.func @square {
    %t = rnn.get @t : !s
    %a = rnn.sum_to mean %t : !s to tensor<1xf32>
    %loss = rnn.mul %a, %a : tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }

  // A row that the whole batch decides on.
  // CHECK: rnn.func @centred {
  rnn.func @centred {
    %x = rnn.get @x : !s
    %a = rnn.sum_to mean %x : !s to tensor<3xf32>
    %b = rnn.broadcast %a : tensor<3xf32> to !s
    %p = rnn.sub %x, %b : !s
    rnn.return [#rnn.role<output @p>] %p : !s
  }
}
