// Sites become kernels, which equal sites share, and branches on the plan.
// RUN: rnn-opt %s --dnn-lower-gemm --canonicalize --cse | FileCheck %s
// RUN: rnn-opt %s --dnn-lower-gemm="vector-bytes=32 registers=16" --canonicalize --cse | FileCheck %s --check-prefix=AVX


// CHECK-NOT: dnn.site
dnn.site @one function 1 index 2 n 40 k 24 gates 2 units 16 f32 rows step
    at 64 lda 24 ldc 40
dnn.site @same function 1 index 3 n 40 k 24 gates 2 units 16 f32 rows chunk
    at 1600 lda 24 ldc 40

// CHECK-LABEL: func @share
func.func @share(%a: memref<?x24xf32>, %c: memref<?x40xf32>, %packed: !llvm.ptr) {
  // CHECK: %[[ROWS:.*]] = memref.dim %arg0
  // CHECK-DAG: %[[A:.*]] = dnn.address %arg0
  // CHECK-DAG: %[[C:.*]] = dnn.address %arg1
  // CHECK-DAG: %[[FIRST:.*]] = llvm.getelementptr %arg2[64]
  // CHECK: call @[[KERNEL:gemm_f32_40x24_g2u16_a24]](%[[A]], %[[C]], %[[FIRST]], %[[ROWS]], %false, %c40)
  dnn.gemm @one %a, %c, %packed : memref<?x24xf32>, memref<?x40xf32>
  // CHECK: %[[SECOND:.*]] = llvm.getelementptr %arg2[1600]
  // CHECK: call @[[KERNEL]](%[[A]], %[[C]], %[[SECOND]], %[[ROWS]], %false, %c40)
  dnn.gemm @same %a, %c, %packed : memref<?x24xf32>, memref<?x40xf32>
  // CHECK: call @[[KERNEL]]_add(
  dnn.gemm @same %a, %c, %packed accumulate : memref<?x24xf32>, memref<?x40xf32>
  return
}

// So do products whose results lie differently far apart.
// CHECK-LABEL: func @padded
func.func @padded(%a: memref<?x24xf32>, %c: memref<?x40xf32, strided<[56, 1]>>, %packed: !llvm.ptr) {
  // CHECK: call @[[KERNEL]]({{.*}}, %false, %c56)
  dnn.gemm @same %a, %c, %packed : memref<?x24xf32>, memref<?x40xf32, strided<[56, 1]>>
  return
}

// CHECK-LABEL: func @choose
func.func @choose(%a: memref<?x24xf32>, %c: memref<?x40xf32>, %packed: !llvm.ptr,
                  %plan: !llvm.ptr, %w: memref<40x24xf32>) {
  // The flag of site 2 in the frame of function 1, then the runtime's gemm.
  // CHECK: %[[FLAGS:.*]] = llvm.getelementptr %arg3[0, 8, 1, 5]
  // CHECK: %[[LIST:.*]] = llvm.load %[[FLAGS]] : !llvm.ptr -> !llvm.ptr
  // CHECK: %[[FLAG:.*]] = llvm.getelementptr %[[LIST]][2] : (!llvm.ptr) -> !llvm.ptr, i8
  // CHECK: llvm.load %[[FLAG]]
  // CHECK: scf.if
  // CHECK: llvm.getelementptr %{{.*}}[0, 2] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i32, ptr, ptr, ptr, ptr)>
  // CHECK: llvm.call %{{.*}}(%arg3, {{.*}}) : !llvm.ptr, (!llvm.ptr, i32, i32, i64, !llvm.ptr, i64, !llvm.ptr, i64, i32) -> i32
  // CHECK: else
  // CHECK: call @[[KERNEL]](
  dnn.gemm @one %a, %c, %packed plan %plan : memref<?x24xf32>, memref<?x40xf32>
  // CHECK: llvm.getelementptr %{{.*}}[0, 1] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i32, ptr, ptr, ptr, ptr)>
  // CHECK: else
  // CHECK: call @[[PACK:pack_f32_40x24_g2u16_20x24_n24k1]](
  // CHECK: call @[[PACK]](
  dnn.pack @one %w, %packed plan %plan : memref<40x24xf32>
  return
}

