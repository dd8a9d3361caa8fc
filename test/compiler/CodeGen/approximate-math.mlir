// tanh, exp, log and log1p of f32 and f64 become arithmetic; the rest stays. Errors
// are measured in test/unit/CodeGen/MathTest.cpp.
// RUN: rnn-opt %s --dnn-approximate-math | FileCheck %s

// CHECK-LABEL: func @logOfSum
func.func @logOfSum(%x: vector<16xf32>) -> vector<16xf32> {
  // CHECK-NOT: math.log1p
  // CHECK: arith.addf %{{.*}} : vector<16xf32>
  // CHECK: arith.divf %{{.*}} : vector<16xf32>
  // CHECK: return
  %a = math.log1p %x : vector<16xf32>
  return %a : vector<16xf32>
}

// CHECK-LABEL: func @covered
func.func @covered(%x: vector<16xf32>, %y: f64) -> (vector<16xf32>, vector<16xf32>, f64, f64) {
  // CHECK-NOT: math.tanh
  // CHECK-NOT: math.exp
  // CHECK-NOT: math.log
  // CHECK: arith.divf %{{.*}} : vector<16xf32>
  // CHECK: arith.bitcast %{{.*}} : vector<16xf32> to vector<16xi32>
  // CHECK: arith.bitcast %{{.*}} : f64 to i64
  // CHECK: return
  %a = math.tanh %x : vector<16xf32>
  %b = math.exp %x : vector<16xf32>
  %c = math.log %y : f64
  %d = math.tanh %y : f64
  return %a, %b, %c, %d : vector<16xf32>, vector<16xf32>, f64, f64
}

// CHECK-LABEL: func @kept
func.func @kept(%x: f32, %h: f16) -> (f32, f16) {
  // CHECK: math.sqrt
  // CHECK: math.exp %{{.*}} : f16
  %a = math.sqrt %x : f32
  %b = math.exp %h : f16
  return %a, %b : f32, f16
}

// sigmoid(x) * tanh(y) divides once.
// CHECK-LABEL: func @gate
func.func @gate(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  // CHECK: arith.divf
  // CHECK-NOT: arith.divf
  // CHECK: return
  %one = arith.constant dense<1.0> : vector<16xf32>
  %n = arith.negf %x : vector<16xf32>
  %e = math.exp %n : vector<16xf32>
  %d = arith.addf %one, %e : vector<16xf32>
  %s = arith.divf %one, %d : vector<16xf32>
  %t = math.tanh %y : vector<16xf32>
  %h = arith.mulf %s, %t : vector<16xf32>
  return %h : vector<16xf32>
}

// Divisions of any other kind could overflow if they met.
// CHECK-LABEL: func @quotients
func.func @quotients(%a: f32, %b: f32, %c: f32) -> f32 {
  // CHECK-COUNT-2: arith.divf
  // CHECK: return
  %p = arith.divf %a, %b : f32
  %t = math.tanh %c : f32
  %q = arith.mulf %p, %t : f32
  return %q : f32
}
