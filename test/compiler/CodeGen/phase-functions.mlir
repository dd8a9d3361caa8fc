// RUN: rnn-opt %s --dnn-lower-gemm --canonicalize --cse | FileCheck %s

// Phases on several rows are functions, which products of one shape share where
// all else is alike as well.
dnn.site @first function 0 index 0 n 40 k 24 gates 2 units 16 f32 rows chunk
    at 0 lda 24 ldc 40
dnn.site @second function 1 index 3 n 40 k 24 gates 2 units 16 f32 rows step
    at 1000 lda 24 ldc 40

// CHECK-LABEL: func @layers
func.func @layers(%a: memref<?x24xf32>, %b: memref<?x24xf32>, %s: memref<?x40xf32>,
                  %h: memref<?x20xf32, strided<[64, 1]>>, %bias: memref<1x20xf32>,
                  %packed: !llvm.ptr, %plan: !llvm.ptr, %x: f32) {
  // CHECK: llvm.call
  // CHECK: call @phase_f32_40x24_g2u16_1(%{{[^)]*}}, %arg7)
  // CHECK: call @tiled_f32_40x24_g2u16_2(%[[PANELS:[^,]*]], %[[ROWS:[^,]*]], {{.*}}, %arg7)
  dnn.gemm_phase @first %a, %s, %packed ins(%bias : memref<1x20xf32>)
      outs(%h : memref<?x20xf32, strided<[64, 1]>>) plan %plan
      : memref<?x24xf32>, memref<?x40xf32> {
  ^bb0(%i: f32, %g: f32, %c: f32):
    %t = math.tanh %i : f32
    %u = arith.mulf %t, %x : f32
    %v = arith.mulf %u, %g : f32
    dnn.yield %v : f32
  }
  // CHECK: call @phase_f32_40x24_g2u16_1(
  // CHECK: call @tiled_f32_40x24_g2u16_2(
  dnn.gemm_phase @second %b, %s, %packed ins(%bias : memref<1x20xf32>)
      outs(%h : memref<?x20xf32, strided<[64, 1]>>) plan %plan
      : memref<?x24xf32>, memref<?x40xf32> {
  ^bb0(%i: f32, %g: f32, %c: f32):
    %t = math.tanh %i : f32
    %u = arith.mulf %t, %x : f32
    %v = arith.mulf %u, %g : f32
    dnn.yield %v : f32
  }
  // CHECK: call @phase_f32_40x24_g2u16_3(
  // CHECK: call @tiled_f32_40x24_g2u16_4(
  dnn.gemm_phase @first %a, %s, %packed ins(%bias : memref<1x20xf32>)
      outs(%h : memref<?x20xf32, strided<[64, 1]>>) plan %plan
      : memref<?x24xf32>, memref<?x40xf32> {
  ^bb0(%i: f32, %g: f32, %c: f32):
    dnn.yield %g : f32
  }
  return
}

// A thread of a team does its part in a function of its own.
// CHECK-LABEL: func @team
func.func @team(%a: memref<?x24xf32>, %s: memref<?x40xf32>, %h: memref<?x20xf32>,
                %packed: !llvm.ptr, %plan: !llvm.ptr) {
  %thread, %threads = dnn.team %plan
  // CHECK: call @tiled_f32_40x24_g2u16_5({{.*}}, %thread, %threads, %arg4)
  dnn.share %thread of %threads plan %plan unit 16 {
    dnn.gemm_phase @first %a, %s, %packed outs(%h : memref<?x20xf32>)
        : memref<?x24xf32>, memref<?x40xf32> {
    ^bb0(%i: f32, %g: f32):
      dnn.yield %g : f32
    }
  }
  return
}

// The library's product is in the scratch buffer.
// CHECK: func private @phase_f32_40x24_g2u16_1(
// CHECK: memref.subview %[[SCRATCH:.*]][0, 0] [%{{.*}}, 20]
// CHECK: memref.subview %[[SCRATCH]][0, 20] [%{{.*}}, 20]
// CHECK: dnn.phase

// The product of a tile goes to a buffer of its own, while what the phase needs is
// on its way; then the phase on it, row by row.
// CHECK: func private @tiled_f32_40x24_g2u16_2(
// CHECK: %[[BUFFER:.*]] = memref.alloca() {alignment = 64 : i64} : memref<8x32xf32>
// CHECK: %[[H:.*]] = dnn.buffer %{{.*}} : memref<?x20xf32, strided<[64, 1]>>
// CHECK: %[[TILE:.*]] = dnn.address %[[BUFFER]]
// CHECK: memref.prefetch %[[H]][%{{.*}}, %c0], write
// CHECK: call @[[KERNEL:tile.*]](%{{[^,]*}}, %[[TILE]], %{{[^,]*}}, %[[COUNT:[^,]*]], %{{[^,]*}}) :
// CHECK: scf.for %[[ROW:.*]] = %c0 to %[[COUNT]]
// CHECK: vector.load %[[BUFFER]][%[[ROW]], %c0] : memref<8x32xf32>, vector<16xf32>
// CHECK: vector.load %[[BUFFER]][%[[ROW]], %c16]
// CHECK: math.tanh %{{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: call @[[KERNEL]](
// CHECK: math.tanh
// CHECK: vector.store %{{.*}}, vector<4xf32>
// CHECK: return

// CHECK: func private @tiled_f32_40x24_g2u16_5(
// CHECK: arith.ceildivui
// CHECK: dnn.share