// Of rows 18 to 29 two end the first gate and ten begin the second; a gate's
// second block begins after 24 rows of k.
// CHECK-LABEL: func @piece
func.func @piece(%w: memref<12x8xf32>, %packed: !llvm.ptr) {
  // CHECK-DAG: %[[W:.*]] = dnn.address %arg0
  // CHECK-DAG: %[[PANELS:.*]] = llvm.getelementptr %arg1[64]
  // CHECK: %[[SECOND:.*]] = llvm.getelementptr %[[PANELS]][1280]
  // CHECK: call @pack_f32_40x24_g2u16_2x8_n8k1_from2(%[[W]], %[[SECOND]])
  // CHECK: %[[TEN:.*]] = llvm.getelementptr %[[W]][16]
  // CHECK: %[[GATE:.*]] = llvm.getelementptr %[[PANELS]][528]
  // CHECK: call @pack_f32_40x24_g2u16_10x8_n8k1_open(%[[TEN]], %[[GATE]])
  dnn.pack @one %w at [18, 16], %packed : memref<12x8xf32>
  return
}

// CHECK-LABEL: func @gradient
func.func @gradient(%a: memref<?x40xf32>, %b: memref<?x24xf32>, %c: memref<40x24xf32>,
                    %plan: !llvm.ptr, %a64: memref<?x8xf64>, %c64: memref<8x8xf64>,
                    %first: i1) {
  // CHECK: llvm.getelementptr %arg3[0, 8, 2, 6]
  // CHECK: scf.if
  // CHECK: llvm.getelementptr %{{.*}}[0, 3] : (!llvm.ptr) -> !llvm.ptr, !llvm.struct<(i32, ptr, ptr, ptr, ptr)>
  // CHECK: else
  // CHECK: call @gemm_tn_f32_40x24_a40c24({{.*}}, %false, %c24)
  dnn.gemm_tn %a, %b, %c accumulate plan %plan function 2 : memref<?x40xf32>, memref<?x24xf32>, memref<40x24xf32>
  // The library has no f64.
  // CHECK-NOT: scf.if
  // CHECK: call @gemm_tn_f64_8x8_a8c8({{.*}}, %true, %c8)
  dnn.gemm_tn %a64, %a64, %c64 plan %plan function 2 : memref<?x8xf64>, memref<?x8xf64>, memref<8x8xf64>
  // CHECK: call @gemm_tn_f64_8x8_a8c8({{.*}}, %arg6, %c8)
  dnn.gemm_tn %a64, %a64, %c64 accumulate unless %first : memref<?x8xf64>, memref<?x8xf64>, memref<8x8xf64>
  return
}

// Rows of B may lie farther apart for the same kernel.
// CHECK-LABEL: func @padded_gradient
func.func @padded_gradient(%a: memref<?x8xf64>, %b: memref<?x8xf64, strided<[24, 1]>>, %c: memref<8x8xf64>) {
  // CHECK: call @gemm_tn_f64_8x8_a8c8({{.*}}, %true, %c24)
  dnn.gemm_tn %a, %b, %c : memref<?x8xf64>, memref<?x8xf64, strided<[24, 1]>>, memref<8x8xf64>
  return
}

