// RUN: rnn-opt %S/../Transforms/Inputs/lstm.mlir --rnn-pipeline --rnnc-lower-rnn --canonicalize --cse | FileCheck %s
// RUN: rnn-opt %S/../Transforms/Inputs/lstm.mlir --rnn-pipeline=gradient=false --rnnc-lower-rnn | FileCheck %s --check-prefix=INFERENCE

// What the descriptor says of each entry point stays with the declarations; the
// functions are gone.
// CHECK: rnn.model @Lstm axes ["T"] element f64 attributes {
// CHECK-SAME: rnnc.functions = [
// CHECK-SAME: index = 0 : i32, interval = 0 : i64, name = "forward", packed_bytes =
// CHECK-SAME: index = 1 : i32, interval = 0 : i64, name = "loss", packed_bytes =
// CHECK-SAME: index = 2 : i32, interval = 0 : i64, name = "gradient", packed_bytes =
// CHECK-SAME: rnnc.stream = {panels_bytes =
// CHECK-NOT: rnn.func
// CHECK: func.func @Lstm_reset(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32

// INFERENCE: rnn.model
// INFERENCE-NOT: name = "gradient"
// INFERENCE-NOT: @Lstm_gradient
// INFERENCE: func.func @Lstm_step(
// INFERENCE-NOT: @Lstm_gradient

// One loop over chunks; in it the lookup of all tokens of a chunk, the steps,
// the second layer's projection as one product, its steps, and the logits.
// A step is one kernel that writes the trajectory in place: no copies, save for
// states of sequences that have ended, and for those of a layer's last step in
// the chunk before.
// CHECK-LABEL: func.func @Lstm_forward(
// CHECK: scf.for
// CHECK: dnn.gather
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: dnn.copy
// CHECK: }
// CHECK-NOT: dnn.copy
// CHECK: dnn.gemm_phase @Lstm_forward_site0
// CHECK-NOT: dnn.copy
// CHECK: }
// CHECK-NOT: dnn.copy
// CHECK: scf.if
// CHECK-COUNT-2: dnn.copy
// CHECK-NOT: dnn.copy
// CHECK: dnn.gemm @Lstm_forward_site1
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: dnn.copy
// CHECK: }
// CHECK-NOT: dnn.copy
// CHECK: dnn.gemm_phase @Lstm_forward_site2
// CHECK-NOT: dnn.copy
// CHECK: dnn.gemm @Lstm_forward_site3
// CHECK: dnn.softmax
// CHECK: return

// Sites say how many gates meet in a kernel, and over what their rows run.
// CHECK-DAG: dnn.site @Lstm_forward_site0 function 0 index 0 n 20 k 5 gates 4 units {{[0-9]+}} f64 rows step
// CHECK-DAG: dnn.site @Lstm_forward_site1 function 0 index 1 n 20 k 5 gates 1 units {{[0-9]+}} f64 rows chunk at {{.*}} axis 0

// Weights are packed where they lie in the parameters; what is looked up or
// added is copied.
// CHECK-LABEL: func.func @Lstm_forward_pack(
// CHECK-DAG: dnn.pack @Lstm_forward_site0 %{{.*}} : memref<20x5xf64, strided<[12, 1]>>
// CHECK-DAG: dnn.pack @Lstm_forward_site2 %{{.*}} : memref<20x5xf64, strided<[10, 1]>>
// CHECK-DAG: dnn.copy %{{.*}} transposed : memref<20x7xf64, strided<[12, 1]>>, memref<7x20xf64
// CHECK: return

// The steps of the reverse pass copy nothing either; gradients of weights are
// sums over the rows of a chunk, outside of the steps, those of biases grow in
// the phases that make what is summed.
// CHECK-LABEL: func.func @Lstm_gradient(
// CHECK: dnn.cross_entropy
// CHECK: dnn.gemm @Lstm_gradient_site4
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: dnn.copy
// CHECK: }
// CHECK-NOT: dnn.copy
// CHECK-NOT: dnn.gemm_tn
// CHECK: dnn.phase
// CHECK-SAME: column_sums({{.*}} : memref<1x5xf64{{.*}}, memref<1x5xf64{{.*}}, memref<1x5xf64{{.*}}, memref<1x5xf64{{.*}})
// CHECK-NOT: dnn.copy
// CHECK-NOT: dnn.gemm_tn
// CHECK: dnn.gemm @Lstm_gradient_site5
// CHECK: }
// CHECK: dnn.gemm @Lstm_gradient_site6
// CHECK: scf.for
// CHECK: scf.if
// CHECK-COUNT-2: dnn.copy
// CHECK: }
// CHECK-NOT: dnn.copy
// CHECK-NOT: dnn.gemm_tn
// CHECK: dnn.gemm @Lstm_gradient_site7
// CHECK-NOT: dnn.copy
// CHECK: }
// CHECK-DAG: dnn.gemm_tn {{.*}} accumulate unless
// CHECK-DAG: dnn.sum_rows {{.*}} accumulate
// CHECK-DAG: dnn.scatter_add
// CHECK: return

// The step has no plan, and no loops.
// CHECK-LABEL: func.func @Lstm_step(%{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr) -> i32
// CHECK-NOT: scf.for
// CHECK-NOT: plan
// CHECK: dnn.gather
// CHECK: dnn.gemm_phase @Lstm_step_site0
// CHECK: dnn.gemm_phase @Lstm_step_site2
// CHECK: return
