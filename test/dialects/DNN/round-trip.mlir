// Every operation prints as it was read.
// RUN: rnn-opt %s | rnn-opt | FileCheck %s
// RUN: rnn-opt %s --mlir-print-op-generic | rnn-opt | FileCheck %s

// CHECK: dnn.site @lstm function 0 index 1 n 512 k 128 gates 4 units 16 f32 rows step at 64 lda 128 ldc 512
dnn.site @lstm function 0 index 1 n 512 k 128 gates 4 units 16 f32 rows step
    at 64 lda 128 ldc 512
// CHECK: dnn.site @tiled function 0 index 4 n 512 k 128 gates 1 units 48 tile 5 f32 rows step at 0 lda 128 ldc 512
dnn.site @tiled function 0 index 4 n 512 k 128 gates 1 units 48 tile 5 f32 rows step
    at 0 lda 128 ldc 512
// CHECK: dnn.site @out function 0 index 2 n 65 k 128 gates 1 units 80 f32 rows chunk at 0 lda 128 ldc 65 axis 0
dnn.site @out function 0 index 2 n 65 k 128 gates 1 units 80 f32 rows chunk
    at 0 lda 128 ldc 65 axis 0
// CHECK: dnn.site @narrow function 0 index 3 n 512 k 128 gates 4 units 16 f32 stored bf16 rows step at 0 lda 128 ldc 512
dnn.site @narrow function 0 index 3 n 512 k 128 gates 4 units 16 f32 stored bf16 rows step
    at 0 lda 128 ldc 512

// CHECK-LABEL: func @buffers
func.func @buffers(%base: !llvm.ptr, %offset: i64, %rows: index) -> !llvm.ptr {
  // CHECK: dnn.buffer %{{.*}}[%{{.*}}] rows %{{.*}} : memref<?x8xf32, strided<[16, 1], offset: ?>>
  %m = dnn.buffer %base[%offset] rows %rows : memref<?x8xf32, strided<[16, 1], offset: ?>>
  // CHECK: dnn.address %{{.*}} : memref<?x8xf32, strided<[16, 1], offset: ?>>
  %p = dnn.address %m : memref<?x8xf32, strided<[16, 1], offset: ?>>
  return %p : !llvm.ptr
}

// CHECK-LABEL: func @products
func.func @products(%plan: !llvm.ptr, %packed: !llvm.ptr, %w: memref<512x128xf32>,
                    %wt: memref<128x65xf32>, %a: memref<?x128xf32>,
                    %gates: memref<?x512xf32>, %logits: memref<?x65xf32>,
                    %c: memref<?x128xf32>, %dw: memref<512x128xf32>, %first: i1) {
  // CHECK: dnn.pack @lstm %{{.*}}, %{{.*}} plan %{{.*}} : memref<512x128xf32>
  dnn.pack @lstm %w, %packed plan %plan : memref<512x128xf32>
  // CHECK: dnn.pack @out %{{.*}} transposed, %{{.*}} : memref<128x65xf32>
  dnn.pack @out %wt transposed, %packed : memref<128x65xf32>
  // CHECK: dnn.pack @lstm %{{.*}} transposed at [384, 0], %{{.*}} : memref<128x65xf32>
  dnn.pack @lstm %wt transposed at [384, 0], %packed : memref<128x65xf32>
  // CHECK: dnn.gemm @out %{{.*}}, %{{.*}}, %{{.*}} accumulate plan %{{.*}} : memref<?x128xf32>, memref<?x65xf32>
  dnn.gemm @out %a, %logits, %packed accumulate plan %plan : memref<?x128xf32>, memref<?x65xf32>
  // CHECK: dnn.gemm_phase @lstm %{{.*}}, %{{.*}}, %{{.*}} ins(%{{.*}} : memref<?x128xf32>) outs(%{{.*}} : memref<?x128xf32>) : memref<?x128xf32>, memref<?x512xf32> {
  dnn.gemm_phase @lstm %a, %gates, %packed ins(%c : memref<?x128xf32>)
      outs(%c : memref<?x128xf32>) : memref<?x128xf32>, memref<?x512xf32> {
  ^bb0(%i: f32, %f: f32, %o: f32, %g: f32, %c0: f32):
    // CHECK: dnn.yield %{{.*}} : f32
    dnn.yield %f : f32
  }
  // CHECK: dnn.gemm_tn %{{.*}}, %{{.*}}, %{{.*}} accumulate plan %{{.*}} function 2 : memref<?x512xf32>, memref<?x128xf32>, memref<512x128xf32>
  dnn.gemm_tn %gates, %a, %dw accumulate plan %plan function 2 : memref<?x512xf32>, memref<?x128xf32>, memref<512x128xf32>
  // CHECK: dnn.gemm_tn %{{.*}}, %{{.*}}, %{{.*}} accumulate unless %{{.*}} : memref
  dnn.gemm_tn %gates, %a, %dw accumulate unless %first : memref<?x512xf32>, memref<?x128xf32>, memref<512x128xf32>
  return
}