// A team's thread does its part of the five tiles of eight rows of C.
// CHECK-LABEL: func @shared_gradient
func.func @shared_gradient(%a: memref<?x40xf64>, %b: memref<?x20xf64>, %c: memref<40x20xf64>,
                           %plan: !llvm.ptr) {
  // CHECK: %[[THREAD:.*]], %[[THREADS:.*]] = dnn.team %arg3
  // CHECK: %[[NEXT:.*]] = arith.addi %[[THREAD]], %c1
  // CHECK: %[[BEFORE:.*]] = arith.muli %[[THREAD]], %c5
  // CHECK: %[[FIRST:.*]] = arith.ceildivui %[[BEFORE]], %[[THREADS]]
  // CHECK: %[[WITH:.*]] = arith.muli %[[NEXT]], %c5
  // CHECK: %[[END:.*]] = arith.ceildivui %[[WITH]], %[[THREADS]]
  %thread, %threads = dnn.team %plan
  // CHECK: call @gemm_tn_f64_40x20_a40c20_part({{.*}}, %true, %c20, %[[FIRST]], %[[END]])
  dnn.share %thread of %threads plan %plan unit 0 {
    dnn.gemm_tn %a, %b, %c plan %plan function 2 : memref<?x40xf64>, memref<?x20xf64>, memref<40x20xf64>
  }
  return
}

// One row: the panel kernel, whose phase works on the sums; else a function for
// several rows (phase-functions.mlir).
// CHECK-LABEL: func @fused
func.func @fused(%a: memref<?x24xf32>, %s: memref<?x40xf32>, %h: memref<?x20xf32>,
                 %packed: !llvm.ptr) {
  // CHECK: %[[ONE:.*]] = arith.cmpi eq, %{{.*}}, %c1
  // CHECK: scf.if %[[ONE]]
  // CHECK: scf.for {{.*}} -> (vector<16xf32>
  // CHECK: math.tanh %{{.*}} : vector<16xf32>
  // CHECK: vector.store
  // The last four of 20 units.
  // CHECK: vector.constant_mask [4] : vector<16xi1>
  // CHECK: vector.maskedstore
  // CHECK: else
  // CHECK: call @[[TILED:tiled_f32_40x24_g2u16]]_1(
  // CHECK-NOT: %arg1
  dnn.gemm_phase @one %a, %s, %packed outs(%h : memref<?x20xf32>)
      : memref<?x24xf32>, memref<?x40xf32> {
  ^bb0(%x: f32, %y: f32):
    %t = math.tanh %x : f32
    %u = arith.mulf %t, %y : f32
    dnn.yield %u : f32
  }
  return
}

// A stream knows that it has one row.
// CHECK-LABEL: func @stream
func.func @stream(%a: memref<1x24xf32>, %s: memref<1x40xf32>, %h: memref<1x20xf32>,
                  %packed: !llvm.ptr) {
  // CHECK-NOT: call
  // CHECK-NOT: dnn.phase
  // CHECK-NOT: scf.for
  // Two gates of four sums each, which begin with a product.
  // CHECK-COUNT-8: arith.mulf %{{.*}} : vector<16xf32>
  // CHECK: arith.addf %{{.*}} : vector<16xf32>
  // CHECK: vector.store %{{.*}}, vector<16xf32>
  // The last four of 20 units are a shorter vector.
  // CHECK-NOT: mask
  // CHECK: vector.store %{{.*}}, vector<4xf32>
  // CHECK: return
  dnn.gemm_phase @one %a, %s, %packed outs(%h : memref<1x20xf32>)
      : memref<1x24xf32>, memref<1x40xf32> {
  ^bb0(%x: f32, %y: f32):
    dnn.yield %y : f32
  }
  return
}

// What a phase adds to its gates is where their sums begin. Many products are a
// loop, which loads four elements of A at a time and spreads each over a vector.
dnn.site @long function -1 index 0 n 16 k 200 gates 1 units 16 f32 rows step
    at 0 lda 200 ldc 16
