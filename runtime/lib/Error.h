//===- Error.h - What went wrong, as a status and a text --------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Errors travel inside the runtime as exceptions where that is cheap (making
// plans, reading files) and as statuses where calls are hot; both leave their
// text in a fixed buffer of the thread, so that reporting never allocates.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_LIB_ERROR_H
#define RNNC_RUNTIME_LIB_ERROR_H

#include "rnn/rnn.h"

#include <new>
#include <stdexcept>
#include <string>

namespace rnn {

/// An error on its way to the C boundary.
class Error : public std::runtime_error {
public:
  Error(rnn_status Status, const std::string &Text)
      : std::runtime_error(Text), Status(Status) {}
  rnn_status status() const { return Status; }

private:
  rnn_status Status;
};

/// Notes the text (printf's format) for rnn_last_error and returns the status.
[[gnu::format(printf, 2, 3)]] rnn_status fail(rnn_status Status,
                                              const char *Format, ...) noexcept;

/// Before compiled code runs: forgets the last text.
void clearError() noexcept;

/// After compiled code ran: its status, with the general message unless a
/// function of the table has left a text.
rnn_status settle(int32_t Status) noexcept;

/// Turns the status of a C function into an exception with its text.
inline void check(rnn_status Status) {
  if (Status != RNN_OK)
    throw Error(Status, rnn_last_error());
}

/// Runs a body that may throw and turns what it throws into a status.
template <typename Body> rnn_status guarded(Body &&Run) noexcept {
  try {
    return Run();
  } catch (const Error &E) {
    return fail(E.status(), "%s", E.what());
  } catch (const std::bad_alloc &) {
    return fail(RNN_ERROR_MEMORY, "out of memory");
  } catch (const std::exception &E) {
    return fail(RNN_ERROR_LIBRARY, "%s", E.what());
  }
}

} // namespace rnn

#endif // RNNC_RUNTIME_LIB_ERROR_H
