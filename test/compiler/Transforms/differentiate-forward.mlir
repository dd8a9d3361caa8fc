// RUN: rnn-opt %S/Inputs/lstm.mlir --rnn-differentiate-forward | FileCheck %s --check-prefix=JOIN
// RUN: rnn-opt %S/Inputs/vanilla.mlir --rnn-differentiate-forward --canonicalize | FileCheck %s --check-prefix=DUAL
// RUN: rnn-opt %S/Inputs/vanilla.mlir --rnn-pipeline="gradient=false tangent" | FileCheck %s --check-prefix=MERGED
// RUN: rnn-opt %s --rnn-differentiate-forward | FileCheck %s --check-prefix=STILL

// What @forward and @loss share is computed once: a scan a layer.
// JOIN-LABEL: rnn.func @tangent
// JOIN-COUNT-2: rnn.scan
// JOIN-NOT: rnn.scan
// JOIN: rnn.return [#rnn.role<output @p>, #rnn.role<state @h1>, #rnn.role<state @c1>, #rnn.role<state @h2>, #rnn.role<state @c2>, #rnn.role<loss @loss>, #rnn.role<metric @accuracy>, #rnn.role<output_tangent @p>, #rnn.role<loss_tangent @loss>]

// A state's tangent is carried beside it, from zero where the state starts
// from the caller's.
// DUAL-LABEL: rnn.func @tangent
// DUAL: %[[V:.*]] = rnn.direction @Wh
// DUAL: rnn.scan "T" ({{.*}}) init (%[[h:[^ ]*]] = %{{[^,]*}}, %[[d:[^ ]*]] = %[[zero:.*]] : tensor<?x5xf64>) -> (
// DUAL-DAG: rnn.matmul %[[V]], %[[h]]
// DUAL-DAG: rnn.matmul %{{.*}}, %[[d]]
// DUAL: rnn.yield

// Products of the parameter and of its direction with one operand are one.
// MERGED-LABEL: rnn.func @tangent
// MERGED: %[[both:.*]] = rnn.concat dim 0 %{{.*}}, %{{.*}} : tensor<5x5xf64>, tensor<5x5xf64> to tensor<10x5xf64>
// MERGED: rnn.scan
// MERGED: rnn.matmul %{{.*}}, %{{.*}} : tensor<5x5xf64>, tensor<?x5xf64>
// MERGED: rnn.matmul %[[both]], %{{.*}} : tensor<10x5xf64>, tensor<?x5xf64>
// MERGED-NOT: rnn.matmul %{{.*}}, %{{.*}} : tensor<5x5xf64>, tensor<?x5xf64>
// MERGED: rnn.return

// States and outputs that no trainable parameter enters have no tangent: the
// clock is carried alone, the read-out of a fixed reservoir moves with its
// weights only, a comparison not at all.
!h = tensor<?x3xf64>
!hs = tensor<?x?x3xf64, "T">
!one = tensor<?x1xf64>
!ones = tensor<?x?x1xf64, "T">
rnn.model @Still axes ["T"] element f64 {
  rnn.param frozen @W : tensor<3x3xf64> init "glorot" [1.0]
  rnn.param @Wo : tensor<1x3xf64> init "glorot" [1.0]
  rnn.input @x : !hs
  rnn.output @y : !ones
  rnn.output @clock : !ones
  rnn.output @fires : !ones
  // STILL-LABEL: rnn.func @tangent
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %W = rnn.get @W : tensor<3x3xf64>
    // STILL-NOT: rnn.direction @W :
    // STILL: %[[V:.*]] = rnn.direction @Wo
    %Wo = rnn.get @Wo : tensor<1x3xf64>
    %h0 = rnn.constant 0.0 : !h
    %t0 = rnn.constant 0.0 : !one
    // STILL: %[[scan:.*]]:4 = rnn.scan "T" (%{{[^,]*}} = %{{[^,]*}} : {{[^,]*}}, "T">) init (%{{[^,]*}} = %{{[^,]*}} : tensor<?x3xf64>, %{{[^,]*}} = %{{[^,]*}} : tensor<?x1xf64>)
    %hT, %tT, %hs, %ts = rnn.scan "T" (%xt = %x : !hs) init (%h = %h0 : !h, %t = %t0 : !one) -> (!hs, !ones) {
      %p = rnn.matmul %W, %h : tensor<3x3xf64>, !h to !h
      %s = rnn.add %p, %xt : !h
      %next = rnn.tanh %s : !h
      %step = rnn.constant 1.0 : !one
      %later = rnn.add %t, %step : !one
      rnn.yield %next, %later, %next, %t : !h, !one, !h, !one
    }
    // STILL: %[[y:.*]] = rnn.matmul
    // STILL: %[[dy:.*]] = rnn.matmul %[[V]], %[[scan]]#2
    %y = rnn.matmul %Wo, %hs : tensor<1x3xf64>, !hs to !ones
    %none = rnn.constant 0.0 : !ones
    %fires = rnn.less %none, %y : !ones
    // STILL: %[[zero:.*]] = rnn.constant 0.0
    // STILL: %[[still:.*]] = rnn.constant 0.0
    // STILL: rnn.return {{.*}}<output_tangent @y>, #rnn.role<output_tangent @clock>, #rnn.role<output_tangent @fires>] {{.*}}, %[[dy]], %{{[^,]*}}, %{{[^,]*}} :
    rnn.return [#rnn.role<output @y>, #rnn.role<output @clock>, #rnn.role<output @fires>] %y, %ts, %fires : !ones, !ones, !ones
  }
}
