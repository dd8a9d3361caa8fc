// RUN: rnn-opt %s --pass-pipeline="builtin.module(func.func(dnn-lower-team))" --allow-unregistered-dialect | FileCheck %s

// A team is two numbers of the plan; what is shared stands where the share was,
// and the runtime's barrier is called where there are others to wait for.
// CHECK-LABEL: func.func @team
// CHECK-SAME: (%[[plan:.*]]: !llvm.ptr, %[[a:.*]]: memref<?x4xf32>)
// CHECK: %[[threadField:.*]] = llvm.getelementptr %[[plan]][0, 3]
// CHECK: %[[thread:.*]] = llvm.load %[[threadField]]
// CHECK: arith.index_cast
// CHECK: %[[threadsField:.*]] = llvm.getelementptr %[[plan]][0, 4]
// CHECK: %[[threads:.*]] = arith.index_cast
// CHECK-NOT: dnn.share
// CHECK: "test.part"(%[[a]])
// CHECK: %[[others:.*]] = arith.cmpi ugt, %[[threads]], %c1
// CHECK: scf.if %[[others]] {
// CHECK: llvm.call %{{.*}}(%[[plan]])
// CHECK: }
// CHECK-NOT: dnn.{{team|barrier}}
// CHECK: return
func.func @team(%plan: !llvm.ptr, %a: memref<?x4xf32>) {
  %thread, %threads = dnn.team %plan
  dnn.share %thread of %threads plan %plan unit 0 {
    "test.part"(%a) : (memref<?x4xf32>) -> ()
  }
  dnn.barrier %plan of %threads
  return
}

// What one thread does alone is done by the first.
// CHECK-LABEL: func.func @alone
// CHECK: %[[thread:.*]] = arith.index_cast
// CHECK: %[[first:.*]] = arith.cmpi eq, %[[thread]], %c0
// CHECK: scf.if %[[first]] {
// CHECK-NEXT: "test.part"()
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @alone(%plan: !llvm.ptr) {
  %thread, %threads = dnn.team %plan
  dnn.share %thread of %threads plan %plan unit 0 alone {
    "test.part"() : () -> ()
  }
  return
}
