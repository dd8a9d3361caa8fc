// Weights of bf16 and int8: rounded where they are packed, widened in registers
// where they are multiplied, whatever the plan says.
// RUN: rnn-opt %s --dnn-lower-gemm --canonicalize --cse --split-input-file | FileCheck %s

// Two steps of k share a word, the even one in its lower half; the fifth is alone.
dnn.site @half function 0 index 0 n 16 k 5 gates 1 units 16 f32 stored bf16
    rows step at 0 lda 5 ldc 16

// CHECK-LABEL: func @run_half
// CHECK-NOT: scf.if
// CHECK: call @pack_f32_bf16_16x5_g1u16_n5k1(
// CHECK: call @gemm_f32_bf16_16x5_g1u16_a5(
func.func @run_half(%a: memref<?x5xf32>, %c: memref<?x16xf32>, %packed: !llvm.ptr,
                %plan: !llvm.ptr, %w: memref<16x5xf32>) {
  dnn.pack @half %w, %packed plan %plan : memref<16x5xf32>
  dnn.gemm @half %a, %c, %packed plan %plan : memref<?x5xf32>, memref<?x16xf32>
  return
}

// CHECK-LABEL: func private @gemm_f32_bf16_16x5
// CHECK: %[[WORD:.*]] = vector.load %{{.*}} : memref<?x16xi32
// CHECK: %[[LOW:.*]] = arith.shli %[[WORD]], %{{.*}} : vector<16xi32>
// CHECK: %[[EVEN:.*]] = arith.bitcast %[[LOW]] : vector<16xi32> to vector<16xf32>
// CHECK: arith.mulf %{{.*}}, %[[EVEN]] fastmath<contract>
// CHECK: %[[HIGH:.*]] = arith.andi %[[WORD]], %{{.*}} : vector<16xi32>
// CHECK: %[[ODD:.*]] = arith.bitcast %[[HIGH]]
// CHECK: arith.mulf %{{.*}}, %[[ODD]] fastmath<contract>

// CHECK-LABEL: func private @pack_f32_bf16_16x5
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<32767> : vector<16xi32>
// CHECK-DAG: %[[UPPER:.*]] = arith.constant dense<-65536> : vector<16xi32>
// CHECK-DAG: %[[SIXTEEN:.*]] = arith.constant dense<16> : vector<16xi32>
// CHECK: dnn.buffer %arg1[{{.*}}] rows %c3 : memref<?x16xi32
// CHECK: %[[BITS:.*]] = arith.bitcast %[[W:.*]] : vector<16xf32> to vector<16xi32>
// CHECK: %[[SHIFTED:.*]] = arith.shrui %[[BITS]], %[[SIXTEEN]]
// CHECK: %[[ODD:.*]] = arith.andi %[[SHIFTED]]
// CHECK: %[[ROUND:.*]] = arith.addi %[[ODD]], %[[HALF]]
// CHECK: %[[ROUNDED:.*]] = arith.addi %[[BITS]], %[[ROUND]]
// CHECK: %[[QUIET:.*]] = arith.ori %[[BITS]]
// CHECK: %[[NAN:.*]] = arith.cmpf uno, %[[W]], %[[W]]
// CHECK: arith.select %[[NAN]], %[[QUIET]], %[[ROUNDED]]
// CHECK: arith.ori %{{.*}} : vector<16xi32>
// CHECK: vector.store %{{.*}} : memref<?x16xi32

// -----

// A scale a column multiplies the sums before C is added.
dnn.site @byte function 0 index 0 n 16 k 5 gates 1 units 16 f32 stored i8
    rows step at 0 lda 5 ldc 16

// CHECK-LABEL: func @run_byte
// CHECK: call @pack_f32_i8_16x5_g1u16_n5k1(
// CHECK: call @gemm_f32_i8_16x5_g1u16_a5_add(
func.func @run_byte(%a: memref<?x5xf32>, %c: memref<?x16xf32>, %packed: !llvm.ptr,
                %plan: !llvm.ptr, %w: memref<16x5xf32>) {
  dnn.pack @byte %w, %packed plan %plan : memref<16x5xf32>
  dnn.gemm @byte %a, %c, %packed accumulate plan %plan : memref<?x5xf32>, memref<?x16xf32>
  return
}

// CHECK-LABEL: func private @gemm_f32_i8_16x5
// CHECK: vector.load %{{.*}} : memref<?x16xi8{{.*}}, vector<16xi8>
// CHECK: arith.extsi %{{.*}} : vector<16xi8> to vector<16xi32>
// CHECK: arith.sitofp %{{.*}} : vector<16xi32> to vector<16xf32>
// CHECK: %[[SCALE:.*]] = vector.load %{{.*}} : memref<?x16xf32
// CHECK: %[[SCALED:.*]] = arith.mulf %[[SCALE]], %{{.*}} fastmath<contract>
// CHECK: arith.addf %[[SCALED]], %{{.*}} fastmath<contract>

// CHECK-LABEL: func private @pack_f32_i8_16x5
// CHECK: %[[SCALES:.*]] = dnn.buffer %{{.*}} : memref<?x16xf32
// CHECK: %[[LARGEST:.*]] = scf.for
// CHECK: math.absf
// CHECK: arith.maximumf
// CHECK: %[[SCALE:.*]] = arith.divf %[[LARGEST]], %{{.*}} : vector<16xf32>
// CHECK: %[[TINY:.*]] = arith.cmpf olt, %[[SCALE]]
// CHECK: vector.store %{{.*}}, %[[SCALES]]
// CHECK: %[[DIVISOR:.*]] = arith.select %[[TINY]], %{{.*}}, %[[SCALE]]
// CHECK: arith.divf %{{.*}}, %[[DIVISOR]]
// CHECK: math.roundeven
// CHECK: arith.fptosi %{{.*}} : vector<16xf32> to vector<16xi8>

// -----

// One row is multiplied by two blocks at a time, in a function that has registers
// for both; the third block is alone.
dnn.site @pairs function 0 index 0 n 192 k 6 gates 4 units 16 f32 stored bf16
    rows step at 0 lda 6 ldc 192

// CHECK-LABEL: func @run_pairs
// CHECK: scf.if
// CHECK: call @pair_f32_bf16_192x6_g4u16(%{{.*}}, %{{.*}}, %{{.*}}, %c0)
// CHECK-NOT: call @pair
// CHECK: vector.load %{{.*}} : memref<?x64xi32
// CHECK: } else {
// CHECK: call @tiled_f32_bf16_192x6_g4u16_1(
func.func @run_pairs(%a: memref<?x6xf32>, %s: memref<?x192xf32>, %h: memref<?x48xf32>,
                     %packed: !llvm.ptr) {
  dnn.gemm_phase @pairs %a, %s, %packed outs(%h : memref<?x48xf32>)
      : memref<?x6xf32>, memref<?x192xf32> {
  ^bb0(%x: f32, %y: f32, %z: f32, %u: f32):
    dnn.yield %y : f32
  }
  return
}

// Each word is widened where it is used, for sixteen sums.
// CHECK-LABEL: func private @pair_f32_bf16_192x6_g4u16
// CHECK: scf.for %{{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: vector.load
// CHECK-NEXT: arith.shli
