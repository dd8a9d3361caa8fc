// RUN: rnn-opt %s --canonicalize --allow-unregistered-dialect -split-input-file | FileCheck %s

// What a case keeps goes to "test.use".

!h = tensor<?x4xf32>

// Zeros and ones.

// CHECK-LABEL: "test.neutral"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x4xf32>):
// CHECK-NEXT: "test.use"(%[[x]], %[[x]], %[[x]], %[[x]], %[[x]], %[[x]])
"test.neutral"() ({
^bb0(%x: !h):
  %zero = rnn.constant 0.0 : !h
  %one = rnn.constant 1.0 : !h
  %1 = rnn.add %x, %zero : !h
  %2 = rnn.add %zero, %x : !h
  %3 = rnn.sub %x, %zero : !h
  %4 = rnn.mul %x, %one : !h
  %5 = rnn.mul %one, %x : !h
  %6 = rnn.div %x, %one : !h
  "test.use"(%1, %2, %3, %4, %5, %6) : (!h, !h, !h, !h, !h, !h) -> ()
}) : () -> ()

// Zero times x is NaN where x is; 0 - x and 1 / x are not x.
// CHECK-LABEL: "test.notNeutral"
// CHECK: rnn.mul
// CHECK: rnn.sub
// CHECK: rnn.div
"test.notNeutral"() ({
^bb0(%x: !h):
  %zero = rnn.constant 0.0 : !h
  %one = rnn.constant 1.0 : !h
  %1 = rnn.mul %x, %zero : !h
  %2 = rnn.sub %zero, %x : !h
  %3 = rnn.div %one, %x : !h
  "test.use"(%1, %2, %3) : (!h, !h, !h) -> ()
}) : () -> ()

// CHECK-LABEL: "test.negations"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x4xf32>):
// CHECK-NEXT: "test.use"(%[[x]])
"test.negations"() ({
^bb0(%x: !h):
  %1 = rnn.neg %x : !h
  %2 = rnn.neg %1 : !h
  "test.use"(%2) : (!h) -> ()
}) : () -> ()

// -----

// Repeating and summing.

// CHECK-LABEL: "test.toItself"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x4xf32>):
// CHECK-NEXT: "test.use"(%[[x]], %[[x]], %[[x]], %[[x]], %[[x]])
"test.toItself"() ({
^bb0(%x: tensor<?x4xf32>):
  %1 = rnn.broadcast %x : tensor<?x4xf32> to tensor<?x4xf32>
  %2 = rnn.sum_to mean %x : tensor<?x4xf32> to tensor<?x4xf32>
  %3 = rnn.slice %x dim 0 [0, 4] : tensor<?x4xf32> to tensor<?x4xf32>
  %4 = rnn.pad %x dim 0 at 0 of 4 : tensor<?x4xf32> to tensor<?x4xf32>
  %5 = rnn.concat dim 0 %x : tensor<?x4xf32> to tensor<?x4xf32>
  "test.use"(%1, %2, %3, %4, %5) : (tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>) -> ()
}) : () -> ()

