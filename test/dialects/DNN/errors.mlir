// RUN: rnn-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected n to be a multiple of gates, got 10 and 4}}
dnn.site @s function 0 index 0 n 10 k 3 gates 4 units 16 f32 rows step at 0 lda 3 ldc 10

// -----

// expected-error @+1 {{expected positive sizes, got n 8, k 0, gates 1, units 16}}
dnn.site @s function 0 index 0 n 8 k 0 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8

// -----

// expected-error @+1 {{expected a tile of at least one row, got 0}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 tile 0 f32 rows step at 0 lda 3 ldc 8

// -----

// expected-error @+1 {{expected an element type f32 or f64, got 'i32'}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 i32 rows step at 0 lda 3 ldc 8

// -----

// expected-error @+1 {{expected weights of f32 stored as bf16 or i8, got 'f64' stored as 'bf16'}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f64 stored bf16 rows step at 0 lda 3 ldc 8

// -----

// expected-error @+1 {{expected weights of f32 stored as bf16 or i8, got 'f32' stored as 'f16'}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 stored f16 rows step at 0 lda 3 ldc 8

// -----

func.func @offset(%p: !llvm.ptr, %o: i64, %n: index) {
  // expected-error @+1 {{expected a result at offset 0 or ?, got 4}}
  %m = dnn.buffer %p[%o] rows %n : memref<?x8xf32, strided<[8, 1], offset: 4>>
  return
}

// -----

func.func @stride(%p: !llvm.ptr, %o: i64, %n: index) {
  // expected-error @+1 {{expected a result with rows of adjacent elements}}
  %m = dnn.buffer %p[%o] rows %n : memref<?x8xf32, strided<[16, 2]>>
  return
}

// -----

func.func @dynamic(%p: !llvm.ptr, %o: i64, %n: index) {
  // expected-error @+1 {{expected a result with a static number of features}}
  %m = dnn.buffer %p[%o] rows %n : memref<?x?xf32, strided<[16, 1]>>
  return
}

// -----

func.func @no_site(%a: memref<?x3xf32>, %c: memref<?x8xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a dnn.site named @s, got none}}
  dnn.gemm @s %a, %c, %p : memref<?x3xf32>, memref<?x8xf32>
  return
}

// -----

// expected-note @+1 {{for this site}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @width(%a: memref<?x3xf32>, %c: memref<?x9xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a product of 8 features, got 9}}
  dnn.gemm @s %a, %c, %p : memref<?x3xf32>, memref<?x9xf32>
  return
}

// -----

dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @element(%a: memref<?x3xf64>, %c: memref<?x8xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected an operand of 'f32', got 'f64'}}
  dnn.gemm @s %a, %c, %p : memref<?x3xf64>, memref<?x8xf32>
  return
}

// -----

// expected-note @+1 {{of this site}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @weight(%w: memref<3x8xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a weight of 8x3, got 'memref<3x8xf32>'}}
  dnn.pack @s %w, %p : memref<3x8xf32>
  return
}

// -----

// expected-note @+1 {{of this site}}
dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @rectangle(%w: memref<3x4xf32>, %p: !llvm.ptr) {
  dnn.pack @s %w transposed at [4, 0], %p : memref<3x4xf32>
  // expected-error @+1 {{expected a rectangle in 8x3, got 4x3 at [5, 0]}}
  dnn.pack @s %w transposed at [5, 0], %p : memref<3x4xf32>
  return
}

// -----

dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @corner(%w: memref<4x3xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a row and a column, got 1 numbers}}
  dnn.pack @s %w at [4], %p : memref<4x3xf32>
  return
}

// -----

dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @part(%w: memref<4x3xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a rectangle without a plan}}
  dnn.pack @s %w at [4, 0], %p plan %p : memref<4x3xf32>
  return
}

// -----

dnn.site @s function 0 index 0 n 8 k 3 gates 1 units 16 f32 stored bf16 rows step at 0 lda 3 ldc 8
func.func @narrow(%w: memref<4x3xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected a rectangle for panels of the weight's type}}
  dnn.pack @s %w at [4, 0], %p : memref<4x3xf32>
  return
}

// -----

func.func @unless(%a: memref<?x4xf32>, %c: memref<4x4xf32>, %first: i1) {
  // expected-error @+1 {{expected 'unless' with 'accumulate' only}}
  dnn.gemm_tn %a, %a, %c unless %first : memref<?x4xf32>, memref<?x4xf32>, memref<4x4xf32>
  return
}

// -----

dnn.site @s function 0 index 0 n 8 k 3 gates 2 units 16 f32 rows step at 0 lda 3 ldc 8
func.func @gates(%a: memref<?x3xf32>, %c: memref<?x8xf32>, %h: memref<?x4xf32>, %p: !llvm.ptr) {
  // expected-error @+1 {{expected 3 region arguments, got 2}}
  dnn.gemm_phase @s %a, %c, %p ins(%h : memref<?x4xf32>) outs(%h : memref<?x4xf32>)
      : memref<?x3xf32>, memref<?x8xf32> {
  ^bb0(%x: f32, %y: f32):
    dnn.yield %x : f32
  }
  return
}

