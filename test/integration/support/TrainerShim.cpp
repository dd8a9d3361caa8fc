//===- TrainerShim.cpp - The trainer for tests in Python ------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The trainer's steps and everything that changes in them, as C functions, so
// that a script can put the trainer anywhere and compare what a step does.
// After an error rnn_last_error has the text.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/train/Trainer.h"

#include <string_view>

using namespace rnn;
using namespace rnn::train;

namespace {
struct Session {
  Session(const rnn_model &Model, std::string_view Text, const Options &Given)
      : Letters(makeCorpus(Text, 0)), Learner(Model, Letters, Given) {}

  Corpus Letters;
  Trainer Learner;
};
} // namespace

extern "C" {

/// A trainer on a text of `size` bytes, all of it for training; null after an
/// error.
Session *rnn_test_trainer_create(const rnn_model *Model, const char *Text,
                                 size_t Size, const char *Method, double Rate,
                                 double ClipValue, int64_t Batch,
                                 int64_t Window) noexcept {
  Session *Made = nullptr;
  guarded([&] {
    Options Given;
    Given.Rule = methodOf(Method);
    Given.Rate = Rate;
    Given.ClipValue = ClipValue;
    Given.Batch = Batch;
    Given.Window = Window;
    Made = new Session(*Model, {Text, Size}, Given);
    return RNN_OK;
  });
  return Made;
}

void rnn_test_trainer_destroy(Session *Of) noexcept { delete Of; }

/// Trains on the next window; the loss before the update goes to `Loss`.
int32_t rnn_test_trainer_step(Session *Of, double *Loss) noexcept {
  return guarded([&] {
    Of->Learner.step();
    *Loss = Of->Learner.Now.Loss;
    return RNN_OK;
  });
}

void *rnn_test_trainer_params(Session *Of) noexcept {
  return Of->Learner.params();
}

/// The update rule's only moment, such as Adagrad's memory.
void *rnn_test_trainer_memory(Session *Of) noexcept {
  return Of->Learner.Update.moments().at(0).Values.data();
}

/// The states that are carried from window to window.
void *rnn_test_trainer_state(Session *Of) noexcept {
  return Of->Learner.State.data();
}

/// Where the next window begins, unless the text ends before it does.
int64_t rnn_test_trainer_position(const Session *Of) noexcept {
  return Of->Learner.training().position();
}

} // extern "C"