// CHECK-LABEL: func @rows
func.func @rows(%rows: index, %scale: f64, %x: memref<?x8xf64>, %y: memref<?x8xf64>,
                %n: memref<?x1xf64>, %token: memref<?x1xi32>, %s: memref<2x8xf64>,
                %t: memref<8x2xf64>) {
  // CHECK: dnn.phase rows %{{.*}} ins(%{{.*}}, %{{.*}} : memref<?x8xf64>, memref<?x1xf64>) outs(%{{.*}} : memref<?x8xf64>) {
  dnn.phase rows %rows ins(%x, %n : memref<?x8xf64>, memref<?x1xf64>) outs(%y : memref<?x8xf64>) {
  ^bb0(%a: f64, %b: f64):
    %c = arith.addf %a, %b : f64
    dnn.yield %c : f64
  }
  %key = arith.constant 1 : i32
  %first = arith.constant 2 : i64
  dnn.phase rows %rows ins(%x : memref<?x8xf64>) outs(%y : memref<?x8xf64>) {
  ^bb0(%a: f64):
    // CHECK: dnn.dropout %{{.*}} key %{{.*}} first %{{.*}} rate 2.500000e-01 : f64
    %d = dnn.dropout %a key %key first %first rate 0.25 : f64
    dnn.yield %d : f64
  }
  // CHECK: dnn.fill 1.500000e+00, %{{.*}} : memref<?x8xf64>
  dnn.fill 1.5, %x : memref<?x8xf64>
  // CHECK: dnn.copy %{{.*}}, %{{.*}} transposed accumulate : memref<2x8xf64>, memref<8x2xf64>
  dnn.copy %s, %t transposed accumulate : memref<2x8xf64>, memref<8x2xf64>
  // CHECK: dnn.gather
  dnn.gather %x, %token, %y : memref<?x8xf64>, memref<?x1xi32>, memref<?x8xf64>
  // CHECK: dnn.scatter_add
  dnn.scatter_add %token, %x, %y : memref<?x1xi32>, memref<?x8xf64>, memref<?x8xf64>
  // CHECK: dnn.sum_rows %{{.*}}, %{{.*}} scale %{{.*}} accumulate : memref<?x8xf64>, memref<2x8xf64>
  dnn.sum_rows %x, %s scale %scale accumulate : memref<?x8xf64>, memref<2x8xf64>
  // CHECK: dnn.sum_features %{{.*}}, %{{.*}} scale %{{.*}} : memref<?x8xf64>, memref<?x1xf64>
  dnn.sum_features %x, %n scale %scale : memref<?x8xf64>, memref<?x1xf64>
  // CHECK: dnn.softmax
  dnn.softmax %x, %y : memref<?x8xf64>, memref<?x8xf64>
  // CHECK: dnn.cross_entropy
  dnn.cross_entropy %x, %token, %n : memref<?x8xf64>, memref<?x1xi32>, memref<?x1xf64>
  // CHECK: dnn.cross_entropy_gradient
  dnn.cross_entropy_gradient %x, %token, %n, %n, %x : memref<?x8xf64>, memref<?x1xi32>, memref<?x1xf64>, memref<?x1xf64>, memref<?x8xf64>
  // CHECK: dnn.one_hot
  dnn.one_hot %token, %x : memref<?x1xi32>, memref<?x8xf64>
  // CHECK: dnn.argmax
  dnn.argmax %x, %n : memref<?x8xf64>, memref<?x1xf64>
  // CHECK: dnn.token_value
  dnn.token_value %token, %n : memref<?x1xi32>, memref<?x1xf64>
  return
}
