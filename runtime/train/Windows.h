//===- Windows.h - Windows of a text ----------------------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Cuts tokens into B contiguous streams and walks them in windows of T steps,
// for truncated backpropagation with carried state.
//===----------------------------------------------------------------------===//
#ifndef RNNC_RUNTIME_TRAIN_WINDOWS_H
#define RNNC_RUNTIME_TRAIN_WINDOWS_H

#include <cstdint>
#include <span>

namespace rnn::train {

/// Stream b is tokens [b L, (b + 1) L) with L = count / B. A window starts over
/// where min-char-rnn's does: when position + T + 1 >= L.
class Windows {
public:
  /// Throws Error if the tokens do not fill one window.
  Windows(std::span<const int32_t> Tokens, int64_t Batch, int64_t Steps);

  /// Copies the next window, inputs and the tokens that follow them, each
  /// [T][B]. True if it starts the streams anew, which ends an epoch.
  bool next(int32_t *Inputs, int32_t *Targets);

  /// The next window starts the streams anew.
  bool atEnd() const { return Position < 0 || Position + Steps + 1 >= Length; }
  /// Windows from the start of the streams to their end.
  int64_t perEpoch() const;
  int64_t position() const { return Position; }
  void setPosition(int64_t Where);
  int64_t batch() const { return Batch; }

  /// The most streams, up to `Batch`, whose length allows windows of `Steps`;
  /// 0 if there is none.
  static int64_t fittingBatch(int64_t Tokens, int64_t Batch, int64_t Steps);

private:
  std::span<const int32_t> Tokens;
  int64_t Batch, Steps, Length;
  int64_t Position = -1; // before the first window
};

} // namespace rnn::train

#endif // RNNC_RUNTIME_TRAIN_WINDOWS_H
