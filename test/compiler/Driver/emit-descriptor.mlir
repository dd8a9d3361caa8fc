// RUN: rnn-opt %s --rnnc-emit-descriptor="cpu=generic features=+avx2 required-features=5" | FileCheck %s

// The descriptor is the one exported symbol; what it needs becomes internal.

// CHECK-NOT: rnn.model
// CHECK-NOT: dnn.site
module {
  rnn.model @CharLM axes ["T"] element f32 attributes {
      rnnc.functions = [
        {name = "forward", index = 0 : i32, packed_bytes = 4096 : i64,
         arena = array<i64: 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0>}],
      rnnc.stream = {panels_bytes = 640 : i64, reset = "reset"}} {
    rnn.param @"lstm.W" : tensor<8x6xf32> init "uniform" [-0.5, 0.5]
    rnn.param @"lstm.b" : tensor<8xf32> init "zeros"
    rnn.input @x : tensor<?x?x1xi32, "T"> vocabulary 65
    rnn.target @y : tensor<?x?x1xi32, "T"> vocabulary 65
    rnn.state @"lstm.h" : tensor<?x2xf32>
    rnn.state @"lstm.c" : tensor<?x2xf32>
    rnn.output @p : tensor<?x?x65xf32, "T">
    rnn.metric @accuracy
    rnn.stream [@x] -> [@p]
  }
  dnn.site @forward_0 function 0 index 0 n 8 k 6 gates 4 units 16 f32 rows step at 0 lda 6 ldc 8
  dnn.site @forward_1 function 0 index 1 n 65 k 2 gates 1 units 16 f32 rows chunk at 64 lda 2 ldc 65 axis 0

  // CHECK: llvm.func internal @CharLM_forward(
  llvm.func @CharLM_forward(%plan: !llvm.ptr, %call: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  llvm.func @CharLM_forward_pack(%plan: !llvm.ptr, %params: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  llvm.func @CharLM_step(%panels: !llvm.ptr, %state: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  llvm.func @CharLM_step_pack(%params: !llvm.ptr, %panels: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  llvm.func @CharLM_reset(%params: !llvm.ptr, %state: !llvm.ptr) -> i32 {
    %0 = llvm.mlir.constant(0 : i32) : i32
    llvm.return %0 : i32
  }
  // A function of the C library stays as it is.
  // CHECK: llvm.func @expf(f32) -> f32
  llvm.func @expf(f32) -> f32
}

// CHECK: llvm.mlir.global internal unnamed_addr constant @charlm.text("CharLM\00")
// CHECK: llvm.mlir.global internal unnamed_addr constant @[[CPU:charlm.text[_0-9]*]]("generic\00")
// CHECK: llvm.mlir.global internal unnamed_addr constant @[[FEATURES:charlm.text[_0-9]*]]("+avx2\00")
// CHECK: llvm.mlir.global internal constant @charlm.parameters() {{.*}}!llvm.array<2 x struct<
// CHECK: llvm.mlir.global internal constant @charlm.forward_sites() {{.*}}!llvm.array<2 x struct<(i64, i64, i32, i32)>>
// CHECK: llvm.mlir.global internal constant @charlm.forward()
// CHECK: llvm.mlir.addressof @CharLM_forward :
// CHECK: llvm.mlir.addressof @CharLM_forward_pack :
// CHECK: llvm.func internal @charlm.step(
// CHECK: %[[LIMIT:.*]] = llvm.mlir.constant(65 : i32)
// CHECK: llvm.icmp "uge" %{{.*}}, %[[LIMIT]]
// CHECK: llvm.call @CharLM_step(
// CHECK: llvm.mlir.global internal constant @charlm.stream()
// CHECK: llvm.mlir.addressof @CharLM_step_pack :
// CHECK: llvm.mlir.addressof @CharLM_reset :
// CHECK: llvm.mlir.addressof @charlm.step :
// CHECK: llvm.mlir.global external constant @charlm()
// CHECK: llvm.mlir.addressof @[[CPU]] :
// CHECK: llvm.mlir.addressof @[[FEATURES]] :
// CHECK: llvm.mlir.addressof @charlm.stream :
