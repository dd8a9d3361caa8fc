//===- OutputFile.cpp - Files that appear whole ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Temporary files beside their place, moved when complete.
//===----------------------------------------------------------------------===//

#include "compiler/lib/Driver/OutputFile.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace mlir;
using namespace rnnc;

LogicalResult rnnc::reportError(const Twine &message) {
  WithColor::error(errs(), "rnnc") << message << '\n';
  return failure();
}

static LogicalResult reportWriteError(StringRef path, std::error_code error) {
  return reportError("cannot write '" + path + "': " + error.message());
}

/// Writes and closes; the stream's error, if any.
static std::error_code writeTo(raw_fd_ostream &os, StringRef contents) {
  os << contents;
  os.flush();
  std::error_code error = os.error();
  os.clear_error(); // Reported by the caller; else the stream aborts.
  return error;
}

static std::error_code writeDirectly(StringRef path, StringRef contents) {
  std::error_code error;
  raw_fd_ostream os(path, error);
  return error ? error : writeTo(os, contents);
}

static std::error_code writeBeside(StringRef path, StringRef contents) {
  Expected<sys::fs::TempFile> file =
      sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return errorToErrorCode(file.takeError());
  raw_fd_ostream os(file->FD, /*shouldClose=*/false);
  if (std::error_code error = writeTo(os, contents)) {
    consumeError(file->discard());
    return error;
  }
  return errorToErrorCode(file->keep(path));
}

/// Whether a path names something that cannot be replaced by a file.
static bool isSpecial(StringRef path) {
  sys::fs::file_status status;
  return !sys::fs::status(path, status) && !sys::fs::is_regular_file(status);
}

LogicalResult rnnc::writeOutput(StringRef path, StringRef contents) {
  if (sys::fs::is_directory(path))
    return reportWriteError(path,
                            std::make_error_code(std::errc::is_a_directory));
  std::error_code error = path == "-" || isSpecial(path)
                              ? writeDirectly(path, contents)
                              : writeBeside(path, contents);
  if (error)
    return reportWriteError(path, error);
  return success();
}

//===----------------------------------------------------------------------===//
// Linking
//===----------------------------------------------------------------------===//

/// The first C compiler found: what the linker needs to know of the system is
/// its business.
static std::string findLinker() {
  for (StringRef name : {"cc", "clang", "gcc", "clang-22"})
    if (ErrorOr<std::string> path = sys::findProgramByName(name))
      return *path;
  return "";
}

static LogicalResult runLinker(StringRef object, StringRef output) {
  std::string linker = findLinker();
  if (linker.empty())
    return reportError("expected a C compiler (cc, clang or gcc) to link a "
                       "shared object, got none");
  std::string message;
  int status = sys::ExecuteAndWait(
      linker, {linker, "-shared", "-o", output, object, "-lm"}, std::nullopt,
      {},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  if (status == 0)
    return success();
  return reportError("'" + linker + "' could not link the shared object" +
                     (message.empty() ? "" : ": " + message));
}

LogicalResult rnnc::linkSharedObject(StringRef object, StringRef path) {
  SmallString<128> input, output;
  std::error_code error = sys::fs::createTemporaryFile("rnnc", "o", input);
  if (!error)
    error = sys::fs::createTemporaryFile("rnnc", "so", output);
  llvm::scope_exit cleanUp([&] {
    // What cannot be removed is left to the system's own cleaning.
    (void)sys::fs::remove(input);
    (void)sys::fs::remove(output);
  });
  if (error)
    return reportError("cannot make a temporary file: " + error.message());
  if (failed(writeOutput(input, object)) || failed(runLinker(input, output)))
    return failure();
  ErrorOr<std::unique_ptr<MemoryBuffer>> linked =
      MemoryBuffer::getFile(output, /*IsText=*/false);
  if (!linked)
    return reportError("cannot read the linked file: " +
                       linked.getError().message());
  return writeOutput(path, (*linked)->getBuffer());
}
