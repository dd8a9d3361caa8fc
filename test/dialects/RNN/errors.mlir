// RUN: rnn-opt %s -split-input-file -verify-diagnostics

// Declarations.

// expected-error @+1 {{expected a floating-point element type, got 'i32'}}
rnn.model @Integers axes ["T"] element i32 {
}

// -----

rnn.model @Code axes ["T"] element f32 {
  // expected-error @+1 {{expected a declaration or a function in a model}}
  %c = rnn.constant 1.0 : tensor<4xf32>
}

// -----

rnn.model @ParamLevel axes ["T"] element f32 {
  // expected-error @+1 {{expected a static type, got 'tensor<?x4xf32>'}}
  rnn.param @W : tensor<?x4xf32> init "zeros"
}

// -----

rnn.model @ParamSize axes ["T"] element f32 {
  // expected-error @+1 {{expected positive sizes, got 'tensor<4x0xf32>'}}
  rnn.param @W : tensor<4x0xf32> init "zeros"
}

// -----

rnn.model @ParamNoTensor axes ["T"] element f32 {
  // expected-error @+1 {{expected a static type, got 'f32'}}
  rnn.param @W : f32 init "zeros"
}

// -----

rnn.model @ParamInit axes ["T"] element f32 {
  // expected-error @+1 {{expected zeros, constant, uniform, normal, glorot, orthogonal, identity or sparse, got "ones"}}
  rnn.param @W : tensor<4xf32> init "ones"
}

// -----

rnn.model @ParamArguments axes ["T"] element f32 {
  // expected-error @+1 {{expected 2 arguments of "uniform", got 1}}
  rnn.param @W : tensor<4xf32> init "uniform" [1.0]
}

// -----

rnn.model @InputLevel axes ["T"] element f32 {
  // expected-error @+1 {{expected a batch or sequence type, got 'tensor<4xf32>'}}
  rnn.input @x : tensor<4xf32>
}

// -----

rnn.model @TargetLevel axes ["T"] element f32 {
  // expected-error @+1 {{expected a batch or sequence type, got 'tensor<4xf32>'}}
  rnn.target @x : tensor<4xf32>
}

// -----

rnn.model @OutputLevel axes ["T"] element f32 {
  // expected-error @+1 {{expected a batch or sequence type, got 'tensor<4xf32>'}}
  rnn.output @x : tensor<4xf32>
}

// -----

rnn.model @StateLevel axes ["T"] element f32 {
  // expected-error @+1 {{expected a batch type, got 'tensor<?x?x4xf32, "T">'}}
  rnn.state @h : tensor<?x?x4xf32, "T">
}

// -----

rnn.model @Roles axes ["T"] element f32 {
  rnn.param @W : tensor<4xf32> init "zeros"
  rnn.func @forward {
    %W = rnn.get @W : tensor<4xf32>
    // expected-error @+1 {{expected a role for each value, got 0 roles and 1 values}}
    rnn.return [] %W : tensor<4xf32>
  }
}

// -----

// Reading declarations.