// CHECK-LABEL: func @addends
func.func @addends(%a: memref<1x200xf32>, %s: memref<1x16xf32>, %b: memref<1x16xf32>,
                   %h: memref<1x16xf32>, %packed: !llvm.ptr) {
  // CHECK: %[[H:.*]] = vector.load %arg3
  // CHECK: %[[B:.*]] = vector.load %arg2
  // CHECK: %[[SUM:.*]] = arith.addf %[[H]], %[[B]]
  // CHECK: %[[ALL:.*]]:8 = scf.for {{.*}} step %c8 iter_args(%{{.*}} = %[[SUM]],
  // CHECK: %[[FOUR:.*]] = vector.load %arg0[{{.*}}, vector<4xf32>
  // CHECK: %[[REPEATED:.*]] = vector.shuffle %[[FOUR]], %[[FOUR]] [0, 1, 2, 3, 0, 1, 2, 3,
  // CHECK: %[[KEPT:.*]] = llvm.call_intrinsic "llvm.arithmetic.fence"(%[[REPEATED]])
  // CHECK: vector.shuffle %[[KEPT]], %[[KEPT]] [0, 0, 0, 0, 4, 4, 4, 4, 8,
  // CHECK: arith.mulf
  // CHECK: vector.shuffle %[[KEPT]], %[[KEPT]] [1, 1, 1, 1, 5, 5, 5, 5, 9,
  // CHECK: math.tanh
  dnn.gemm_phase @long %a, %s, %packed ins(%h, %b : memref<1x16xf32>, memref<1x16xf32>)
      outs(%h : memref<1x16xf32>) : memref<1x200xf32>, memref<1x16xf32> {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %u = arith.addf %y, %x : f32
    %v = arith.addf %u, %z : f32
    %t = math.tanh %v : f32
    dnn.yield %t : f32
  }
  return
}

// Of several blocks all begin with the elements that a step before has ready
// first: 40 of 60, where the last of three blocks needs the last third; the others
// and the phase follow block by block. A shorter block takes part of a vector.
dnn.site @three function -1 index 2 n 80 k 60 gates 2 units 16 f32 rows step
    at 0 lda 60 ldc 80
// CHECK-LABEL: func @blocks
func.func @blocks(%a: memref<1x60xf32>, %s: memref<1x80xf32>, %h: memref<1x40xf32>,
                  %packed: !llvm.ptr) {
  // CHECK: scf.for %{{.*}} = %c0{{[_0-9]*}} to %c40{{[_0-9]*}} step %c4
  // CHECK-SAME: -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<8xf32>, vector<8xf32>, vector<16xf32>,
  // CHECK: vector.shuffle {{.*}} [0, 0, 0, 0, 4, 4, 4, 4] : vector<16xf32>
  // CHECK: scf.for %{{.*}} = %c40{{[_0-9]*}} to %c60{{[_0-9]*}} step %c4
  // CHECK: vector.store %{{.*}}, %arg2[%c0{{[_0-9]*}}, %c0
  // CHECK: scf.for %{{.*}} = %c40{{[_0-9]*}} to %c60{{[_0-9]*}} step %c4
  // CHECK: vector.store %{{.*}}, %arg2[%c0{{[_0-9]*}}, %c16
  // CHECK: scf.for %{{.*}} = %c40{{[_0-9]*}} to %c60{{[_0-9]*}} step %c4
  // CHECK: vector.store %{{.*}}, %arg2[%c0{{[_0-9]*}}, %c32
  // CHECK: return
  dnn.gemm_phase @three %a, %s, %packed outs(%h : memref<1x40xf32>)
      : memref<1x60xf32>, memref<1x80xf32> {
  ^bb0(%x: f32, %y: f32):
    %z = arith.mulf %x, %y : f32
    dnn.yield %z : f32
  }
  return
}

// One column is a row of W: a product of vectors, whose elements are added up.
dnn.site @column function -1 index 1 n 1 k 40 gates 1 units 1 f32 rows step
    at 0 lda 40 ldc 1
// CHECK-LABEL: func @dot
func.func @dot(%a: memref<1x40xf32>, %c: memref<1x1xf32>, %packed: !llvm.ptr) {
  // CHECK-COUNT-2: vector.load %arg0{{.*}}, vector<16xf32>
  // CHECK: vector.load %arg0[%c0, %c32] {{.*}}, vector<8xf32>
  // CHECK: vector.shuffle
  // CHECK: vector.extract %{{.*}}[0]
  // CHECK: memref.store %{{.*}}, %arg1
  dnn.gemm @column %a, %c, %packed : memref<1x40xf32>, memref<1x1xf32>
  return
}

