// RUN: rnn-opt %s | rnn-opt | FileCheck %s
// RUN: rnn-opt %s --mlir-print-op-generic | rnn-opt | FileCheck %s

// CHECK: rnn.model @Everything axes ["S", "T"] element f32 {
rnn.model @Everything axes ["S", "T"] element f32 {
  // CHECK-NEXT: rnn.param @W : tensor<6x4xf32> init "glorot" [1.000000e+00]
  rnn.param @W : tensor<6x4xf32> init "glorot" [1.0]
  // CHECK-NEXT: rnn.param @b : tensor<4xf32> init "zeros"
  rnn.param @b : tensor<4xf32> init "zeros"
  // CHECK-NEXT: rnn.param @u : tensor<4xf32> init "uniform" [-1.000000e-01, 1.000000e-01]
  rnn.param @u : tensor<4xf32> init "uniform" [-0.1, 0.1]
  // CHECK-NEXT: rnn.input @x : tensor<?x?x4xf32, "T">
  rnn.input @x : tensor<?x?x4xf32, "T">
  // CHECK-NEXT: rnn.input @t : tensor<?x1xi32> vocabulary 6
  rnn.input @t : tensor<?x1xi32> vocabulary 6
  // CHECK-NEXT: rnn.target @y : tensor<?x?x1xi32, "T"> vocabulary 6
  rnn.target @y : tensor<?x?x1xi32, "T"> vocabulary 6
  // CHECK-NEXT: rnn.state @layer.h : tensor<?x4xf32>
  rnn.state @"layer.h" : tensor<?x4xf32>
  // CHECK-NEXT: rnn.output @p : tensor<?x?x6xf32, "T">
  rnn.output @p : tensor<?x?x6xf32, "T">
  // CHECK-NEXT: rnn.metric @accuracy
  rnn.metric @accuracy
  // CHECK-NEXT: rnn.stream [@x] -> [@p]
  rnn.stream [@x] -> [@p]
  // CHECK-NEXT: rnn.func @forward {
  rnn.func @forward {
    // CHECK-NEXT: %[[W:.*]] = rnn.get @W : tensor<6x4xf32>
    %W = rnn.get @W : tensor<6x4xf32>
    // CHECK-NEXT: %[[b:.*]] = rnn.get @b : tensor<4xf32>
    %b = rnn.get @b : tensor<4xf32>
    // CHECK-NEXT: %[[xs:.*]] = rnn.get @x : tensor<?x?x4xf32, "T">
    %xs = rnn.get @x : tensor<?x?x4xf32, "T">
    // A sequence may be read as one of its steps.
    // CHECK-NEXT: %[[x:.*]] = rnn.get @x : tensor<?x4xf32>
    %x = rnn.get @x : tensor<?x4xf32>
    // CHECK-NEXT: %[[t:.*]] = rnn.get @t : tensor<?x1xi32>
    %t = rnn.get @t : tensor<?x1xi32>
    // CHECK-NEXT: %[[y:.*]] = rnn.get @y : tensor<?x?x1xi32, "T">
    %y = rnn.get @y : tensor<?x?x1xi32, "T">

    // CHECK-NEXT: rnn.constant 5.000000e-01 : tensor<?x4xf32>
    %half = rnn.constant 0.5 : tensor<?x4xf32>
    // CHECK-NEXT: rnn.neg %[[x]] : tensor<?x4xf32>
    %neg = rnn.neg %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.exp %[[x]] : tensor<?x4xf32>
    %exp = rnn.exp %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.log %[[x]] : tensor<?x4xf32>
    %log = rnn.log %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.sqrt %[[b]] : tensor<4xf32>
    %sqrt = rnn.sqrt %b : tensor<4xf32>
    // CHECK-NEXT: rnn.sigmoid %[[xs]] : tensor<?x?x4xf32, "T">
    %sigmoid = rnn.sigmoid %xs : tensor<?x?x4xf32, "T">
    // CHECK-NEXT: rnn.tanh %[[W]] : tensor<6x4xf32>
    %tanh = rnn.tanh %W : tensor<6x4xf32>
    // CHECK-NEXT: rnn.relu %[[x]] : tensor<?x4xf32>
    %relu = rnn.relu %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.add %[[x]], %[[x]] : tensor<?x4xf32>
    %add = rnn.add %x, %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.sub %[[x]], %[[x]] : tensor<?x4xf32>
    %sub = rnn.sub %x, %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.mul %[[x]], %[[x]] : tensor<?x4xf32>
    %mul = rnn.mul %x, %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.div %[[x]], %[[x]] : tensor<?x4xf32>
    %div = rnn.div %x, %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.where_positive %[[x]], %[[x]] : tensor<?x4xf32>
    %where = rnn.where_positive %x, %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.equal %[[x]], %[[x]] : tensor<?x4xf32>
    %equal = rnn.equal %x, %x : tensor<?x4xf32>

    // CHECK-NEXT: rnn.broadcast %[[b]] : tensor<4xf32> to tensor<?x?x4xf32, "T">
    %repeated = rnn.broadcast %b : tensor<4xf32> to tensor<?x?x4xf32, "T">
    // CHECK-NEXT: rnn.broadcast mean %[[x]] : tensor<?x4xf32> to tensor<?x?x4xf32, "T">
    %shared = rnn.broadcast mean %x : tensor<?x4xf32> to tensor<?x?x4xf32, "T">
    // CHECK-NEXT: rnn.sum_to %[[xs]] : tensor<?x?x4xf32, "T"> to tensor<?x4xf32>
    %sum = rnn.sum_to %xs : tensor<?x?x4xf32, "T"> to tensor<?x4xf32>
    // CHECK-NEXT: rnn.sum_to mean %[[x]] : tensor<?x4xf32> to tensor<1xf32>
    %mean = rnn.sum_to mean %x : tensor<?x4xf32> to tensor<1xf32>
    // CHECK-NEXT: rnn.slice %[[W]] dim 1[1, 2] : tensor<6x4xf32> to tensor<6x2xf32>
    %slice = rnn.slice %W dim 1 [1, 2] : tensor<6x4xf32> to tensor<6x2xf32>
    // CHECK-NEXT: rnn.pad %[[x]] dim 0 at 2 of 8 : tensor<?x4xf32> to tensor<?x8xf32>
    %pad = rnn.pad %x dim 0 at 2 of 8 : tensor<?x4xf32> to tensor<?x8xf32>
    // CHECK-NEXT: rnn.concat dim 0 %[[x]], %[[x]] : tensor<?x4xf32>, tensor<?x4xf32> to tensor<?x8xf32>
    %concat = rnn.concat dim 0 %x, %x : tensor<?x4xf32>, tensor<?x4xf32> to tensor<?x8xf32>
    // CHECK-NEXT: rnn.transpose %[[W]] : tensor<6x4xf32> to tensor<4x6xf32>
    %transpose = rnn.transpose %W : tensor<6x4xf32> to tensor<4x6xf32>

    // CHECK-NEXT: rnn.matmul %[[W]], %[[xs]] : tensor<6x4xf32>, tensor<?x?x4xf32, "T"> to tensor<?x?x6xf32, "T">
    %matmul = rnn.matmul %W, %xs : tensor<6x4xf32>, tensor<?x?x4xf32, "T"> to tensor<?x?x6xf32, "T">
    // CHECK-NEXT: rnn.outer %[[x]], %[[x]] : tensor<?x4xf32>, tensor<?x4xf32> to tensor<4x4xf32>
    %outer = rnn.outer %x, %x : tensor<?x4xf32>, tensor<?x4xf32> to tensor<4x4xf32>
    // CHECK-NEXT: rnn.gather %[[W]], %[[t]] : tensor<6x4xf32>, tensor<?x1xi32> to tensor<?x4xf32>
    %gather = rnn.gather %W, %t : tensor<6x4xf32>, tensor<?x1xi32> to tensor<?x4xf32>
    // CHECK-NEXT: rnn.scatter_add %[[t]], %[[x]] : tensor<?x1xi32>, tensor<?x4xf32> to tensor<6x4xf32>
    %scatter = rnn.scatter_add %t, %x : tensor<?x1xi32>, tensor<?x4xf32> to tensor<6x4xf32>

    // CHECK-NEXT: rnn.softmax %[[x]] : tensor<?x4xf32>
    %softmax = rnn.softmax %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.cross_entropy %[[xs]], %[[y]] : tensor<?x?x4xf32, "T">, tensor<?x?x1xi32, "T"> to tensor<?x?x1xf32, "T">
    %nats = rnn.cross_entropy %xs, %y : tensor<?x?x4xf32, "T">, tensor<?x?x1xi32, "T"> to tensor<?x?x1xf32, "T">
    // CHECK-NEXT: rnn.cross_entropy_gradient %[[xs]], %[[y]], %[[nats:.*]], %[[nats]] : tensor<?x?x4xf32, "T">, tensor<?x?x1xi32, "T">, tensor<?x?x1xf32, "T">
    %slope = rnn.cross_entropy_gradient %xs, %y, %nats, %nats : tensor<?x?x4xf32, "T">, tensor<?x?x1xi32, "T">, tensor<?x?x1xf32, "T">
    // CHECK-NEXT: rnn.one_hot %[[t]] : tensor<?x1xi32> to tensor<?x6xf32>
    %hot = rnn.one_hot %t : tensor<?x1xi32> to tensor<?x6xf32>
    // CHECK-NEXT: rnn.argmax %[[x]] : tensor<?x4xf32> to tensor<?x1xf32>
    %argmax = rnn.argmax %x : tensor<?x4xf32> to tensor<?x1xf32>
    // CHECK-NEXT: rnn.token_value %[[t]] : tensor<?x1xi32> to tensor<?x1xf32>
    %value = rnn.token_value %t : tensor<?x1xi32> to tensor<?x1xf32>

    // CHECK-NEXT: %[[h0:.*]] = rnn.initial_state @layer.h, %[[x]] : tensor<?x4xf32>
    %h0 = rnn.initial_state @"layer.h", %x : tensor<?x4xf32>
    // CHECK-NEXT: rnn.unless_given %[[x]] : tensor<?x4xf32>
    %unless = rnn.unless_given %x : tensor<?x4xf32>

    // CHECK-NEXT: %[[p:.*]]:2 = rnn.phase -> tensor<?x4xf32>, tensor<?x4xf32> {
    // CHECK-NEXT: rnn.add
    // CHECK-NEXT: rnn.tanh
    // CHECK-NEXT: rnn.yield %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<?x4xf32>
    %p:2 = rnn.phase -> tensor<?x4xf32>, tensor<?x4xf32> {
      %a = rnn.add %x, %h0 : tensor<?x4xf32>
      %b2 = rnn.tanh %a : tensor<?x4xf32>
      rnn.yield %a, %b2 : tensor<?x4xf32>, tensor<?x4xf32>
    }

    // CHECK: rnn.chunk "T" reverse -> tensor<?x4xf32> {
    // CHECK-NEXT: %[[scan:.*]]:2 = rnn.scan "T" reverse (%[[xt:.*]] = %[[xs]] : tensor<?x?x4xf32, "T">) init (%[[h:.*]] = %[[h0]] : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
    // CHECK-NEXT: rnn.yield %[[xt]], %[[h]]
    // CHECK: rnn.yield %[[scan]]#0 : tensor<?x4xf32>
    %last = rnn.chunk "T" reverse -> tensor<?x4xf32> {
      %h, %hs = rnn.scan "T" reverse (%xt = %xs : tensor<?x?x4xf32, "T">) init (%hp = %h0 : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
        rnn.yield %xt, %hp : tensor<?x4xf32>, tensor<?x4xf32>
      }
      rnn.yield %h : tensor<?x4xf32>
    }
    // States that chunks begin with, and a scan that goes on from them in
    // chunks of the other direction.
    // CHECK: %[[kept:.*]]:2 = rnn.chunk "T" -> tensor<?x?x4xf32, "T">, tensor<?x?x4xf32, "T"> {
    // CHECK: %[[every:.*]] = rnn.checkpoint every 64 %[[entry:.*]]#1 : tensor<?x?x4xf32, "T">
    // CHECK-NEXT: %[[log:.*]] = rnn.checkpoint log %[[entry]]#1 : tensor<?x?x4xf32, "T">
    // CHECK-NEXT: rnn.yield %[[every]], %[[log]]
    %kept:2 = rnn.chunk "T" -> tensor<?x?x4xf32, "T">, tensor<?x?x4xf32, "T"> {
      %h, %hs = rnn.scan "T" (%xt = %xs : tensor<?x?x4xf32, "T">) init (%hp = %h0 : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
        rnn.yield %xt, %hp : tensor<?x4xf32>, tensor<?x4xf32>
      }
      %every = rnn.checkpoint every 64 %hs : tensor<?x?x4xf32, "T">
      %few = rnn.checkpoint log %hs : tensor<?x?x4xf32, "T">
      rnn.yield %every, %few : tensor<?x?x4xf32, "T">, tensor<?x?x4xf32, "T">
    }
    // CHECK: rnn.chunk "T" reverse {
    // CHECK-NEXT: %[[start:.*]] = rnn.resume %[[h0]] from %[[kept]]#1 : tensor<?x4xf32>, tensor<?x?x4xf32, "T">
    // CHECK-NEXT: rnn.scan "T" () init (%{{.*}} = %[[start]] : tensor<?x4xf32>) {
    rnn.chunk "T" reverse {
      %start = rnn.resume %h0 from %kept#1 : tensor<?x4xf32>, tensor<?x?x4xf32, "T">
      %again = rnn.scan "T" () init (%s = %start : tensor<?x4xf32>) {
        rnn.yield %s : tensor<?x4xf32>
      }
      rnn.yield
    }
    // A chunk goes forwards unless it says otherwise; nothing need be yielded.
    // CHECK: rnn.chunk "T" {
    // CHECK-NEXT: rnn.yield
    rnn.chunk "T" {
      rnn.yield
    }
    // A scan may have no inputs.
    // CHECK: rnn.scan "T" () init (%[[s:.*]] = %[[h0]] : tensor<?x4xf32>) {
    %n = rnn.scan "T" () init (%s = %h0 : tensor<?x4xf32>) {
      rnn.yield %s : tensor<?x4xf32>
    }
    // CHECK: rnn.return [#rnn.role<output @p>, #rnn.role<state @layer.h>, #rnn.role<loss @l>, #rnn.role<metric @accuracy>, #rnn.role<gradient @W>] %[[x]], %[[x]], %[[x]], %[[x]], %[[x]]
    rnn.return [#rnn.role<output @p>, #rnn.role<state @"layer.h">, #rnn.role<loss @l>, #rnn.role<metric @accuracy>, #rnn.role<gradient @W>]
      %x, %x, %x, %x, %x : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>
  }
  // CHECK: rnn.func @nothing {
  // CHECK-NEXT: rnn.return []
  rnn.func @nothing {
    rnn.return []
  }
}
