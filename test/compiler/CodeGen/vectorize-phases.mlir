// Phases become loops of full vectors and one shorter tail, masked unless it is a
// power of two.
// RUN: rnn-opt %s --dnn-vectorize-phases --canonicalize | FileCheck %s
// RUN: rnn-opt %s --dnn-vectorize-phases="vector-bytes=16" --canonicalize | FileCheck %s --check-prefix=SSE

// CHECK-LABEL: func @gap
// SSE-LABEL: func @gap
func.func @gap(%n: index, %x: memref<?x40xf32, strided<[64, 1]>>, %bias: memref<1x40xf32>,
               %scale: memref<?x1xf32>, %one: memref<1x1xf32>) {
  // One number is loaded once, one a row once a row.
  // CHECK: %[[ONE:.*]] = memref.load %arg4[%c0, %c0]
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %arg0
  // CHECK: memref.load %arg3[%[[ROW]], %c0]
  // CHECK: scf.for %[[COLUMN:.*]] = %c0 to %c32 step %c16
  // CHECK: vector.load %arg1[%[[ROW]], %[[COLUMN]]]
  // CHECK: vector.load %arg2[%c0, %[[COLUMN]]]
  // CHECK: vector.broadcast
  // CHECK: arith.mulf %{{.*}} fastmath<contract> : vector<16xf32>
  // CHECK: arith.cmpf olt, %{{.*}} : vector<16xf32>
  // CHECK: arith.select %{{.*}} : vector<16xi1>, vector<16xf32>
  // CHECK: vector.store
  // CHECK-NOT: mask
  // CHECK: vector.load %arg1[%[[ROW]], %c32] {{.*}}, vector<8xf32>
  // CHECK: vector.store %{{.*}}, vector<8xf32>
  // CHECK: return
  // A width of ten SSE vectors has no tail.
  // SSE: scf.for %{{.*}} = %c0 to %c40 step %c4
  // SSE-NOT: mask
  // SSE: return
  dnn.phase rows %n ins(%x, %bias, %scale, %one : memref<?x40xf32, strided<[64, 1]>>, memref<1x40xf32>, memref<?x1xf32>, memref<1x1xf32>)
      outs(%x : memref<?x40xf32, strided<[64, 1]>>) {
  ^bb0(%a: f32, %b: f32, %s: f32, %o: f32):
    %zero = arith.constant 0.0 : f32
    %p = arith.mulf %a, %s : f32
    %q = arith.addf %p, %b : f32
    %less = arith.cmpf olt, %q, %zero : f32
    %r = arith.select %less, %o, %q : f32
    dnn.yield %r : f32
  }
  return
}

// What a row, or the whole phase, is divided by is inverted once.
// CHECK-LABEL: func @divide
func.func @divide(%n: index, %x: memref<?x32xf32>, %scale: memref<?x1xf32>, %one: memref<1x1xf32>) {
  // CHECK: %[[ONE:.*]] = memref.load %arg3[%c0, %c0]
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %arg0
  // CHECK: %[[SCALE:.*]] = memref.load %arg2[%[[ROW]], %c0]
  // CHECK: %[[INVERSE:.*]] = arith.divf %cst{{.*}}, %[[SCALE]] : f32
  // CHECK: scf.for
  // CHECK-NOT: arith.divf
  // CHECK: vector.broadcast %[[INVERSE]] : f32 to vector<16xf32>
  // CHECK-NOT: arith.divf
  // CHECK: return
  dnn.phase rows %n ins(%x, %scale, %one : memref<?x32xf32>, memref<?x1xf32>, memref<1x1xf32>)
      outs(%x : memref<?x32xf32>) {
  ^bb0(%a: f32, %s: f32, %o: f32):
    %p = arith.divf %a, %s : f32
    %q = arith.divf %p, %o : f32
    dnn.yield %q : f32
  }
  return
}

