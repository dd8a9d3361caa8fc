// Every kernel of a function with a plan is divided; barriers stand where a
// thread would meet what another one wrote or reads, and nowhere else.
// RUN: rnn-opt %s --dnn-share-team --split-input-file | FileCheck %s
// RUN: rnn-opt %s --dnn-to-llvm --split-input-file | FileCheck %s --check-prefix=LLVM

// LLVM-NOT: dnn.

dnn.site @gates function 0 index 0 n 160 k 40 gates 4 units 16 f32 rows step
    at 0 lda 40 ldc 160

// A step reads all of the state: one barrier. What a thread has of the cell is
// its own in every step.
// CHECK-LABEL: func @recurrence(%arg0: !llvm.ptr,
func.func @recurrence(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %packed: !llvm.ptr,
                      %n: index) {
  // CHECK: %[[THREAD:.*]], %[[THREADS:.*]] = dnn.team %arg0
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  // CHECK-NOT: dnn.barrier
  // CHECK: scf.for
  scf.for %t = %c0 to %n step %c1 {
    %offset = arith.index_cast %t : index to i64
    %next = arith.addi %offset, %one : i64
    %h = dnn.buffer %base[%offset] rows %c1 in [#dnn.place<"arena1", 0, 40>] column 0
        : memref<?x40xf32, strided<[40, 1]>>
    %h1 = dnn.buffer %base[%next] rows %c1 in [#dnn.place<"arena1", 0, 40>] column 0
        : memref<?x40xf32, strided<[40, 1]>>
    %c = dnn.buffer %base[%zero] rows %c1 in [#dnn.place<"arena12", 0, 40>] column 0
        : memref<?x40xf32, strided<[40, 1]>>
    %s = dnn.buffer %base[%zero] rows %c1 in [#dnn.place<"arena12", 48, 208>] column 0
        : memref<?x160xf32, strided<[160, 1]>>
    // CHECK: dnn.barrier %arg0 of %[[THREADS]]
    // CHECK-NEXT: dnn.share %[[THREAD]] of %[[THREADS]] plan %arg0 unit 16 {
    // CHECK-NEXT: dnn.gemm_phase
    dnn.gemm_phase @gates %h, %s, %packed ins(%c : memref<?x40xf32, strided<[40, 1]>>)
        outs(%h1, %c : memref<?x40xf32, strided<[40, 1]>>, memref<?x40xf32, strided<[40, 1]>>)
        plan %plan : memref<?x40xf32, strided<[40, 1]>>, memref<?x160xf32, strided<[160, 1]>> {
    ^bb0(%i: f32, %f: f32, %o: f32, %g: f32, %c0_: f32):
      %x = arith.mulf %f, %c0_ : f32
      %y = arith.addf %x, %i : f32
      %z = arith.mulf %y, %o : f32
      dnn.yield %z, %y : f32, f32
    }
    // CHECK-NOT: dnn.barrier
    // CHECK: dnn.share {{.*}} unit 16 {
    // CHECK-NEXT: dnn.copy
    %kept = dnn.buffer %base[%offset] rows %c1 in [#dnn.place<"output0", 0, 1>] column 0
        : memref<?x40xf32, strided<[40, 1]>>
    dnn.copy %c, %kept : memref<?x40xf32, strided<[40, 1]>>, memref<?x40xf32, strided<[40, 1]>>
  }
  // CHECK: return
  return
}

// -----

// Buffers that share memory one after the other are kept apart, columns that
// are other threads' are waited for, and those of another place are not.
// CHECK-LABEL: func @places
func.func @places(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %n: index, %scale: f64) {
  %zero = arith.constant 0 : i64
  %a = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 0, 64>] column 0
      : memref<?x64xf32, strided<[64, 1]>>
  %b = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 64, 128>] column 0
      : memref<?x64xf32, strided<[64, 1]>>
  %wide = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 32, 160>] column 0
      : memref<?x128xf32, strided<[128, 1]>>
  %low = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 32, 160>] column 0
      : memref<?x64xf32, strided<[128, 1]>>
  %high = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 32, 160>] column 64
      : memref<?x64xf32, strided<[128, 1]>>
  %one = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena0", 0, 1>] column 0
      : memref<?x1xf32, strided<[1, 1]>>
  // CHECK: dnn.share {{.*}} unit 16 {
  // CHECK-NEXT: dnn.fill
  dnn.fill 1.0, %a : memref<?x64xf32, strided<[64, 1]>>
  // CHECK-NOT: dnn.barrier
  // CHECK: dnn.copy
  dnn.copy %a, %b : memref<?x64xf32, strided<[64, 1]>>, memref<?x64xf32, strided<[64, 1]>>
  // CHECK: dnn.barrier
  // CHECK: dnn.fill
  dnn.fill 2.0, %wide : memref<?x128xf32, strided<[128, 1]>>
  // CHECK: dnn.barrier
  // CHECK: dnn.fill
  dnn.fill 3.0, %low : memref<?x64xf32, strided<[128, 1]>>
  // CHECK-NOT: dnn.barrier
  // CHECK: dnn.fill 4
  dnn.fill 4.0, %high : memref<?x64xf32, strided<[128, 1]>>
  // What is no wider than a vector is done by one thread, and so is what it
  // makes.
  // CHECK: dnn.share {{.*}} alone {
  // CHECK-NEXT: dnn.fill
  dnn.fill 5.0, %one : memref<?x1xf32, strided<[1, 1]>>
  // CHECK-NOT: dnn.barrier
  // CHECK: dnn.share {{.*}} alone {
  // CHECK-NEXT: dnn.phase
  dnn.phase rows %n ins(%one : memref<?x1xf32, strided<[1, 1]>>)
      outs(%one : memref<?x1xf32, strided<[1, 1]>>) {
  ^bb0(%x: f32):
    dnn.yield %x : f32
  }
  // Rows are divided: others read what thread 0 has not made.
  // CHECK: dnn.barrier
  // CHECK: dnn.sum_features
  dnn.sum_features %low, %one scale %scale
      : memref<?x64xf32, strided<[128, 1]>>, memref<?x1xf32, strided<[1, 1]>>
  // CHECK: return
  return
}