// Repeated numbers are the number; repeated shares of one depend on how often.
// CHECK-LABEL: "test.repeatedNumbers"
// CHECK-DAG: %[[two:.*]] = rnn.constant 2.000000e+00 : tensor<?x4xf32>
// CHECK-DAG: %[[shared:.*]] = rnn.broadcast mean
// CHECK: "test.use"(%[[two]], %[[shared]])
"test.repeatedNumbers"() ({
  %c = rnn.constant 2.0 : tensor<1xf32>
  %1 = rnn.broadcast %c : tensor<1xf32> to tensor<?x4xf32>
  %2 = rnn.broadcast mean %c : tensor<1xf32> to tensor<?x4xf32>
  "test.use"(%1, %2) : (tensor<?x4xf32>, tensor<?x4xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.summedNumbers"
// CHECK-DAG: %[[zero:.*]] = rnn.constant 0.000000e+00 : tensor<4xf32>
// CHECK-DAG: %[[sum:.*]] = rnn.sum_to
// CHECK: "test.use"(%[[zero]], %[[sum]])
"test.summedNumbers"() ({
  %zero = rnn.constant 0.0 : tensor<?x4xf32>
  %two = rnn.constant 2.0 : tensor<?x4xf32>
  %1 = rnn.sum_to %zero : tensor<?x4xf32> to tensor<4xf32>
  %2 = rnn.sum_to %two : tensor<?x4xf32> to tensor<4xf32>
  "test.use"(%1, %2) : (tensor<4xf32>, tensor<4xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.splitSum"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x?x4xf32, "T">):
// CHECK-NEXT: %[[rows:.*]] = rnn.sum_to mean %[[x]] : tensor<?x?x4xf32, "T"> to tensor<4xf32>
// CHECK-NEXT: %[[all:.*]] = rnn.sum_to mean %[[rows]] : tensor<4xf32> to tensor<1xf32>
// CHECK-NEXT: "test.use"(%[[all]])
"test.splitSum"() ({
^bb0(%x: tensor<?x?x4xf32, "T">):
  %1 = rnn.sum_to mean %x : tensor<?x?x4xf32, "T"> to tensor<1xf32>
  "test.use"(%1) : (tensor<1xf32>) -> ()
}) : () -> ()

// -----

// Slices move up to where values are made.

// CHECK-LABEL: "test.sliceOfSlice"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x8xf32>):
// CHECK-NEXT: %[[s:.*]] = rnn.slice %[[x]] dim 0[3, 2]
// CHECK-NEXT: "test.use"(%[[s]])
"test.sliceOfSlice"() ({
^bb0(%x: tensor<?x8xf32>):
  %1 = rnn.slice %x dim 0 [2, 5] : tensor<?x8xf32> to tensor<?x5xf32>
  %2 = rnn.slice %1 dim 0 [1, 2] : tensor<?x5xf32> to tensor<?x2xf32>
  "test.use"(%2) : (tensor<?x2xf32>) -> ()
}) : () -> ()

// Rows of a matrix are not columns.
// CHECK-LABEL: "test.sliceOfRowsAndColumns"
// CHECK: rnn.slice %{{.*}} dim 0[1, 2]
// CHECK-NEXT: rnn.slice %{{.*}} dim 1[0, 3]
"test.sliceOfRowsAndColumns"() ({
^bb0(%W: tensor<4x4xf32>):
  %1 = rnn.slice %W dim 0 [1, 2] : tensor<4x4xf32> to tensor<2x4xf32>
  %2 = rnn.slice %1 dim 1 [0, 3] : tensor<2x4xf32> to tensor<2x3xf32>
  "test.use"(%2) : (tensor<2x3xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.sliceOfConcat"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x2xf32>, %[[b:.*]]: tensor<?x3xf32>):
// CHECK-NEXT: %[[endOfA:.*]] = rnn.slice %[[a]] dim 0[1, 1]
// CHECK-NEXT: %[[startOfB:.*]] = rnn.slice %[[b]] dim 0[0, 2]
// CHECK-NEXT: %[[across:.*]] = rnn.concat dim 0 %[[endOfA]], %[[startOfB]]
// CHECK-NEXT: "test.use"(%[[b]], %[[across]])
"test.sliceOfConcat"() ({
^bb0(%a: tensor<?x2xf32>, %b: tensor<?x3xf32>):
  %c = rnn.concat dim 0 %a, %b : tensor<?x2xf32>, tensor<?x3xf32> to tensor<?x5xf32>
  %1 = rnn.slice %c dim 0 [2, 3] : tensor<?x5xf32> to tensor<?x3xf32>
  %2 = rnn.slice %c dim 0 [1, 3] : tensor<?x5xf32> to tensor<?x3xf32>
  "test.use"(%1, %2) : (tensor<?x3xf32>, tensor<?x3xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.sliceOfOuter"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x5xf32>, %[[b:.*]]: tensor<?x4xf32>):
// CHECK-DAG: %[[rows:.*]] = rnn.slice %[[a]] dim 0[2, 3]
// CHECK-DAG: %[[columns:.*]] = rnn.slice %[[b]] dim 0[0, 1]
// CHECK-DAG: %[[lower:.*]] = rnn.outer %[[rows]], %[[b]] : tensor<?x3xf32>, tensor<?x4xf32> to tensor<3x4xf32>
// CHECK-DAG: %[[left:.*]] = rnn.outer %[[a]], %[[columns]] : tensor<?x5xf32>, tensor<?x1xf32> to tensor<5x1xf32>
// CHECK: "test.use"(%[[lower]], %[[left]])
// A sum that is also read as a whole is made once.
// CHECK: %[[whole:.*]] = rnn.outer %[[b]], %[[a]]
// CHECK: %[[part:.*]] = rnn.slice %[[whole]] dim 0[1, 1]
// CHECK: "test.use"(%[[whole]], %[[part]])
"test.sliceOfOuter"() ({
^bb0(%a: tensor<?x5xf32>, %b: tensor<?x4xf32>):
  %0 = rnn.outer %a, %b : tensor<?x5xf32>, tensor<?x4xf32> to tensor<5x4xf32>
  %1 = rnn.slice %0 dim 0 [2, 3] : tensor<5x4xf32> to tensor<3x4xf32>
  %2 = rnn.slice %0 dim 1 [0, 1] : tensor<5x4xf32> to tensor<5x1xf32>
  "test.use"(%1, %2) : (tensor<3x4xf32>, tensor<5x1xf32>) -> ()
  %3 = rnn.outer %b, %a : tensor<?x4xf32>, tensor<?x5xf32> to tensor<4x5xf32>
  %4 = rnn.slice %3 dim 0 [1, 1] : tensor<4x5xf32> to tensor<1x5xf32>
  "test.use"(%3, %4) : (tensor<4x5xf32>, tensor<1x5xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.sliceOfPad"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x3xf32>):
// CHECK-DAG: %[[zero:.*]] = rnn.constant 0.000000e+00 : tensor<?x2xf32>
// CHECK-DAG: %[[inside:.*]] = rnn.slice %[[x]] dim 0[1, 2]
// CHECK-DAG: %[[pad:.*]] = rnn.pad %[[x]]
// CHECK-DAG: %[[edge:.*]] = rnn.slice %[[pad]] dim 0[1, 2]
// CHECK: "test.use"(%[[inside]], %[[zero]], %[[edge]])
"test.sliceOfPad"() ({
^bb0(%x: tensor<?x3xf32>):
  %p = rnn.pad %x dim 0 at 2 of 8 : tensor<?x3xf32> to tensor<?x8xf32>
  %1 = rnn.slice %p dim 0 [3, 2] : tensor<?x8xf32> to tensor<?x2xf32>
  %2 = rnn.slice %p dim 0 [5, 2] : tensor<?x8xf32> to tensor<?x2xf32>
  %3 = rnn.slice %p dim 0 [1, 2] : tensor<?x8xf32> to tensor<?x2xf32>
  "test.use"(%1, %2, %3) : (tensor<?x2xf32>, tensor<?x2xf32>, tensor<?x2xf32>) -> ()
}) : () -> ()

// Gates of one sum get one width each.
// CHECK-LABEL: "test.sliceOfElementwise"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x4xf32>, %[[b:.*]]: tensor<4xf32>):
// CHECK-DAG: %[[a0:.*]] = rnn.slice %[[a]] dim 0[0, 2]
// CHECK-DAG: %[[b0:.*]] = rnn.slice %[[b]] dim 0[0, 2] : tensor<4xf32> to tensor<2xf32>
// CHECK-DAG: %[[bs0:.*]] = rnn.broadcast %[[b0]] : tensor<2xf32> to tensor<?x2xf32>
// CHECK-DAG: %[[s0:.*]] = rnn.add %[[a0]], %[[bs0]] : tensor<?x2xf32>
// CHECK-DAG: %[[a1:.*]] = rnn.slice %[[a]] dim 0[2, 2]
// CHECK-DAG: %[[b1:.*]] = rnn.slice %[[b]] dim 0[2, 2]
// CHECK-DAG: %[[bs1:.*]] = rnn.broadcast %[[b1]]
// CHECK-DAG: %[[s1:.*]] = rnn.add %[[a1]], %[[bs1]] : tensor<?x2xf32>
// CHECK: "test.use"(%[[s0]], %[[s1]])
"test.sliceOfElementwise"() ({
^bb0(%a: tensor<?x4xf32>, %b: tensor<4xf32>):
  %bs = rnn.broadcast %b : tensor<4xf32> to tensor<?x4xf32>
  %s = rnn.add %a, %bs : tensor<?x4xf32>
  %1 = rnn.slice %s dim 0 [0, 2] : tensor<?x4xf32> to tensor<?x2xf32>
  %2 = rnn.slice %s dim 0 [2, 2] : tensor<?x4xf32> to tensor<?x2xf32>
  "test.use"(%1, %2) : (tensor<?x2xf32>, tensor<?x2xf32>) -> ()
}) : () -> ()

// What is read as a whole too is computed once.
// CHECK-LABEL: "test.sliceOfShared"
// CHECK: %[[s:.*]] = rnn.tanh %{{.*}} : tensor<?x4xf32>
// CHECK-NEXT: %[[part:.*]] = rnn.slice %[[s]]
// CHECK-NEXT: "test.use"(%[[s]], %[[part]])
"test.sliceOfShared"() ({
^bb0(%a: tensor<?x4xf32>):
  %s = rnn.tanh %a : tensor<?x4xf32>
  %1 = rnn.slice %s dim 0 [0, 2] : tensor<?x4xf32> to tensor<?x2xf32>
  "test.use"(%s, %1) : (tensor<?x4xf32>, tensor<?x2xf32>) -> ()
}) : () -> ()

// A part of a number repeated over features is the number, repeated less.
// CHECK-LABEL: "test.sliceOfRepeatedNumber"
// CHECK: ^bb0(%[[n:.*]]: tensor<?x1xf32>):
// CHECK-NEXT: %[[r:.*]] = rnn.broadcast %[[n]] : tensor<?x1xf32> to tensor<?x2xf32>
// CHECK-NEXT: "test.use"(%[[r]])
"test.sliceOfRepeatedNumber"() ({
^bb0(%n: tensor<?x1xf32>):
  %s = rnn.broadcast %n : tensor<?x1xf32> to tensor<?x4xf32>
  %1 = rnn.slice %s dim 0 [2, 2] : tensor<?x4xf32> to tensor<?x2xf32>
  "test.use"(%1) : (tensor<?x2xf32>) -> ()
}) : () -> ()

// -----

// Padding and joining.

// CHECK-LABEL: "test.padOfPad"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x2xf32>):
// CHECK-NEXT: %[[p:.*]] = rnn.pad %[[x]] dim 0 at 4 of 9
// CHECK-NEXT: "test.use"(%[[p]])
"test.padOfPad"() ({
^bb0(%x: tensor<?x2xf32>):
  %1 = rnn.pad %x dim 0 at 1 of 5 : tensor<?x2xf32> to tensor<?x5xf32>
  %2 = rnn.pad %1 dim 0 at 3 of 9 : tensor<?x5xf32> to tensor<?x9xf32>
  "test.use"(%2) : (tensor<?x9xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.padOfZero"
// CHECK: %[[zero:.*]] = rnn.constant 0.000000e+00 : tensor<?x5xf32>
// CHECK-NEXT: "test.use"(%[[zero]])
"test.padOfZero"() ({
  %zero = rnn.constant 0.0 : tensor<?x2xf32>
  %1 = rnn.pad %zero dim 0 at 1 of 5 : tensor<?x2xf32> to tensor<?x5xf32>
  "test.use"(%1) : (tensor<?x5xf32>) -> ()
}) : () -> ()

// Gradients of all parts of a value are the gradient of the value, in whatever
// order they are added.
// CHECK-LABEL: "test.joinedPads"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x2xf32>, %[[b:.*]]: tensor<?x3xf32>, %[[c:.*]]: tensor<?x1xf32>):
// CHECK-NEXT: %[[whole:.*]] = rnn.concat dim 0 %[[a]], %[[b]], %[[c]]
// CHECK-NEXT: "test.use"(%[[whole]])
"test.joinedPads"() ({
^bb0(%a: tensor<?x2xf32>, %b: tensor<?x3xf32>, %c: tensor<?x1xf32>):
  %pa = rnn.pad %a dim 0 at 0 of 6 : tensor<?x2xf32> to tensor<?x6xf32>
  %pb = rnn.pad %b dim 0 at 2 of 6 : tensor<?x3xf32> to tensor<?x6xf32>
  %pc = rnn.pad %c dim 0 at 5 of 6 : tensor<?x1xf32> to tensor<?x6xf32>
  %1 = rnn.add %pc, %pa : tensor<?x6xf32>
  %2 = rnn.add %1, %pb : tensor<?x6xf32>
  "test.use"(%2) : (tensor<?x6xf32>) -> ()
}) : () -> ()

// Parts that overlap, or leave a gap, are added up.
// CHECK-LABEL: "test.overlappingPads"
// CHECK-NOT: rnn.concat
// CHECK: rnn.add
// CHECK: rnn.add
"test.overlappingPads"() ({
^bb0(%a: tensor<?x3xf32>, %b: tensor<?x3xf32>):
  %pa = rnn.pad %a dim 0 at 0 of 5 : tensor<?x3xf32> to tensor<?x5xf32>
  %pb = rnn.pad %b dim 0 at 2 of 5 : tensor<?x3xf32> to tensor<?x5xf32>
  %1 = rnn.add %pa, %pb : tensor<?x5xf32>
  %qa = rnn.pad %a dim 0 at 0 of 7 : tensor<?x3xf32> to tensor<?x7xf32>
  %qb = rnn.pad %b dim 0 at 4 of 7 : tensor<?x3xf32> to tensor<?x7xf32>
  %2 = rnn.add %qa, %qb : tensor<?x7xf32>
  "test.use"(%1, %2) : (tensor<?x5xf32>, tensor<?x7xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.concatOfConcat"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x2xf32>, %[[b:.*]]: tensor<?x3xf32>):
// CHECK-NEXT: %[[c:.*]] = rnn.concat dim 0 %[[a]], %[[b]], %[[a]]
// CHECK-NEXT: "test.use"(%[[c]])
"test.concatOfConcat"() ({
^bb0(%a: tensor<?x2xf32>, %b: tensor<?x3xf32>):
  %1 = rnn.concat dim 0 %a, %b : tensor<?x2xf32>, tensor<?x3xf32> to tensor<?x5xf32>
  %2 = rnn.concat dim 0 %1, %a : tensor<?x5xf32>, tensor<?x2xf32> to tensor<?x7xf32>
  "test.use"(%2) : (tensor<?x7xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.concatOfSlices"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x6xf32>):
// CHECK-DAG: %[[middle:.*]] = rnn.slice %[[x]] dim 0[1, 4]
// CHECK-DAG: %[[a:.*]] = rnn.slice %[[x]] dim 0[1, 2]
// CHECK-DAG: %[[b:.*]] = rnn.slice %[[x]] dim 0[3, 2]
// CHECK-DAG: %[[swapped:.*]] = rnn.concat dim 0 %[[b]], %[[a]]
// CHECK: "test.use"(%[[middle]], %[[swapped]])
"test.concatOfSlices"() ({
^bb0(%x: tensor<?x6xf32>):
  %a = rnn.slice %x dim 0 [1, 2] : tensor<?x6xf32> to tensor<?x2xf32>
  %b = rnn.slice %x dim 0 [3, 2] : tensor<?x6xf32> to tensor<?x2xf32>
  %1 = rnn.concat dim 0 %a, %b : tensor<?x2xf32>, tensor<?x2xf32> to tensor<?x4xf32>
  %2 = rnn.concat dim 0 %b, %a : tensor<?x2xf32>, tensor<?x2xf32> to tensor<?x4xf32>
  "test.use"(%1, %2) : (tensor<?x4xf32>, tensor<?x4xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.concatOfSums"
// CHECK: ^bb0(%[[a:.*]]: tensor<?x?x2xf32, "T">, %[[b:.*]]: tensor<?x?x3xf32, "T">):
// CHECK-NEXT: %[[joined:.*]] = rnn.concat dim 0 %[[a]], %[[b]]
// CHECK-NEXT: %[[sum:.*]] = rnn.sum_to %[[joined]] : tensor<?x?x5xf32, "T"> to tensor<5xf32>
// CHECK-NEXT: "test.use"(%[[sum]])
"test.concatOfSums"() ({
^bb0(%a: tensor<?x?x2xf32, "T">, %b: tensor<?x?x3xf32, "T">):
  %1 = rnn.sum_to %a : tensor<?x?x2xf32, "T"> to tensor<2xf32>
  %2 = rnn.sum_to %b : tensor<?x?x3xf32, "T"> to tensor<3xf32>
  %3 = rnn.concat dim 0 %1, %2 : tensor<2xf32>, tensor<3xf32> to tensor<5xf32>
  "test.use"(%3) : (tensor<5xf32>) -> ()
}) : () -> ()

// Sums over other rows cannot be joined.
// CHECK-LABEL: "test.concatOfOtherSums"
// CHECK: rnn.sum_to
// CHECK: rnn.sum_to
// CHECK: rnn.concat
"test.concatOfOtherSums"() ({
^bb0(%a: tensor<?x?x2xf32, "T">, %b: tensor<?x3xf32>):
  %1 = rnn.sum_to %a : tensor<?x?x2xf32, "T"> to tensor<2xf32>
  %2 = rnn.sum_to %b : tensor<?x3xf32> to tensor<3xf32>
  %3 = rnn.concat dim 0 %1, %2 : tensor<2xf32>, tensor<3xf32> to tensor<5xf32>
  "test.use"(%3) : (tensor<5xf32>) -> ()
}) : () -> ()

// -----

// Matrices.

// CHECK-LABEL: "test.transposeOfTranspose"
// CHECK: ^bb0(%[[W:.*]]: tensor<2x3xf32>):
// CHECK-NEXT: "test.use"(%[[W]])
"test.transposeOfTranspose"() ({
^bb0(%W: tensor<2x3xf32>):
  %1 = rnn.transpose %W : tensor<2x3xf32> to tensor<3x2xf32>
  %2 = rnn.transpose %1 : tensor<3x2xf32> to tensor<2x3xf32>
  "test.use"(%2) : (tensor<2x3xf32>) -> ()
}) : () -> ()

// CHECK-LABEL: "test.productsWithZero"
// CHECK: %[[zero:.*]] = rnn.constant 0.000000e+00 : tensor<?x2xf32>
// CHECK-NEXT: "test.use"(%[[zero]], %[[zero]])
"test.productsWithZero"() ({
^bb0(%W: tensor<2x3xf32>, %x: tensor<?x3xf32>):
  %none = rnn.constant 0.0 : tensor<2x3xf32>
  %zero = rnn.constant 0.0 : tensor<?x3xf32>
  %1 = rnn.matmul %none, %x : tensor<2x3xf32>, tensor<?x3xf32> to tensor<?x2xf32>
  %2 = rnn.matmul %W, %zero : tensor<2x3xf32>, tensor<?x3xf32> to tensor<?x2xf32>
  "test.use"(%1, %2) : (tensor<?x2xf32>, tensor<?x2xf32>) -> ()
}) : () -> ()

// W @ [h; x] of arguments comes apart, so that x's part can leave the step.
// CHECK-LABEL: "test.productOfJoined"
// CHECK: ^bb0(%[[W:.*]]: tensor<2x5xf32>, %[[h:.*]]: tensor<?x2xf32>, %[[x:.*]]: tensor<?x3xf32>):
// CHECK-DAG: %[[Wh:.*]] = rnn.slice %[[W]] dim 1[0, 2]
// CHECK-DAG: %[[Wx:.*]] = rnn.slice %[[W]] dim 1[2, 3]
// CHECK-DAG: %[[ph:.*]] = rnn.matmul %[[Wh]], %[[h]]
// CHECK-DAG: %[[px:.*]] = rnn.matmul %[[Wx]], %[[x]]
// CHECK: %[[s:.*]] = rnn.add %[[ph]], %[[px]]
// CHECK-NEXT: "test.use"(%[[s]])
"test.productOfJoined"() ({
^bb0(%W: tensor<2x5xf32>, %h: tensor<?x2xf32>, %x: tensor<?x3xf32>):
  %c = rnn.concat dim 0 %h, %x : tensor<?x2xf32>, tensor<?x3xf32> to tensor<?x5xf32>
  %1 = rnn.matmul %W, %c : tensor<2x5xf32>, tensor<?x5xf32> to tensor<?x2xf32>
  "test.use"(%1) : (tensor<?x2xf32>) -> ()
}) : () -> ()

// What the step itself computes is multiplied in one piece.
// CHECK-LABEL: "test.productOfComputed"
// CHECK: rnn.concat
// CHECK: rnn.matmul
// CHECK-NOT: rnn.matmul
"test.productOfComputed"() ({
^bb0(%W: tensor<2x4xf32>, %h: tensor<?x2xf32>):
  %a = rnn.tanh %h : tensor<?x2xf32>
  %b = rnn.exp %h : tensor<?x2xf32>
  %c = rnn.concat dim 0 %a, %b : tensor<?x2xf32>, tensor<?x2xf32> to tensor<?x4xf32>
  %1 = rnn.matmul %W, %c : tensor<2x4xf32>, tensor<?x4xf32> to tensor<?x2xf32>
  "test.use"(%1) : (tensor<?x2xf32>) -> ()
}) : () -> ()

// -----

// Recurrences.

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// A repeated input, an unused one, a stacked value twice, one nobody reads, and
// a state that feeds itself alone are gone.
// CHECK-LABEL: "test.scan"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x?x4xf32, "T">, %[[y:.*]]: tensor<?x?x4xf32, "T">, %[[h0:.*]]: tensor<?x4xf32>):
// CHECK-NEXT: %[[scan:.*]]:2 = rnn.scan "T" (%[[xt:.*]] = %[[x]] : {{[^,]*}}, "T">) init (%[[h:.*]] = %[[h0]] : tensor<?x4xf32>) -> (tensor<?x?x4xf32, "T">) {
// CHECK-NEXT: %[[xx:.*]] = rnn.mul %[[xt]], %[[xt]]
// CHECK-NEXT: %[[next:.*]] = rnn.add %[[h]], %[[xx]]
// CHECK-NEXT: rnn.yield %[[next]], %[[next]]
// CHECK: "test.use"(%[[scan]]#0, %[[scan]]#1, %[[scan]]#1)
"test.scan"() ({
^bb0(%x: !hs, %y: !hs, %h0: !h):
  %hT, %countT, %hs, %again, %nobody = rnn.scan "T" (%xt = %x : !hs, %yt = %y : !hs, %xt2 = %x : !hs)
      init (%h = %h0 : !h, %count = %h0 : !h) -> (!hs, !hs, !hs) {
    %one = rnn.constant 1.0 : !h
    %counted = rnn.add %count, %one : !h
    %xx = rnn.mul %xt, %xt2 : !h
    %next = rnn.add %h, %xx : !h
    %unread = rnn.exp %next : !h
    rnn.yield %next, %counted, %next, %next, %unread : !h, !h, !h, !h, !h
  }
  "test.use"(%hT, %hs, %again) : (!h, !hs, !hs) -> ()
}) : () -> ()

// A state whose final value alone is read stays, and so does one that another
// state reads, and one that a stacked value reads.
// CHECK-LABEL: "test.scanKeeps"
// CHECK: rnn.scan "T" reverse {{.*}} init (%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}, %{{.*}} = %{{.*}})
"test.scanKeeps"() ({
^bb0(%x: !hs, %h0: !h):
  %a, %b, %c, %cs = rnn.scan "T" reverse (%xt = %x : !hs) init (%sa = %h0 : !h, %sb = %h0 : !h, %sc = %h0 : !h) -> (!hs) {
    %na = rnn.add %sa, %sb : !h
    %nb = rnn.tanh %sb : !h
    %nc = rnn.add %sc, %xt : !h
    rnn.yield %na, %nb, %nc, %sc : !h, !h, !h, !h
  }
  "test.use"(%a, %cs) : (!h, !hs) -> ()
}) : () -> ()

// A part of a stacked concatenation is a slice of it.
// CHECK-LABEL: "test.scanParts"
// CHECK: %[[scan:.*]]:2 = rnn.scan
// CHECK: %[[part:.*]] = rnn.slice %[[scan]]#1 dim 0[4, 4]
// CHECK: "test.use"(%[[scan]]#0, %[[part]], %[[scan]]#1)
"test.scanParts"() ({
^bb0(%x: !hs, %h0: !h):
  %hT, %parts, %wholes = rnn.scan "T" (%xt = %x : !hs) init (%h = %h0 : !h) -> (!hs, tensor<?x?x8xf32, "T">) {
    %a = rnn.tanh %h : !h
    %b = rnn.mul %h, %xt : !h
    %whole = rnn.concat dim 0 %a, %b : !h, !h to tensor<?x8xf32>
    rnn.yield %a, %b, %whole : !h, !h, tensor<?x8xf32>
  }
  "test.use"(%hT, %parts, %wholes) : (!h, !hs, tensor<?x?x8xf32, "T">) -> ()
}) : () -> ()

// -----

// Positions in time.

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">

// Twice reversed is as it was; what is the same at every step is so backwards;
// the ends change places; a sum takes the steps in any order.
// CHECK-LABEL: "test.reverse"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x?x4xf32, "T">, %[[h:.*]]: tensor<?x4xf32>):
// CHECK-DAG: %[[same:.*]] = rnn.broadcast %[[h]]
// CHECK-DAG: %[[first:.*]] = rnn.pick first %[[x]]
// CHECK-DAG: %[[last:.*]] = rnn.pick last %[[x]]
// CHECK-DAG: %[[placed:.*]] = rnn.place first %[[h]]
// CHECK-DAG: %[[sum:.*]] = rnn.sum_to mean %[[x]]
// CHECK: "test.use"(%[[x]], %[[same]], %[[first]], %[[last]], %[[placed]], %[[sum]])
"test.reverse"() ({
^bb0(%x: !hs, %h: !h):
  %r = rnn.reverse %x : !hs
  %twice = rnn.reverse %r : !hs
  %s = rnn.broadcast %h : !h to !hs
  %same = rnn.reverse %s : !hs
  %first = rnn.pick last %r : !hs to !h
  %last = rnn.pick first %r : !hs to !h
  %p = rnn.place last %h : !h to !hs
  %placed = rnn.reverse %p : !hs
  %sum = rnn.sum_to mean %r : !hs to !h
  "test.use"(%twice, %same, %first, %last, %placed, %sum) : (!hs, !hs, !h, !h, !hs, !h) -> ()
}) : () -> ()

// Two backward layers move nothing: the recurrences go backwards, and read the
// same repeated value.
// CHECK-LABEL: "test.scanTurned"
// CHECK: ^bb0(%[[x:.*]]: tensor<?x?x4xf32, "T">, %[[h:.*]]: tensor<?x4xf32>):
// CHECK: %[[same:.*]] = rnn.broadcast %[[h]]
// CHECK: %[[lower:.*]]:2 = rnn.scan "T" reverse (%{{.*}} = %[[x]] : {{[^,]*}}, "T">, %{{.*}} = %[[same]]
// CHECK: %[[upper:.*]]:2 = rnn.scan "T" reverse (%{{.*}} = %[[lower]]#1
// CHECK-NOT: rnn.reverse
// CHECK: "test.use"(%[[upper]]#0, %[[upper]]#1)
"test.scanTurned"() ({
^bb0(%x: !hs, %h: !h):
  %r = rnn.reverse %x : !hs
  %s = rnn.broadcast %h : !h to !hs
  %aT, %as = rnn.scan "T" (%xt = %r : !hs, %st = %s : !hs) init (%a = %h : !h) -> (!hs) {
    %sum = rnn.add %xt, %st : !h
    %next = rnn.mul %a, %sum : !h
    rnn.yield %next, %next : !h, !h
  }
  %bT, %bs = rnn.scan "T" (%xt = %as : !hs) init (%b = %h : !h) -> (!hs) {
    %next = rnn.mul %b, %xt : !h
    rnn.yield %next, %next : !h, !h
  }
  %y = rnn.reverse %bs : !hs
  "test.use"(%bT, %y) : (!h, !hs) -> ()
}) : () -> ()

// It stays where another input is not reversed, where the results are wanted in
// that order, and where a mask is drawn for each step.
// CHECK-LABEL: "test.scanNotTurned"
// CHECK-COUNT-3: rnn.scan "T" (
"test.scanNotTurned"() ({
^bb0(%x: !hs, %h: !h):
  %r = rnn.reverse %x : !hs
  %aT, %as = rnn.scan "T" (%xt = %r : !hs, %yt = %x : !hs) init (%a = %h : !h) -> (!hs) {
    %sum = rnn.add %xt, %yt : !h
    %next = rnn.mul %a, %sum : !h
    rnn.yield %next, %next : !h, !h
  }
  %y = rnn.reverse %as : !hs
  %bT, %bs = rnn.scan "T" (%xt = %r : !hs) init (%b = %h : !h) -> (!hs) {
    %next = rnn.mul %b, %xt : !h
    rnn.yield %next, %next : !h, !h
  }
  %cT, %cs = rnn.scan "T" (%xt = %r : !hs) init (%c = %h : !h) -> (!hs) {
    %drawn = rnn.dropout %xt rate 0.5 site 0 : !h
    %next = rnn.mul %c, %drawn : !h
    rnn.yield %next, %next : !h, !h
  }
  %z = rnn.reverse %cs : !hs
  "test.use"(%y, %bs, %z) : (!hs, !hs, !hs) -> ()
}) : () -> ()

// What is stacked twice is stacked once, also where the first is not used.
// CHECK-LABEL: "test.scanStackedAgain"
// CHECK: %[[scan:.*]]:2 = rnn.scan
// CHECK: "test.use"(%[[scan]]#1, %[[scan]]#1)
"test.scanStackedAgain"() ({
^bb0(%x: !hs, %h: !h):
  %hT, %unused, %hs, %again = rnn.scan "T" (%xt = %x : !hs) init (%a = %h : !h) -> (!hs, !hs, !hs) {
    %next = rnn.mul %a, %xt : !h
    rnn.yield %next, %next, %next, %next : !h, !h, !h, !h
  }
  "test.use"(%hs, %again) : (!hs, !hs) -> ()
}) : () -> ()

// The logarithm of a token's probability is its cross-entropy; that of another
// sum is not.
// CHECK-LABEL: "test.logSoftmax"
// CHECK: ^bb0(%[[z:.*]]: tensor<?x4xf32>, %[[y:.*]]: tensor<?x1xi32>):
// CHECK-DAG: %[[nats:.*]] = rnn.cross_entropy %[[z]], %[[y]]
// CHECK-DAG: %[[log:.*]] = rnn.neg %[[nats]]
// CHECK-DAG: %[[other:.*]] = rnn.log
// CHECK: "test.use"(%[[log]], %[[other]])
"test.logSoftmax"() ({
^bb0(%z: !h, %y: tensor<?x1xi32>):
  %p = rnn.softmax %z : !h
  %token = rnn.one_hot %y : tensor<?x1xi32> to !h
  %chosen = rnn.mul %token, %p : !h
  %sum = rnn.sum_to %chosen : !h to tensor<?x1xf32>
  %log = rnn.log %sum : tensor<?x1xf32>
  %mean = rnn.sum_to mean %chosen : !h to tensor<?x1xf32>
  %other = rnn.log %mean : tensor<?x1xf32>
  "test.use"(%log, %other) : (tensor<?x1xf32>, tensor<?x1xf32>) -> ()
}) : () -> ()
