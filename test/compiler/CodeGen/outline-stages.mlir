// RUN: rnn-opt %s --dnn-outline-stages | FileCheck %s

// Constants and views are made again in a stage's function, room that it alone
// uses moves there, and what else it uses are arguments.
// CHECK-LABEL: func.func @stages
// CHECK-SAME: (%[[base:.*]]: !llvm.ptr, %[[n:.*]]: index, %[[mine:.*]]: i1)
// CHECK-NOT: alloca() : memref<3xf32>
// CHECK: %[[shared:.*]] = memref.alloca() : memref<2xf32>
// CHECK: scf.for %[[k:.*]] =
// CHECK: scf.if %[[mine]] {
// CHECK-NEXT: func.call @stages_stage0(%[[k]], %[[shared]], %[[n]], %[[base]])
// CHECK-NEXT: } {dnn.stage = 0 : i64}
// CHECK-NEXT: scf.if %[[mine]] {
// CHECK-NEXT: func.call @stages_stage1(%[[shared]])
// CHECK-NEXT: } {dnn.stage = 1 : i64}
func.func @stages(%base: !llvm.ptr, %n: index, %mine: i1) {
  %zero = arith.constant 0 : i64
  %none = arith.constant 0 : index
  %one = arith.constant 1 : index
  %number = arith.constant 2.0 : f32
  %room = memref.alloca() : memref<3xf32>
  %shared = memref.alloca() : memref<2xf32>
  %all = dnn.buffer %base[%zero] rows %n : memref<?x64xf32, strided<[64, 1]>>
  %part = memref.subview %all[0, 32] [%n, 16] [1, 1]
      : memref<?x64xf32, strided<[64, 1]>> to memref<?x16xf32, strided<[64, 1], offset: 32>>
  scf.for %k = %none to %n step %one {
    scf.if %mine {
      memref.store %number, %room[%none] : memref<3xf32>
      memref.store %number, %part[%k, %one] : memref<?x16xf32, strided<[64, 1], offset: 32>>
      memref.store %number, %shared[%none] : memref<2xf32>
    } {dnn.stage = 0 : i64}
    scf.if %mine {
      memref.store %number, %shared[%one] : memref<2xf32>
    } {dnn.stage = 1 : i64}
    scf.if %mine {
      // CHECK: memref.store
      memref.store %number, %all[%k, %one] : memref<?x64xf32, strided<[64, 1]>>
    }
  }
  return
}

// CHECK: func.func private @stages_stage1(
// CHECK: memref.store %cst, %arg0[%c1]
// CHECK: func.func private @stages_stage0(
// CHECK-SAME: llvm.linkage = #llvm.linkage<internal>
// CHECK-SAME: passthrough = ["noinline"]
// CHECK-DAG: %[[room:.*]] = memref.alloca() : memref<3xf32>
// CHECK-DAG: %[[all:.*]] = dnn.buffer
// CHECK: %[[part:.*]] = memref.subview %[[all]]
// CHECK: memref.store %{{.*}}, %[[room]]
// CHECK: memref.store %{{.*}}, %[[part]]
// CHECK: return
