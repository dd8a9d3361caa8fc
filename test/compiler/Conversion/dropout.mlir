// RUN: rnn-opt %S/../Transforms/Inputs/dropout.mlir --rnn-pipeline --rnnc-lower-rnn --canonicalize --cse | FileCheck %s

// The flag and both halves of the seed are read once a call. Each phase with
// dropout has a twin without, chosen by the flag. Elements are counted in the
// whole batch, of which the call may be a slice: those of a chunk, step by step,
// from (t * B + slice) * F; those of the batch, with the masks that stay the
// same, from slice * F.
// CHECK-LABEL: func.func @Dropout_forward(
// CHECK: %[[batchAt:.*]] = llvm.getelementptr %arg0[0, 5]
// CHECK: %[[batchNumber:.*]] = llvm.load %[[batchAt]]
// CHECK: %[[batch:.*]] = arith.index_cast %[[batchNumber]]
// CHECK: %[[sliceAt:.*]] = llvm.getelementptr %arg0[0, 6]
// CHECK: %[[sliceNumber:.*]] = llvm.load %[[sliceAt]]
// CHECK: %[[slice:.*]] = arith.index_cast %[[sliceNumber]]
// CHECK: %[[bit:.*]] = arith.andi %{{.*}}, %c1_i32 : i32
// CHECK: %[[trains:.*]] = arith.cmpi ne, %[[bit]], %c0_i32 : i32
// CHECK: %[[half:.*]] = arith.shrui %[[whole:.*]], %c32_i64 : i64
// CHECK: %[[both:.*]] = arith.xori %[[whole]], %[[half]] : i64
// CHECK: %[[seed:.*]] = arith.trunci %[[both]] : i64 to i32
// CHECK: scf.if %[[trains]] {
// CHECK: %[[own:.*]] = arith.muli %[[slice]], %c5 : index
// CHECK: %[[ownFirst:.*]] = arith.index_cast %[[own]] : index to i64
// CHECK: dnn.phase
// CHECK-COUNT-3: dnn.dropout %{{.*}} key %{{.*}} first %[[ownFirst]] rate 2.500000e-01 : f64
// CHECK: } else {
// CHECK: dnn.phase
// CHECK-NOT: dnn.dropout
// CHECK: scf.for
// CHECK: scf.if %[[trains]] {
// CHECK: scf.for
// CHECK: %[[sequence:.*]] = arith.addi %[[slice]], %{{.*}} : index
// CHECK: %[[before:.*]] = arith.muli %{{.*}}, %[[batch]] : index
// CHECK: %[[row:.*]] = arith.addi %[[before]], %[[sequence]] : index
// CHECK: %[[elements:.*]] = arith.muli %[[row]], %c5 : index
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