// With a plan the library may make the product, in the scratch buffer.
// CHECK-LABEL: func @planned
func.func @planned(%a: memref<?x24xf32>, %s: memref<?x40xf32>, %h: memref<?x20xf32>,
                   %packed: !llvm.ptr, %plan: !llvm.ptr) {
  // CHECK: scf.if
  // CHECK: llvm.call
  // CHECK: call @phase_f32_40x24_g2u16_2(
  // CHECK: else
  // CHECK: call @[[TILED]]_3(
  dnn.gemm_phase @one %a, %s, %packed outs(%h : memref<?x20xf32>) plan %plan
      : memref<?x24xf32>, memref<?x40xf32> {
  ^bb0(%x: f32, %y: f32):
    dnn.yield %y : f32
  }
  return
}

dnn.site @wide function 1 index 5 n 2048 k 512 gates 4 units 16 f32 rows step
    at 0 lda 512 ldc 2048

// Steps read the blocks to and fro. One row asks for weights ahead where they are
// more than the second cache holds, and for what its phase reads and writes.
// CHECK-LABEL: func @steps
func.func @steps(%a: memref<1x512xf32>, %s: memref<1x2048xf32>, %h: memref<1x512xf32>,
                 %packed: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for %[[STEP:.*]] =
  scf.for %t = %c0 to %n step %c1 {
    // CHECK: %[[BIT:.*]] = arith.andi %[[STEP]], %c1
    // CHECK: %[[ODD:.*]] = arith.cmpi ne, %[[BIT]], %c0
    // CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c32
    // CHECK: %[[MIRRORED:.*]] = arith.subi %c31, %[[BLOCK]]
    // CHECK: arith.select %[[ODD]], %[[MIRRORED]], %[[BLOCK]]
    // CHECK: memref.prefetch %arg2[%c0, %{{.*}}], write
    // CHECK: scf.for %[[K:.*]] = %c0 to %c512 step %c2
    // CHECK: %[[ROW:.*]] = arith.addi %{{.*}}, %[[K]]
    // CHECK: %[[LATER:.*]] = arith.addi %[[ROW]], %c8
    // CHECK-COUNT-4: memref.prefetch %{{.*}}[%[[LATER]], %{{.*}}], read
    dnn.gemm_phase @wide %a, %s, %packed outs(%h : memref<1x512xf32>)
        : memref<1x512xf32>, memref<1x2048xf32> {
    ^bb0(%x: f32, %y: f32, %z: f32, %u: f32):
      dnn.yield %y : f32
    }
  }
  return
}

dnn.site @back function 1 index 6 n 512 k 2048 gates 1 units 64 f32 rows step
    at 0 lda 2048 ldc 512

// CHECK-LABEL: func @steps_of_rows
func.func @steps_of_rows(%a: memref<?x2048xf32>, %c: memref<?x512xf32>, %packed: !llvm.ptr,
                         %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for %[[STEP:.*]] =
  scf.for %t = %c0 to %n step %c1 {
    // CHECK: %[[BIT:.*]] = arith.andi %[[STEP]], %c1
    // CHECK: %[[ODD:.*]] = arith.cmpi ne, %[[BIT]], %c0
    // CHECK: call @[[BACK:gemm_f32_512x2048_g1u64_far_a2048]]({{.*}}, %[[ODD]], %c512)
    dnn.gemm @back %a, %c, %packed : memref<?x2048xf32>, memref<?x512xf32>
  }
  return
}

dnn.site @first function 1 index 7 n 512 k 512 gates 1 units 64 f32 rows step
    at 0 lda 512 ldc 512
