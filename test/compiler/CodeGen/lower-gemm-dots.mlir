// Weights of int8 where the target has dot products of bytes: four steps of k in
// a word, and one row as three planes of bytes; several rows widen the weights.
// RUN: rnn-opt %s --dnn-lower-gemm="dots=true" --canonicalize --cse | FileCheck %s

dnn.site @s function 0 index 0 n 16 k 5 gates 1 units 16 f32 stored i8
    rows step at 0 lda 5 ldc 16

// CHECK-LABEL: func @phase
func.func @phase(%a: memref<1x5xf32>, %s: memref<1x16xf32>, %h: memref<1x16xf32>,
                 %packed: !llvm.ptr) {
  // The row is converted once, on the stack, before the loop over blocks.
  // CHECK: %[[PLANES:.*]] = llvm.alloca %{{.*}} x i8 {alignment = 64 : i64}
  // CHECK: math.absf
  // CHECK: arith.maxsi %{{.*}} : vector<16xi32>
  // CHECK: math.roundeven
  // CHECK: arith.fptosi %{{.*}} : vector<16xf32> to vector<16xi32>
  // CHECK-COUNT-3: arith.trunci %{{.*}} : vector<16xi32> to vector<16xi8>
  // Five steps are two words.
  // CHECK: arith.muli %{{.*}} : vector<16xi32>
  // CHECK: vector.load %{{.*}} : memref<?x16xi32
  // CHECK-COUNT-3: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"({{.*}}) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
  // CHECK: math.tanh
  dnn.gemm_phase @s %a, %s, %packed outs(%h : memref<1x16xf32>)
      : memref<1x5xf32>, memref<1x16xf32> {
  ^bb0(%x: f32):
    %y = math.tanh %x : f32
    dnn.yield %y : f32
  }
  return
}

func.func @run(%a: memref<?x5xf32>, %c: memref<?x16xf32>, %packed: !llvm.ptr,
               %w: memref<16x5xf32>) {
  dnn.pack @s %w, %packed : memref<16x5xf32>
  dnn.gemm @s %a, %c, %packed : memref<?x5xf32>, memref<?x16xf32>
  return
}

// CHECK-LABEL: func private @gemm_f32_i8_16x5
// CHECK: scf.if
// CHECK: llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK: else
// CHECK-NOT: llvm.call_intrinsic
// CHECK: arith.shrsi %{{.*}} : vector<16xi32>
// CHECK-NEXT: arith.sitofp

// Words of four bytes, a scale and a sum a column.
// CHECK-LABEL: func private @pack_f32_i8_16x5
// CHECK: arith.fptosi %{{.*}} : vector<16xf32> to vector<16xi32>
// CHECK: arith.andi %{{.*}} : vector<16xi32>
// CHECK: vector.store %{{.*}} : memref<?x16xi32{{.*}}>, vector<16xi32>
