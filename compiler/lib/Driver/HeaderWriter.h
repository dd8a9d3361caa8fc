//===- HeaderWriter.h - The parts of a C header -----------------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Shared by Header.cpp (sizes, parameters, streams) and HeaderCalls.cpp (calls
// over sequences).
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_HEADERWRITER_H
#define RNNC_COMPILER_LIB_DRIVER_HEADERWRITER_H

#include "compiler/lib/Driver/ModelInfo.h"
#include "compiler/lib/Driver/Names.h"

#include "llvm/Support/raw_ostream.h"

namespace rnnc {

/// A member of the io structure that goes into an array of the call.
struct Member {
  const TensorInfo *tensor;
  std::string name;
  /// The member for an input's gradient or an output's tangent; empty where
  /// there is none.
  std::string derivative;
};

/// Writes the header of one model, part by part.
class HeaderWriter {
public:
  HeaderWriter(const ModelInfo &info, llvm::raw_ostream &os)
      : info(info), os(os), lower(info.symbol),
        upper(llvm::StringRef(info.symbol).upper()) {
    hasGradient = info.getFunction(RNN_GRADIENT);
    for (llvm::StringRef name : {"_PARAMS", "_STATE_BYTES", "_STREAM_BYTES",
                                 "_STEP_BYTES", "_METRICS"})
      macros.add((upper + name).str());
    nameMembers();
  }

  void write();

private:
  void nameMembers();

  void writePrologue();
  void writeSizes();
  void writeParameterMacros();
  void writeInputMacros(llvm::ArrayRef<TensorInfo> tensors);
  void writeMetricMacros();
  void writeParameterFunctions();
  void writeStream();
  void writeStep();
  void writeIO();
  void writeIOTensors(llvm::StringRef what, llvm::ArrayRef<Member> members,
                      bool isConst);
  void writeCall();
  void writeArray(llvm::StringRef array, llvm::StringRef type, size_t count);
  void writeEntry(
      const char *signature,
      llvm::ArrayRef<std::pair<llvm::StringRef, llvm::StringRef>> members,
      llvm::StringRef returned);
  void writeEntries();
  void writeSecondEntries();
  void writeEpilogue();

  void defineMacro(const llvm::Twine &name, uint64_t value,
                   const llvm::Twine &comment);
  std::string describeShape(const TensorInfo &tensor) const;
  std::string describe(const TensorInfo &tensor) const;
  llvm::StringRef getType(const TensorInfo &tensor) const;
  llvm::StringRef getElement() const {
    return info.elementType == RNN_F64 ? "double" : "float";
  }
  bool hasEntries() const { return !info.functions.empty(); }
  /// Whether a stream's record holds more than the model's states.
  bool hasOwnRecords() const {
    return info.stream && info.stream->stateBytes > info.stateBytes;
  }

  const ModelInfo &info;
  llvm::raw_ostream &os;
  std::string lower, upper;
  bool hasGradient;
  NameScope macros;
  llvm::SmallVector<std::string> axes, lengths;
  llvm::SmallVector<Member> inputs, targets, outputs;
};

} // namespace rnnc

#endif