// Rows that follow each other without a gap are one run.
// CHECK-LABEL: func @run
func.func @run(%n: index, %x: memref<?x3xf32>, %y: memref<?x3xf32>, %k: f32) {
  // CHECK: %[[TOTAL:.*]] = arith.muli %arg0, %c3
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [{{.*}}], sizes: [1, %[[TOTAL]]]
  // CHECK: %[[REST:.*]] = arith.remui %[[TOTAL]], %c16
  // CHECK: %[[FULL:.*]] = arith.subi %[[TOTAL]], %[[REST]]
  // CHECK: scf.for %{{.*}} = %c0 to %[[FULL]] step %c16
  // A value from outside is repeated.
  // CHECK: vector.broadcast %arg3 : f32 to vector<16xf32>
  // CHECK: scf.if
  // CHECK: vector.create_mask %[[REST]] : vector<16xi1>
  dnn.phase rows %n ins(%x : memref<?x3xf32>) outs(%y : memref<?x3xf32>) {
  ^bb0(%a: f32):
    %b = arith.mulf %a, %k : f32
    dnn.yield %b : f32
  }
  return
}

// One feature with a gap between rows stays scalar.
// CHECK-LABEL: func @scalar
func.func @scalar(%n: index, %x: memref<?x1xf32, strided<[8, 1]>>) {
  // CHECK-NOT: vector
  // CHECK: math.exp %{{.*}} : f32
  // CHECK: return
  dnn.phase rows %n ins(%x : memref<?x1xf32, strided<[8, 1]>>) outs(%x : memref<?x1xf32, strided<[8, 1]>>) {
  ^bb0(%a: f32):
    %b = math.exp %a : f32
    dnn.yield %b : f32
  }
  return
}

// Dropout counts the elements of the phase, in vectors, without a call or a
// division.
// CHECK-LABEL: func @dropout
// CHECK-SAME: (%[[N:.*]]: index, %{{.*}}, %[[KEY:.*]]: i32, %[[FIRST:.*]]: i64)
func.func @dropout(%n: index, %x: memref<?x32xf32>, %key: i32, %first: i64) {
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %[[N]]
  // CHECK: scf.for %[[COLUMN:.*]] = %c0
  // CHECK: %[[BEFORE:.*]] = arith.muli %[[ROW]], %c32
  // CHECK: %[[PLACE:.*]] = arith.addi %[[BEFORE]], %[[COLUMN]]
  // CHECK: %[[PLACE64:.*]] = arith.index_cast %[[PLACE]]
  // CHECK: arith.addi %[[FIRST]], %[[PLACE64]]
  // CHECK-COUNT-10: arith.muli %{{.*}} : vector<16xi64>
  // CHECK-NOT: arith.muli
  // CHECK: %[[KEPT:.*]] = arith.cmpi uge, %{{.*}} : vector<16xi64>
  // CHECK: %[[SCALED:.*]] = arith.mulf
  // CHECK: arith.select %[[KEPT]], %[[SCALED]]
  // CHECK-NOT: dnn.
  dnn.phase rows %n ins(%x : memref<?x32xf32>) outs(%x : memref<?x32xf32>) {
  ^bb0(%a: f32):
    %d = dnn.dropout %a key %key first %first rate 0.25 : f32
    dnn.yield %d : f32
  }
  return
}

// A row alone is written out: four vectors and a tail of seven.
// CHECK-LABEL: func @row
// SSE-LABEL: func @row
func.func @row(%x: memref<1x71xf32>, %y: memref<1x71xf32>) {
  %one = arith.constant 1 : index
  // CHECK-NOT: scf.for
  // CHECK-COUNT-4: vector.load %arg0{{.*}}, vector<16xf32>
  // CHECK: %[[MASK:.*]] = vector.constant_mask [7] : vector<8xi1>
  // CHECK: vector.maskedload %arg0[%c0, %c64], %[[MASK]]
  // CHECK: vector.maskedstore %arg1[%c0, %c64], %[[MASK]]
  // CHECK: return
  // More than four vectors are a loop.
  // SSE: scf.for %{{.*}} = %c0 to %c68 step %c4
  // SSE: vector.constant_mask [3] : vector<4xi1>
  dnn.phase rows %one ins(%x : memref<1x71xf32>) outs(%y : memref<1x71xf32>) {
  ^bb0(%a: f32):
    %b = arith.addf %a, %a : f32
    dnn.yield %b : f32
  }
  return
}

