// RUN: rnn-opt %S/../Transforms/Inputs/dropout.mlir --rnn-pipeline --rnnc-lower-rnn --canonicalize --cse | FileCheck %s

// The flag and both halves of the seed are read once a call. Each phase with
// dropout has a twin without, chosen by the flag. The elements of a chunk are
// counted from t * B * F; those of the batch, with the masks that stay the same,
// from 0.
// CHECK-LABEL: func.func @Dropout_forward(
// CHECK: %[[bit:.*]] = arith.andi %{{.*}}, %c1_i32 : i32
// CHECK: %[[trains:.*]] = arith.cmpi ne, %[[bit]], %c0_i32 : i32
// CHECK: %[[half:.*]] = arith.shrui %[[whole:.*]], %c32_i64 : i64
// CHECK: %[[both:.*]] = arith.xori %[[whole]], %[[half]] : i64
// CHECK: %[[seed:.*]] = arith.trunci %[[both]] : i64 to i32
// CHECK: scf.if %[[trains]] {
// CHECK: dnn.phase
// CHECK-COUNT-3: dnn.dropout %{{.*}} key %{{.*}} first %c0_i64 rate 2.500000e-01 : f64
// CHECK: } else {
// CHECK: dnn.phase
// CHECK-NOT: dnn.dropout
// CHECK: scf.for
// CHECK: scf.if %[[trains]] {
// CHECK: %[[elements:.*]] = arith.muli %{{.*}}, %c5 : index
// CHECK: %[[first:.*]] = arith.index_cast %[[elements]] : index to i64
// The key of site 0.
// CHECK: %[[key:.*]] = arith.xori %[[seed]], %c-1640531527_i32 : i32
// CHECK: dnn.dropout %{{.*}} key %[[key]] first %[[first]] rate 5.000000e-01 : f64

// In a step the mask of a sequence is a factor; fresh masks are part of the
// product's epilogue.
// CHECK: scf.if %[[trains]] {
// CHECK: dnn.gemm_phase @Dropout_forward_site1
// CHECK-COUNT-2: dnn.dropout
// CHECK: } else {
// CHECK: dnn.gemm_phase @Dropout_forward_site1
// CHECK-NOT: dnn.dropout
// CHECK: scf.if %[[trains]] {
// CHECK: dnn.dropout
// CHECK: return

// The reverse pass makes the masks again: nothing of them is kept.
// CHECK-LABEL: func.func @Dropout_gradient(
// CHECK: scf.if
// CHECK: dnn.dropout
// CHECK: return

// CHECK-LABEL: func.func @Dropout_step(
// CHECK-NOT: dnn.dropout
// CHECK: return
