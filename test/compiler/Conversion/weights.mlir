// Functions without derivatives keep packed weights as told, and the model says
// so; the gradient's stay as they are.
// RUN: sed s/f64/f32/g %S/../Transforms/Inputs/lstm.mlir > %t.mlir
// RUN: rnn-opt %t.mlir --rnn-pipeline --rnnc-lower-rnn=weights=bf16 | FileCheck %s -DSTORED=bf16
// RUN: rnn-opt %t.mlir --rnn-pipeline --rnnc-lower-rnn=weights=int8 | FileCheck %s -DSTORED=i8
// CHECK: rnn.model @Lstm {{.*}}rnnc.weights = [[STORED]]
// CHECK-DAG: dnn.site @Lstm_forward_site0 {{.*}} f32 stored [[STORED]] rows
// CHECK-DAG: dnn.site @Lstm_loss_site0 {{.*}} f32 stored [[STORED]] rows
// CHECK-DAG: dnn.site @Lstm_step_site0 {{.*}} f32 stored [[STORED]] rows
// CHECK-DAG: dnn.site @Lstm_gradient_site0 {{.*}} f32 rows

// RUN: not rnn-opt %t.mlir --rnn-pipeline --rnnc-lower-rnn=weights=fp8 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: error: expected weights bf16 or int8, got 'fp8'
// RUN: not rnn-opt %S/../Transforms/Inputs/lstm.mlir --rnn-pipeline --rnnc-lower-rnn=weights=int8 2>&1 | FileCheck %s --check-prefix=DOUBLE
// DOUBLE: error: expected a model of f32 for weights of int8, got one of 'f64'
