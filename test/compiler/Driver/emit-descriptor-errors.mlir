// RUN: rnn-opt %s --rnnc-emit-descriptor -split-input-file -verify-diagnostics

// expected-error @+1 {{expected a model, got none}}
module {
}

// -----

module {
  // expected-note @+1 {{the first is here}}
  rnn.model @A axes [] element f32 {
  }
  // expected-error @+1 {{expected one model in a module, got another}}
  rnn.model @B axes [] element f32 {
  }
}

// -----

// expected-error @+1 {{expected a lowered model with 'rnnc.functions', got none}}
rnn.model @A axes [] element f32 {
}

// -----

// expected-error @+1 {{expected name, index, packed_bytes and arena of a function in 'rnnc.functions', got {index = 9 : i32, name = "forward"}}}
rnn.model @A axes [] element f32 attributes {
    rnnc.functions = [{name = "forward", index = 9 : i32}]} {
}

// -----

// expected-error @+1 {{expected a lowered function 'A_forward', got none}}
module {
  rnn.model @A axes [] element f32 attributes {
      rnnc.functions = [{name = "forward", index = 0 : i32, packed_bytes = 0 : i64,
                         arena = array<i64: 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0>}]} {
  }
}

// -----

// expected-error @+1 {{expected at most 4 time axes, got 5}}
rnn.model @A axes ["P", "Q", "R", "S", "T"] element f32 {
}

// -----

// expected-error @+1 {{expected a model name other than a keyword of C or C++ in any case, got 'Double', whose symbol would be 'double'}}
rnn.model @Double axes [] element f32 {
}

// -----

// expected-error @+1 {{expected a model name other than a function of the C library or of the runtime, got 'Exp', whose symbol would be 'exp'}}
rnn.model @Exp axes [] element f32 {
}
