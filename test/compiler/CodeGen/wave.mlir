// RUN: rnn-opt %s --dnn-share-team | FileCheck %s
// RUN: rnn-opt %s --dnn-share-team --dnn-lower-team | FileCheck %s --check-prefix=LOWERED

// Kernels in a stage are one thread's where threads run stages one behind
// another, and the team's elsewhere; a stage is no branch that a team may pass.

// CHECK-LABEL: func.func @stages
// CHECK-NEXT: %[[thread:.*]], %[[threads:.*]] = dnn.team %[[plan:.*]]{{$}}
// CHECK-NEXT: %[[own:.*]], %[[ownThreads:.*]] = dnn.team %[[plan]] stages_of 2
// CHECK: dnn.wave
// CHECK: dnn.share %[[thread]] of %[[threads]]
// CHECK-NEXT: dnn.fill
// CHECK: scf.if
// CHECK-NEXT: dnn.share %[[own]] of %[[ownThreads]]
// CHECK: {dnn.stage = 0 : i64}
// CHECK-NEXT: dnn.barrier

// LOWERED-LABEL: func.func @stages
// LOWERED: %[[owners:.*]] = llvm.load {{.*}} -> !llvm.ptr
// LOWERED: %[[is:.*]] = llvm.icmp "ne" %[[owners]], %{{.*}} : !llvm.ptr
// LOWERED: arith.select %[[is]], %c0, %{{.*}} : index
// LOWERED: arith.select %[[is]], %c1, %{{.*}} : index
// LOWERED: scf.if {{.*}} -> (index, i1)
// LOWERED: scf.yield %{{.*}}, %{{.*}} : index, i1
// LOWERED: } else {
// LOWERED: scf.yield %c0{{.*}}, %true{{.*}} : index, i1
// LOWERED-NOT: dnn.wave
// LOWERED-NOT: dnn.stage {{.*}} of
func.func @stages(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %n: index) {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : index
  %threads = dnn.wave %plan function 2
  %lag, %mine = dnn.stage 5 of %plan function 2
  %a = dnn.buffer %base[%zero] rows %threads in [#dnn.place<"arena1", 0, 64>] column 0 : memref<?x64xf32, strided<[64, 1]>>
  dnn.fill 0.0, %a : memref<?x64xf32, strided<[64, 1]>>
  scf.for %k = %lag to %n step %one {
    scf.if %mine {
      dnn.fill 1.0, %a : memref<?x64xf32, strided<[64, 1]>>
    } {dnn.stage = 0 : i64}
    dnn.barrier %plan of %threads
  }
  return
}
