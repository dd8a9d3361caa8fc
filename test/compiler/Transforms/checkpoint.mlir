// DEFINE: %{pipeline} = rnn-differentiate,canonicalize,cse,rnn.func(rnn-hoist),canonicalize,cse,rnn.func(rnn-chunk-time,rnn-checkpoint
// RUN: rnn-opt %S/Inputs/vanilla.mlir --pass-pipeline='builtin.module(rnn.model(%{pipeline}{interval=8})))' | FileCheck %s
// RUN: rnn-opt %S/Inputs/vanilla.mlir --pass-pipeline='builtin.module(rnn.model(%{pipeline}{log=true})))' | FileCheck %s --check-prefix=LOG
// RUN: rnn-opt %S/Inputs/deep-bidirectional.mlir --pass-pipeline='builtin.module(rnn.model(%{pipeline})))' | FileCheck %s --check-prefix=DEEP
// RUN: rnn-opt %S/Inputs/positions.mlir --pass-pipeline='builtin.module(rnn.model(%{pipeline})))' | FileCheck %s --check-prefix=WHOLE

// Only what gives gradients changes.
// CHECK-LABEL: rnn.func @loss
// CHECK-NOT: rnn.checkpoint
// CHECK-NOT: rnn.resume

// The forward chunks are left with the recurrence: the final state, and the
// states that each chunk begins with.
// CHECK-LABEL: rnn.func @gradient
// CHECK: %[[forward:.*]]:2 = rnn.chunk "T" -> tensor<?x5xf64>, tensor<?x?x5xf64, "T"> {
// CHECK-NEXT: %[[projection:.*]] = rnn.matmul
// CHECK-NEXT: %[[scan:.*]]:2 = rnn.scan "T" ({{.*}} = %[[projection]] : {{.*}}) init (%[[h:.*]] = %[[h0:.*]] : tensor<?x5xf64>)
// CHECK: rnn.yield %{{.*}}, %[[h]]
// CHECK: %[[kept:.*]] = rnn.checkpoint every 8 %[[scan]]#1
// CHECK-NEXT: rnn.yield %[[scan]]#0, %[[kept]]

// The reverse chunks make the tape, the loss and all weight gradients.
// CHECK: rnn.chunk "T" reverse
// CHECK-NEXT: %[[again:.*]] = rnn.matmul
// CHECK-NEXT: %[[start:.*]] = rnn.resume %[[h0]] from %[[forward]]#1
// CHECK-NEXT: %[[tape:.*]]:3 = rnn.scan "T" ({{.*}} = %[[again]] : {{.*}}) init (%{{.*}} = %[[start]] :
// CHECK: rnn.matmul %{{.*}}, %[[tape]]#1
// CHECK: %[[loss:.*]] = rnn.sum_to mean
// CHECK: rnn.outer %{{.*}}, %[[tape]]#1 : {{.*}} to tensor<2x5xf64>
// CHECK: %[[reversed:.*]]:2 = rnn.scan "T" reverse (%{{.*}} = %[[tape]]#1 :
// CHECK: rnn.outer %[[reversed]]#1, %[[tape]]#2
// CHECK: rnn.yield {{.*}}%[[loss]]
// CHECK-NOT: rnn.chunk

// LOG: rnn.checkpoint log %
// LOG: rnn.resume

// What chunks of both directions read is kept: the states of the first layer,
// joined, which both recurrences of the second read. Recomputation does not
// nest: the second layer's forward recurrence resumes once.
// DEEP-LABEL: rnn.func @gradient
// DEEP: %[[f1:.*]]:2 = rnn.chunk "T" -> tensor<?x3xf64>, tensor<?x?x3xf64, "T"> {
// DEEP: rnn.checkpoint
// DEEP: %[[b:.*]]:{{[0-9]+}} = rnn.chunk "T" reverse
// DEEP: rnn.resume %{{.*}} from %[[f1]]#1
// DEEP: %[[both:.*]] = rnn.concat dim 0
// DEEP: rnn.yield {{.*}}%[[both]]
// DEEP: %[[c:.*]]:{{[0-9]+}} = rnn.chunk "T" ->
// DEEP: rnn.resume %{{.*}} from %[[b]]#
// DEEP: rnn.checkpoint
// DEEP: rnn.chunk "T" reverse
// DEEP-DAG: rnn.resume %{{.*}} from %[[c]]#
// DEEP-DAG: rnn.resume %{{.*}} from %[[f1]]#1
// DEEP: rnn.chunk "T" ->
// DEEP: rnn.resume %{{.*}} from %[[b]]#
// DEEP-NOT: rnn.resume
// DEEP: rnn.return

// A sequence that is read from its end is kept whole: rnn.reverse and rnn.shift
// read what stands outside of their chunks.
// WHOLE-LABEL: rnn.func @gradient
// WHOLE: %[[whole:.*]]:{{[0-9]+}} = rnn.chunk "T" reverse
// WHOLE: rnn.reverse %[[whole]]#