// -----

// A barrier that only the first turn of a loop needs stands before the loop.
// CHECK-LABEL: func @before
func.func @before(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %n: index, %go: i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i64
  %a = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 0, 64>] column 0
      : memref<?x64xf32, strided<[64, 1]>>
  %all = dnn.buffer %base[%zero] rows %c1 in [#dnn.place<"arena1", 0, 64>] column 0
      : memref<1x512xf32, strided<[512, 1]>>
  %b = dnn.buffer %base[%zero] rows %c1 in [#dnn.place<"arena1", 64, 128>] column 0
      : memref<1x512xf32, strided<[512, 1]>>
  dnn.fill 1.0, %a : memref<?x64xf32, strided<[64, 1]>>
  // CHECK: dnn.barrier
  // CHECK-NEXT: scf.for
  scf.for %i = %c0 to %n step %c1 {
    // CHECK-NOT: dnn.barrier
    // CHECK: scf.if
    scf.if %go {
      // CHECK: dnn.copy
      dnn.copy %all, %b : memref<1x512xf32, strided<[512, 1]>>, memref<1x512xf32, strided<[512, 1]>>
    }
  }
  // CHECK: return
  return
}

// -----

// Without a plan nothing is divided.
// CHECK-LABEL: func @step
func.func @step(%a: memref<1x64xf32>) {
  // CHECK-NEXT: dnn.fill
  dnn.fill 1.0, %a : memref<1x64xf32>
  return
}

// -----

// A thread packs the blocks of panels that it multiplies by: only the weight
// has to be there.
dnn.site @computed function 0 index 0 n 160 k 40 gates 1 units 16 f32 rows step
    at 0 lda 40 ldc 160
// CHECK-LABEL: func @packed_here
func.func @packed_here(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %packed: !llvm.ptr,
                       %n: index) {
  %zero = arith.constant 0 : i64
  %weight = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena13", 0, 6400>] column 0
      : memref<160x40xf32, strided<[40, 1]>>
  %h = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 0, 40>] column 0
      : memref<?x40xf32, strided<[40, 1]>>
  %s = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 48, 208>] column 0
      : memref<?x160xf32, strided<[160, 1]>>
  // CHECK: dnn.share {{.*}} unit 16 {
  // CHECK-NEXT: dnn.fill
  // CHECK: dnn.barrier %arg0
  // CHECK-NEXT: dnn.share {{.*}} unit 16 {
  // CHECK-NEXT: dnn.pack @computed
  // CHECK-NOT: dnn.barrier
  // CHECK: dnn.gemm @computed
  dnn.fill 1.0, %weight : memref<160x40xf32, strided<[40, 1]>>
  dnn.pack @computed %weight, %packed plan %plan : memref<160x40xf32, strided<[40, 1]>>
  dnn.gemm @computed %h, %s, %packed plan %plan
      : memref<?x40xf32, strided<[40, 1]>>, memref<?x160xf32, strided<[160, 1]>>
  return
}

