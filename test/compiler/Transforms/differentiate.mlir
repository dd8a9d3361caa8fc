// RUN: rnn-opt %S/Inputs/vanilla.mlir --rnn-differentiate --canonicalize --cse | FileCheck %s --check-prefix=VANILLA
// RUN: rnn-opt %S/Inputs/unused.mlir --rnn-differentiate --canonicalize --cse | FileCheck %s --check-prefix=UNUSED
// RUN: rnn-opt %S/Inputs/lstm.mlir --rnn-pipeline | FileCheck %s --check-prefix=BIAS
// RUN: rnn-opt %S/Inputs/bidirectional.mlir --rnn-differentiate | FileCheck %s --check-prefix=REVERSE
// RUN: rnn-opt %S/Inputs/frozen.mlir --rnn-differentiate --canonicalize --cse | FileCheck %s --check-prefix=FROZEN
// RUN: rnn-opt %S/Inputs/dropout.mlir --rnn-pipeline | FileCheck %s --check-prefix=MASK
// RUN: rnn-opt %s --rnn-differentiate -split-input-file -verify-diagnostics

// The reverse scan reads the output of the activation, which is the state that
// the forward scan stacks, and the state before it; each once.
// VANILLA-LABEL: rnn.func @gradient
// VANILLA: %[[forward:.*]]:4 = rnn.scan "T" (%[[xt:.*]] = %[[x:.*]] : {{[^,]*}}, "T">) init (%[[h:.*]] = %{{.*}}) -> (tensor<?x?x2xf64, "T">, tensor<?x?x5xf64, "T">, tensor<?x?x5xf64, "T">)
// VANILLA: %[[next:.*]] = rnn.tanh
// VANILLA: rnn.yield %[[next]], %{{.*}}, %[[tapeA:.*]], %[[tapeB:.*]] :
// VANILLA: rnn.scan "T" reverse
// VANILLA-NOT: rnn.tanh
// VANILLA-NOT: rnn.exp
// VANILLA: rnn.return [#rnn.role<loss @loss>, #rnn.role<state @h>, #rnn.role<gradient @Wx>, #rnn.role<gradient @Wh>, #rnn.role<gradient @b>, #rnn.role<gradient @Wo>, #rnn.role<gradient @x>, #rnn.role<gradient @h>]

// The gradient in what the loss does not depend on is zero.
// UNUSED-LABEL: rnn.func @gradient
// UNUSED: %[[zero:.*]] = rnn.constant 0.000000e+00 : tensor<4xf64>
// UNUSED: rnn.return [{{.*}}#rnn.role<gradient @W>, #rnn.role<gradient @idle>{{.*}}] %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}}, %[[zero]],

// The gradient of a bias whose gates were taken apart is one sum over time.
// BIAS-LABEL: rnn.func @gradient
// BIAS-COUNT-2: rnn.sum_to %{{.*}} : tensor<?x?x20xf64, "T"> to tensor<20xf64>
// BIAS-NOT: rnn.sum_to %{{.*}} to tensor<5xf64>
// BIAS: rnn.return

// The cotangents of a recurrence run in the other direction.
// REVERSE-LABEL: rnn.func @gradient
// REVERSE: rnn.scan "T" (
// REVERSE: rnn.scan "T" reverse (
// REVERSE: rnn.scan "T" reverse (
// REVERSE: rnn.scan "T" (
// REVERSE: rnn.scan "T" (
// REVERSE: rnn.scan "T" reverse (
// REVERSE: rnn.return

// Nothing is computed for frozen parameters: of a reservoir only the read-out
// and the initial state have a gradient.
// FROZEN-LABEL: rnn.func @gradient
// FROZEN-DAG: %[[none:.*]] = rnn.constant 0.000000e+00 : tensor<5x2xf64>
// FROZEN-DAG: %[[nothing:.*]] = rnn.constant 0.000000e+00 : tensor<5x5xf64>
// FROZEN: rnn.outer %{{.*}} to tensor<2x5xf64>
// FROZEN-NOT: rnn.outer
// FROZEN: rnn.scan "T" reverse
// FROZEN-NOT: rnn.outer
// FROZEN: rnn.return [{{.*}}gradient @Win>, #rnn.role<gradient @Whh>{{.*}}] %{{[^,]*}}, %{{[^,]*}}, %[[none]], %[[nothing]],

// A mask is a factor of the cotangent and gets none itself.
// MASK-LABEL: rnn.func @gradient
// MASK-COUNT-2: rnn.dropout sequence
// MASK-NOT: rnn.dropout sequence
// MASK: rnn.return

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @StaticTape axes ["T"] element f32 {
  rnn.param @start : tensor<4xf32> init "zeros"
  rnn.param @rate : tensor<4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.func @loss {
    %x = rnn.get @x : !hs
    %start = rnn.get @start : tensor<4xf32>
    %rate = rnn.get @rate : tensor<4xf32>
    // expected-error @+1 {{expected a step whose derivative needs values of the batch, got one that needs 'tensor<4xf32>'}}
    %sT = rnn.scan "T" (%xt = %x : !hs) init (%s = %start : tensor<4xf32>) {
      %next = rnn.mul %s, %rate : tensor<4xf32>
      rnn.yield %next : tensor<4xf32>
    }
    %loss = rnn.sum_to %sT : tensor<4xf32> to tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @Scheduled axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @loss {
    %x = rnn.get @x : !h
    // expected-error @+1 {{expected an operation with a derivative, got 'rnn.phase'}}
    %p = rnn.phase -> !h {
      %y = rnn.tanh %x : !h
      rnn.yield %y : !h
    }
    %loss = rnn.sum_to %p : !h to tensor<1xf32>
    rnn.return [#rnn.role<loss @loss>] %loss : tensor<1xf32>
  }
}
