// RUN: rnn-opt %s --rnnc-generated-gemm | FileCheck %s

// CHECK: rnn.model @Net {{.*}}rnnc.generated
rnn.model @Net axes [] element f32 {
}
dnn.site @s function 0 index 0 n 8 k 4 gates 1 units 16 f32 rows step at 0 lda 4 ldc 8

// CHECK-LABEL: func.func @products
func.func @products(%plan: !llvm.ptr, %packed: !llvm.ptr, %w: memref<8x4xf32>,
                    %a: memref<?x4xf32>, %c: memref<?x8xf32>) {
  // CHECK-NEXT: dnn.pack @s %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : memref
  dnn.pack @s %w, %packed plan %plan : memref<8x4xf32>
  // CHECK-NEXT: dnn.gemm @s %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} accumulate : memref
  dnn.gemm @s %a, %c, %packed accumulate plan %plan : memref<?x4xf32>, memref<?x8xf32>
  // CHECK-NEXT: dnn.gemm_tn %{{[a-z0-9]+}}, %{{[a-z0-9]+}}, %{{[a-z0-9]+}} : memref
  dnn.gemm_tn %c, %a, %w plan %plan function 2 : memref<?x8xf32>, memref<?x4xf32>, memref<8x4xf32>
  return
}

// There are no sites whose flags a plan could have.
// CHECK-LABEL: func.func @flags
func.func @flags(%flag: i8) -> i1 {
  // CHECK: %[[NO:.*]] = llvm.mlir.constant(false)
  // CHECK: return %[[NO]]
  %late = llvm.mlir.constant(2 : i8) : i8
  %is_late = llvm.icmp "eq" %flag, %late {rnnc.site_flag} : i8
  return %is_late : i1
}
