// Buffers become descriptors of a pointer; nothing but the LLVM dialect is left.
// RUN: rnn-opt %s --dnn-convert-to-llvm --canonicalize --cse | FileCheck %s

// CHECK-LABEL: llvm.func @load
// CHECK-SAME: (%[[BASE:.*]]: !llvm.ptr, %[[OFFSET:.*]]: i64, %{{.*}}: i64, %[[ROW:.*]]: i64)
func.func @load(%base: !llvm.ptr, %offset: i64, %rows: index, %row: index) -> vector<8xf32> {
  // CHECK: %[[FIRST:.*]] = llvm.getelementptr %[[BASE]][%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  // CHECK: %[[AT:.*]] = llvm.getelementptr {{.*}}%[[FIRST]][%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  // CHECK: llvm.load %[[AT]] {{.*}} : !llvm.ptr -> vector<8xf32>
  %zero = arith.constant 0 : index
  %m = dnn.buffer %base[%offset] rows %rows : memref<?x8xf32, strided<[16, 1], offset: ?>>
  %v = vector.load %m[%row, %zero] : memref<?x8xf32, strided<[16, 1], offset: ?>>, vector<8xf32>
  return %v : vector<8xf32>
}

// CHECK-LABEL: llvm.func @address
func.func @address(%base: !llvm.ptr, %offset: i64, %rows: index) -> !llvm.ptr {
  // CHECK: %[[FIRST:.*]] = llvm.getelementptr %arg0[%arg1] : (!llvm.ptr, i64) -> !llvm.ptr, f32
  // CHECK: return %{{.*}} : !llvm.ptr
  %m = dnn.buffer %base[%offset] rows %rows : memref<?x8xf32, strided<[16, 1], offset: ?>>
  %p = dnn.address %m : memref<?x8xf32, strided<[16, 1], offset: ?>>
  return %p : !llvm.ptr
}

// CHECK-LABEL: llvm.func @mask
func.func @mask(%n: index) -> (vector<4xi1>, index) {
  // CHECK-NOT: vector.
  // CHECK-NOT: arith.
  // CHECK: return
  %m = vector.create_mask %n : vector<4xi1>
  %c = arith.constant 8 : index
  %t = arith.ceildivui %n, %c : index
  return %m, %t : vector<4xi1>, index
}
