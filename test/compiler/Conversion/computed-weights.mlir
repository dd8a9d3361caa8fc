// RUN: rnn-opt %S/../Transforms/Inputs/matrices.mlir --rnn-pipeline --rnnc-lower-rnn --canonicalize --cse | FileCheck %s

// A reset evaluates what the states start from, and packs where it computes.
// CHECK-LABEL: func.func @Matrices_reset(
// CHECK: dnn.softmax
// CHECK: dnn.pack @Matrices_reset_site0
// CHECK-NEXT: dnn.buffer
// CHECK-NEXT: dnn.gemm @Matrices_reset_site0
// CHECK: return

// Weights that are expressions of parameters are computed in the call and packed
// before the loop over chunks that multiplies by them.
// CHECK-LABEL: func.func @Matrices_forward(
// CHECK: dnn.softmax %[[in:.*]], %[[rows:.*]] : memref<3x3xf64
// CHECK: dnn.copy %[[rows]], %[[move:.*]] transposed : memref<3x3xf64
// CHECK: dnn.pack @Matrices_forward_site1 %[[move]], %{{.*}} plan
// CHECK: scf.for
// CHECK: dnn.gather
// CHECK: scf.for
// CHECK-NOT: dnn.pack
// CHECK: dnn.gemm_phase @Matrices_forward_site1
// CHECK-NOT: dnn.pack
// CHECK: return
// CHECK-LABEL: func.func @Matrices_forward_pack(
// CHECK-NOT: dnn.pack
// CHECK: return

// A step multiplies by panels and looks up a table that its pack function has
// computed; what the states start from is no part of it.
// CHECK-LABEL: func.func @Matrices_step(
// CHECK-NOT: dnn.softmax
// CHECK-NOT: dnn.pack
// CHECK: dnn.gather
// CHECK: dnn.gemm_phase @Matrices_step_site0
// CHECK-NOT: dnn.pack
// CHECK: return
// CHECK-LABEL: func.func @Matrices_step_pack(
// CHECK: dnn.softmax
// CHECK: dnn.softmax
// CHECK-NOT: dnn.softmax
// CHECK: dnn.pack @Matrices_step_site0
// CHECK: dnn.pack @Matrices_step_site1
// CHECK: dnn.pack @Matrices_step_site2
// CHECK-NOT: dnn.pack
// CHECK: return
