//===- Error.cpp - What went wrong, as a status and a text ----------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The text of the last error of a thread, in a buffer that is always there.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

static thread_local char LastError[1024];

rnn_status rnn::fail(rnn_status Status, const char *Format, ...) noexcept {
  va_list Arguments;
  va_start(Arguments, Format);
  std::vsnprintf(LastError, sizeof(LastError), Format, Arguments);
  va_end(Arguments);
  return Status;
}

void rnn::clearError() noexcept { LastError[0] = '\0'; }

rnn_status rnn::settle(int32_t Code) noexcept {
  const auto Status = static_cast<rnn_status>(Code);
  if (Status != RNN_OK && LastError[0] == '\0')
    fail(Status, "%s", rnn_status_message(Status));
  return Status;
}

const char *rnn_last_error(void) noexcept { return LastError; }

const char *rnn_status_message(rnn_status Status) noexcept {
  switch (Status) {
  case RNN_OK:
    return "no error";
  case RNN_ERROR_ARGUMENT:
    return "a null pointer or a nonsensical size";
  case RNN_ERROR_TOKEN:
    return "a token id outside its vocabulary";
  case RNN_ERROR_CAPACITY:
    return "more steps or sequences than the plan was made for";
  case RNN_ERROR_UNSUPPORTED:
    return "the model or this build lacks the entry or option";
  case RNN_ERROR_MEMORY:
    return "out of memory";
  case RNN_ERROR_CPU:
    return "this machine lacks the features the model was compiled for";
  case RNN_ERROR_VERSION:
    return "the object and the runtime disagree on the ABI";
  case RNN_ERROR_FILE:
    return "a file could not be read, parsed or written";
  case RNN_ERROR_MISMATCH:
    return "a tensor of a wrong name, type or shape";
  case RNN_ERROR_NOT_PACKED:
    return "run before rnn_plan_pack";
  case RNN_ERROR_LIBRARY:
    return "oneDNN reported an error";
  }
  return "an unknown status";
}