// -----

// Sums over the rows are a thread's in its columns. Where features are summed
// rows are divided, and where both are, one thread does all.
// CHECK-LABEL: func @sums
func.func @sums(%plan: !llvm.ptr {dnn.plan}, %base: !llvm.ptr, %n: index) {
  %zero = arith.constant 0 : i64
  %a = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 0, 64>] column 0
      : memref<?x64xf32, strided<[64, 1]>>
  %row = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena1", 64, 80>] column 0
      : memref<?x1xf32, strided<[1, 1]>>
  %c = dnn.buffer %base[%zero] rows %n in [#dnn.place<"arena0", 0, 64>] column 0
      : memref<1x64xf32, strided<[64, 1]>>
  // CHECK: dnn.share {{.*}} unit 16 {
  // CHECK-NEXT: dnn.fill
  dnn.fill 0.0, %c : memref<1x64xf32, strided<[64, 1]>>
  // CHECK-NOT: dnn.barrier
  // CHECK: dnn.share {{.*}} unit 16 {
  // CHECK-NEXT: dnn.phase
  dnn.phase rows %n ins(%a : memref<?x64xf32, strided<[64, 1]>>)
      outs(%a : memref<?x64xf32, strided<[64, 1]>>)
      column_sums(%c : memref<1x64xf32, strided<[64, 1]>>) {
  ^bb0(%x: f32):
    dnn.yield %x, %x : f32, f32
  }
  // CHECK: dnn.barrier
  // CHECK: dnn.share
  // CHECK-NOT: alone
  // CHECK: dnn.phase
  dnn.phase rows %n ins(%a : memref<?x64xf32, strided<[64, 1]>>)
      outs(%a : memref<?x64xf32, strided<[64, 1]>>)
      row_sums(%row : memref<?x1xf32, strided<[1, 1]>>) {
  ^bb0(%x: f32):
    dnn.yield %x, %x : f32, f32
  } {scales = array<f64: 1.0>}
  // CHECK: dnn.barrier
  // CHECK: dnn.share {{.*}} alone {
  // CHECK-NEXT: dnn.phase
  dnn.phase rows %n ins(%a : memref<?x64xf32, strided<[64, 1]>>)
      outs(%a : memref<?x64xf32, strided<[64, 1]>>)
      row_sums(%row : memref<?x1xf32, strided<[1, 1]>>)
      column_sums(%c : memref<1x64xf32, strided<[64, 1]>>) {
  ^bb0(%x: f32):
    dnn.yield %x, %x, %x : f32, f32, f32
  } {scales = array<f64: 1.0>}
  // CHECK: return
  return
}