rnn.model @GetNothing axes ["T"] element f32 {
  rnn.state @h : tensor<?x4xf32>
  rnn.func @forward {
    // expected-error @+1 {{expected a parameter, input or target named @h}}
    %h = rnn.get @h : tensor<?x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @GetType axes ["T"] element f32 {
  // expected-note @+1 {{declared here}}
  rnn.param @W : tensor<4xf32> init "zeros"
  rnn.func @forward {
    // expected-error @+1 {{expected 'tensor<4xf32>', got 'tensor<5xf32>'}}
    %W = rnn.get @W : tensor<5xf32>
    rnn.return []
  }
}

// -----

rnn.model @InitialNothing axes ["T"] element f32 {
  rnn.func @forward {
    %zero = rnn.constant 0.0 : tensor<?x4xf32>
    // expected-error @+1 {{expected a state named @h}}
    %h = rnn.initial_state @h, %zero : tensor<?x4xf32>
    rnn.return []
  }
}

// -----

rnn.model @InitialType axes ["T"] element f32 {
  // expected-note @+1 {{declared here}}
  rnn.state @h : tensor<?x4xf32>
  rnn.func @forward {
    %zero = rnn.constant 0.0 : tensor<?x5xf32>
    // expected-error @+1 {{expected 'tensor<?x4xf32>', got 'tensor<?x5xf32>'}}
    %h = rnn.initial_state @h, %zero : tensor<?x5xf32>
    rnn.return []
  }
}

// -----

// Recurrence.

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanOfNoSequence axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    // expected-error @+1 {{expected a sequence to scan, got 'tensor<?x4xf32>'}}
    %h = rnn.scan "T" (%xt = %x : !h) init (%s = %x : !h) {
      rnn.yield %xt : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "S">
rnn.model @ScanOverOtherAxis axes ["S", "T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected inputs over axis "T", got 'tensor<?x?x4xf32, "S">'}}
    %h = rnn.scan "T" (%xt = %x : !hs) init (%s = %zero : !h) {
      rnn.yield %xt : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanYieldCount axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected a yield of 2 values: next states, then stacked ones}}
    %h, %hs = rnn.scan "T" (%xt = %x : !hs) init (%s = %zero : !h) -> (!hs) {
      rnn.yield %xt : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanNextState axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected next state 0 of type 'tensor<?x4xf32>', got 'tensor<?x2xf32>'}}
    %h = rnn.scan "T" (%xt = %x : !hs) init (%s = %zero : !h) {
      %part = rnn.slice %xt dim 0 [0, 2] : !h to tensor<?x2xf32>
      rnn.yield %part : tensor<?x2xf32>
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanStackedType axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected stacked result 0 of type 'tensor<?x?x4xf32, "T">', got 'tensor<?x?x5xf32, "T">'}}
    %h, %hs = rnn.scan "T" (%xt = %x : !hs) init (%s = %zero : !h) -> (tensor<?x?x5xf32, "T">) {
      rnn.yield %xt, %xt : !h, !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanStacksStatic axes ["T"] element f32 {
  rnn.param @b : tensor<4xf32> init "zeros"
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %b = rnn.get @b : tensor<4xf32>
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected stacked values of batch level, got 'tensor<4xf32>'}}
    %h, %hs = rnn.scan "T" (%xt = %x : !hs) init (%s = %zero : !h) -> (!hs) {
      rnn.yield %xt, %b : !h, tensor<4xf32>
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanArguments axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected a region argument for each input and state}}
    %h = "rnn.scan"(%x, %zero) <{axis = "T", operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%xt: !h):
      rnn.yield %xt : !h
    }) : (!hs, !h) -> !h
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanStepType axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected step 0 of type 'tensor<?x4xf32>', got 'tensor<?x5xf32>'}}
    %h = "rnn.scan"(%x, %zero) <{axis = "T", operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%xt: tensor<?x5xf32>, %s: !h):
      rnn.yield %s : !h
    }) : (!hs, !h) -> !h
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ScanStateType axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    // expected-error @+1 {{expected state 0 of type 'tensor<?x4xf32>', got 'tensor<?x5xf32>'}}
    %h = "rnn.scan"(%x, %zero) <{axis = "T", operandSegmentSizes = array<i32: 1, 1>}> ({
    ^bb0(%xt: !h, %s: tensor<?x5xf32>):
      rnn.yield %xt : !h
    }) : (!hs, !h) -> !h
    rnn.return []
  }
}

// -----

