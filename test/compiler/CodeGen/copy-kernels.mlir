// RUN: rnn-opt %s --dnn-lower-gemm | FileCheck %s

// Rows of one width share a kernel, whatever their strides are.
// CHECK-LABEL: func @rows
func.func @rows(%a: memref<?x40xf32, strided<[64, 1]>>, %b: memref<?x40xf32>,
                %c: memref<?x1xi32>, %d: memref<?x1xi32>) {
  // CHECK: call @copy_f32_40(%{{.*}}, %{{.*}}, %{{.*}}, %c64, %c40)
  dnn.copy %a, %b : memref<?x40xf32, strided<[64, 1]>>, memref<?x40xf32>
  // CHECK: call @copy_f32_40(%{{.*}}, %{{.*}}, %{{.*}}, %c40{{.*}}, %c64{{.*}})
  dnn.copy %b, %a : memref<?x40xf32>, memref<?x40xf32, strided<[64, 1]>>
  // CHECK: call @copy_i32_1(
  dnn.copy %c, %d : memref<?x1xi32>, memref<?x1xi32>
  // CHECK: call @fill_f32_40(%{{.*}}, %{{.*}}, %c40{{.*}}, %cst)
  dnn.fill 1.5, %b : memref<?x40xf32>
  // CHECK: dnn.copy %arg1, %arg0 accumulate
  dnn.copy %b, %a accumulate : memref<?x40xf32>, memref<?x40xf32, strided<[64, 1]>>
  return
}

// A row alone is a few loads and stores.
// CHECK-LABEL: func @row
func.func @row(%a: memref<1x40xf32>, %b: memref<1x40xf32>) {
  // CHECK: dnn.copy
  dnn.copy %a, %b : memref<1x40xf32>, memref<1x40xf32>
  // CHECK: dnn.fill
  dnn.fill 0.0, %a : memref<1x40xf32>
  return
}

// Of a team each thread has columns of its own, and thread 0 what is alone.
// CHECK-LABEL: func @team
func.func @team(%plan: !llvm.ptr, %a: memref<?x40xf32>, %b: memref<?x40xf32>) {
  %thread, %threads = dnn.team %plan
  // CHECK: %[[FIRST:.*]] = arith.ceildivui
  // CHECK: %[[END:.*]] = arith.ceildivui
  dnn.share %thread of %threads plan %plan unit 16 {
    // CHECK: call @copy_f32_40_u16_part({{.*}}, %[[FIRST]], %[[END]])
    dnn.copy %a, %b : memref<?x40xf32>, memref<?x40xf32>
  }
  dnn.share %thread of %threads plan %plan unit 16 alone {
    // CHECK: call @fill_f32_40(
    dnn.fill 0.0, %a : memref<?x40xf32>
  }
  return
}

// CHECK: func private @copy_f32_40(
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<16xf32>
// CHECK: vector.load {{.*}} vector<8xf32>
// CHECK: func private @copy_i32_1(
// CHECK: scf.for
// CHECK: memref.load
// CHECK: func private @copy_f32_40_u16_part(
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.if
// CHECK: func private @fill_f32_40(
