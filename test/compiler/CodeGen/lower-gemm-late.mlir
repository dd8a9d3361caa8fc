// A product right behind the packing of all its weight packs block by block, each
// into the place of the first one.
// RUN: rnn-opt %s --dnn-lower-gemm --canonicalize --cse | FileCheck %s

dnn.site @stacked function 1 index 0 n 80 k 24 gates 1 units 16 f32 rows chunk
    at 64 lda 24 ldc 80

// The second rectangle begins in the middle of a block.
// CHECK-LABEL: func @late
func.func @late(%a: memref<?x24xf32>, %c: memref<?x80xf32>, %packed: !llvm.ptr,
                %w: memref<40x24xf32>, %v: memref<24x40xf32>) {
  // CHECK: %[[PANELS:.*]] = llvm.getelementptr %arg2[64]
  // CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c5 step %c1 {
  // CHECK: %[[BACK:.*]] = arith.subi %c0, %[[BLOCK]]
  // CHECK: %[[SIZE:.*]] = arith.muli %[[BACK]], %c384
  // CHECK: %[[OFFSET:.*]] = arith.index_cast %[[SIZE]]
  // CHECK: %[[FROM:.*]] = llvm.getelementptr %[[PANELS]][%[[OFFSET]]]
  // CHECK: %[[NEXT:.*]] = arith.addi %[[BLOCK]], %c1
  // CHECK-DAG: call @pack_{{.*}}_40x24_n24k1_open_part({{.*}}, %[[FROM]], %[[BLOCK]], %[[NEXT]])
  // CHECK-DAG: %[[FIRST:.*]] = arith.subi %{{.*}}, %c2
  // CHECK-DAG: call @pack_{{.*}}_40x24_n1k40_from8_part({{.*}}, %[[FIRST]], %{{.*}})
  // CHECK: call @gemm_{{.*}}_part({{.*}}, %[[FROM]], %{{.*}}, %false, %c80, %[[BLOCK]], %[[NEXT]])
  // CHECK-NOT: call
  // CHECK: return
  dnn.pack @stacked %w at [0, 0], %packed : memref<40x24xf32>
  dnn.pack @stacked %v transposed at [40, 0], %packed : memref<24x40xf32>
  dnn.gemm @stacked %a, %c, %packed : memref<?x24xf32>, memref<?x80xf32>
  return
}

dnn.site @other function 1 index 1 n 80 k 24 gates 1 units 16 f32 rows chunk
    at 64 lda 24 ldc 80

// What is packed elsewhere stays in its own place.
// CHECK-LABEL: func @rest
func.func @rest(%a: memref<?x24xf32>, %c: memref<?x80xf32>, %packed: !llvm.ptr,
                %w: memref<40x24xf32>) {
  // CHECK-NOT: scf.for
  // CHECK: call @pack_
  // CHECK: call @gemm_
  // CHECK: return
  dnn.pack @other %w at [0, 0], %packed : memref<40x24xf32>
  dnn.gemm @other %a, %c, %packed : memref<?x24xf32>, memref<?x80xf32>
  return
}