// Sums over the features of a row stay in registers, four of a short body side
// by side, and are scaled once; what is summed over rows grows strip by strip.
// CHECK-LABEL: func @sums
func.func @sums(%n: index, %x: memref<?x136xf32>, %means: memref<?x1xf32>, %columns: memref<1x136xf32>) {
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %arg0
  // CHECK: %[[SUMS:.*]]:4 = scf.for {{.*}} = %c0 to %c128 step %c64
  // CHECK: %[[BEFORE:.*]] = vector.load %arg3[%c0
  // CHECK: %[[AFTER:.*]] = arith.addf %[[BEFORE]], %{{.*}} : vector<16xf32>
  // CHECK: vector.store %[[AFTER]], %arg3[%c0
  // CHECK: scf.yield
  // CHECK: vector.load %arg1[%[[ROW]], %c128] {{.*}}, vector<8xf32>
  // CHECK: %[[MEAN:.*]] = arith.mulf %{{.*}}, %cst{{.*}} : f32
  // CHECK: memref.store %[[MEAN]], %arg2[%[[ROW]], %c0]
  // CHECK: return
  dnn.phase rows %n ins(%x : memref<?x136xf32>) outs(%x : memref<?x136xf32>)
      row_sums(%means : memref<?x1xf32>) column_sums(%columns : memref<1x136xf32>) {
  ^bb0(%a: f32):
    %p = arith.mulf %a, %a : f32
    dnn.yield %p, %p, %a : f32, f32, f32
  } {scales = array<f64: 0.125>}
  return
}

// A phase may do nothing but sum.
// CHECK-LABEL: func @sum_alone
func.func @sum_alone(%n: index, %x: memref<?x40xf32>, %columns: memref<1x40xf32>) {
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %arg0
  // CHECK: scf.for %{{.*}} = %c0 to %c32 step %c16
  // CHECK: vector.store %{{.*}}, %arg2[%c0
  // CHECK-NOT: vector.store {{.*}} %arg1
  // CHECK: return
  dnn.phase rows %n ins(%x : memref<?x40xf32>) column_sums(%columns : memref<1x40xf32>) {
  ^bb0(%a: f32):
    dnn.yield %a : f32
  }
  return
}

// What is not memory of a step is asked for a row ahead, where rows have four
// lines or more.
// CHECK-LABEL: func @ahead
func.func @ahead(%n: index, %tape: !llvm.ptr, %step: !llvm.ptr, %y: memref<?x64xf32>) {
  %zero = arith.constant 0 : i64
  // CHECK: %[[TAPE:.*]] = dnn.buffer %arg1
  %a = dnn.buffer %tape[%zero] rows %n in [#dnn.place<"arena0", 0, 64>] column 0 : memref<?x64xf32, strided<[64, 1]>>
  %b = dnn.buffer %step[%zero] rows %n in [#dnn.place<"arena12", 0, 64>] column 0 : memref<?x64xf32, strided<[64, 1]>>
  // CHECK: scf.for %[[ROW:.*]] = %c0 to %arg0
  // CHECK: scf.for %[[COLUMN:.*]] = %c0 to %c64 step %c16
  // CHECK: %[[NEXT:.*]] = arith.addi %[[ROW]], %c1
  // CHECK: memref.prefetch %[[TAPE]][%[[NEXT]], %[[COLUMN]]], read
  // CHECK-NOT: memref.prefetch
  // CHECK: return
  dnn.phase rows %n ins(%a, %b : memref<?x64xf32, strided<[64, 1]>>, memref<?x64xf32, strided<[64, 1]>>)
      outs(%y : memref<?x64xf32>) {
  ^bb0(%p: f32, %q: f32):
    %s = arith.addf %p, %q : f32
    dnn.yield %s : f32
  }
  return
}
