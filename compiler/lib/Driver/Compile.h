//===- Compile.h - From a .rnn file to what it becomes ----------*- C++ -*-===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// The compiler as a library: rnnc writes files with it, rnn-run compiles into
// memory. Errors are printed to the error stream where they are found.
//===----------------------------------------------------------------------===//

#ifndef RNNC_COMPILER_LIB_DRIVER_COMPILE_H
#define RNNC_COMPILER_LIB_DRIVER_COMPILE_H

#include "compiler/lib/CodeGen/PanelLayout.h"

#include "mlir/Support/LLVM.h"
#include "mlir/Support/Timing.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <string>

namespace rnnc {

/// Which GEMM kernels a model may use.
enum class Gemm {
  Auto,     ///< the runtime chooses between the library's and generated ones
  Generated ///< generated ones only: no call leaves the object
};

/// What packed weights are kept as where no derivative is wanted.
enum class Weights {
  Own, ///< the type of the parameters
  F32,
  BF16, ///< f32 rounded to bf16
  Int8  ///< whole numbers of 8 bits, with a scale an output
};

/// An entry point of a compiled model.
enum class Function {
  Forward,
  Loss,
  Gradient,
  Tangent,
  GaussNewton,
  Step,
  Encode
};

/// Which states of a forward pass its reverse pass goes on from.
enum class Checkpointing {
  None,  ///< nothing is computed again: all that is read is kept
  Every, ///< those that each chunk of time begins with
  Log    ///< those of O(log) chunks
};

struct CheckpointChoice {
  Checkpointing kind = Checkpointing::None;
  int64_t interval = 0; ///< steps a chunk, for Every; 0: the plan chooses
};

/// Reads "none", "every", "every:STEPS" or "log"; fails without a message.
mlir::FailureOr<CheckpointChoice> parseCheckpoint(llvm::StringRef text);

/// Reads "ROWSxVECTORS", two positive numbers; fails without a message.
mlir::FailureOr<Tile> parseTile(llvm::StringRef text);

struct CompileOptions {
  /// Values for the model's compile-time sizes, by name.
  llvm::StringMap<int64_t> defines;
  /// f64 instead of f32.
  bool doublePrecision = false;
  /// Which model of the file; may be empty where there is one.
  std::string model;
  /// A CPU that LLVM knows for the target, or "native": this machine's.
  std::string cpu = "native";
  /// A target triple; empty for this machine's.
  std::string target;
  /// 0 to 3, as of a C compiler.
  unsigned optLevel = 2;
  Gemm gemm = Gemm::Auto;
  /// Of forward, loss, encode and the streaming step. Anything but the
  /// parameters' own type is an error for f64.
  Weights weights = Weights::Own;
  CheckpointChoice checkpoint;
  /// Of the sites whose gates divide its vectors, rather than what suits each.
  /// One that does not fit the target's registers is an error.
  std::optional<Tile> tile;
  /// The entry points to make: where none are named, all but the tangent and
  /// the Gauss-Newton product, as far as the model has them. One that is named
  /// and that the model cannot have is an error.
  llvm::SmallVector<Function> functions;
  /// Heed MLIR's command-line flags for printing and statistics; the program
  /// must have registered them.
  bool usePassManagerFlags = false;
  /// Where times are counted; null for nowhere.
  mlir::TimingScope *timing = nullptr;
};

/// What a compilation may write.
enum class Emit {
  RNN,          ///< what the front end made of the file
  MLIR,         ///< lowered to kernels and buffers
  LLVM,         ///< LLVM IR, optimised
  Assembly,     ///< of the target
  Object,       ///< with its header beside it
  SharedObject, ///< with its header beside it
  Header,       ///< the C header alone
  Dot,          ///< the dataflow graph, for Graphviz
  Schedule      ///< how each product is done, as a table
};

/// Compiles the file `input` ("-" is the standard input) and writes `output`
/// ("-" is the standard output), and, for an object that goes to a file, a
/// header of the same name with ".h". Files appear whole or not at all.
mlir::LogicalResult compileToFile(llvm::StringRef input, Emit kind,
                                  llvm::StringRef output,
                                  const CompileOptions &options);

/// An object in memory and the symbol of its descriptor, an `rnn_model`.
struct CompiledObject {
  llvm::SmallVector<char, 0> object;
  std::string symbol;
};

/// Compiles the file `input` into an object in memory.
mlir::FailureOr<CompiledObject> compileToMemory(llvm::StringRef input,
                                                const CompileOptions &options);

} // namespace rnnc

#endif
