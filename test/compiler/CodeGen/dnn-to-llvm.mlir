// The whole pipeline leaves nothing but the LLVM dialect.
// RUN: rnn-opt %s --dnn-to-llvm | FileCheck %s --implicit-check-not=unrealized_conversion_cast
// RUN: rnn-opt %s --dnn-to-llvm="vector-bytes=16 registers=16" | FileCheck %s --check-prefix=SSE

dnn.site @s function 0 index 0 n 64 k 16 gates 4 units 16 f32 rows step
    at 0 lda 16 ldc 64

// CHECK-LABEL: llvm.func @step(%arg0: !llvm.ptr, %arg1: !llvm.ptr) -> i32
// CHECK: vector<16xf32>
// SSE-LABEL: llvm.func @step
// SSE: vector<4xf32>
func.func @step(%plan: !llvm.ptr, %call: !llvm.ptr) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i64
  %batch = llvm.load %plan : !llvm.ptr -> i64
  %rows = arith.index_cast %batch : i64 to index
  %a = dnn.buffer %plan[%zero] rows %rows : memref<?x16xf32>
  %s = dnn.buffer %call[%zero] rows %rows : memref<?x64xf32>
  scf.for %t = %c0 to %rows step %c1 {
    dnn.gemm_phase @s %a, %s, %call ins(%a : memref<?x16xf32>) outs(%a : memref<?x16xf32>)
        plan %plan : memref<?x16xf32>, memref<?x64xf32> {
    ^bb0(%i: f32, %f: f32, %o: f32, %g: f32, %c: f32):
      %e = math.exp %i : f32
      %u = math.tanh %f : f32
      %v = arith.addf %e, %u : f32
      dnn.yield %v : f32
    }
    dnn.softmax %a, %a : memref<?x16xf32>, memref<?x16xf32>
  }
  %ok = llvm.mlir.constant(0 : i32) : i32
  return %ok : i32
}
// CHECK: llvm.func internal @tile_f32_64x16_g4u16_a16
