// RUN: rnn-opt %S/Inputs/lstm.mlir --rnn-gauss-newton --canonicalize --cse | FileCheck %s --check-prefix=LSTM
// RUN: rnn-opt %s --rnn-gauss-newton -split-input-file -verify-diagnostics --canonicalize --cse | FileCheck %s

// The curvature of a cross-entropy is that of its logits: p z - p <p, z>. The
// recurrences run once forwards, with their tangents, and once backwards, where
// only cotangents of states are carried: two of each layer. The product is the
// gradient of parameters, and nothing else is returned but the loss.
// LSTM-LABEL: rnn.func @gauss_newton
// LSTM: rnn.scan "T" ({{.*}}) init (%{{[^)]*}} : tensor<?x5xf64>, %{{[^)]*}} : tensor<?x5xf64>, %{{[^)]*}} : tensor<?x5xf64>, %{{[^)]*}} : tensor<?x5xf64>)
// LSTM: rnn.scan "T" (
// LSTM: %[[p:.*]] = rnn.softmax
// LSTM: %[[pz:.*]] = rnn.mul %[[p]], %{{.*}} : tensor<?x?x7xf64, "T">
// LSTM: %[[sum:.*]] = rnn.sum_to %[[pz]] : tensor<?x?x7xf64, "T"> to tensor<?x?x1xf64, "T">
// LSTM: %[[damping:.*]] = rnn.call_number "damping"
// LSTM: rnn.broadcast mean %[[damping]] : tensor<1xf64> to tensor<?x?x1xf64, "T">
// LSTM: rnn.scan "T" reverse
// LSTM: rnn.scan "T" reverse
// LSTM: rnn.return [#rnn.role<loss @loss>, #rnn.role<gradient @W1>, #rnn.role<gradient @b1>, #rnn.role<gradient @W2>, #rnn.role<gradient @b2>, #rnn.role<gradient @Wo>]

// Through sums, weights and signs to the convex functions: the square of a
// parameter, the logarithm of a probability with the sign that makes it convex.
// A state that only hands on an input is not damped.
!o = tensor<?x1xf64>
!os = tensor<?x?x1xf64, "T">
// CHECK-LABEL: rnn.model @Signs
rnn.model @Signs axes ["T"] element f64 {
  rnn.param @a : tensor<1xf64> init "zeros"
  rnn.param @W : tensor<1x1xf64> init "zeros"
  rnn.input @x : !os
  // CHECK: rnn.func @gauss_newton
  // CHECK-NOT: rnn.call_number
  // CHECK: %[[da:.*]] = rnn.direction @a
  // CHECK: %[[p:.*]]:4 = rnn.scan "T"
  // CHECK: %[[Gaa:.*]] = rnn.add %[[da]], %[[da]]
  // CHECK: %[[slope:.*]] = rnn.div %{{.*}}, %[[p]]#2
  // CHECK: %[[moved:.*]] = rnn.mul %[[slope]], %[[p]]#3
  // CHECK: %[[minus:.*]] = rnn.neg %[[moved]]
  // CHECK: %[[seed:.*]] = rnn.div %[[minus]], %[[p]]#2
  // CHECK: rnn.scan "T" reverse (%{{[^ ]*}} = %[[seed]]
  // CHECK: %[[GWW:.*]] = rnn.outer
  // CHECK: rnn.return [#rnn.role<loss @loss>, #rnn.role<gradient @a>, #rnn.role<gradient @W>] %{{[^,]*}}, %[[Gaa]], %[[GWW]]
  rnn.func @loss {
    %x = rnn.get @x : !os
    %a = rnn.get @a : tensor<1xf64>
    %W = rnn.get @W : tensor<1x1xf64>
    %z = rnn.matmul %W, %x : tensor<1x1xf64>, !os to !os
    %p = rnn.sigmoid %z : !os
    %zero = rnn.constant 0.0 : !o
    %dT, %ds = rnn.scan "T" (%pt = %p : !os) init (%d = %zero : !o) -> (!os) {
      rnn.yield %pt, %d : !o, !o
    }
    %log = rnn.log %ds : !os
    %mean = rnn.sum_to mean %log : !os to tensor<1xf64>
    %minus = rnn.constant -0.5 : tensor<1xf64>
    %nats = rnn.mul %mean, %minus : tensor<1xf64>
    %square = rnn.mul %a, %a : tensor<1xf64>
    %loss = rnn.add %nats, %square : tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}

// -----

// The same logarithm with the other sign is concave.
rnn.model @Concave axes ["T"] element f64 {
  rnn.param @W : tensor<1x1xf64> init "zeros"
  rnn.input @x : tensor<?x1xf64>
  rnn.func @loss {
    %x = rnn.get @x : tensor<?x1xf64>
    %W = rnn.get @W : tensor<1x1xf64>
    %z = rnn.matmul %W, %x : tensor<1x1xf64>, tensor<?x1xf64> to tensor<?x1xf64>
    %p = rnn.sigmoid %z : tensor<?x1xf64>
    %log = rnn.log %p : tensor<?x1xf64>
    // expected-error @+1 {{expected a loss that ends in a convex function (a cross-entropy, a square, a negative logarithm) for a Gauss-Newton product, got none}}
    %loss = rnn.sum_to mean %log : tensor<?x1xf64> to tensor<1xf64>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf64>
  }
}