// Scheduling regions.

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ChunkDirection axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %c = rnn.chunk "T" -> !h {
      // expected-error @+1 {{expected the axis and direction of its chunks}}
      %h = rnn.scan "T" reverse (%xt = %x : !hs) init (%s = %zero : !h) {
        rnn.yield %xt : !h
      }
      rnn.yield %h : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @CheckpointInterval axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %c = rnn.chunk "T" -> !hs {
      // expected-error @+1 {{expected an interval of one step or more with 'every' alone}}
      %kept = rnn.checkpoint log 8 %x : !hs
      rnn.yield %kept : !hs
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ResumeFromAnything axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    rnn.chunk "T" {
      // expected-error @+1 {{expected what a chunk yields from rnn.checkpoint}}
      %start = rnn.resume %zero from %x : !h, !hs
      rnn.yield
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ResumeSameWay axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %c = rnn.chunk "T" -> !hs {
      %kept = rnn.checkpoint every %x : !hs
      rnn.yield %kept : !hs
    }
    rnn.chunk "T" {
      // expected-error @+1 {{expected checkpoints of chunks in the other direction}}
      %start = rnn.resume %zero from %c : !h, !hs
      rnn.yield
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ResumeOfOtherStates axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : tensor<?x5xf32>
    %c = rnn.chunk "T" -> !hs {
      %kept = rnn.checkpoint every %x : !hs
      rnn.yield %kept : !hs
    }
    rnn.chunk "T" reverse {
      // expected-error @+1 {{expected checkpoints of type 'tensor<?x?x5xf32, "T">', got 'tensor<?x?x4xf32, "T">'}}
      %start = rnn.resume %zero from %c : tensor<?x5xf32>, !hs
      rnn.yield
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
!hs = tensor<?x?x4xf32, "T">
rnn.model @ResumeSomeStates axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %zero = rnn.constant 0.0 : !h
    %c = rnn.chunk "T" -> !hs {
      %kept = rnn.checkpoint every %x : !hs
      rnn.yield %kept : !hs
    }
    rnn.chunk "T" reverse {
      %start = rnn.resume %zero from %c : !h, !hs
      // expected-error @+1 {{expected to resume all states or none}}
      %a, %b = rnn.scan "T" () init (%s = %start : !h, %t = %zero : !h) {
        rnn.yield %s, %t : !h, !h
      }
      rnn.yield
    }
    rnn.return []
  }
}

// -----

rnn.model @ChunkOfWeights axes ["T"] element f32 {
  rnn.param @W : tensor<4x4xf32> init "zeros"
  rnn.func @forward {
    %W = rnn.get @W : tensor<4x4xf32>
    %c = rnn.chunk "T" -> tensor<4x4xf32> {
      // expected-error @+1 {{expected an operation on rows of time}}
      %t = rnn.transpose %W : tensor<4x4xf32> to tensor<4x4xf32>
      rnn.yield %t : tensor<4x4xf32>
    }
    rnn.return []
  }
}

// -----

!hs = tensor<?x?x4xf32, "T">
rnn.model @ChunkOfOtherSteps axes ["T"] element f32 {
  rnn.input @x : !hs
  rnn.func @forward {
    %x = rnn.get @x : !hs
    %c = rnn.chunk "T" -> !hs {
      %y = rnn.tanh %x : !hs
      // expected-error @+1 {{expected a sequence from outside of the chunks, which has other steps than theirs}}
      %r = rnn.reverse %y : !hs
      rnn.yield %r : !hs
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @ChunkYield axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    // expected-error @+1 {{expected a yield of the results' types}}
    %c = rnn.chunk "T" -> !h {
      rnn.yield
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @PhaseOfSoftmax axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %p = rnn.phase -> !h {
      // expected-error @+1 {{expected an elementwise operation or a view}}
      %s = rnn.softmax %x : !h
      rnn.yield %s : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @PhaseSum axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %p:2 = rnn.phase -> !h, tensor<4xf32> {
      %a = rnn.tanh %x : !h
      // expected-error @+1 {{expected a sum over features in a phase, got}}
      %s = rnn.sum_to %a : !h to tensor<4xf32>
      rnn.yield %a, %s : !h, tensor<4xf32>
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @PhaseSumRead axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    %p = rnn.phase -> !h {
      %a = rnn.tanh %x : !h
      // expected-error @+1 {{expected what a phase without a product makes, to be yielded alone}}
      %s = rnn.sum_to %a : !h to tensor<?x1xf32>
      %b = rnn.broadcast %s : tensor<?x1xf32> to !h
      %c = rnn.mul %a, %b : !h
      rnn.yield %c : !h
    }
    rnn.return []
  }
}

// -----

!h = tensor<?x4xf32>
rnn.model @PhaseYield axes ["T"] element f32 {
  rnn.input @x : !h
  rnn.func @forward {
    %x = rnn.get @x : !h
    // expected-error @+1 {{expected a yield of the results' types}}
    %p = rnn.phase -> tensor<?x5xf32> {
      rnn.yield %x : !h
    }
    rnn.return []
  }
}

// -----

rnn.model @Starts axes ["T"] element f32 {
  // expected-error @+1 {{expected a start for each of 1 inputs, got 2}}
  rnn.stream [@x] -> [@y] starts [0, 1]
}
