// RUN: rnn-opt %s --allow-unregistered-dialect -split-input-file -verify-diagnostics

// Operands come from an operation that is not registered, so that each case is
// the operation it is about.

// Repeating and summing.

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a value that repeats to 'tensor<4xf32>', got 'tensor<?x4xf32>'}}
%y = rnn.broadcast %x : tensor<?x4xf32> to tensor<4xf32>

// -----

%x = "test.value"() : () -> tensor<2xf32>
// expected-error @+1 {{expected a value that repeats to 'tensor<?x4xf32>', got 'tensor<2xf32>'}}
%y = rnn.broadcast %x : tensor<2xf32> to tensor<?x4xf32>

// -----

%x = "test.value"() : () -> tensor<4x4xf32>
// expected-error @+1 {{expected a value that repeats to 'tensor<?x4xf32>', got 'tensor<4x4xf32>'}}
%y = rnn.broadcast %x : tensor<4x4xf32> to tensor<?x4xf32>

// -----

%x = "test.value"() : () -> tensor<4xf32>
// expected-error @+1 {{expected a value that repeats to 'tensor<?x4xf64>', got 'tensor<4xf32>'}}
%y = rnn.broadcast %x : tensor<4xf32> to tensor<?x4xf64>

// -----

%x = "test.value"() : () -> tensor<?x?x4xf32, "S">
// expected-error @+1 {{expected a value that repeats to 'tensor<?x?x4xf32, "T">', got 'tensor<?x?x4xf32, "S">'}}
%y = rnn.broadcast %x : tensor<?x?x4xf32, "S"> to tensor<?x?x4xf32, "T">

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a type that 'tensor<?x4xf32>' sums to, got 'tensor<2xf32>'}}
%y = rnn.sum_to %x : tensor<?x4xf32> to tensor<2xf32>

// -----

// Views.

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a feature dimension of 'tensor<?x4xf32>', got 1}}
%y = "rnn.slice"(%x) <{dim = 1 : i64, offset = 0 : i64, size = 2 : i64}> : (tensor<?x4xf32>) -> tensor<?x2xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a range within 0 to 4, got 3 to 5}}
%y = rnn.slice %x dim 0 [3, 2] : tensor<?x4xf32> to tensor<?x2xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a range within 0 to 4, got -1 to 1}}
%y = rnn.slice %x dim 0 [-1, 2] : tensor<?x4xf32> to tensor<?x2xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a result of type 'tensor<?x2xf32>', got 'tensor<?x3xf32>'}}
%y = rnn.slice %x dim 0 [0, 2] : tensor<?x4xf32> to tensor<?x3xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a range within 0 to 6, got 3 to 7}}
%y = rnn.pad %x dim 0 at 3 of 6 : tensor<?x4xf32> to tensor<?x6xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a result of type 'tensor<?x8xf32>', got 'tensor<?x6xf32>'}}
%y = rnn.pad %x dim 0 at 1 of 8 : tensor<?x4xf32> to tensor<?x6xf32>

// -----

// expected-error @+1 {{expected at least one operand}}
%y = "rnn.concat"() <{dim = 0 : i64}> : () -> tensor<?x4xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a feature dimension of 'tensor<?x4xf32>', got 1}}
%y = rnn.concat dim 1 %x, %x : tensor<?x4xf32>, tensor<?x4xf32> to tensor<?x8xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
%b = "test.value"() : () -> tensor<4xf32>
// expected-error @+1 {{expected operands alike but for dimension 0, got 'tensor<?x4xf32>' and 'tensor<4xf32>'}}
%y = rnn.concat dim 0 %x, %b : tensor<?x4xf32>, tensor<4xf32> to tensor<?x8xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a result of type 'tensor<?x8xf32>', got 'tensor<?x9xf32>'}}
%y = rnn.concat dim 0 %x, %x : tensor<?x4xf32>, tensor<?x4xf32> to tensor<?x9xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a static matrix, got 'tensor<?x4xf32>'}}
%y = rnn.transpose %x : tensor<?x4xf32> to tensor<4x4xf32>

// -----

%W = "test.value"() : () -> tensor<2x3xf32>
// expected-error @+1 {{expected a result of type 'tensor<3x2xf32>', got 'tensor<2x3xf32>'}}
%y = rnn.transpose %W : tensor<2x3xf32> to tensor<2x3xf32>

// -----

// Products.

%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected a static matrix, got 'tensor<?x4xf32>'}}
%y = rnn.matmul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> to tensor<?x4xf32>

// -----

