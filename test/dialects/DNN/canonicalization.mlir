// RUN: rnn-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func @address_of_base
// CHECK-SAME: (%[[BASE:.*]]: !llvm.ptr
func.func @address_of_base(%base: !llvm.ptr, %rows: index) -> !llvm.ptr {
  %zero = arith.constant 0 : i64
  %m = dnn.buffer %base[%zero] rows %rows : memref<?x8xf32>
  %p = dnn.address %m : memref<?x8xf32>
  // CHECK: return %[[BASE]]
  return %p : !llvm.ptr
}

// CHECK-LABEL: func @address_within
func.func @address_within(%base: !llvm.ptr, %offset: i64, %rows: index) -> !llvm.ptr {
  %m = dnn.buffer %base[%offset] rows %rows : memref<?x8xf32>
  // CHECK: dnn.address
  %p = dnn.address %m : memref<?x8xf32>
  return %p : !llvm.ptr
}

// CHECK-LABEL: func @copies
func.func @copies(%x: memref<2x2xf32>) {
  // CHECK-NOT: dnn.copy %{{.*}}, %{{.*}} :
  dnn.copy %x, %x : memref<2x2xf32>, memref<2x2xf32>
  // CHECK: dnn.copy %{{.*}}, %{{.*}} accumulate
  dnn.copy %x, %x accumulate : memref<2x2xf32>, memref<2x2xf32>
  // CHECK: dnn.copy %{{.*}}, %{{.*}} transposed
  dnn.copy %x, %x transposed : memref<2x2xf32>, memref<2x2xf32>
  return
}
