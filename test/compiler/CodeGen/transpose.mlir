// RUN: rnn-opt %s --dnn-lower-gemm | FileCheck %s
// RUN: rnn-opt %s --dnn-lower-gemm=vector-bytes=16 | FileCheck %s --check-prefix=SSE

// Matrices of any size and stride share one kernel; what is narrower than a
// vector, or added, needs none.
// CHECK-LABEL: func @copies
func.func @copies(%a: memref<32x48xf32, strided<[64, 1]>>, %b: memref<48x32xf32>,
                  %c: memref<17x16xf32>, %d: memref<16x17xf32, strided<[512, 1]>>,
                  %e: memref<15x16xf32>, %f: memref<16x15xf32>) {
  // CHECK: call @transpose_f32(%{{.*}}, %{{.*}}, %c32, %c48, %c64, %c32{{.*}})
  dnn.copy %a, %b transposed : memref<32x48xf32, strided<[64, 1]>>, memref<48x32xf32>
  // CHECK: call @transpose_f32(%{{.*}}, %{{.*}}, %c17, %c16{{.*}}, %c16{{.*}}, %c512)
  dnn.copy %c, %d transposed : memref<17x16xf32>, memref<16x17xf32, strided<[512, 1]>>
  // CHECK: dnn.copy %arg4, %arg5 transposed
  // SSE: call @transpose_f32
  // SSE: call @transpose_f32
  // SSE: call @transpose_f32
  dnn.copy %e, %f transposed : memref<15x16xf32>, memref<16x15xf32>
  // CHECK: dnn.copy %arg0, %arg1 transposed accumulate
  dnn.copy %a, %b transposed accumulate : memref<32x48xf32, strided<[64, 1]>>, memref<48x32xf32>
  return
}

// CHECK: func private @transpose_f32_16x16(
// CHECK-COUNT-16: vector.load
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store
// CHECK: func private @transpose_f32(
// CHECK: scf.for
// CHECK: scf.for
// CHECK: call @transpose_f32_16x16(
// CHECK: memref.load
// CHECK-NOT: func private
