// Row kernels become loops of vectors with a masked tail.
// RUN: rnn-opt %s --dnn-lower-rows --canonicalize | FileCheck %s

// CHECK-LABEL: func @softmax
func.func @softmax(%x: memref<?x40xf32>) {
  // CHECK: %[[ROWS:.*]] = memref.dim %arg0
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %[[ROWS]]
  // The largest, then the sum of exponentials, then the quotient.
  // CHECK: scf.for %[[COLUMN:.*]] = %c0 to %c32 step %c16 iter_args
  // CHECK: vector.load %arg0[%[[ROW]], %[[COLUMN]]]
  // CHECK: arith.cmpf ogt
  // CHECK: vector.maskedload %arg0[%[[ROW]], %c32]
  // CHECK: vector.shuffle
  // CHECK: scf.for
  // CHECK: math.exp %{{.*}} : vector<16xf32>
  // CHECK: vector.store
  // CHECK: vector.maskedstore
  // CHECK: arith.divf
  // CHECK: scf.for
  // CHECK: arith.mulf
  dnn.softmax %x, %x : memref<?x40xf32>, memref<?x40xf32>
  return
}

// CHECK-LABEL: func @cross_entropy
func.func @cross_entropy(%x: memref<?x16xf32>, %t: memref<?x1xi32>, %n: memref<?x1xf32>) {
  // CHECK: math.exp
  // CHECK: %[[TOKEN:.*]] = memref.load %arg1
  // CHECK: %[[AT:.*]] = arith.index_cast %[[TOKEN]] : i32 to index
  // CHECK: memref.load %arg0[%{{.*}}, %[[AT]]]
  // CHECK: math.log
  // CHECK: memref.store %{{.*}}, %arg2
  dnn.cross_entropy %x, %t, %n : memref<?x16xf32>, memref<?x1xi32>, memref<?x1xf32>
  return
}

// CHECK-LABEL: func @tokens
func.func @tokens(%table: memref<?x16xf32>, %t: memref<?x1xi32>, %out: memref<?x16xf32>,
                  %n: memref<?x1xf32>) {
  // CHECK: %[[AT:.*]] = arith.index_cast %{{.*}} : i32 to index
  // CHECK: %[[ROW:.*]] = vector.load %arg0[%[[AT]], %c0]
  // CHECK: vector.store %[[ROW]], %arg2
  dnn.gather %table, %t, %out : memref<?x16xf32>, memref<?x1xi32>, memref<?x16xf32>
  // CHECK: %[[OLD:.*]] = vector.load %arg0
  // CHECK: %[[NEW:.*]] = vector.load %arg2
  // CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %[[NEW]]
  // CHECK: vector.store %[[SUM]], %arg0
  dnn.scatter_add %t, %out, %table : memref<?x1xi32>, memref<?x16xf32>, memref<?x16xf32>
  // CHECK: arith.cmpi eq, %{{.*}} : vector<16xi32>
  // CHECK: arith.select
  dnn.one_hot %t, %out : memref<?x1xi32>, memref<?x16xf32>
  // CHECK: arith.sitofp
  dnn.token_value %t, %n : memref<?x1xi32>, memref<?x1xf32>
  return
}

// CHECK-LABEL: func @sums
func.func @sums(%x: memref<?x80xf32>, %b: memref<1x80xf32>, %n: memref<?x1xf32>, %scale: f64) {
  // CHECK: arith.truncf %arg3 : f64 to f32
  // Four vectors at a time, then one.
  // CHECK: scf.for {{.*}} -> (vector<64xf32>)
  // CHECK: scf.for {{.*}} -> (vector<16xf32>)
  dnn.sum_rows %x, %b scale %scale : memref<?x80xf32>, memref<1x80xf32>
  // Four sums side by side, and then one more vector.
  // CHECK: scf.for %[[ROW:.*]] = %c0 to
  // CHECK-COUNT-5: vector.load %arg0[%[[ROW]], %{{.*}}] : memref<?x80xf32>, vector<16xf32>
  // CHECK: memref.store %{{.*}}, %arg2
  dnn.sum_features %x, %n scale %scale : memref<?x80xf32>, memref<?x1xf32>
  // CHECK: scf.for {{.*}} -> (f32, index)
  dnn.argmax %x, %n : memref<?x80xf32>, memref<?x1xf32>
  return
}

// CHECK-LABEL: func @copies
func.func @copies(%x: memref<4x16xf32>, %y: memref<16x4xf32>, %z: memref<4x16xf32>,
                  %t: memref<?x1xi32>, %u: memref<?x1xi32>) {
  // CHECK: vector.store %cst{{.*}}, %arg0
  dnn.fill 0.0, %x : memref<4x16xf32>
  // CHECK: %[[V:.*]] = vector.load %arg0
  // CHECK: vector.store %[[V]], %arg2
  dnn.copy %x, %z : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: %[[S:.*]] = memref.load %arg0[%[[R:.*]], %[[C:.*]]]
  // CHECK: memref.store %[[S]], %arg1[%[[C]], %[[R]]]
  dnn.copy %x, %y transposed : memref<4x16xf32>, memref<16x4xf32>
  // CHECK: %[[T:.*]] = memref.load %arg3
  // CHECK: memref.store %[[T]], %arg4
  dnn.copy %t, %u : memref<?x1xi32>, memref<?x1xi32>
  return
}
