// tanh, exp and log of f32 and f64 become arithmetic; the rest stays. Errors
// are measured in test/unit/CodeGen/MathTest.cpp.
// RUN: rnn-opt %s --dnn-approximate-math | FileCheck %s

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