%W = "test.value"() : () -> tensor<2x3xf32>
%x = "test.value"() : () -> tensor<?x4xf32>
// expected-error @+1 {{expected an input of 3 features of 'f32', got 'tensor<?x4xf32>'}}
%y = rnn.matmul %W, %x : tensor<2x3xf32>, tensor<?x4xf32> to tensor<?x2xf32>

// -----

%W = "test.value"() : () -> tensor<2x1xf32>
%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected an input of 1 features of 'f32', got 'tensor<?x1xi32>'}}
%y = rnn.matmul %W, %t : tensor<2x1xf32>, tensor<?x1xi32> to tensor<?x2xi32>

// -----

%W = "test.value"() : () -> tensor<2x3xf32>
%x = "test.value"() : () -> tensor<?x3xf32>
// expected-error @+1 {{expected a result of type 'tensor<?x2xf32>', got 'tensor<?x3xf32>'}}
%y = rnn.matmul %W, %x : tensor<2x3xf32>, tensor<?x3xf32> to tensor<?x3xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
%xs = "test.value"() : () -> tensor<?x?x4xf32, "T">
// expected-error @+1 {{expected operands of one level, got 'tensor<?x4xf32>' and 'tensor<?x?x4xf32, "T">'}}
%y = rnn.outer %x, %xs : tensor<?x4xf32>, tensor<?x?x4xf32, "T"> to tensor<4x4xf32>

// -----

%s = "test.value"() : () -> tensor<?x?x4xf32, "S">
%t = "test.value"() : () -> tensor<?x?x4xf32, "T">
// expected-error @+1 {{expected operands of one level, got 'tensor<?x?x4xf32, "S">' and 'tensor<?x?x4xf32, "T">'}}
%y = rnn.outer %s, %t : tensor<?x?x4xf32, "S">, tensor<?x?x4xf32, "T"> to tensor<4x4xf32>

// -----

%x = "test.value"() : () -> tensor<?x4xf32>
%z = "test.value"() : () -> tensor<?x3xf32>
// expected-error @+1 {{expected a result of type 'tensor<4x3xf32>', got 'tensor<3x4xf32>'}}
%y = rnn.outer %x, %z : tensor<?x4xf32>, tensor<?x3xf32> to tensor<3x4xf32>

// -----

// Tokens.

%W = "test.value"() : () -> tensor<5x3xf32>
%x = "test.value"() : () -> tensor<?x1xf32>
// expected-error @+1 {{expected tokens, got 'tensor<?x1xf32>'}}
%y = rnn.gather %W, %x : tensor<5x3xf32>, tensor<?x1xf32> to tensor<?x3xf32>

// -----

%W = "test.value"() : () -> tensor<5x3xf32>
%t = "test.value"() : () -> tensor<i32>
// expected-error @+1 {{expected tokens, got 'tensor<i32>'}}
%y = rnn.gather %W, %t : tensor<5x3xf32>, tensor<i32> to tensor<?x3xf32>

// -----

%w = "test.value"() : () -> tensor<5xf32>
%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a static matrix, got 'tensor<5xf32>'}}
%y = rnn.gather %w, %t : tensor<5xf32>, tensor<?x1xi32> to tensor<?x3xf32>

// -----

%W = "test.value"() : () -> tensor<5x3xf32>
%t = "test.value"() : () -> tensor<?x?x1xi32, "T">
// expected-error @+1 {{expected a result of type 'tensor<?x?x3xf32, "T">', got 'tensor<?x3xf32>'}}
%y = rnn.gather %W, %t : tensor<5x3xf32>, tensor<?x?x1xi32, "T"> to tensor<?x3xf32>

// -----

%t = "test.value"() : () -> tensor<?x2xi32>
%x = "test.value"() : () -> tensor<?x3xf32>
// expected-error @+1 {{expected tokens, got 'tensor<?x2xi32>'}}
%y = rnn.scatter_add %t, %x : tensor<?x2xi32>, tensor<?x3xf32> to tensor<5x3xf32>

// -----

%t = "test.value"() : () -> tensor<?x1xi32>
%x = "test.value"() : () -> tensor<?x3xf32>
// expected-error @+1 {{expected a static matrix, got 'tensor<?x3xf32>'}}
%y = rnn.scatter_add %t, %x : tensor<?x1xi32>, tensor<?x3xf32> to tensor<?x3xf32>

// -----

%t = "test.value"() : () -> tensor<?x1xi32>
%x = "test.value"() : () -> tensor<?x?x3xf32, "T">
// expected-error @+1 {{expected rows of type 'tensor<?x3xf32>', got 'tensor<?x?x3xf32, "T">'}}
%y = rnn.scatter_add %t, %x : tensor<?x1xi32>, tensor<?x?x3xf32, "T"> to tensor<5x3xf32>

// -----