// -----

func.func @yield(%n: index, %x: memref<?x4xf32>) {
  // expected-error @+1 {{expected 1 yielded values, got 2}}
  dnn.phase rows %n ins(%x : memref<?x4xf32>) outs(%x : memref<?x4xf32>) {
  ^bb0(%a: f32):
    dnn.yield %a, %a : f32, f32
  }
  return
}

// -----

func.func @input(%n: index, %x: memref<?x4xf32>, %y: memref<?x3xf32>) {
  // expected-error @+1 {{expected an input of 4 features or one, got 3}}
  dnn.phase rows %n ins(%y : memref<?x3xf32>) outs(%x : memref<?x4xf32>) {
  ^bb0(%a: f32):
    dnn.yield %a : f32
  }
  return
}

// -----

func.func @scales(%n: index, %x: memref<?x4xf32>, %s: memref<?x1xf32>) {
  // expected-error @+1 {{expected a scale for each of 1 row sums, got 0}}
  dnn.phase rows %n outs(%x : memref<?x4xf32>) row_sums(%s : memref<?x1xf32>) {
    %a = arith.constant 1.0 : f32
    dnn.yield %a, %a : f32, f32
  }
  return
}

// -----

func.func @nothing(%n: index, %s: memref<?x1xf32>) {
  // expected-error @+1 {{expected at least one output or column sum}}
  dnn.phase rows %n row_sums(%s : memref<?x1xf32>) {
    %a = arith.constant 1.0 : f32
    dnn.yield %a : f32
  } {scales = array<f64: 1.0>}
  return
}

// -----

func.func @row_sum(%n: index, %x: memref<?x4xf32>) {
  // expected-error @+1 {{expected a row sum of 1 features, got 4}}
  dnn.phase rows %n outs(%x : memref<?x4xf32>) row_sums(%x : memref<?x4xf32>) {
    %a = arith.constant 1.0 : f32
    dnn.yield %a, %a : f32, f32
  } {scales = array<f64: 1.0>}
  return
}

// -----

func.func @column_sum(%n: index, %x: memref<?x4xf32>) {
  // expected-error @+1 {{expected a column sum of one row, got 'memref<?x4xf32>'}}
  dnn.phase rows %n outs(%x : memref<?x4xf32>) column_sums(%x : memref<?x4xf32>) {
    %a = arith.constant 1.0 : f32
    dnn.yield %a, %a : f32, f32
  }
  return
}

// -----

func.func @types(%n: index, %x: memref<?x4xf32>, %y: memref<?x4xf64>) {
  // expected-error @+1 {{expected region arguments of 'f64', got 'f32'}}
  dnn.phase rows %n ins(%x : memref<?x4xf32>) outs(%y : memref<?x4xf64>) {
  ^bb0(%a: f32):
    dnn.yield %a : f32
  }
  return
}

// -----

func.func @tn(%a: memref<?x4xf32>, %b: memref<?x3xf32>, %c: memref<4x5xf32>) {
  // expected-error @+1 {{expected the second operand of 5 features, got 3}}
  dnn.gemm_tn %a, %b, %c : memref<?x4xf32>, memref<?x3xf32>, memref<4x5xf32>
  return
}

// -----

func.func @transpose(%a: memref<4x2xf32>, %b: memref<2x5xf32>) {
  // expected-error @+1 {{expected a destination of 2x4, got 'memref<2x5xf32>'}}
  dnn.copy %a, %b transposed : memref<4x2xf32>, memref<2x5xf32>
  return
}

// -----

func.func @argmax(%a: memref<?x4xf32>, %b: memref<?x4xf32>) {
  // expected-error @+1 {{expected an output of 1 features, got 4}}
  dnn.argmax %a, %b : memref<?x4xf32>, memref<?x4xf32>
  return
}

// -----

func.func @tokens(%a: memref<?x4xf32>, %t: memref<?x2xi32>) {
  // expected-error @+1 {{expected tokens of 1 features, got 2}}
  dnn.gather %a, %t, %a : memref<?x4xf32>, memref<?x2xi32>, memref<?x4xf32>
  return
}

// -----

func.func @rate(%n: index, %x: memref<?x4xf32>, %key: i32, %first: i64) {
  dnn.phase rows %n ins(%x : memref<?x4xf32>) outs(%x : memref<?x4xf32>) {
  ^bb0(%a: f32):
    // expected-error @+1 {{expected a rate from 0 to less than 1, got}}
    %d = dnn.dropout %a key %key first %first rate 1.0 : f32
    dnn.yield %d : f32
  }
  return
}
