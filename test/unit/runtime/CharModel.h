//===- CharModel.h - A character model written by hand ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A vanilla recurrent network with a learned initial state, as compiled code
// would be, for tests of what drives models.
//===----------------------------------------------------------------------===//
#ifndef RNNC_TEST_UNIT_RUNTIME_CHARMODEL_H
#define RNNC_TEST_UNIT_RUNTIME_CHARMODEL_H

#include "rnn/rnn.h"

/// h' = tanh(Wx[x] + Wh h + b), p = softmax(Wy h'), the mean of the cross
/// entropy as loss and accuracy as metric; V = 5, H = 6. Parameters Wx [V, H],
/// Wh [H, H], b [H], Wy [V, H], h0 [H].
const rnn_model &charModel(rnn_type Type);

#endif // RNNC_TEST_UNIT_RUNTIME_CHARMODEL_H