%x = "test.value"() : () -> tensor<?x5xf32>
// expected-error @+1 {{expected tokens, got 'tensor<?x5xf32>'}}
%y = rnn.cross_entropy %x, %x : tensor<?x5xf32>, tensor<?x5xf32> to tensor<?x1xf32>

// -----

%x = "test.value"() : () -> tensor<?x?x5xf32, "T">
%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a token for each row of 'tensor<?x?x5xf32, "T">', got 'tensor<?x1xi32>'}}
%y = rnn.cross_entropy %x, %t : tensor<?x?x5xf32, "T">, tensor<?x1xi32> to tensor<?x?x1xf32, "T">

// -----

%x = "test.value"() : () -> tensor<?x5xf32>
%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a number for each row of 'tensor<?x5xf32>', got 'tensor<?x5xf32>'}}
%y = rnn.cross_entropy_gradient %x, %t, %x, %x : tensor<?x5xf32>, tensor<?x1xi32>, tensor<?x5xf32>

// -----

%x = "test.value"() : () -> tensor<?x5xf32>
%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a result of type 'tensor<?x1xf32>', got 'tensor<?x5xf32>'}}
%y = rnn.cross_entropy %x, %t : tensor<?x5xf32>, tensor<?x1xi32> to tensor<?x5xf32>

// -----

%x = "test.value"() : () -> tensor<?x1xf32>
// expected-error @+1 {{expected tokens, got 'tensor<?x1xf32>'}}
%y = rnn.one_hot %x : tensor<?x1xf32> to tensor<?x5xf32>

// -----

%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a row for each token of 'tensor<?x1xi32>', got 'tensor<5xf32>'}}
%y = rnn.one_hot %t : tensor<?x1xi32> to tensor<5xf32>

// -----

%x = "test.value"() : () -> tensor<?x1xf32>
// expected-error @+1 {{expected tokens, got 'tensor<?x1xf32>'}}
%y = rnn.token_value %x : tensor<?x1xf32> to tensor<?x1xf32>

// -----

%t = "test.value"() : () -> tensor<?x1xi32>
// expected-error @+1 {{expected a result of type 'tensor<?x1xf32>', got 'tensor<?x2xf32>'}}
%y = rnn.token_value %t : tensor<?x1xi32> to tensor<?x2xf32>

// -----

%x = "test.value"() : () -> tensor<?x5xf32>
// expected-error @+1 {{expected a result of type 'tensor<?x1xf32>', got 'tensor<?x5xf32>'}}
%y = rnn.argmax %x : tensor<?x5xf32> to tensor<?x5xf32>

// -----

rnn.model @Rate axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<?x4xf32>
    // expected-error @+1 {{expected a rate from 0 to less than 1, got 1.0}}
    %y = rnn.dropout %x rate 1.0 site 0 : tensor<?x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @Dropped axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<4xf32>
    // expected-error @+1 {{expected a value of batch or sequence, got 'tensor<4xf32>'}}
    %y = rnn.dropout %x rate 0.5 site 0 : tensor<4xf32>
    rnn.return []
  }
}

// -----

rnn.model @Pick axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<?x4xf32>
    // expected-error @+1 {{expected a sequence, got 'tensor<?x4xf32>'}}
    %y = rnn.pick last %x : tensor<?x4xf32> to tensor<?x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @Place axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<?x4xf32>
    // expected-error @+1 {{expected an operand of type 'tensor<?x5xf32>', got 'tensor<?x4xf32>'}}
    %y = rnn.place first %x : tensor<?x4xf32> to tensor<?x?x5xf32, "T">
    rnn.return []
  }
}

// -----

rnn.model @Shift axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<?x?x4xf32, "T">
    // expected-error @+1 {{expected tokens, got 'tensor<?x?x4xf32, "T">'}}
    %y = rnn.shift %x fill 0 : tensor<?x?x4xf32, "T">
    rnn.return []
  }
}

// -----

rnn.model @Columns axes ["T"] element f32 {
  rnn.func @f {
    %x = rnn.constant 0.0 : tensor<3x4xf32>
    // expected-error @+1 {{expected a type that 'tensor<3x4xf32>' sums to, got 'tensor<1x4xf32>'}}
    %y = rnn.sum_to %x : tensor<3x4xf32> to tensor<1x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @Direction axes ["T"] element f32 {
  rnn.input @x : tensor<?x4xf32>
  rnn.func @f {
    // expected-error @+1 {{expected a parameter named @x}}
    %y = rnn.direction @x : tensor<?x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @Number axes ["T"] element f32 {
  rnn.func @f {
    // expected-error @+1 {{expected "damping", got "temperature"}}
    %y = rnn.call_number "temperature" : tensor<1xf32>
    rnn.return []
  }
}
