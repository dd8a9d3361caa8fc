// RUN: rnn-opt %s --split-input-file --pass-pipeline='builtin.module(rnn.model(rnn.func(rnn-find-stages)))' | FileCheck %s

// A stage is a scan with the product that widens its input, and with what comes
// after it and is narrower than what it reads; what nothing reads is done early.

rnn.model @Two axes ["T"] element f32 {
  rnn.param @V1 : tensor<8x3xf32> init "zeros"
  rnn.param @W1 : tensor<4x4xf32> init "zeros"
  rnn.param @V2 : tensor<8x4xf32> init "zeros"
  rnn.param @W2 : tensor<4x4xf32> init "zeros"
  rnn.input @x : tensor<?x?x3xf32, "T">
  rnn.output @y : tensor<?x?x4xf32, "T">
  // CHECK-LABEL: rnn.func @forward
  // CHECK: rnn.chunk
  // CHECK-NEXT: rnn.matmul {{.*}} {rnnc.stage = 0 : i64}
  // CHECK-NEXT: rnn.scan
  // CHECK: } {rnnc.stage = 0 : i64}
  // CHECK-NEXT: rnn.slice {{.*}} {rnnc.stage = 0 : i64}
  // CHECK-NEXT: rnn.outer {{.*}} {rnnc.stage = 0 : i64}
  // CHECK-NEXT: rnn.matmul {{.*}} {rnnc.stage = 1 : i64}
  // CHECK-NEXT: rnn.scan
  // CHECK: } {rnnc.stage = 1 : i64}
  // CHECK-NEXT: rnn.yield
  // 3 * 16 for steps, 24 for the product, 24 for its gradient; 3 * 16 + 32.
  // CHECK-NEXT: } {rnnc.stages = array<i64: 96, 80>}
  rnn.func @forward {
    %x = rnn.get @x : tensor<?x?x3xf32, "T">
    %V1 = rnn.get @V1 : tensor<8x3xf32>
    %W1 = rnn.get @W1 : tensor<4x4xf32>
    %V2 = rnn.get @V2 : tensor<8x4xf32>
    %W2 = rnn.get @W2 : tensor<4x4xf32>
    %zero = rnn.constant 0.0 : tensor<?x4xf32>
    %y:2 = rnn.chunk "T" -> tensor<?x?x4xf32, "T">, tensor<8x3xf32> {
      %p = rnn.matmul %V1, %x : tensor<8x3xf32>, tensor<?x?x3xf32, "T"> to tensor<?x?x8xf32, "T">
      %s:3 = rnn.scan "T" (%pt = %p : tensor<?x?x8xf32, "T">) init (%h = %zero : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">, tensor<?x?x8xf32, "T">) {
        %w = rnn.matmul %W1, %h : tensor<4x4xf32>, tensor<?x4xf32> to tensor<?x4xf32>
        rnn.yield %w, %w, %pt : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x8xf32>
      }
      %part = rnn.slice %s#2 dim 0[2, 4] : tensor<?x?x8xf32, "T"> to tensor<?x?x4xf32, "T">
      %q = rnn.matmul %V2, %part : tensor<8x4xf32>, tensor<?x?x4xf32, "T"> to tensor<?x?x8xf32, "T">
      %g = rnn.outer %s#2, %x : tensor<?x?x8xf32, "T">, tensor<?x?x3xf32, "T"> to tensor<8x3xf32>
      %r:2 = rnn.scan "T" (%qt = %q : tensor<?x?x8xf32, "T">) init (%h = %zero : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
        %w = rnn.matmul %W2, %h : tensor<4x4xf32>, tensor<?x4xf32> to tensor<?x4xf32>
        rnn.yield %w, %w : tensor<?x4xf32>, tensor<?x4xf32>
      }
      rnn.yield %r#1, %g : tensor<?x?x4xf32, "T">, tensor<8x3xf32>
    }
    rnn.return [#rnn.role<output @y>, #rnn.role<gradient @V1>] %y#0, %y#1 : tensor<?x?x4xf32, "T">, tensor<8x3xf32>
  }
}