dnn.site @second function 1 index 8 n 256 k 512 gates 1 units 64 f32 rows step
    at 262144 lda 512 ldc 256

// Neither is larger than the second cache, but what one step reads is.
// CHECK-LABEL: func @two_in_a_step
// CHECK: call @gemm_f32_512x512_g1u64_far_a512(
// CHECK: call @gemm_f32_256x512_g1u64_far_a512(
// CHECK-LABEL: func @one_in_a_step
// CHECK: call @gemm_f32_512x512_g1u64_a512(
func.func @two_in_a_step(%a: memref<?x512xf32>, %c: memref<?x512xf32>,
                         %d: memref<?x256xf32>, %packed: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %t = %c0 to %n step %c1 {
    scf.for %run = %c0 to %n step %c1 {
      dnn.gemm @first %a, %c, %packed : memref<?x512xf32>, memref<?x512xf32>
    }
    scf.for %run = %c0 to %n step %c1 {
      dnn.gemm @second %c, %d, %packed : memref<?x512xf32>, memref<?x256xf32>
    }
  }
  return
}

dnn.site @alone function 1 index 9 n 512 k 512 gates 1 units 64 f32 rows step
    at 0 lda 512 ldc 512

func.func @one_in_a_step(%a: memref<?x512xf32>, %c: memref<?x512xf32>,
                         %packed: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %t = %c0 to %n step %c1 {
    scf.for %run = %c0 to %n step %c1 {
      dnn.gemm @alone %a, %c, %packed : memref<?x512xf32>, memref<?x512xf32>
    }
  }
  return
}

// Eight rows of two vectors stay in registers over k; the second block has but
// four units of each gate.
// CHECK: func private @[[KERNEL]](%arg0: !llvm.ptr {llvm.noalias}, {{.*}}) attributes {llvm.linkage = #llvm.linkage<internal>, passthrough = ["noinline"]}
// CHECK: scf.index_switch
// CHECK: default
// CHECK: %{{.*}}:16 = scf.for %{{.*}} = %c0 to %c24 step %c1 iter_args
// CHECK-COUNT-2: vector.load
// CHECK: memref.load
// CHECK: vector.broadcast
// CHECK: arith.mulf %{{.*}} fastmath<contract> : vector<16xf32>
// CHECK: scf.index_switch
// CHECK: vector.maskedstore %{{.*}}, %{{.*}} : memref<?x40xf32, strided<[?, 1]>>, vector<16xi1>, vector<16xf32>

// CHECK: func private @[[BACK]]({{.*}}, %arg4: i1, %arg5: index) attributes
// CHECK: scf.for %[[BLOCK:.*]] = %c0 to %c8
// CHECK: %[[MIRRORED:.*]] = arith.subi %c7, %[[BLOCK]]
// CHECK: arith.select %arg4, %[[MIRRORED]], %[[BLOCK]]

// Two gates of 16 units fill four shorter registers, three rows a tile.
// AVX: func private @gemm_f32_40x24_g2u16_a24
// AVX: default
// AVX: %{{.*}}:12 = scf.for {{.*}} -> (vector<8xf32>

// Four times as many rows of C as a tile has, or more: a strip of B is copied
// together. A tile is summed from zero, C added at the end.
// CHECK: func private @gemm_tn_f32_40x24_a40c24(
// CHECK: %[[MOST:.*]] = arith.minui %arg3, %c448
// CHECK: memref.alloca(%[[MOST]]) {alignment = 64 : i64} : memref<?x32xf32>
// CHECK: scf.for
// CHECK: vector.store %{{.*}} : memref<?x32xf32>, vector<16xf32>
// CHECK: memref.prefetch %{{.*}}, write
// CHECK: %{{.*}}:16 = scf.for {{.*}} iter_args({{.*}} = %cst
// CHECK: vector.load %{{.*}} : memref<?x32xf32>, vector<16xf32>
// CHECK: scf.if
// CHECK: else
// CHECK: arith.addf
